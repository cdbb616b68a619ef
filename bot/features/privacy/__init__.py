"""What is kept of a chat, shown, exported and forgotten."""

from telegram.constants import ChatAction

from bot.chats.chats import Chats
from bot.features.privacy.forget import Forget
from bot.features.privacy.handlers import Privacy
from bot.features.privacy.texts import only_admins
from bot.memory.memory import Memory
from bot.memory.remembering import Remembering
from bot.memory.texts import FORGET
from bot.routing.feature import Button, Command, Feature, Features
from bot.search.answers import Answers
from bot.store.database import Database


def feature(
    memory: Memory,
    remembering: Remembering,
    chats: Chats,
    database: Database,
    answers: Answers,
    features: Features,
) -> Feature:
    """Make the feature of /memory, /privacy, /export and /forget."""
    privacy, forget = Privacy(memory, remembering, chats, database), Forget(memory, answers, features)
    return Feature(
        "privacy",
        commands=(
            Command("memory", "whether I remember this chat's photos: on, off", privacy.memory, group="chat"),
            Command(
                "forget",
                "as a reply to a photo: forget it; or: mine, everything",
                forget.forget,
                group="chat",
                menus=frozenset({"group"}),
                keeps_photo=False,
            ),
            Command("privacy", "what is kept of this chat, and for how long", privacy.privacy, group="chat"),
            Command(
                "export",
                "all that is kept of this chat, as a file",
                privacy.export,
                shows=ChatAction.UPLOAD_DOCUMENT,
                admins_only=only_admins,
                group="chat",
            ),
        ),
        buttons=(Button(f"{FORGET}.*", forget.press),),
    )
