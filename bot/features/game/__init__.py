"""The guessing game."""

from bot.chats.chats import Chats
from bot.features.game.handlers import Game
from bot.features.game.rounds import Rounds
from bot.features.game.service import Games
from bot.features.game.texts import GUESS
from bot.gallery.gallery import Gallery
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.routing.feature import EVERYWHERE, Button, Command, Feature, Features
from bot.store.database import Database
from onenet.engine import Engine


def feature(
    database: Database,
    gallery: Gallery,
    worker: Worker,
    engine: Engine,
    chats: Chats,
    gallery_notes: GalleryNotes,
    features: Features,
) -> Feature:
    """Make the feature of /game."""
    games = Games(Rounds(database), gallery, worker, engine)
    game = Game(games, gallery, gallery_notes, chats, features)
    return Feature(
        "game",
        commands=(
            Command(
                "game", "guess what I said of a photo; or: scores", game.game, group="play", menus=EVERYWHERE
            ),
        ),
        buttons=(Button(f"{GUESS}.*", game.press, is_personal=True),),
        service=games,
        start=game.start,
        stop=games.stop,
        forget_person=game.forget_person,
    )
