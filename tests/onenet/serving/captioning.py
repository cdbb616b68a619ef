"""Captions photos in a process of its own, for tests of what the processor is told: prints them as JSON.

Arguments: the network's file, threads, photos. They are captioned alone and in batches, in two languages.
"""

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from onenet.engine import Engine

BATCHES = (1, 8)

checkpoint, threads, *photos = sys.argv[1:]
engine = Engine.load(Path(checkpoint), threads=int(threads))
opened = [Image.open(photo).convert("RGB") for photo in photos]
languages = (engine.written[0], engine.written[-1])
found: dict[int, dict[str, list[Any]]] = {}
for batch in BATCHES:
    of_batch = found[batch] = {name: [] for name in ("representations", *languages)}
    for start in range(0, len(opened), batch):
        representations = engine.represent(opened[start : start + batch])
        of_batch["representations"] += representations.tolist()
        for language in languages:
            captions = engine.caption(representations, language=language)
            of_batch[language] += [best[0].text for best in captions]
print(json.dumps(found))
assert "torch" not in sys.modules
