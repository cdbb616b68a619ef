"""Captions: of a photo, of an album, the next-best one."""

from telegram.constants import ChatAction

from bot.chats.chats import Chats
from bot.delivery.answered import Answered
from bot.features.caption.albums import AlbumCaptions
from bot.features.caption.handlers import Captions, asks_what_a_photo_shows, is_remark
from bot.language.phrases import ANOTHER_CAPTION
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering
from bot.photos.album_in import AlbumBuffer
from bot.routing.feature import Button, Command, Feature, Features, Listener
from bot.search.answers import Answers
from bot.search.finder import Finder


def feature(
    reader: PhotoReader,
    remembering: Remembering,
    finder: Finder,
    answers: Answers,
    chats: Chats,
    answered: Answered,
    buffer: AlbumBuffer,
    features: Features,
) -> Feature:
    """Make the feature of /caption, photos that come alone or as albums, and their other captions."""
    captions = Captions(reader, remembering, finder, answers, chats, answered, features)
    albums = AlbumCaptions(reader, remembering, finder, answers, chats, answered, buffer, features)
    typing = ChatAction.TYPING
    return Feature(
        "caption",
        commands=(
            Command(
                "caption",
                "describe a photo: write it under the photo, or as a reply to one",
                captions.caption,
                shows=typing,
                of_album=albums.caption,
                group="photos",
                menus=frozenset({"group"}),
            ),
        ),
        buttons=(Button(ANOTHER_CAPTION, captions.another),),
        listeners=(
            Listener(
                lambda sent: bool(sent.album),
                albums.part,
                "first",
                is_once=False,
                takes_edits=True,
                wants=albums.wants,
            ),
            Listener(
                lambda sent: sent.is_addressed and sent.photo is not None and not is_remark(sent),
                captions.photo,
                takes_edits=True,
                shows=typing,
            ),
            Listener(
                lambda sent: sent.is_private and sent.is_addressed and sent.message.document is not None,
                captions.not_a_photo,
                is_once=False,
            ),
            Listener(asks_what_a_photo_shows, captions.caption, shows=typing),
            Listener(
                lambda sent: sent.photo is not None and sent.photo.kind in ("photo", "file"),
                captions.overheard,
                "last",
                is_once=False,
                wants=captions.wants,
            ),
        ),
    )
