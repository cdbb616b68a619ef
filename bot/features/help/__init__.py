"""Hello, help, and what is said to everything else."""

from bot.features.help.handlers import Help
from bot.gallery.gallery import Gallery
from bot.gallery.notes import GalleryNotes
from bot.language.phrases import FIND_TEXT, RUN, SIMILAR_TEXT
from bot.routing.feature import EVERYWHERE, Button, Command, Feature, Features, Listener
from onenet.engine import Engine


def feature(engine: Engine, gallery: Gallery, gallery_notes: GalleryNotes, features: Features) -> Feature:
    """Make the feature of /start, /help and /about, and of all that no other one answers."""
    helping = Help(engine, gallery, gallery_notes, features)
    return Feature(
        "help",
        commands=(
            Command("start", "say hello", helping.start, group="bot"),
            Command("help", "what I can do, with examples", helping.show_help, group="bot", menus=EVERYWHERE),
            Command("about", "the network, its limits, what is kept", helping.about, group="bot"),
        ),
        buttons=(
            Button(f"{FIND_TEXT}|{SIMILAR_TEXT}", helping.use_text),
            Button(f"{RUN}.*", helping.run_example),
        ),
        listeners=(
            Listener(
                lambda said: bool(said.command) and (said.is_private or said.names_bot),
                helping.unknown_command,
                takes_edits=True,
            ),
            Listener(lambda said: said.is_asked and said.message.text is not None, helping.plain_text),
            Listener(
                lambda said: said.is_private and said.is_addressed and not said.is_service,
                helping.anything_else,
                is_once=False,
            ),
        ),
    )
