"""What people send in a soak."""

import io
import random
import re
import struct
import zlib
from collections.abc import Callable

from hypothesis import strategies as st
from PIL import Image

COMMANDS = (
    "/start", "/help", "/about", "/privacy", "/settings", "/language", "/language de", "/language xx",
    "/memory", "/caption", "/why", "/inside", "/mix", "/game", "/game scores", "/map words", "/map dog",
    "/map photos", "/map gallery", "/map", "/similar dog", "/similar", "/similar dgo?",
    "/analogy man men woman", "/analogy man", "/odd dog puppy cat men", "/walk dog woman", "/find red",
    "/find a green wall", "/find pink blue", "/find quux", "/find", "/find photo - red + blue",
    "/dream red", "/dream a blue wall", "/dream", "/forget", "/forget mine", "/forget everything",
    "/memory on", "/memory off", "/stats", "/broadcast", "/settings x", "/HELP",
    "/find@onenet_local_bot red", "/similar@onenet_local_bot dog", "/nothing", "/forget nothing",
)  # fmt: skip
OTHER_BOTS = ("/help@other_bot", "/find@other_bot red")
HEAVY = ("/export",)
REMARKS = (
    "haha",
    "what is this?",
    "One Network, hello",
    "@onenet_local_bot",
    "red",
    "good morning",
    "🎈" * 30,
)
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 0, 255), (255, 255, 255), (120, 47, 0), (9, 9, 9))

# What no answer says; people neither, since answers may quote them.
NEVER_SAID = re.compile(
    r"Traceback|\b\w+(?:Error|Exception|Warning)\b|File \"|\bnan\b"
    r"|%\(\w+\)s|\{\w*\}|<\w+ object|sqlite|/data/"
)
nonsense = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda text: not NEVER_SAID.search(text)
)
commands = st.one_of(
    st.sampled_from(COMMANDS),
    st.sampled_from(COMMANDS),
    st.sampled_from((*OTHER_BOTS, *HEAVY)),
    st.tuples(
        st.sampled_from(["/find ", "/similar ", "/dream ", "/walk ", "/map ", "/language "]), nonsense
    ).map("".join),
)
texts = st.one_of(commands, commands, st.sampled_from(REMARKS), nonsense)


def picture(seed: int) -> Image.Image:
    """A picture that is no other: mostly one colour, and a few dots."""
    chance = random.Random(seed)
    image = Image.new("RGB", (48 + chance.randrange(40), 48 + chance.randrange(40)), chance.choice(COLOURS))
    for _ in range(12):
        place = chance.randrange(image.width), chance.randrange(image.height)
        image.putpixel(place, tuple(chance.randrange(256) for _ in range(3)))
    return image


def encoded(seed: int, image_format: str = "JPEG") -> bytes:
    content = io.BytesIO()
    picture(seed).save(content, image_format)
    return content.getvalue()


def bomb() -> bytes:
    """A small PNG of very many pixels."""
    side = 30_000

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


FILES: dict[str, Callable[[int], tuple[str, bytes]]] = {
    "half.jpg": lambda seed: ("half.jpg", encoded(seed)[:300]),
    "most.jpg": lambda seed: ("most.jpg", encoded(seed)[:-2]),
    "cat.png": lambda seed: ("cat.png", encoded(seed, "PNG")),
    "cat.gif": lambda seed: ("cat.gif", encoded(seed, "GIF")),
    "cat.tiff": lambda seed: ("cat", encoded(seed, "TIFF")),
    "bomb.png": lambda seed: ("bomb.png", bomb()),
    "words.jpg": lambda seed: ("words.jpg", b"no photo at all %d" % seed),
    "notes.pdf": lambda seed: ("notes.pdf", b"%%PDF-1.4 %d" % seed),
    "thirteen.png": lambda seed: ("thirteen.png", _thirteen(seed)),
}


def _thirteen(seed: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (13, 13), COLOURS[seed % len(COLOURS)]).save(content, "PNG")
    return content.getvalue()
