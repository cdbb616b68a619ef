"""Maps: words and photos laid out by likeness, as pictures and as pages that pan, zoom and search."""

from onenet.maps.drawing import as_jpeg, as_png
from onenet.maps.layout import OnProgress
from onenet.maps.page import photo_page, word_page
from onenet.maps.photos import PhotoMap, choose_photos, draw_photo_map, map_photos
from onenet.maps.word_picture import draw_word_map
from onenet.maps.words import WordMap, map_words

__all__ = [
    "OnProgress",
    "PhotoMap",
    "WordMap",
    "as_jpeg",
    "as_png",
    "choose_photos",
    "draw_photo_map",
    "draw_word_map",
    "map_photos",
    "map_words",
    "photo_page",
    "word_page",
]
