"""What is said of maps: how far one is, and what it shows."""

from collections.abc import Iterable

from telegram import InlineKeyboardMarkup

from bot.features.map.service import DrawnMap
from bot.inference.progress_texts import with_bar
from bot.language import _, ngettext, number
from bot.language.phrases import example, examples_keyboard, quote

STOP = "map:stop"
# Frequent words, to look around: an animal, a place, something that one does.
AROUND = {
    "en": ("dog", "beach", "running"),
    "zh": ("狗", "沙滩", "奔跑"),
    "de": ("Hund", "Strand", "rennt"),
    "pt": ("cachorro", "praia", "correndo"),
    "ar": ("كلب", "الشاطئ", "يركض"),
    "fr": ("chien", "plage", "courant"),
    "cs": ("pes", "pláži", "běží"),
    "es": ("perro", "playa", "corriendo"),
    "uk": ("собака", "пляжі", "біжить"),
}


def topic_of(wish: str) -> str:
    """Understand what a map is asked for, in the language of the answers or in English; a word is itself."""
    # Translators: what one types behind /map, small letters; "words" maps all words, "photos" the chat's
    # photos, "gallery" those of the gallery.
    topics = {_("words").lower(): "words", _("photos").lower(): "photos", _("gallery").lower(): "gallery"}
    return topics.get(wish, wish)


def in_the_making(share: float) -> str:
    """Show how far a map is, 0 to 1."""
    return with_bar(_("I am drawing your map: {percent} %").format(percent=number(100 * share)), share)


def already_drawing() -> str:
    """Say that a chat gets one map at a time."""
    return _("I am drawing a map for this chat already. Ask for the next one when it is here.")


def below(drawn: DrawnMap, word: str) -> str:
    """Tell what a map shows.

    Args:
        word: The one that it is about, if it is about one.
    """
    if drawn.of == "words":
        return _(
            "<b>The words that I read most</b>, the most frequent ones larger. Those used alike lie "
            "together; colours are groups. The file is the sharp one to zoom into."
        )
    if drawn.of == "around":
        text = _("<b>Around “{word}”</b>: words used alike lie together, the closest ones are larger.")
        return text.format(word=quote(word))
    return _about_photos(drawn)


def keyboard_below(drawn: DrawnMap, *, has_gallery: bool) -> InlineKeyboardMarkup | None:
    """Offer to go on from a map."""
    if drawn.of == "words":
        return around_keyboard(AROUND.get(drawn.language, AROUND["en"]))
    if drawn.of == "own" and has_gallery:
        return examples_keyboard([example("/map gallery", _("Map of the gallery"))])
    return None


def around_keyboard(words: Iterable[str]) -> InlineKeyboardMarkup | None:
    """Offer the surroundings of words."""
    return examples_keyboard(example(f"/map {word}", _("Around {words}")) for word in words)


def _about_photos(drawn: DrawnMap) -> str:
    if drawn.of == "own":
        text = ngettext(
            "<b>{count} photo of this chat</b> that I remember. Photos alike lie together; "
            "I keep nothing of this map.",
            "<b>{count} photos of this chat</b> that I remember. Photos alike lie together; "
            "I keep nothing of this map.",
            drawn.photos,
        )
    else:
        text = ngettext(
            "<b>{count} photo of the gallery</b>. Photos alike lie together; the file is the sharp one to "
            "zoom into.",
            "<b>{count} photos of the gallery</b>. Photos alike lie together; the file is the sharp one to "
            "zoom into.",
            drawn.photos,
        )
    return text.format(count=number(drawn.photos))
