// The preview before photos are sent: caption, remove one, "send as file".

import { turn } from "./composer.js";
import { find, icon, iconButton, make } from "./dom.js";
import { isPhoto } from "./files.js";
import { toast } from "./toast.js";
import { plural, say, size } from "./words.js";

const LARGEST_BYTES = 20 * 1024 ** 2;

export class SendSheet {
  /** `onsend({files, ratios, caption, asFile})` is called when the user agrees. */
  constructor(onsend) {
    this.onsend = onsend;
    this.items = [];
    this.dialog = find("#sheet");
    this.grid = find("#sheet-photos");
    this.caption = find("#sheet-caption");
    this.asFile = find("#sheet-as-file");
    find("#sheet-cancel").addEventListener("click", () => this.dialog.close());
    find("#sheet-add").addEventListener("click", () => find("#photo-input").click());
    find("#sheet-form").addEventListener("submit", (event) => this.submit(event));
    this.dialog.addEventListener("close", () => this.clear());
    this.asFile.addEventListener("change", () => this.draw());
    this.caption.addEventListener("input", () => turn(this.caption));
    this.caption.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
    });
  }

  add(files, { asFile = false, caption = "" } = {}) {
    for (const file of files) {
      if (!file.size) toast(say("{name} is empty. Choose another file.", file), "error");
      else if (file.size > LARGEST_BYTES) toast(say("{name} is larger than 20 MB. Make it smaller and try again.", file), "error");
      else this.items.push({ file, address: isPhoto(file) ? URL.createObjectURL(file) : null });
    }
    if (!this.items.length) return;
    if (!this.dialog.open) {
      this.asFile.checked = asFile;
      this.caption.value = caption;
      turn(this.caption);
      this.dialog.showModal();
      this.caption.focus();
    }
    this.draw();
  }

  draw() {
    const photos = this.items.filter((item) => item.address && !this.asFile.checked).length;
    find("#sheet-title").textContent = photos === this.items.length
      ? say("Send {photos}", { photos: plural(photos, "{number} photo", "{number} photos") })
      : say("Send {files}", { files: plural(this.items.length, "{number} file", "{number} files") });
    this.grid.classList.toggle("one", this.items.length === 1);
    this.grid.replaceChildren(...this.items.map((item) => {
      const shown = item.address && !this.asFile.checked
        ? make("img", { src: item.address, alt: item.file.name, onload: ({ target }) => (item.ratio = target.naturalWidth / target.naturalHeight) })
        : make("div", { class: "sheet-file" }, icon("file"), make("span", { textContent: item.file.name }), make("small", { textContent: size(item.file.size) }));
      return make("figure", { class: "sheet-photo" }, shown, iconButton("close", say("Remove {name}", item.file), () => this.remove(item), "icon-button remove"));
    }));
  }

  remove(item) {
    if (item.address) URL.revokeObjectURL(item.address);
    this.items = this.items.filter((each) => each !== item);
    if (!this.items.length) this.dialog.close();
    else this.draw();
  }

  submit(event) {
    event.preventDefault();
    const sent = { files: this.items.map((item) => item.file), ratios: new Map(this.items.map((item) => [item.file, item.ratio ?? 1])),
      caption: this.caption.value.trim(), asFile: this.asFile.checked };
    this.dialog.close();
    this.onsend(sent);
  }

  clear() {
    this.items.forEach((item) => item.address && URL.revokeObjectURL(item.address));
    this.items = [];
    this.grid.replaceChildren();
  }
}
