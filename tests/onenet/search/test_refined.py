"""Three words lie on three axes; the decoder says of a photo what it shows, 0 nats, and all else at -10."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.conversation import SearchState, Wish
from onenet.search.refined import Readers, place_of, scores

AXES = np.eye(3, dtype=np.float32)


def represent(sentences: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    rows = np.array([sum(AXES[token - 4] for token in ids[1:-1]) for ids in sentences], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def log_likelihoods(photos: NDArray[np.float32], ids: Sequence[int], language: str) -> NDArray[np.float32]:
    assert language == "en"
    return np.where(photos[:, ids[1] - 4] > 0.5, 0.0, -10.0).astype(np.float32)


READERS = Readers(represent, log_likelihoods, lambda photos: np.zeros(len(photos), np.float32))


def wish(axis: int, weight: float = 1.0) -> Wish:
    return Wish("word", weight, (1, 4 + axis, 2))


def test_one_wish_leads_to_its_words() -> None:
    place = place_of(SearchState((wish(0),)), READERS)
    assert place.representation.tolist() == AXES[0].tolist()
    assert len(place.unwanted) == 0


def test_several_lead_between_and_a_photo_counts_as_words_do() -> None:
    between = place_of(SearchState((wish(0), wish(1))), READERS)
    assert between.representation == pytest.approx([0.5**0.5, 0.5**0.5, 0], abs=1e-6)
    with_photo = place_of(SearchState((wish(0), Wish("", photo=AXES[2]))), READERS)
    assert with_photo.representation == pytest.approx([0.5**0.5, 0, 0.5**0.5], abs=1e-6)


def test_it_leads_away_from_what_is_to_be_absent() -> None:
    place = place_of(SearchState((wish(0), wish(1, -1.0))), READERS)
    assert place.representation[1] < 0 < place.representation[0]
    assert place.wanted.tolist() == AXES[0].tolist()
    less = place_of(SearchState((wish(0), wish(1, -0.5))), READERS)
    assert place.representation[1] < less.representation[1] < 0
    alone = place_of(SearchState((wish(1, -1.0),)), READERS)
    assert alone.representation.tolist() == (-AXES[1]).tolist()


@pytest.mark.parametrize("weights", [(-1.0,), (-0.5, -0.5), (-0.999999,), (-1.05,)])
def test_where_all_that_is_wanted_is_to_be_absent_the_direction_stays(weights: tuple[float, ...]) -> None:
    place = place_of(SearchState((wish(0), *(wish(0, weight) for weight in weights))), READERS)
    assert place.representation.tolist() == place.wanted.tolist() == AXES[0].tolist()


def test_scores_fall_where_a_photo_shows_what_is_to_be_absent() -> None:
    both = np.array([[0.5**0.5, 0.5**0.5, 0]], dtype=np.float32)
    photos = np.concatenate([AXES, both])
    state = SearchState((wish(0), wish(1, -1.0)))
    found, fits = scores(state, place_of(state, READERS), photos, READERS)
    assert np.argsort(-found).tolist()[:2] == [0, 3]
    assert fits[0] > fits[3]
    before = SearchState((wish(0),))
    wanted, _ = scores(before, place_of(before, READERS), photos, READERS)
    assert wanted[3] - found[3] > wanted[0] - found[0]
    of_photo = SearchState.of_photo(AXES[0])
    assert scores(of_photo, place_of(of_photo, READERS), photos, READERS)[0] == pytest.approx(photos[:, 0])
