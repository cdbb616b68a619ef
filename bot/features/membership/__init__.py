"""The bot comes into a chat, moves with it, leaves it."""

from bot.chats.access import Access
from bot.chats.chats import Chats
from bot.features.membership.handlers import Membership
from bot.memory.memory import Memory
from bot.routing.feature import Feature, Listener
from onenet.engine import Engine


def feature(engine: Engine, access: Access, chats: Chats, memory: Memory) -> Feature:
    """Make the feature of coming into chats and leaving them."""
    membership = Membership(access, chats, memory, engine)
    return Feature(
        "membership",
        listeners=(
            Listener(
                lambda told: bool(told.message.migrate_to_chat_id or told.message.migrate_from_chat_id),
                membership.migrate,
                is_once=False,
            ),
        ),
        gates=(membership.keep_out, membership.meet, membership.change),
        refuses=membership.refuses,
    )
