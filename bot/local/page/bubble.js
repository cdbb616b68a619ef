// One row of the chat: a message, an album, or something still being sent.

import { fileUrl } from "./api.js";
import { summary } from "./chat.js";
import { icon, iconButton, make } from "./dom.js";
import { mosaicRows } from "./mosaic.js";
import { renderText, safeUrl } from "./text.js";
import { directionOf, LOCALE, say, size } from "./words.js";

const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const MEDIA_WIDTH_PX = 420;
const MEDIA_HEIGHT_PX = 440;

export const time = (date) => clock.format(date * 1000);

/** The smallest stored size that is sharp at this width, else the largest. */
export function photoSize(photo, side) {
  const sorted = [...photo].sort((a, b) => a.width * a.height - b.width * b.height);
  return sorted.find((each) => Math.max(each.width, each.height) >= side) ?? sorted[sorted.length - 1];
}

function meta(message, mine) {
  const words = [message.edit_date ? say("edited") : "", time(message.date)].filter(Boolean).join(" ");
  return make("span", { class: "meta" }, make("time", { dateTime: new Date(message.date * 1000).toISOString(), textContent: words }),
    mine && icon(message.pending ? "clock" : "check"));
}

function picture({ address, label, caption, open, width, height }) {
  const image = make("img", { src: address, alt: caption || label, loading: "lazy", decoding: "async", draggable: false });
  if (width) Object.assign(image, { width, height });
  image.addEventListener("error", () => image.replaceWith(make("span", { class: "broken" }, icon("photo"), say("Photo not available"))));
  return make("button", { type: "button", class: "photo", "aria-label": caption ? say("Open photo: {caption}", { caption }) : say("Open photo"), onclick: open }, image);
}

function singlePhoto(item) {
  const ratio = Math.min(2.6, Math.max(0.5, item.width / item.height || 1));
  const scale = Math.min(MEDIA_WIDTH_PX / item.width, MEDIA_HEIGHT_PX / item.height);
  const frame = make("div", { class: "media single" }, picture(item));
  frame.style.width = `${Math.round(Math.max(160, Math.min(MEDIA_WIDTH_PX, item.width * Math.max(1, Math.min(scale, 3)), MEDIA_HEIGHT_PX * ratio)))}px`;
  frame.style.aspectRatio = String(ratio);
  return frame;
}

function album(items) {
  const captions = items.filter((item) => item.caption).length;
  const frame = make("div", { class: "media album" });
  let next = 0;
  for (const row of mosaicRows(items.map((item) => item.width / item.height))) {
    const line = make("div", { class: "mosaic-row" });
    line.style.aspectRatio = String(row.reduce((sum, ratio) => sum + ratio, 0));
    for (const ratio of row) {
      const item = items[next++];
      const tile = picture(item);
      tile.style.flexGrow = String(ratio);
      if (captions > 1 && item.caption) tile.append(make("span", { class: "tile-caption", dir: "auto", textContent: item.caption }));
      line.append(tile);
    }
    frame.append(line);
  }
  return frame;
}

/** Photos of messages as items that picture() shows. */
function photoItems(messages, actions) {
  return messages.filter((message) => message.photo).map((message) => {
    const tile = photoSize(message.photo, messages.length > 1 ? 600 : 800);
    return { address: fileUrl(tile.file_id), width: tile.width, height: tile.height, label: say("Photo"), caption: message.caption,
      open: () => actions.openPhoto(message) };
  });
}

function documentCard({ document: file }) {
  const isImage = file.mime_type?.startsWith("image/");
  const picture = file.thumbnail ?? (isImage && file.file_size < 20 * 1024 ** 2 ? file : null);
  return make("a", { class: "file", href: fileUrl(file.file_id), target: "_blank", rel: "noopener", download: file.file_name ?? "" },
    picture ? make("img", { src: fileUrl(picture.file_id), alt: "", loading: "lazy" }) : make("span", { class: "file-icon" }, icon("file")),
    make("span", { class: "file-words" }, make("span", { class: "file-name", dir: "auto", textContent: file.file_name ?? say("File") }),
      make("span", { class: "file-size", textContent: file.file_size ? size(file.file_size) : "" })));
}

function quote(original, chat, actions) {
  const thumbnail = original.photo && photoSize(original.photo, 90);
  return make("button", { type: "button", class: "quote", "aria-label": say("In reply to: {text}", { text: summary(original) }),
    onclick: () => actions.jump(original.message_id) },
    thumbnail && make("img", { src: fileUrl(thumbnail.file_id), alt: "" }),
    make("span", { class: "quote-words" },
      make("span", { class: "quote-name", textContent: chat.isMine(original) ? say("You") : original.from?.first_name ?? "" }),
      make("span", { class: "quote-text", dir: "auto", textContent: summary(original) })));
}

function keyboard(message, actions) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return make("div", { class: "keyboard" }, ...rows.map((row) => make("div", { class: "keyboard-row" }, ...row.map((button) => {
    const address = button.url && safeUrl(button.url);
    if (address) return make("a", { class: "key", dir: "auto", href: address, target: "_blank", rel: "noopener noreferrer" }, button.text, icon("out"));
    return make("button", { type: "button", class: "key", dir: "auto", data: { callback: button.callback_data ?? "" },
      onclick: (event) => actions.press(message, button, event.currentTarget) }, button.text);
  }))));
}

/** A message or the messages of one album. `place`: {first, last} within a run of messages by the same sender. */
export function messageRow(messages, chat, place, actions) {
  const [first] = messages;
  const mine = chat.isMine(first);
  const photos = photoItems(messages, actions);
  const captioned = messages.filter((message) => message.text || message.caption);
  const words = messages.length === 1 || captioned.length === 1 ? captioned[0] : null;
  const said = words && { text: words.text ?? words.caption, entities: words.entities ?? words.caption_entities };
  const text = said && make("div", { class: "text", dir: directionOf(said.text, said.entities) },
    ...renderText(said.text, said.entities, actions.command));
  const stamp = meta(messages[messages.length - 1], mine);
  if (text) text.append(stamp);
  const bare = !text && photos.length > 0;
  const bubble = make("div", { class: `bubble${photos.length ? " with-media" : ""}${bare ? " bare" : ""}` },
    chat.isGroup && !mine && place.first && make("div", { class: "sender", dir: "auto", textContent: first.from?.first_name ?? "" }),
    first.reply_to_message && quote(first.reply_to_message, chat, actions),
    photos.length === 1 ? singlePhoto(photos[0]) : photos.length > 1 && album(photos),
    ...messages.filter((message) => message.document).map(documentCard),
    text, !text && stamp);
  const side = make("div", { class: "stack" }, bubble, keyboard(first, actions));
  return make("li", { class: `row ${mine ? "own" : "other"}${place.first ? " first" : ""}${place.last ? " last" : ""}`,
    data: { message: first.message_id },
    oncontextmenu: (event) => actions.menu(event, first),
    ondblclick: (event) => event.target.closest("button, a") || actions.reply(first) },
    side, iconButton("reply", say("Reply"), () => actions.reply(first), "icon-button row-reply"));
}

/** Something that waits for the server, or that it could not take. */
export function pendingRow(item, actions) {
  const stamp = meta({ date: item.date, pending: true }, true);
  const photos = (item.previews ?? []).map((address, index) => ({ address, label: say("Photo"), width: item.shapes[index] ?? 1, height: 1, open: () => {} }));
  const words = item.text || item.names?.join(", ");
  const text = words && make("div", { class: "text", dir: directionOf(words) }, words, stamp);
  const media = photos.length === 1
    ? singlePhoto({ ...photos[0], width: MEDIA_WIDTH_PX * Math.min(1, photos[0].width), height: MEDIA_WIDTH_PX * Math.min(1, photos[0].width) / photos[0].width })
    : photos.length > 1 && album(photos);
  return make("li", { class: `row own first last pending${item.failed ? " failed" : ""}`, data: { pending: "" } },
    make("div", { class: "stack" },
      make("div", { class: `bubble${photos.length ? " with-media" : ""}${!text && photos.length ? " bare" : ""}` }, media, text, !text && stamp),
      item.failed && make("div", { class: "retry", role: "alert" }, make("span", { textContent: say("Not sent.") }),
        make("button", { type: "button", onclick: () => actions.retry(item) }, say("Try again")),
        make("button", { type: "button", onclick: () => actions.discard(item) }, say("Remove")))));
}
