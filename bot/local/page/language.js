// Runs before the first paint (a plain script, not a module): which language the page is in, and which way it is read.
// The person's is the first of the browser's languages that there are words for; until those are here, nothing is shown.
(() => {
  const page = document.documentElement;
  const known = ["en", "ar", "de", "es", "fr", "pt", "ru", "zh"];
  const languageOf = (tag) => tag.toLowerCase().split("-")[0];
  const tag = navigator.languages.find((each) => known.includes(languageOf(each))) ?? "en";
  page.lang = tag;
  page.dir = languageOf(tag) === "ar" ? "rtl" : "ltr";
  if (languageOf(tag) !== "en") page.dataset.words = "coming";
})();
