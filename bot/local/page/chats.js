// The list of chats beside (or, on a phone, before) the open one.

import { summary } from "./chat.js";
import { find, icon, make } from "./dom.js";
import { shortDate } from "./messages.js";
import { directionOf, plural, say } from "./words.js";

const ACTIONS = { typing: say("typing…"), upload_photo: say("sending a photo…"), upload_document: say("sending a file…"),
  choose_sticker: say("choosing…") };
const GROUP_ACTIONS = { typing: say("{bot} is typing…"), upload_photo: say("{bot} is sending a photo…"),
  upload_document: say("{bot} is sending a file…"), choose_sticker: say("{bot} is choosing…") };

/** What the bot is at in a chat, in words; in a group with its name. */
export const doingOf = (chat, bot) => (chat.isGroup ? say(GROUP_ACTIONS[chat.action] ?? say("{bot} is working…"), { bot: bot.first_name })
  : ACTIONS[chat.action] ?? say("working…"));

const albumLength = (chat, message) =>
  (message.media_group_id ? chat.messages.filter((each) => each.media_group_id === message.media_group_id).length : 1);

function preview(chat) {
  const message = chat.newest;
  if (chat.action) return make("span", { class: "chat-preview doing", textContent: ACTIONS[chat.action] ?? say("working…") });
  if (chat.draft) return make("span", { class: "chat-preview", dir: directionOf(chat.draft) }, make("span", { class: "draft", textContent: say("Draft:") }), " ", make("bdi", {}, chat.draft));
  if (!message) return make("span", { class: "chat-preview", textContent: say("No messages yet") });
  const photos = albumLength(chat, message);
  const words = photos > 1 ? plural(photos, "{number} photo", "{number} photos") : summary(message);
  const who = chat.isMine(message) ? say("You") : chat.isGroup ? message.from?.first_name : null;
  return make("span", { class: "chat-preview", dir: directionOf(words) }, who && make("bdi", {}, who), who && ": ", message.photo && icon("photo"), make("bdi", {}, words));
}

export const chatName = (chat, bot) => chat.description.title ?? bot.first_name;

let drawn = "";

/** Draw the list, unless it looks as it did: a row replaced between press and release would lose the click. */
export function drawChats(chats, { bot, open, onopen }) {
  const look = JSON.stringify(chats.map((chat) => [chatName(chat, bot), chat === open, chat.newest, chat.unread, chat.draft, chat.action]));
  if (look === drawn) return;
  drawn = look;
  const focused = document.activeElement?.dataset.chat;
  find("#chats").replaceChildren(...chats.map((chat) => make("li", {},
    make("button", { type: "button", class: `chat-item${chat === open ? " open" : ""}`, "aria-current": chat === open ? "true" : null,
      data: { chat: chat.id }, onclick: () => onopen(chat) },
    make("span", { class: `avatar ${chat.isGroup ? "group" : "bot"}` }, icon(chat.isGroup ? "people" : "aperture")),
    make("span", { class: "chat-words" },
      make("span", { class: "chat-line" }, make("span", { class: "chat-name", dir: "auto", textContent: chatName(chat, bot) }),
        chat.newest && make("time", { textContent: shortDate(chat.newest.date) })),
      make("span", { class: "chat-line" }, preview(chat),
        chat.unread > 0 && make("span", { class: "badge", "aria-label": say("{number} unread", { number: chat.unread }), textContent: chat.unread })))))));
  if (focused) find(`[data-chat="${focused}"]`)?.focus();
}
