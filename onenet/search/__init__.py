"""Search: photos read from files, kept in an index, and found by likeness, description or change."""

from onenet.search.compaction import compact
from onenet.search.folder import FolderChanges, IndexProgress, compare, update_index
from onenet.search.formats.kinds import (
    OTHER_SUFFIXES,
    PHOTO_SUFFIXES,
    image_kind,
    is_photo,
    suffix_of,
)
from onenet.search.index import ImageIndex, Match, PhotoRecord, Searchable, Skipped
from onenet.search.inside import Inside, look_inside
from onenet.search.likeness import ALIKE, SAME_PHOTO, nearest_different, representations_now, still_there
from onenet.search.milvus import MilvusIndex
from onenet.search.milvus_chats import MilvusChats
from onenet.search.milvus_connection import MilvusConnection, raise_unless_installed
from onenet.search.mix import MixStep, picking_order
from onenet.search.photos import is_passing, photo_size, read_photo
from onenet.search.query import ChangeQuery, Query, RefinedQuery, SearchResult, WordsQuery
from onenet.search.terms import photo_terms
from onenet.search.vectors import VectorIndex

__all__ = [
    "ALIKE",
    "OTHER_SUFFIXES",
    "PHOTO_SUFFIXES",
    "SAME_PHOTO",
    "ChangeQuery",
    "FolderChanges",
    "ImageIndex",
    "IndexProgress",
    "Inside",
    "Match",
    "MilvusChats",
    "MilvusConnection",
    "MilvusIndex",
    "MixStep",
    "PhotoRecord",
    "Query",
    "RefinedQuery",
    "SearchResult",
    "Searchable",
    "Skipped",
    "VectorIndex",
    "WordsQuery",
    "compact",
    "compare",
    "image_kind",
    "is_passing",
    "is_photo",
    "look_inside",
    "nearest_different",
    "photo_size",
    "photo_terms",
    "picking_order",
    "raise_unless_installed",
    "read_photo",
    "representations_now",
    "still_there",
    "suffix_of",
    "update_index",
]
