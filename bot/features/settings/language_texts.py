"""What is said of the language that the bot speaks."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import LANGUAGES, _, speaking, translations_for
from bot.language.network import Multilingual, note_on

# What the buttons send back, with the code of the language behind it.
LANGUAGE = "language:"


def which_language(*, is_private: bool) -> str:
    """Ask for the language of a chat."""
    if is_private:
        return _("Which language shall I speak?")
    return _("Which language shall I speak here? The admins of the group choose.")


def languages_keyboard(*, is_private: bool) -> InlineKeyboardMarkup:
    """Offer the languages, two a row, each by its own name; a group may also leave it to its people."""
    buttons = [
        InlineKeyboardButton(name, callback_data=f"{LANGUAGE}{code}") for code, name in LANGUAGES.items()
    ]
    rows = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
    if not is_private:
        rows.append([InlineKeyboardButton(_("To each their own"), callback_data=LANGUAGE)])
    return InlineKeyboardMarkup(rows)


def chosen(language: str, network: Multilingual) -> str:
    """Confirm the choice of a language, in that language; "": to each their own."""
    if not language:
        return _("From now on I answer each of you in the language of your Telegram, or the one you chose.")
    with speaking(translations_for(language)):
        # Translators: say the name of the language that you translate into.
        text = _("From now on I speak English here.")
        return "\n\n".join(filter(None, (text, note_on(network))))


def only_admins() -> str:
    """Refuse to let someone choose the language of a group."""
    return _("Only admins of this group can choose its language.")
