"""Ways to search by description compared: in a network of several languages each asks for one of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.bench import find
from onenet.bench.find import measure_find
from onenet.datasets.sources import load_sources
from onenet.evaluation.ranks import ranks_by_score
from onenet.network.checkpoint import Checkpoint
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import write_sources
from tests.onenet.networks import small_network


def test_words_of_another_language_change_no_way_to_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However readily the decoder says German words, what is sought in English is the same."""
    sources = write_sources(tmp_path, train=2, dev=4)
    vocabulary = Vocabulary.build(load_sources(sources, views=1).sentences(), min_count=1)
    checkpoint = Checkpoint(small_network(vocabulary), vocabulary, {}, "net")
    scored: list[NDArray[np.float32]] = []

    def noting(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        scored.append(scores)
        return ranks_by_score(scores, rows)

    monkeypatch.setattr(find, "ranks_by_score", noting)

    def measured() -> dict[str, NDArray[np.float32]]:
        scored.clear()
        found: dict[str, Any] = measure_find(
            checkpoint, tmp_path / "flickr8k", "dev", cache=tmp_path / "cache"
        )
        return dict(zip([row["what"] for row in found["rows"]], [*scored], strict=True))

    before = measured()
    german = vocabulary.block("de")
    checkpoint.model.word_bias[german.start : german.stop] += 3.0
    after = measured()
    for what, scores in before.items():
        np.testing.assert_allclose(scores, after[what], atol=1e-5, err_msg=what)
