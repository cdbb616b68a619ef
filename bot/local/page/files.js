// Files out of inputs, clipboards and drops, folders included.

import { say } from "./words.js";

const PHOTO_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/avif"];
const HEAD_BYTES = 64;
const READ_AT_ONCE = 50;
const BEGINNINGS = ["\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "GIF87a", "GIF89a", "II*\0", "MM\0*", "II+\0", "MM\0+", "BM"];
const IMAGE_BRANDS = /avi[fs]|hei[cmsx]|hev[cmsx]|mif[12]|msf1/;
const BITMAP_HEADERS = [12, 16, 40, 52, 56, 64, 108, 124]; // their sizes; such a bitmap has nothing before its header

/** What the browser can show and Telegram would send as a photo. */
export const isPhoto = (file) => PHOTO_TYPES.includes(file.type);

/**
 * What may go into the gallery, whatever its name: {photos: [{file, name}], others: [{photo, reason}]}.
 * Hidden files are neither.
 */
export async function byContent(files) {
  const [photos, others] = [[], []];
  const shown = files.filter(({ name }) => !name.split("/").some((part) => part.startsWith(".")));
  for (let start = 0; start < shown.length; start += READ_AT_ONCE) {
    const some = shown.slice(start, start + READ_AT_ONCE);
    const reasons = await Promise.all(some.map(({ file }) => reasonAgainst(file)));
    some.forEach((each, index) => (reasons[index] ? others.push({ photo: each.name, reason: reasons[index] }) : photos.push(each)));
  }
  return { photos, others };
}

/** Why a file is no photo, by its first bytes: also formats that only the server can read, which looks closer, pass. */
async function reasonAgainst(file) {
  try {
    const head = await file.slice(0, HEAD_BYTES).arrayBuffer();
    return beginsLikePicture(String.fromCharCode(...new Uint8Array(head))) ? "" : say("This file is not a photo.");
  } catch {
    return say("This file could not be read.");
  }
}

const beginsLikePicture = (head) => BEGINNINGS.some((beginning) => head.startsWith(beginning))
  || (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP")
  || (head.slice(4, 8) === "ftyp" && IMAGE_BRANDS.test(head.slice(8)))
  || (head.slice(1, 4) === "\0\0\0" && BITMAP_HEADERS.includes(head.charCodeAt(0)));

/** The files of an input, named with their folder when there is one: [{file, name}]. */
export const namedFiles = (input) => [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));

export const carriesFiles = (transfer) => [...(transfer?.types ?? [])].includes("Files");

/** True when a folder was dropped. Must be asked before the drop event ends. */
export const carriesFolder = (transfer) => entries(transfer).some((entry) => entry.isDirectory);

const entries = (transfer) => [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.()).filter(Boolean);

/** All files of a drop, folders walked: [{file, name}]. Must be called before the drop event ends. */
export async function droppedFiles(transfer) {
  const roots = entries(transfer);
  if (!roots.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  for (const root of roots) await walk(root, found);
  return found;
}

async function walk(entry, found) {
  const name = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push({ file, name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return;
    for (const each of some) await walk(each, found);
  }
}
