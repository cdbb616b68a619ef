"""A map as one page that pans, zooms and searches; it needs nothing but itself."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onenet.maps.drawing import as_hex, as_jpeg, group_colour
from onenet.maps.layout import OnProgress
from onenet.maps.photos import OpenPhoto, PhotoMap, make_thumbnail
from onenet.maps.words import WordMap

TEMPLATE = Path(__file__).with_name("page.html")
THUMBNAIL_PX = 240


def word_page(word_map: WordMap) -> str:
    """Write a map of words as HTML; the nearer one looks the more labels are shown."""
    groups = max((word.group for word in word_map.words), default=0) + 1
    items = [
        {
            "text": word.word,
            "x": round(word.x, 4),
            "part": round(word.y, 4),
            "weight": round(word.weight, 3),
            "colour": as_hex(group_colour(word.group, groups)),
        }
        for word in word_map.words
    ]
    title = f"Words around “{word_map.around}”" if word_map.around else "Words"
    return _page(
        {
            "kind": "words",
            "title": title,
            "around": word_map.around,
            "language": word_map.language,
            "items": items,
            "width": 1,
        }
    )


def photo_page(
    photo_map: PhotoMap,
    captions: Mapping[str, str],
    open_photo: OpenPhoto,
    *,
    on_progress: OnProgress = lambda share: None,
) -> str:
    """Write a map of photos as HTML, the photos inside; they are searched by captions and names.

    Args:
        captions: By the photos' names, which are paths.
        open_photo: Of one that it cannot read the cell stays empty.
    """
    items = []
    for number, photo in enumerate(photo_map.photos):
        on_progress(number / len(photo_map.photos))
        thumbnail = make_thumbnail(photo.photo, open_photo, THUMBNAIL_PX)
        if thumbnail is not None:
            source = (
                f"data:image/jpeg;base64,{base64.b64encode(as_jpeg(thumbnail, quality=80)).decode('ascii')}"
            )
            name, text = Path(photo.photo).name, captions.get(photo.photo, "")
            items.append({"text": text, "name": name, "x": photo.column, "y": photo.row, "source": source})
    shape = {"width": photo_map.columns, "height": photo_map.rows}
    return _page({"kind": "photos", "title": "Photos", "around": "", "items": items, **shape})


def _page(data: Mapping[str, Any]) -> str:
    # "<" could end the script element that the data stand in
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return TEMPLATE.read_text(encoding="utf-8").replace("/*DATA*/", text)
