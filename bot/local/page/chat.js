// One chat as the page knows it: messages by id, what is still being sent, the draft, what is unread.

import { PAGE_LENGTH } from "./api.js";
import { KEPT } from "./base.js";
import { say } from "./words.js";

const remember = (key, value) => (value ? localStorage.setItem(key, value) : localStorage.removeItem(key));

/** The words that stand for a message in the chat list and in quotes. */
export function summary(message) {
  if (message.text) return message.text;
  if (message.caption) return message.caption;
  if (message.photo) return say("Photo");
  if (message.document) return message.document.file_name ?? say("File");
  return say("Message");
}

export class Chat {
  constructor(description, myId) {
    this.id = description.id;
    this.isGroup = description.type !== "private";
    this.description = description;
    this.myId = myId;
    this.messages = []; // ordered by message_id, without gaps
    this.pending = []; // sent by us, not yet confirmed
    this.complete = false; // true once the first message ever is here
    this.action = null;
    this.lastRead = Number(localStorage.getItem(`${KEPT}.read.${this.id}`)) || 0;
  }

  get newest() {
    return this.messages[this.messages.length - 1];
  }

  get draft() {
    return localStorage.getItem(`${KEPT}.draft.${this.id}`) ?? "";
  }

  set draft(text) {
    remember(`${KEPT}.draft.${this.id}`, text);
  }

  get replyTo() {
    return Number(localStorage.getItem(`${KEPT}.reply.${this.id}`)) || null;
  }

  set replyTo(messageId) {
    remember(`${KEPT}.reply.${this.id}`, messageId);
  }

  isMine(message) {
    return message.from?.id === this.myId;
  }

  get unread() {
    return this.messages.filter((message) => message.message_id > this.lastRead && !this.isMine(message)).length;
  }

  markRead() {
    if (!this.newest || this.newest.message_id === this.lastRead) return false;
    this.lastRead = this.newest.message_id;
    remember(`${KEPT}.read.${this.id}`, this.lastRead);
    return true;
  }

  message(messageId) {
    return this.messages[this.position(messageId)]?.message_id === messageId ? this.messages[this.position(messageId)] : undefined;
  }

  /** Where a message id stands, or would stand, in the order. */
  position(messageId) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].message_id < messageId) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Add a message or replace an older version of it. True when it was not known. */
  put(message) {
    const position = this.position(message.message_id);
    const known = this.messages[position];
    if (known?.message_id === message.message_id) {
      if (JSON.stringify(known) !== JSON.stringify(message)) this.messages[position] = message;
      return false;
    }
    if (position === 0 && this.messages.length && !this.complete) return false; // older than our window: scrolling up will fetch it
    this.messages.splice(position, 0, message);
    if (this.isMine(message)) this.confirm(message);
    return true;
  }

  /** An edit of a message outside our window is of no interest yet. */
  edit(message) {
    if (this.message(message.message_id)) this.put(message);
  }

  remove(messageId) {
    this.messages = this.messages.filter((message) => message.message_id !== messageId);
  }

  /** Take the newest page as the truth: what it lacks was deleted, what lies beyond a gap is fetched again when wanted. */
  catchUp(page) {
    const oldest = page[0]?.message_id ?? Infinity;
    const joined = this.newest && this.newest.message_id >= oldest;
    const kept = joined ? this.messages.filter((message) => message.message_id < oldest) : [];
    const known = new Map(this.messages.map((message) => [message.message_id, JSON.stringify(message)]));
    const fresh = page.filter((message) => !known.has(message.message_id));
    this.messages = [...kept, ...page.map((message) =>
      known.get(message.message_id) === JSON.stringify(message) ? this.message(message.message_id) : message)];
    if (!joined) this.complete = false;
    if (page.length < PAGE_LENGTH && !kept.length) this.complete = true;
    if (this.lastRead > (this.newest?.message_id ?? 0)) this.lastRead = 0; // the server's data was thrown away
    fresh.filter((message) => this.isMine(message)).forEach((message) => this.confirm(message));
  }

  prepend(page) {
    const oldest = this.messages[0]?.message_id ?? Infinity;
    this.messages = [...page.filter((message) => message.message_id < oldest), ...this.messages];
    if (page.length < PAGE_LENGTH) this.complete = true;
  }

  /** A message of ours arrived: the pending one that was on its way and looks like it is done. */
  confirm(message) {
    const kind = message.photo || message.document ? "files" : "text";
    const said = message.text ?? message.caption ?? "";
    const index = this.pending.findIndex((item) => item.tried && item.kind === kind && (kind === "files" || item.text === said));
    if (index >= 0) this.drop(this.pending[index]);
  }

  drop(item) {
    this.pending = this.pending.filter((each) => each !== item);
    item.previews?.forEach((address) => URL.revokeObjectURL(address));
  }
}
