"""How the bot behaves in a chat, and its language there."""

from bot.chats.chats import Chats
from bot.features.settings import language_texts, texts
from bot.features.settings.handlers import SettingsPage
from bot.features.settings.language import LanguageChoice
from bot.memory.remembering import Remembering
from bot.routing.feature import Button, Command, Feature, Features
from bot.settings import Settings
from onenet.engine import Engine


def feature(
    engine: Engine, chats: Chats, remembering: Remembering, settings: Settings, features: Features
) -> Feature:
    """Make the feature of /settings and /language."""
    page = SettingsPage(chats, remembering)
    language = LanguageChoice(chats, features, settings.owner_id, engine)
    return Feature(
        "settings",
        commands=(
            Command("language", "the language I speak in this chat", language.ask, group="chat"),
            Command(
                "settings",
                "how I behave in this chat",
                page.show,
                admins_only=texts.admins_only,
                group="chat",
                menus=frozenset({"private", "admins"}),
            ),
        ),
        buttons=(
            Button(f"{language_texts.LANGUAGE}.*", language.choose, admins_only=language_texts.only_admins),
            Button(f"{texts.SET}.*", page.press, admins_only=texts.admins_only, takes_old=True),
        ),
    )
