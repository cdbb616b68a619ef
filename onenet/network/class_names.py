"""The names of ImageNet's classes, as torchvision has them."""

from functools import cache
from importlib.resources import files


@cache
def class_names() -> tuple[str, ...]:
    """Give the names of ImageNet's classes, in the order of a classifier's logits."""
    text = files("onenet.network").joinpath("class_names.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
