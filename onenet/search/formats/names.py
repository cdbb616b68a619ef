"""What the name of a file says of its being a photo: yes, no, or nothing."""

import os

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)
_TEXTS = "txt md rst log csv tsv json jsonl xml html htm css tex bib vcf ics eml url lnk webloc torrent"
_PROGRAMS = """
    py pyc pyi ipynb js mjs ts jsx tsx map c h cc cpp hpp rs go java class jar kt swift rb php pl sh bash bat
    ps1 cmd sql yaml yml toml ini cfg conf env lock exe dll so dylib o a lib deb rpm msi apk whl ttf otf
    woff woff2
"""
_DOCUMENTS = """
    pdf ps eps ai svg svgz psd xcf ico icns cur doc docx odt rtf xls xlsx ods ppt pptx odp epub mobi
    zip gz bz2 xz zst tar tgz 7z rar iso dmg db sqlite sqlite3 npy npz pt pth onnx safetensors pkl parquet h5
"""
_FILMS_AND_SOUNDS = """
    mp4 m4v mov avi mkv webm mpg mpeg 3gp wmv flv ogv mts m2ts mp3 wav flac ogg oga opus m4a aac wma aiff mid
"""
_HALF_DOWNLOADS = "part partial crdownload download swp"
# Raw photos hold no more than a tiny preview that could be read; others are notes about photos.
_RAW_PHOTOS_AND_NOTES = """
    cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef dng raw rwl srw x3f iiq 3fr kdc mrw
    xmp aae thm ithmb lrcat lrprev pp3 dop
"""
# Of files that are never looked into for a photo.
OTHER_SUFFIXES = frozenset(
    f".{suffix}"
    for suffixes in (
        _TEXTS,
        _PROGRAMS,
        _DOCUMENTS,
        _FILMS_AND_SOUNDS,
        _HALF_DOWNLOADS,
        _RAW_PHOTOS_AND_NOTES,
    )
    for suffix in suffixes.split()
)


def suffix_of(name: str) -> str:
    """Return how a name ends, from the last dot on, in small letters; "" without a dot."""
    return os.path.splitext(name)[1].lower()
