// The page API of the local chat: one function a question, one error class.

import { BASE } from "./base.js";
import { languageCode, say } from "./words.js";

/** The server answered with a sentence for the user. */
export class Refusal extends Error {}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super(BASE ? say("The chat server does not answer. Is it still running?") : say("The chat server does not answer. Is bot.py still running?"));
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(`${BASE}${path}`, options);
  } catch {
    throw new Unreachable();
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(answer.error ? say(answer.error)
    : say("The chat server refused this ({status}). Reload the page and try again.", { status: response.status }));
  return answer;
}

const post = (path, body) => ask(path, { method: "POST", body });

const postJson = (path, value) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

export const PAGE_LENGTH = 50;

/** What is there, for someone who reads the page's language. */
export async function readState() {
  await postJson("/local/me", { language: languageCode() });
  return ask("/local/state");
}

/** Messages of a chat, oldest first: the newest, or those before a message. */
export async function readMessages(chatId, before) {
  const query = new URLSearchParams({ limit: PAGE_LENGTH });
  if (before) query.set("before", before);
  return (await ask(`/local/chats/${chatId}/messages?${query}`)).messages;
}

/** Send text, or photos and files with a caption. Returns the new messages. */
export async function sendMessage(chatId, { text, caption, replyTo, photos = [], documents = [] }) {
  const form = new FormData();
  if (text) form.set("text", text);
  if (caption) form.set("caption", caption);
  if (replyTo) form.set("reply_to_message_id", replyTo);
  for (const photo of photos) form.append("photo", photo, photo.name);
  for (const file of documents) form.append("document", file, file.name);
  return (await post(`/local/chats/${chatId}/messages`, form)).messages;
}

/** Press an inline button. Returns the id under which the bot's answer will arrive. */
export async function pressButton(chatId, messageId, data) {
  return (await postJson(`/local/chats/${chatId}/callback`, { message_id: messageId, data })).callback_query_id;
}

/** Put photos into the gallery: [{file, name}]. Returns {added, skipped}. */
export function addToGallery(photos) {
  const form = new FormData();
  for (const { file, name } of photos) form.append("photo", file, name);
  return post("/local/gallery", form);
}

export const getFlickr8k = () => post("/local/gallery/flickr8k");

export const fileUrl = (fileId) => `${BASE}/local/files/${encodeURIComponent(fileId)}`;
