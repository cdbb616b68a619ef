// The gallery panel: how many photos are searchable, adding more, getting Flickr8K.

import { addToGallery, getFlickr8k } from "./api.js";
import { find, make } from "./dom.js";
import { byContent, carriesFiles, droppedFiles, namedFiles } from "./files.js";
import { complain, toast } from "./toast.js";
import { number, plural, say, size } from "./words.js";

const BATCH_PHOTOS = 12;
const BATCH_BYTES = 24 * 1024 ** 2;
const SKIPPED_SHOWN = 100;

const photosOf = (number) => plural(number, "{number} photo", "{number} photos");

/** Batches small enough that progress moves and no request is huge. */
export function* batches(photos) {
  let batch = [];
  let bytes = 0;
  for (const photo of photos) {
    if (batch.length && (batch.length === BATCH_PHOTOS || bytes + photo.file.size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(photo);
    bytes += photo.file.size;
  }
  if (batch.length) yield batch;
}

function showBar(bar, done, total) {
  bar.hidden = total === 0;
  if (total) Object.assign(bar, { max: total, value: done });
  else bar.removeAttribute("value");
}

export class GalleryPanel {
  constructor() {
    this.dialog = find("#gallery");
    this.refused = [];
    for (const id of ["#gallery-card", "#gallery-button"]) find(id).addEventListener("click", () => this.open());
    find("#gallery-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    find("#add-folder").addEventListener("click", () => find("#folder-input").click());
    find("#add-photos").addEventListener("click", () => find("#gallery-input").click());
    for (const id of ["#folder-input", "#gallery-input"]) find(id).addEventListener("change", ({ target }) => {
      this.upload(namedFiles(target));
      target.value = "";
    });
    find("#upload-stop").addEventListener("click", () => (this.stopped = true));
    find("#get-flickr8k").addEventListener("click", () => this.getFlickr8k());
    this.acceptDrops();
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  acceptDrops() {
    const zone = find("#gallery-drop");
    const over = (event) => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      event.stopPropagation();
      zone.classList.add("over");
    };
    this.dialog.addEventListener("dragenter", over);
    this.dialog.addEventListener("dragover", over);
    this.dialog.addEventListener("dragleave", (event) => this.dialog.contains(event.relatedTarget) || zone.classList.remove("over"));
    this.dialog.addEventListener("drop", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.remove("over");
      this.upload(await droppedFiles(event.dataTransfer));
    });
  }

  /** Send photos to the server in batches: [{file, name}]. */
  async upload(files) {
    if (this.uploading) {
      toast(say("Photos are being added already. Wait until that is done."), "error");
      return;
    }
    this.open();
    Object.assign(this, { uploading: true, stopped: false });
    const { photos, others } = await byContent(files);
    this.refused = others;
    if (!photos.length) {
      this.uploading = false;
      toast(say("There are no photos in this. Choose JPEG, PNG, WebP, TIFF or HEIC files."), "error");
      this.draw();
      return;
    }
    let sent = 0;
    let added = 0;
    try {
      for (const batch of batches(photos)) {
        this.showUpload(sent, photos.length);
        const answer = await addToGallery(batch);
        added += answer.added;
        this.refused.push(...(answer.skipped ?? []));
        sent += batch.length;
        if (this.stopped) break;
      }
      toast(say("{photos} added to the gallery.", { photos: photosOf(added) }));
    } catch (error) {
      complain(error);
    }
    this.uploading = false;
    this.showUpload(0, 0);
    this.draw();
  }

  showUpload(sent, total) {
    find("#upload").hidden = total === 0;
    showBar(find("#upload-bar"), sent, total);
    find("#upload-words").textContent = say("Adding {done} of {photos}", { done: number(sent), photos: photosOf(total) });
  }

  async getFlickr8k() {
    const button = find("#get-flickr8k");
    button.disabled = true;
    try {
      await getFlickr8k();
    } catch (error) {
      button.disabled = false;
      complain(error);
    }
  }

  /** Take a new state: {photos, phase, done, total, missing, skipped, folder, download}, or null without a gallery. */
  show(gallery) {
    this.state = gallery;
    find("#gallery-card").hidden = find("#gallery-button").hidden = !gallery;
    if (gallery) this.draw();
  }

  draw() {
    const { photos, phase, done, total, folder, download, missing } = this.state;
    const indexing = phase === "indexing";
    const words = photos ? say("{photos} searchable", { photos: photosOf(photos) })
      : indexing ? say("Reading the first photos") : say("No photos yet");
    find("#gallery-count").textContent = number(photos);
    find("#gallery-noun").textContent = plural(photos, "photo searchable", "photos searchable");
    find("#gallery-folder").textContent = folder ?? "";
    find("#gallery-card-words").textContent = indexing && total ? say("Indexing {done} of {total}", { done: number(done), total: number(total) }) : words;
    find("#gallery-missing").hidden = !missing;
    find("#gallery-missing").textContent = missing ? say("{photos} missing: is a drive not connected?", { photos: photosOf(missing) }) : "";
    find("#indexing").hidden = !indexing;
    find("#indexing-words").textContent = total
      ? say("Indexing: {done} of {photos}", { done: number(done), photos: photosOf(total) }) : say("Looking for new photos");
    showBar(find("#indexing-bar"), done, indexing ? total : 0);
    showBar(find("#gallery-card-bar"), done, indexing ? total : 0);
    this.drawDownload(download);
    this.drawSkipped();
  }

  drawDownload(download) {
    const busy = download?.phase === "downloading" || download?.phase === "unpacking";
    const failed = download?.phase === "failed";
    find("#get-flickr8k").disabled = busy;
    find("#download").hidden = !busy;
    find("#download-failed").hidden = !failed;
    find("#download-failed").textContent = failed ? download.message : "";
    if (!busy) return;
    const { done_bytes: done, total_bytes: total, phase } = download;
    find("#download-words").textContent = phase === "unpacking" ? say("Unpacking Flickr8K")
      : total ? say("Downloading Flickr8K: {done} of {total}", { done: size(done ?? 0), total: size(total) })
        : say("Downloading Flickr8K: {done}", { done: size(done ?? 0) });
    const bar = find("#download-bar");
    if (phase === "downloading" && total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
  }

  drawSkipped() {
    const skipped = [...this.refused, ...(this.state.skipped ?? [])];
    find("#skipped").hidden = !skipped.length;
    find("#skipped-title").textContent = say("{files} skipped", { files: plural(skipped.length, "{number} file", "{number} files") });
    find("#skipped-list").replaceChildren(...skipped.slice(0, SKIPPED_SHOWN).map((each) =>
      make("li", {}, make("bdi", {}, make("b", { textContent: each.photo })), each.reason && ": ", make("bdi", {}, say(each.reason ?? "")))));
  }
}
