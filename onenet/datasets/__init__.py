"""Data sets: fetched, read as they lie on disk, and as the frozen encoder sees them."""

from onenet.datasets.download import DownloadProgress, download_flickr8k
from onenet.datasets.flickr8k import CaptionedPhoto, load_split

__all__ = ["CaptionedPhoto", "DownloadProgress", "download_flickr8k", "load_split"]
