// The page's own words in the language that language.js chose: English in the source, the others in words/.

const page = document.documentElement;
const language = page.lang.toLowerCase().split("-")[0];
const words = language === "en" ? {} : await fetch(`/page/words/${language}.json`).then((answer) => answer.json()).catch(() => ({}));

/** How dates and numbers are written: with the digits of the bot's sentences, which are Latin ones in every language. */
export const LOCALE = language === "en" ? "en-GB" : `${page.lang}-u-nu-latn`;

export const isRightToLeft = page.dir === "rtl";

const forms = new Intl.PluralRules(LOCALE);
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/** A number with its thousands apart. */
export const number = (value) => value.toLocaleString(LOCALE);

/** A sentence of the page; {names} in it stand for values. */
export const say = (english, values = {}) => fill(words[english] ?? english, values);

/** A sentence about a {number} of things, English as one says it of one and of many. */
export function plural(value, one, many) {
  const translated = words[many];
  const sentence = translated ? translated[forms.select(value)] ?? translated.other : value === 1 ? one : many;
  return fill(sentence, { number: number(value) });
}

/** Bytes for people. */
export function size(bytes) {
  if (bytes < 1024) return say("{number} B", { number: number(bytes) });
  const [unit, decimals, divisor] = bytes < 1024 ** 2 ? ["{number} KB", 0, 1024]
    : bytes < 1024 ** 3 ? ["{number} MB", 1, 1024 ** 2] : ["{number} GB", 2, 1024 ** 3];
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return say(unit, { number: (bytes / divisor).toLocaleString(LOCALE, digits) });
}

/** The code by which a Telegram app tells a bot this language: "de", "pt-br", "zh-hans". */
export function languageCode() {
  if (language === "pt") return "pt-br";
  return language === "zh" ? `zh-${new Intl.Locale(page.lang).maximize().script.toLowerCase()}` : language;
}

/** What a bot offers to try, of its examples by language: in this one, or in English. */
export const examplesHere = (examples = {}) => examples[language] ?? examples.en;

/** Say what the page's HTML says in this language, and show it. */
export function translatePage() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data;
    const said = words[text.trim()];
    if (said) texts.currentNode.data = text.replace(text.trim(), () => said);
  }
  for (const name of ["title", "aria-label", "placeholder"])
    for (const element of document.querySelectorAll(`[${name}]`)) element.setAttribute(name, say(element.getAttribute(name)));
  delete page.dataset.words;
}

const RIGHT_TO_LEFT = /[\u200f\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const NOT_READ = ["mention", "url", "email", "code", "pre"];
const COMMAND = /(?<![\w/<>])\/\w+(@\w+)?/g; // also in a text that is still being written, whose entities nobody knows

/** Which way a text is read: as its first letter says, but not one of a command, a name or an address. */
export function directionOf(text, entities = []) {
  let read = text;
  for (const { type, offset, length } of entities)
    if (NOT_READ.includes(type)) read = read.slice(0, offset) + " ".repeat(length) + read.slice(offset + length);
  const first = /[\u200f\p{L}]/u.exec(read.replace(COMMAND, " "))?.[0];
  if (!first) return "auto";
  return RIGHT_TO_LEFT.test(first) ? "rtl" : "ltr";
}
