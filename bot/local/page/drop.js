// Dragging files over the page: an overlay with a place for photos and one for files.

import { find } from "./dom.js";
import { carriesFiles, carriesFolder, droppedFiles } from "./files.js";

/** `onfiles(files, asFile)` for photos and files, `onfolder(named)` when a whole folder was dropped. */
export function acceptDrops({ onfiles, onfolder }) {
  const overlay = find("#drop");
  const zones = [...overlay.querySelectorAll(".drop-zone")];
  let depth = 0;

  const hide = () => {
    depth = 0;
    overlay.hidden = true;
    zones.forEach((zone) => zone.classList.remove("over"));
  };
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event.dataTransfer)) return;
    event.preventDefault();
    depth += 1;
    overlay.hidden = Boolean(find("dialog[open]"));
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) hide();
  });
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    zones.forEach((zone) => zone.classList.toggle("over", zone.contains(event.target)));
  });
  addEventListener("drop", async (event) => {
    if (!carriesFiles(event.dataTransfer)) return;
    event.preventDefault();
    const asFile = event.target.closest?.(".drop-zone")?.dataset.as === "file";
    const isFolder = carriesFolder(event.dataTransfer);
    const dropped = droppedFiles(event.dataTransfer);
    hide();
    if (isFolder) onfolder(await dropped);
    else onfiles((await dropped).map(({ file }) => file), asFile);
  });
}
