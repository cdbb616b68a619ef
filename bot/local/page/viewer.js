// One photo on the whole screen; arrows walk through the photos of the chat.

import { fileUrl } from "./api.js";
import { photoSize, time } from "./bubble.js";
import { find, make } from "./dom.js";
import { isRightToLeft, say } from "./words.js";

const SWIPE_PX = 50;
const TO_THE_RIGHT = isRightToLeft ? -1 : 1;

export class PhotoViewer {
  constructor() {
    this.dialog = find("#viewer");
    this.stage = find("#viewer-stage");
    find("#viewer-close").addEventListener("click", () => this.dialog.close());
    find("#viewer-previous").addEventListener("click", () => this.step(-1));
    find("#viewer-next").addEventListener("click", () => this.step(1));
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.step(-TO_THE_RIGHT);
      if (event.key === "ArrowRight") this.step(TO_THE_RIGHT);
    });
    this.stage.addEventListener("click", (event) => event.target.tagName !== "IMG" && this.dialog.close());
    this.stage.addEventListener("pointerdown", (event) => (this.from = event.clientX));
    this.stage.addEventListener("pointerup", (event) => {
      const moved = event.clientX - this.from;
      if (event.pointerType === "touch" && Math.abs(moved) > SWIPE_PX) this.step(moved > 0 ? -TO_THE_RIGHT : TO_THE_RIGHT);
    });
  }

  /** Show one of these messages; all of them carry a photo. */
  show(messages, messageId) {
    this.messages = messages;
    this.index = messages.findIndex((message) => message.message_id === messageId);
    this.draw();
    this.dialog.showModal();
  }

  step(by) {
    const index = this.index + by;
    if (index < 0 || index >= this.messages.length) return;
    this.index = index;
    this.draw();
  }

  draw() {
    const message = this.messages[this.index];
    const photo = photoSize(message.photo, Infinity);
    this.stage.replaceChildren(make("img", { src: fileUrl(photo.file_id), alt: message.caption ?? say("Photo"), draggable: false }));
    find("#viewer-caption").textContent = message.caption ?? "";
    find("#viewer-name").textContent = `${message.from?.first_name ?? ""} · ${time(message.date)}`;
    find("#viewer-count").textContent = this.messages.length > 1 ? say("{number} of {total}", { number: this.index + 1, total: this.messages.length }) : "";
    find("#viewer-previous").disabled = this.index === 0;
    find("#viewer-next").disabled = this.index === this.messages.length - 1;
    const link = find("#viewer-save");
    link.href = fileUrl(photo.file_id);
    link.download = `photo-${message.message_id}.jpg`;
  }
}
