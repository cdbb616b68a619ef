// Files out of inputs, clipboards and drops, folders included.

const PHOTO_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/avif"];
const PHOTO_ENDINGS = /\.(jpe?g|png|webp|gif|bmp|avif|tiff?|heic|heif)$/i;

/** What the browser can show and Telegram would send as a photo. */
export const isPhoto = (file) => PHOTO_TYPES.includes(file.type);

/** What may go into the gallery: also formats that only the server can read. */
export const isPicture = ({ file, name }) => PHOTO_ENDINGS.test(name) && !name.split("/").some((part) => part.startsWith("."));

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
