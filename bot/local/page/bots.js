// Which of several bots one talks to, and the words of a page that is not One Network's own.

import { BASE } from "./base.js";
import { find, make } from "./dom.js";
import { say } from "./words.js";

const address = (bot) => `/chat/${bot.token}`;

/** Offer the other bots, where there are any; without a list of bots the page belongs to one for good. */
export function drawBots(bots) {
  const choice = find("#bots");
  choice.hidden = !bots || bots.length < 2;
  if (choice.hidden) return;
  choice.replaceChildren(...bots.map((bot) => make("option", { value: address(bot), selected: address(bot) === BASE,
    textContent: `${bot.first_name} (${bot.token.split(":")[0]})` })));
  choice.onchange = () => (location.href = `${choice.value}/`);
}

/** The words around the chats, for any bot: nothing in them tells of what One Network does. */
export function speakOf(bot) {
  find("#sidebar h1").textContent = bot.first_name;
  find("#empty h3").textContent = say("This is the chat with {bot}", { bot: bot.first_name });
  find("#empty-words").textContent = say("Write to it, or drop a photo here.");
  find("#group-note").textContent = say("In a group a command may name the bot: /start@{bot}.", { bot: bot.username });
}
