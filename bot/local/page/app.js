// The page: who hears of what, and what happens then.

import * as api from "./api.js";
import { drawBots, speakOf } from "./bots.js";
import { Buttons } from "./buttons.js";
import { Chat } from "./chat.js";
import { chatName, doingOf, drawChats } from "./chats.js";
import { Composer } from "./composer.js";
import { find, icon, isNarrow, make } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { EventStream } from "./events.js";
import { GalleryPanel } from "./gallery.js";
import { openMenu } from "./menu.js";
import { MessageList } from "./messages.js";
import { Outbox } from "./outbox.js";
import { SendSheet } from "./sheet.js";
import { acceptSwipes } from "./swipe.js";
import { copy, toast } from "./toast.js";
import { PhotoViewer } from "./viewer.js";
import { directionOf, examplesHere, say, translatePage } from "./words.js";

const ACTION_SHOWN_MS = 5500;

class App {
  constructor() {
    this.chats = new Map();
    this.buttons = new Buttons((query) => this.composer.write(`@${this.bot.username} ${query}`));
    this.outbox = new Outbox({ onchange: (chat) => this.refresh(chat), onrefused: (chat, text) => this.giveBack(chat, text) });
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
    acceptSwipes(find("#messages"), (messageId) => this.composer.reply(this.chat.message(messageId)));
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
      jump: async (messageId) => (await this.list.jump(messageId)) || toast(say("That message was deleted.")),
      openPhoto: (message) => this.viewer.show(this.chat.messages.filter((each) => each.photo), message.message_id),
      press: (message, button, element) => this.buttons.press(message, button, element),
      menu: (event, message) => this.messageMenu(event, message),
      retry: (item) => this.outbox.deliver(item),
      discard: (item) => this.outbox.discard(item),
    };
  }

  // --- the server's side ---

  async synchronise() {
    const state = await api.readState();
    const pages = await Promise.all(state.chats.map((chat) => api.readMessages(chat.id)));
    const first = !this.bot;
    Object.assign(this, { bot: state.bot, me: state.me, bots: state.bots, examples: examplesHere(state.examples) });
    this.showBots();
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
      case "callback_answer": this.buttons.answer(event); return;
      case "commands": this.composer.commands.commands = event.commands; break;
      case "gallery": this.gallery.show(event.gallery); return;
      case "bot": this.bot = event.bot; this.showBots(); break;
      case "bots": this.bots = event.bots; this.showBots(); return;
      default: return;
    }
    this.refresh(chat);
  }

  showBots() {
    drawBots(this.bots);
    if (this.bots) speakOf(this.bot);
    this.drawHeader();
    this.drawList();
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

  /** Soon, and once for whatever else changes until then. Not by animation frame: those rest while the page is hidden. */
  drawList() {
    this.listDrawn ??= setTimeout(() => {
      this.listDrawn = null;
      const chats = [...this.chats.values()];
      drawChats(chats, { bot: this.bot, open: this.chat, onopen: (chat) => (location.hash = `chat/${chat.id}`) });
      const unread = chats.reduce((sum, chat) => sum + chat.unread, 0);
      document.title = unread ? `(${unread}) ${this.bot.first_name}` : this.bot.first_name;
    });
  }

  drawHeader() {
    const { chat } = this;
    if (!chat) return;
    find("#chat-title").textContent = chatName(chat, this.bot);
    find("#chat-avatar").className = `avatar ${chat.isGroup ? "group" : "bot"}`;
    find("#chat-avatar").replaceChildren(icon(chat.isGroup ? "people" : "aperture"));
    const offline = document.body.classList.contains("offline");
    const doing = chat.action && doingOf(chat, this.bot);
    find("#chat-status").textContent = offline ? say("connecting…")
      : doing || (chat.isGroup ? say("You, {bot}", { bot: this.bot.first_name }) : say("bot"));
    find("#chat-status").classList.toggle("doing", Boolean(doing) && !offline);
  }

  drawEmpty() {
    const { chat } = this;
    const empty = chat.complete && !chat.messages.length && !chat.pending.length;
    find("#empty").hidden = !empty;
    if (!empty) return;
    const examples = this.examples ?? this.composer.commands.commands.slice(0, 4).map((each) => `/${each.command}`);
    find("#examples").replaceChildren(...examples.map((example) =>
      make("button", { type: "button", class: "chip", dir: directionOf(example), textContent: example, onclick: () => this.sendText(this.address(example)) })));
  }

  /** In a group a command carries the bot's name, as Telegram's own menus write it. */
  address(command) {
    return this.chat.isGroup ? command.replace(/^(\/\w+)(?!\S)/, `$1@${this.bot.username}`) : command;
  }

  messageMenu(event, message) {
    if (event.target.closest("a[href]") || getSelection().toString()) return;
    const text = message.text ?? message.caption;
    openMenu(event, [
      { icon: "reply", label: say("Reply"), run: () => this.composer.reply(message) },
      text && { icon: "copy", label: say("Copy text"), run: () => copy(text) },
      message.photo && { icon: "photo", label: say("Open photo"), run: () => this.rowActions().openPhoto(message) },
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
    this.outbox.sendText(this.chat, text, keepReply ? undefined : this.composer.takeReply());
    this.list.toBottom();
  }

  sendFiles(sent) {
    this.outbox.sendFiles(this.chat, sent, this.composer.takeReply());
    this.list.toBottom();
  }

  /** What the server refused goes back to where it was written. */
  giveBack(chat, text) {
    if (text && chat === this.chat && !this.composer.input.value) this.composer.write(text);
  }
}

translatePage();
new App();
