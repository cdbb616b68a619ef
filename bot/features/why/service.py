"""Reasons: a photo of a chat explained word by word, as a picture."""

from dataclasses import dataclass

from PIL import Image

from bot.inference.worker import Worker
from bot.photos.fetching import Photo, as_jpeg, open_from_chat
from onenet.engine import Engine, Reasons, draw_reasons

SIDE_PX = 1600


@dataclass(frozen=True)
class Explained:
    """Why a photo has its caption.

    Attributes:
        picture: A JPEG with a panel a word.
        reasons: What it shows.
    """

    picture: bytes
    reasons: Reasons


async def explain(photo: Photo, caption: str, worker: Worker, engine: Engine) -> Explained:
    """Fetch a photo and find where each word of a caption comes from; "" stands for the network's own.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        DescriptionError: If the network knows no word of the caption.
        BusyError: If too many wait already.
        LeftOutError: If this chat or person asks too much.
    """
    image = await open_from_chat(photo, worker)
    reasons = await worker.call(engine.explain, image, caption)
    return Explained(await worker.decode(_draw, image, reasons), reasons)


def _draw(image: Image.Image, reasons: Reasons) -> bytes:
    return as_jpeg(draw_reasons(image, reasons), SIDE_PX)
