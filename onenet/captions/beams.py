"""Representations -> captions as they are served: the beams of all photos in one step of the decoder each.

It finds what the reference, `onenet.captions.beam_search`, finds.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onenet.captions.caption import AGREEMENT_WEIGHT, LENGTH_POWER, MAX_WORDS, Hypothesis
from onenet.network.special_words import END_ID
from onenet.serving.decoder import Decoder
from onenet.serving.network import ServedNetwork

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Candidates = tuple[Floats, Ids, Ids]  # log p, beam and word, each (B, candidates)

_BATCH = 50  # photos whose captions are written together


def write_captions(
    network: ServedNetwork, representations: Floats, language: str, *, beam_size: int = 5, n: int = 1
) -> list[list[Hypothesis]]:
    """Give the best captions of representations (B, D), best first, chosen by decoder and sentence encoder.

    See `onenet.captions.beam_search.CaptionWriter`.

    Raises:
        LanguageError: If the network does not know the language.
    """
    decoder, width = network.decoder(language), max(beam_size, n)
    found: list[list[Hypothesis]] = []
    for start in range(0, len(representations), _BATCH):
        found += search_beams(decoder, representations[start : start + _BATCH], width=width)
    if width == 1:
        return found
    sentences = [[decoder.start_id, *caption.token_ids, END_ID] for captions in found for caption in captions]
    guesses = network.represent_sentences(sentences)
    own = np.repeat(representations, [len(captions) for captions in found], axis=0)
    agreements = iter(np.einsum("cd,cd->c", guesses, own).tolist())
    read = [[_agreeing(caption, next(agreements)) for caption in captions] for captions in found]
    return [sorted(captions, key=lambda caption: -caption.score)[:n] for captions in read]


def search_beams(
    decoder: Decoder, representations: Floats, *, width: int, max_words: int = MAX_WORDS
) -> list[list[Hypothesis]]:
    """Find the best captions of each representation, (B, D): 1 to `width` distinct ones, best first.

    See `onenet.captions.beam_search.beam_search`.
    """
    state = decoder.begin(representations)
    finished: list[list[Hypothesis]] = [[] for _ in representations]
    going = list(finished)  # those of the P photos that have not enough finished ones, in their order
    totals = np.zeros((len(going), 1), np.float32)  # (P, beams) log p of each unfinished caption
    written = np.zeros((len(going), 1, 0), np.int64)  # (P, beams, words so far)
    for words in range(max_words + 1):
        # 2 * width candidates leave at least width unfinished ones, since each beam can end only once
        if words:
            best, beams, token_ids = decoder.choose(state, totals, 2 * width)
        else:
            best, beams, token_ids = _begun(*decoder.choose(state, totals, 2 * width + 1))
        length = (words + 1) ** LENGTH_POWER
        for photo, column in np.argwhere(token_ids[:, :width] == END_ID).tolist():
            if len(going[photo]) < width and np.isfinite(best[photo, column]):
                caption = tuple(written[photo, beams[photo, column]].tolist())
                going[photo].append(Hypothesis(caption, float(best[photo, column]) / length))
        rows = np.array([row for row, found in enumerate(going) if len(found) < width], np.int64)
        if words == max_words or not len(rows):
            break
        # what goes on: the best that do not end here, in their order
        keep = np.argsort(token_ids == END_ID, axis=1, kind="stable")[:, :width]
        totals, beams, token_ids = _taken((best, beams, token_ids), keep)
        totals, beams, token_ids = totals[rows], beams[rows], token_ids[rows]
        kept = written[rows[:, np.newaxis], beams]
        state = state.take((beams + rows[:, np.newaxis] * written.shape[1]).reshape(-1))
        written = np.concatenate([kept, token_ids[:, :, np.newaxis]], axis=2)
        going = [going[row] for row in rows]
        state = decoder.step(token_ids.reshape(-1), state)
    for photo, found in enumerate(going):
        for beam in range(min(width - len(found), written.shape[1])):
            caption = tuple(written[photo, beam].tolist())
            found.append(Hypothesis(caption, float(totals[photo, beam]) / len(caption) ** LENGTH_POWER))
    return [sorted(found, key=lambda caption: -caption.score)[:width] for found in finished]


def _begun(best: Floats, beams: Ids, token_ids: Ids) -> Candidates:
    """Leave out captions that end before their first word: one of each photo's candidates at most."""
    best = np.where(token_ids == END_ID, np.float32(-np.inf), best)
    order = np.argsort(-best, axis=1, kind="stable")[:, :-1]
    return _taken((best, beams, token_ids), order)


def _taken(candidates: Candidates, columns: Ids) -> Candidates:
    best, beams, token_ids = candidates
    return (
        np.take_along_axis(best, columns, axis=1),
        np.take_along_axis(beams, columns, axis=1),
        np.take_along_axis(token_ids, columns, axis=1),
    )


def _agreeing(caption: Hypothesis, agreement: float) -> Hypothesis:
    score = caption.score + AGREEMENT_WEIGHT * agreement
    return replace(caption, score=score, log_p=caption.score, agreement=agreement)
