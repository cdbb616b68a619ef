// Before the first bot: says where bots have to call, and goes to the chats of the first that does.

import { translatePage } from "./words.js";

const LOOK_AGAIN_MS = 1000;

translatePage();

document.querySelector("#base").textContent = `${location.origin}/bot`;

async function look() {
  const known = await fetch("/local/bots").then((response) => response.json()).catch(() => ({ bots: [] }));
  if (known.bots.length) location.reload();
  else setTimeout(look, LOOK_AGAIN_MS);
}

look();
