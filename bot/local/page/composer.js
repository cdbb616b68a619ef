// Where messages are written: the text, the reply it answers, the command menu, attached and pasted photos.

import { fileUrl } from "./api.js";
import { photoSize } from "./bubble.js";
import { summary } from "./chat.js";
import { CommandMenu } from "./commands.js";
import { find, isNarrow } from "./dom.js";
import { directionOf, isRightToLeft, say } from "./words.js";

const TALLEST_PX = 180;

/** Let a field be read as what is in it is, and an empty one as the page is. */
export const turn = (field) => (field.dir = field.value ? directionOf(field.value) : isRightToLeft ? "rtl" : "ltr");

export class Composer {
  /** `onsend(text)`; `onfiles(files)` for attached or pasted ones. */
  constructor({ onsend, onfiles }) {
    this.onsend = onsend;
    this.input = find("#input");
    this.commands = new CommandMenu({ list: find("#command-menu"), input: this.input, button: find("#menu-button"),
      onpick: (command, complete) => this.pick(command, complete) });
    find("#composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => this.changed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    find("#attach").addEventListener("click", () => find("#photo-input").click());
    find("#reply-cancel").addEventListener("click", () => this.reply(null));
    find("#photo-input").addEventListener("change", ({ target }) => {
      onfiles([...target.files]);
      target.value = "";
    });
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      onfiles(files);
    });
  }

  /** Take up a chat's draft. */
  show(chat, address) {
    this.chat = chat;
    this.address = address;
    this.input.value = chat.draft;
    this.input.placeholder = chat.isGroup ? say("Message the group") : isNarrow() ? say("Message") : say("Message, photo or /command");
    this.reply(chat.message(chat.replyTo) ?? null, { focus: false });
    this.changed();
    this.commands.close();
  }

  write(text) {
    this.input.value = text;
    this.changed();
    this.input.focus();
  }

  changed() {
    const { input } = this;
    this.chat.draft = input.value;
    turn(input);
    input.style.height = "auto";
    input.style.height = `${Math.min(TALLEST_PX, input.scrollHeight)}px`;
    find("#send").classList.toggle("ready", Boolean(input.value.trim()));
    this.commands.follow(input.value);
  }

  key(event) {
    if (event.isComposing || this.commands.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.chat.replyTo) {
      event.stopPropagation();
      this.reply(null);
    }
  }

  pick(command, complete) {
    this.write(complete ? `/${command} ` : "");
    if (!complete) this.onsend(this.address(`/${command}`));
  }

  submit() {
    const text = this.input.value.trim();
    if (!text) {
      this.input.focus();
      return;
    }
    this.write("");
    this.onsend(text);
  }

  /** Answer this message next; null to answer none. */
  reply(message, { focus = true } = {}) {
    this.chat.replyTo = message?.message_id;
    find("#reply-bar").hidden = !message;
    if (message) {
      find("#reply-name").textContent = this.chat.isMine(message) ? say("Reply to yourself")
        : say("Reply to {name}", { name: message.from?.first_name ?? "" });
      find("#reply-text").textContent = summary(message);
      const thumbnail = find("#reply-thumbnail");
      thumbnail.hidden = !message.photo;
      if (message.photo) thumbnail.src = fileUrl(photoSize(message.photo, 90).file_id);
    }
    if (focus) this.input.focus();
  }

  /** The reply that the next message carries; it is used up. */
  takeReply() {
    const { replyTo } = this.chat;
    this.reply(null, { focus: false });
    return replyTo ?? undefined;
  }
}
