"""What is compared: named variants of the shipped recipe, and the article's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onenet.bench.article import ArticleConfig
from onenet.errors import OneNetError
from onenet.training.config import TrainConfig


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        name: As the command line and the table say it.
        what: What is different about it, in a few words.
        overrides: Fields of its recipe that are not as by default.
        recipe: How it is trained and searched.
        inversion: Arguments of `onenet.search.inversion.invert_from_random_starts` if it cannot search as the
            shipped network is served: without a trained sentence encoder there is no guess to start from.
        seeds: Trained with each of these, unless others are asked for.
    """

    name: str
    what: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    recipe: type[TrainConfig] | type[ArticleConfig] = TrainConfig
    inversion: Mapping[str, Any] | None = None
    seeds: tuple[int, ...] = (1,)

    def config(self, seed: int) -> TrainConfig | ArticleConfig:
        """Give everything that decides what a run of it gives."""
        return self.recipe(**{**self.overrides, "seed": seed})


# As long and as fast as the first release of this network searched: from random directions.
FROM_RANDOM_STARTS: Mapping[str, Any] = {"steps": 12, "restarts": 4, "learning_rate": 0.1}

VARIANTS = (
    Variant(
        "article",
        "the article's recipe: frozen encoder, 3-layer GRU, no length normalisation, random starts",
        recipe=ArticleConfig,
    ),
    Variant(
        "Flickr8K's English alone",
        "the shipped recipe without other languages and photos, as `python -m onenet train` trains alone",
    ),
    Variant("frozen encoder", "the encoder's top stays as ImageNet made it", {"tuning_rate": 0.0}),
    Variant(
        "captions only",
        "no sentence encoder: nothing reads captions again, search is by inversion alone from random starts",
        {"contrastive_weight": 0.0},
        inversion=FROM_RANDOM_STARTS,
    ),
    Variant(
        "joint training alone",
        "decoder and words do not go on alone afterwards",
        {"settling_epochs": 0, "critical_epochs": 0},
    ),
    Variant("no self-criticism", "the decoder learns from given captions alone", {"critical_epochs": 0}),
    Variant("one view", "photos are neither mirrored nor cropped", {"views": 1}),
    Variant("no label smoothing", "plain cross-entropy", {"label_smoothing": 0.0}),
    Variant("no word dropout", "the decoder sees every word", {"word_dropout": 0.0}),
    Variant("smaller encoder", "EfficientNet-Lite0 at 224 px", {"encoder": "efficientnet_lite0"}),
)


def find_variant(name: str) -> Variant:
    """Look a variant up.

    Raises:
        OneNetError: If there is none of that name.
    """
    for variant in VARIANTS:
        if variant.name == name:
            return variant
    names = ", ".join(f"“{variant.name}”" for variant in VARIANTS)
    raise OneNetError(f"There is no variant “{name}”. Choose one of {names}.")
