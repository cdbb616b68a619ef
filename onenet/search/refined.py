"""Where a search that went on leads, and which photos fit all that was wished for in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.conversation.state import SearchState, Wish
from onenet.network.special_words import END_ID
from onenet.search.ranking import HUBNESS_WEIGHT, LIKELIHOOD_WEIGHT, USUAL_LOG_P

Floats = NDArray[np.float32]

# Chosen by `python -m onenet evaluate --then` on one half of Flickr8K's dev photos.
REFINED_CANDIDATES = 50  # photos nearest by cosine that are worth the decoder's time
TOGETHER = 0.5  # of all words read as one sentence, beside each turn's alone
TAKEN = 1.0  # length of the step away from what is to be absent
LEAST_LEFT = 0.1  # of what is wanted, behind that step: less is what copies of a photo differ by
ABSENT = 0.8  # of the score, for a cosine of what is to be absent


@dataclass(frozen=True)
class Readers:
    """What is needed of a network.

    Attributes:
        represent: Guesses the representations (S, D) of the photos that sentences tell of.
        log_likelihoods: Of a sentence, given photos (N, D), its ids and its language, in nats a word.
        excess: How much nearer photos (N, D) are to sentences than photos usually are, see `Spread.excess`.
    """

    represent: Callable[[Sequence[Sequence[int]]], Floats]
    log_likelihoods: Callable[[Floats, Sequence[int], str], Floats]
    excess: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Place:
    """Where a search leads.

    Attributes:
        representation: Away from what is to be absent, shape (D,), unit length.
        wanted: Where the wishes alone lead, shape (D,), unit length.
        unwanted: Of what is to be absent, shape (U, D), each as long as it matters.
    """

    representation: Floats
    wanted: Floats
    unwanted: Floats


def place_of(state: SearchState, readers: Readers) -> Place:
    """Add up what is wished for, and go away from what is to be absent, unless that is all of it."""
    spoken = [wish.token_ids for wish in state.wanted if wish.token_ids]
    wanted = sum(wish.weight * _vector(wish, readers) for wish in state.wanted)
    if len(spoken) > 1:
        together = [spoken[0][0], *(token for ids in spoken for token in ids[1:] if token != END_ID), END_ID]
        wanted = wanted + TOGETHER * readers.represent([together])[0]
    unwanted = [-wish.weight * _vector(wish, readers) for wish in state.unwanted]
    direction = _unit(np.asarray(wanted, dtype=np.float32)) if state.wanted else None
    rows = np.array(unwanted, dtype=np.float32) if unwanted else np.zeros((0, 0), dtype=np.float32)
    if direction is None:
        direction = _unit(-rows.sum(axis=0))
        return Place(direction, direction, rows)
    moved = direction - TAKEN * rows.sum(axis=0) if len(rows) else direction
    is_left = float(np.linalg.norm(moved)) >= LEAST_LEFT
    return Place(_unit(moved) if is_left else direction, direction, rows)


def scores(state: SearchState, place: Place, photos: Floats, readers: Readers) -> tuple[Floats, Floats]:
    """Tell how well photos fit all that is wished for.

    A score is the cosine, what the decoder says of each wish in words as where a single description is
    searched for, and less where the photo shows what is to be absent.

    Args:
        photos: Representations, shape (N, D).

    Returns:
        The scores, shape (N,), and how well each fits what is wanted, to be compared with `Threshold`.
    """
    gains = [
        readers.log_likelihoods(photos, wish.token_ids, wish.language) - USUAL_LOG_P
        for wish in state.wanted
        if len(wish.token_ids) > 2
    ]
    gain = LIKELIHOOD_WEIGHT * np.mean(gains, axis=0) if gains else 0.0
    shown = (photos @ place.unwanted.T).clip(min=0).sum(axis=1) if len(place.unwanted) else 0.0
    is_spoken = bool(state.wanted) and all(wish.photo is None for wish in state.wanted)
    hubness = HUBNESS_WEIGHT * readers.excess(photos) if is_spoken else 0.0  # photos are hubs to sentences
    found = photos @ place.representation + gain - ABSENT * shown - hubness
    fits = photos @ place.wanted + gain - ABSENT * shown - hubness
    return found.astype(np.float32), fits.astype(np.float32)


def _vector(wish: Wish, readers: Readers) -> Floats:
    vector: Floats = readers.represent([wish.token_ids])[0] if wish.photo is None else wish.photo
    return vector


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit
