"""Dreams: pictures made by running the encoder backwards, from a representation to pixels."""

from onenet.dreams.dream import DreamConfig, Dreaming, DreamStep, Recognised
from onenet.dreams.expected import layers_beside

__all__ = ["DreamConfig", "DreamStep", "Dreaming", "Recognised", "layers_beside"]
