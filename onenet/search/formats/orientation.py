"""How a photo lies, from its metadata: the one thing in them that counts here."""

import re
import struct

from PIL.Image import Transpose

UPRIGHT = 1
# What turns a picture upright, by its orientation.
TURNED_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_TAG = 0x0112

_XMP = re.compile(rb'tiff:Orientation(="|>)([1-8])')
_EXIF = b"Exif\0\0"
_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}  # the kinds of values that are


def orientation_of(exif: bytes, xmp: bytes = b"") -> int:
    """Return the orientation that EXIF tells, else XMP, 1 to 8, however broken all the rest of them is."""
    return _in_exif(exif) or _in_xmp(xmp) or UPRIGHT


def _in_exif(exif: bytes) -> int | None:
    while exif.startswith(_EXIF):
        exif = exif[len(_EXIF) :]
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return None
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    if start + 2 > len(exif):
        return None
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, values = struct.unpack_from(f"{order}HHI", exif, entry)
        found = _whole_number(order, kind, values, exif[entry + 8 : entry + 12])
        if tag == _TAG and found is not None and found <= 8:
            return found
    return None


def _whole_number(order: str, kind: int, count: int, value: bytes) -> int | None:
    """Return the first of an entry's values, if it stands in the entry itself and is a number above 0.

    Args:
        order: "<" or ">".
        kind: The number of the values' type.
        count: How many there are.
        value: The part of the entry that holds them if they are few.
    """
    code = _WHOLE_NUMBERS.get(kind)
    if code is None or not 1 <= count <= len(value) // struct.calcsize(f"={code}"):
        return None
    (number,) = struct.unpack_from(f"{order}{code}", value)
    return number if number > 0 else None


def _in_xmp(xmp: bytes) -> int | None:
    found = _XMP.search(xmp)
    return int(found[2]) if found else None
