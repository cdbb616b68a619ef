"""Dreams: pictures made by running the encoder backwards, from a representation to pixels."""

from onenet.dreams.dreaming import DreamConfig, Dreaming, DreamStep, Recognised, layers_beside

__all__ = ["DreamConfig", "DreamStep", "Dreaming", "Recognised", "layers_beside"]
