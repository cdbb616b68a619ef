"""Captions photos in a process of its own, for tests of what the processor is told: prints them as JSON.

Arguments: the network's file, threads, photos in a batch, photos.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from onenet.engine import Engine

checkpoint, threads, batch, *photos = sys.argv[1:]
engine = Engine.load(Path(checkpoint), threads=int(threads))
opened = [Image.open(photo).convert("RGB") for photo in photos]
parts = [engine.represent(opened[start : start + int(batch)]) for start in range(0, len(opened), int(batch))]
representations = np.concatenate(parts)
written = [
    [caption.text for captions in engine.caption(representations, language=language) for caption in captions]
    for language in engine.written
]
print(json.dumps({"captions": written, "representations": representations.tolist()}))
assert "torch" not in sys.modules
