// Whose chats these are, by the page's address: the only bot's, or those of the bot named there.

const [prefix, token] = /^\/chat\/([^/]+)(?=\/)/.exec(location.pathname) ?? ["", ""];

/** What comes before "/local/" in every address. */
export const BASE = prefix;

/** What comes before a name that the browser keeps, so that bots do not share drafts. */
export const KEPT = token ? `onenet.${token}` : "onenet";
