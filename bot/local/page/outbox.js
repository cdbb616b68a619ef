// What is on its way to the server: shown at once, in order, kept when it could not leave.

import { Refusal, sendMessage } from "./api.js";
import { isPhoto } from "./files.js";
import { complain } from "./toast.js";

const ALBUM_PHOTOS = 10;

export class Outbox {
  /** `onchange(chat)` after each step; `onrefused(chat, text)` with words the server would not take. */
  constructor({ onchange, onrefused }) {
    Object.assign(this, { onchange, onrefused });
  }

  sendText(chat, text, replyTo) {
    this.queue({ chat, kind: "text", text, request: { text, replyTo } });
  }

  /** Photos as albums of ten, everything else as files; the caption goes with the first. */
  sendFiles(chat, { files, ratios, caption, asFile }, replyTo) {
    const photos = asFile ? [] : files.filter(isPhoto);
    const documents = files.filter((file) => !photos.includes(file));
    const parts = [];
    for (let start = 0; start < photos.length; start += ALBUM_PHOTOS) parts.push({ photos: photos.slice(start, start + ALBUM_PHOTOS) });
    if (documents.length) parts.push({ documents });
    parts.forEach((part, index) => {
      const words = index === 0 ? caption : "";
      this.queue({ chat, kind: "files", text: words, names: part.documents?.map((file) => file.name),
        previews: part.photos?.map((file) => URL.createObjectURL(file)), shapes: part.photos?.map((file) => ratios.get(file)),
        request: { caption: words, replyTo, ...part } });
    });
  }

  /** Messages of one chat leave in the order in which they were written. */
  queue(item) {
    const { chat } = item;
    item.date = Date.now() / 1000;
    chat.pending.push(item);
    this.onchange(chat);
    chat.sending = (chat.sending ?? Promise.resolve()).then(() => this.deliver(item));
  }

  async deliver(item) {
    const { chat } = item;
    Object.assign(item, { tried: true, failed: false });
    this.onchange(chat);
    try {
      const messages = await sendMessage(chat.id, item.request);
      messages.forEach((message) => chat.put(message));
      chat.drop(item);
    } catch (error) {
      complain(error);
      if (error instanceof Refusal) {
        chat.drop(item);
        this.onrefused(chat, item.text);
      } else item.failed = true;
    }
    this.onchange(chat);
  }

  discard(item) {
    item.chat.drop(item);
    this.onchange(item.chat);
  }
}
