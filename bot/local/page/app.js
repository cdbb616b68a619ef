// The page: who hears of what, and what happens then.

import * as api from "./api.js";
import { Chat } from "./chat.js";
import { ACTIONS, chatName, drawChats } from "./chats.js";
import { Composer } from "./composer.js";
import { find, icon, isNarrow, make } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { EventStream } from "./events.js";
import { isPhoto } from "./files.js";
import { GalleryPanel } from "./gallery.js";
import { openMenu } from "./menu.js";
import { MessageList } from "./messages.js";
import { SendSheet } from "./sheet.js";
import { complain, copy, showAlert, toast } from "./toast.js";
import { PhotoViewer } from "./viewer.js";

const ACTION_SHOWN_MS = 5500;
const ANSWER_WITHIN_MS = 20_000;
const ALBUM_PHOTOS = 10;
const EXAMPLES = ["/similar dog", "/analogy man men woman", "/find a dog running through snow", "/help"];

class App {
  constructor() {
    this.chats = new Map();
    this.pressed = new Map(); // callback_query_id -> the button that waits
    this.answered = new Map(); // answers that came before the id did
    this.viewer = new PhotoViewer();
    this.gallery = new GalleryPanel();
    this.sheet = new SendSheet((sent) => this.sendFiles(sent));
    this.composer = new Composer({ onsend: (text) => this.sendText(text), onfiles: (files) => this.attach(files) });
    this.list = new MessageList({
      scroller: find("#scroller"), list: find("#messages"), typing: find("#typing"),
      actions: this.rowActions(), onscroll: () => this.scrolled(),
      loadOlder: async (chat) => chat.prepend(await api.readMessages(chat.id, chat.messages[0].message_id)),
    });
    this.stream = new EventStream({ synchronise: () => this.synchronise(), receive: (event) => this.receive(event),
      onconnection: (there) => this.showConnection(there) });
    acceptDrops({ onfiles: (files, asFile) => this.attach(files, asFile), onfolder: (named) => this.gallery.upload(named) });
    this.listen();
    this.stream.open();
  }

  listen() {
    find("#theme").addEventListener("click", () => {
      const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = theme;
      localStorage.setItem("onenet.theme", theme);
    });
    find("#back").addEventListener("click", () => (location.hash = ""));
    find("#to-bottom").addEventListener("click", () => this.list.toBottom(true));
    find("#alert-close").addEventListener("click", () => find("#alert").close());
    addEventListener("hashchange", () => this.route());
    document.addEventListener("visibilitychange", () => this.scrolled());
    matchMedia("(max-width: 760px)").addEventListener("change", () => this.route());
  }

  rowActions() {
    return {
      command: (text) => this.sendText(this.address(text), { keepReply: true }),
      reply: (message) => this.composer.reply(message),
      jump: async (messageId) => (await this.list.jump(messageId)) || toast("That message was deleted."),
      openPhoto: (message) => this.viewer.show(this.chat.messages.filter((each) => each.photo), message.message_id),
      press: (message, button, element) => this.press(message, button, element),
      menu: (event, message) => this.messageMenu(event, message),
      retry: (item) => this.deliver(item.chat, item),
      discard: (item) => (item.chat.drop(item), this.list.refresh()),
    };
  }

  // --- the server's side ---

  async synchronise() {
    const state = await api.readState();
    const pages = await Promise.all(state.chats.map((chat) => api.readMessages(chat.id)));
    const first = !this.bot;
    Object.assign(this, { bot: state.bot, me: state.me });
    state.chats.forEach((description, index) => {
      if (!this.chats.has(description.id)) this.chats.set(description.id, new Chat(description, this.me.id));
      const chat = this.chats.get(description.id);
      chat.description = description;
      chat.action = null;
      chat.catchUp(pages[index]);
    });
    this.composer.commands.commands = state.commands;
    this.gallery.show(state.gallery);
    if (first) this.route();
    else this.refresh();
    document.body.dataset.ready = "";
  }

  receive(event) {
    const chat = this.chats.get(event.message?.chat.id ?? event.chat_id);
    switch (event.kind) {
      case "message":
        if (!chat) return;
        chat.put(event.message);
        if (!chat.isMine(event.message)) this.setAction(chat, null);
        break;
      case "edited": chat?.edit(event.message); break;
      case "deleted": chat?.remove(event.message_id); break;
      case "action": if (chat) this.setAction(chat, event.action); return;
      case "callback_answer": this.answer(event); return;
      case "commands": this.composer.commands.commands = event.commands; return;
      case "gallery": this.gallery.show(event.gallery); return;
      default: return;
    }
    this.refresh(chat);
  }

  showConnection(there) {
    find("#connection").hidden = there;
    document.body.classList.toggle("offline", !there);
    this.drawHeader();
  }

  setAction(chat, action) {
    clearTimeout(chat.actionTimer);
    chat.action = action;
    if (action) chat.actionTimer = setTimeout(() => this.setAction(chat, null), ACTION_SHOWN_MS);
    this.drawHeader();
    this.drawList();
    if (chat === this.chat) this.list.showTyping(action);
  }

  // --- what is shown ---

  /** The address says which chat is open; on a phone no chat means the list. */
  route() {
    if (!this.bot) return;
    const id = Number(/^#chat\/(-?\d+)$/.exec(location.hash)?.[1]);
    const chat = this.chats.get(id) ?? (isNarrow() ? null : this.chat ?? [...this.chats.values()][0]);
    document.body.dataset.view = chat ? "chat" : "list";
    if (chat) this.open(chat);
    else this.chat = null;
    this.drawList();
  }

  open(chat) {
    if (this.chat === chat) return;
    this.chat = chat;
    this.composer.show(chat, (command) => this.address(command));
    find("#group-note").hidden = !chat.isGroup;
    this.drawHeader();
    this.drawEmpty();
    this.list.show(chat);
    this.list.showTyping(chat.action);
    if (!isNarrow()) this.composer.input.focus();
  }

  refresh(chat = this.chat) {
    if (this.chat && chat === this.chat) {
      this.drawEmpty();
      this.list.refresh();
    } else this.drawList();
  }

  scrolled() {
    const { chat } = this;
    if (!chat) return;
    if (this.list.stuck && !document.hidden) chat.markRead();
    const { unread } = chat;
    find("#to-bottom").hidden = this.list.stuck;
    find("#to-bottom-count").textContent = unread || "";
    find("#to-bottom-count").hidden = !unread;
    this.drawList();
  }

  drawList() {
    if (this.listDrawn) return;
    this.listDrawn = requestAnimationFrame(() => {
      this.listDrawn = null;
      const chats = [...this.chats.values()];
      const focused = document.activeElement?.dataset.chat;
      drawChats(chats, { bot: this.bot, open: this.chat, onopen: (chat) => (location.hash = `chat/${chat.id}`) });
      if (focused) find(`[data-chat="${focused}"]`)?.focus();
      const unread = chats.reduce((sum, chat) => sum + chat.unread, 0);
      document.title = unread ? `(${unread}) One Network` : "One Network";
    });
  }

  drawHeader() {
    const { chat } = this;
    if (!chat) return;
    find("#chat-title").textContent = chatName(chat, this.bot);
    find("#chat-avatar").className = `avatar ${chat.isGroup ? "group" : "bot"}`;
    find("#chat-avatar").replaceChildren(icon(chat.isGroup ? "people" : "aperture"));
    const offline = document.body.classList.contains("offline");
    const doing = chat.action && `${chat.isGroup ? `${this.bot.first_name} is ` : ""}${ACTIONS[chat.action] ?? "working"}…`;
    find("#chat-status").textContent = offline ? "connecting…" : doing || (chat.isGroup ? `You, ${this.bot.first_name}` : "bot");
    find("#chat-status").classList.toggle("doing", Boolean(doing) && !offline);
  }

  drawEmpty() {
    const { chat } = this;
    const empty = chat.complete && !chat.messages.length && !chat.pending.length;
    find("#empty").hidden = !empty;
    if (!empty) return;
    find("#examples").replaceChildren(...EXAMPLES.map((example) =>
      make("button", { type: "button", class: "chip", textContent: example, onclick: () => this.sendText(this.address(example)) })));
  }

  /** In a group a command carries the bot's name, as Telegram's own menus write it. */
  address(command) {
    return this.chat.isGroup ? command.replace(/^(\/\w+)(?!\S)/, `$1@${this.bot.username}`) : command;
  }

  messageMenu(event, message) {
    if (event.target.closest("a[href]") || getSelection().toString()) return;
    const text = message.text ?? message.caption;
    openMenu(event, [
      { icon: "reply", label: "Reply", run: () => this.composer.reply(message) },
      text && { icon: "copy", label: "Copy text", run: () => copy(text) },
      message.photo && { icon: "photo", label: "Open photo", run: () => this.rowActions().openPhoto(message) },
    ].filter(Boolean));
  }

  // --- the user's side ---

  attach(files, asFile = false) {
    if (find("#gallery").open) this.gallery.upload(files.map((file) => ({ file, name: file.name })));
    else if (this.chat) {
      const alreadyOpen = find("#sheet").open;
      this.sheet.add(files, { asFile, caption: alreadyOpen ? undefined : this.composer.input.value });
      if (!alreadyOpen && find("#sheet").open) this.composer.write("");
      if (find("#sheet").open) find("#sheet-caption").focus();
    }
  }

  sendText(text, { keepReply = false } = {}) {
    const replyTo = keepReply ? undefined : this.composer.takeReply();
    this.queue({ kind: "text", text, request: { text, replyTo } });
  }

  sendFiles({ files, ratios, caption, asFile }) {
    const photos = asFile ? [] : files.filter(isPhoto);
    const documents = files.filter((file) => !photos.includes(file));
    const replyTo = this.composer.takeReply();
    const parts = [];
    for (let start = 0; start < photos.length; start += ALBUM_PHOTOS) parts.push({ photos: photos.slice(start, start + ALBUM_PHOTOS) });
    if (documents.length) parts.push({ documents });
    parts.forEach((part, index) => {
      const words = index === 0 ? caption : "";
      this.queue({ kind: "files", text: words, names: part.documents?.map((file) => file.name),
        previews: part.photos?.map((file) => URL.createObjectURL(file)), shapes: part.photos?.map((file) => ratios.get(file)),
        request: { caption: words, replyTo, ...part } });
    });
  }

  /** Show it as being sent; messages of one chat leave in the order in which they were written. */
  queue(item) {
    const { chat } = this;
    Object.assign(item, { chat, date: Date.now() / 1000 });
    chat.pending.push(item);
    this.refresh(chat);
    this.list.toBottom();
    chat.sending = (chat.sending ?? Promise.resolve()).then(() => this.deliver(chat, item));
  }

  async deliver(chat, item) {
    Object.assign(item, { tried: true, failed: false });
    this.refresh(chat);
    try {
      const messages = await api.sendMessage(chat.id, item.request);
      messages.forEach((message) => chat.put(message));
      chat.drop(item);
    } catch (error) {
      complain(error);
      if (error instanceof api.Refusal) {
        chat.drop(item);
        if (item.text && chat === this.chat && !this.composer.input.value) this.composer.write(item.text);
      } else item.failed = true;
    }
    this.refresh(chat);
  }

  async press(message, button, element) {
    if (button.copy_text) {
      copy(button.copy_text.text);
      return;
    }
    const query = button.switch_inline_query_current_chat;
    if (query !== undefined) {
      this.composer.write(`@${this.bot.username} ${query}`);
      return;
    }
    if (element.classList.contains("waiting")) return;
    element.classList.add("waiting");
    element.setAttribute("aria-busy", "true");
    try {
      const id = await api.pressButton(message.chat.id, message.message_id, button.callback_data);
      this.pressed.set(id, element);
      setTimeout(() => this.release(id), ANSWER_WITHIN_MS);
      if (this.answered.has(id)) this.answer(this.answered.get(id));
    } catch (error) {
      element.classList.remove("waiting");
      element.removeAttribute("aria-busy");
      complain(error);
    }
  }

  answer(event) {
    const id = event.callback_query_id;
    if (!this.pressed.has(id)) {
      this.answered.set(id, event);
      setTimeout(() => this.answered.delete(id), ANSWER_WITHIN_MS);
      return;
    }
    this.release(id);
    if (event.text) (event.show_alert ? showAlert : toast)(event.text);
  }

  release(id) {
    const element = this.pressed.get(id);
    this.pressed.delete(id);
    this.answered.delete(id);
    element?.classList.remove("waiting");
    element?.removeAttribute("aria-busy");
  }
}

new App();
