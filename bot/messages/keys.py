"""Keys of messages: what the database knows their chats and answers by."""

from telegram import Message

from bot.store.keys import AnswerKey, ChatKey


def chat_of(message: Message) -> ChatKey:
    """Give the key of a message's chat."""
    return ChatKey(message.get_bot().id, message.chat_id)


def key_of(message: Message, part: int = 0) -> AnswerKey:
    """Give what the database knows an answer of ours by, or a part of it."""
    return AnswerKey(message.get_bot().id, message.chat_id, message.message_id, part)
