"""Representations -> captions as they are served: the beams of all photos in one step of the decoder each.

It finds what the reference, `onenet.captions.beam_search`, finds.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onenet.captions.caption import AGREEMENT_WEIGHT, LENGTH_POWER, MAX_WORDS, REPEAT_COST, Hypothesis
from onenet.network.special_words import END_ID
from onenet.serving.decoder import Decoder
from onenet.serving.network import ServedNetwork

Floats = NDArray[np.float32]
Words = tuple[int, ...]
Candidate = tuple[float, int, int]  # log p, beam and word

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
    repeatable = network.vocabulary.function_ids(language)
    found: list[list[Hypothesis]] = []
    for start in range(0, len(representations), _BATCH):
        some = representations[start : start + _BATCH]
        found += search_beams(decoder, some, width=width, repeatable=repeatable)
    if width == 1:
        return found
    sentences = [[decoder.start_id, *caption.token_ids, END_ID] for captions in found for caption in captions]
    guesses = network.represent_sentences(sentences)
    own = np.repeat(representations, [len(captions) for captions in found], axis=0)
    agreements = iter(np.einsum("cd,cd->c", guesses, own).tolist())
    read = [[_agreeing(caption, next(agreements)) for caption in captions] for captions in found]
    return [sorted(captions, key=lambda caption: -caption.score)[:n] for captions in read]


def search_beams(
    decoder: Decoder,
    representations: Floats,
    *,
    width: int,
    max_words: int = MAX_WORDS,
    repeatable: Collection[int] | None = None,
) -> list[list[Hypothesis]]:
    """Find the best captions of each representation, (B, D): 1 to `width` distinct ones, best first.

    See `onenet.captions.beam_search.beam_search`.
    """
    state = decoder.begin(representations)
    finished: list[list[Hypothesis]] = [[] for _ in representations]
    going = list(finished)  # those of the P photos that have not enough finished ones, in their order
    written: list[list[Words]] = [[()] for _ in going]  # of their unfinished captions
    totals = np.zeros((len(going), 1), np.float32)  # (P, beams) log p of these
    token_ids = np.array([decoder.start_id])
    for words in range(max_words + 1):
        # 2 * width candidates leave at least width unfinished ones, since each beam can end only once; and
        # one more, since no caption ends before its first word
        state, best, beams, next_ids = decoder.write(token_ids, state, totals, 2 * width + (words == 0))
        chosen = best.tolist(), beams.tolist(), next_ids.tolist()
        kept: list[list[Candidate]] = []
        for found, own, *candidates in zip(going, written, *chosen, strict=True):
            ends, rest = _sorted_out(_weighed(zip(*candidates, strict=True), own, repeatable), width)
            if words:
                length = (words + 1) ** LENGTH_POWER
                found += [Hypothesis(own[beam], log_p / length) for log_p, beam in ends][: width - len(found)]
            kept.append(rest)
        rows = [row for row, found in enumerate(going) if len(found) < width]
        if words == max_words or not rows:
            break
        first = totals.shape[1]
        state = state.take(np.array([row * first + beam for row in rows for _, beam, _ in kept[row]]))
        token_ids = np.array([token for row in rows for _, _, token in kept[row]])
        totals = np.array([[log_p for log_p, _, _ in kept[row]] for row in rows], np.float32)
        written = [[(*written[row][beam], token) for _, beam, token in kept[row]] for row in rows]
        going = [going[row] for row in rows]
    for found, own, own_totals in zip(going, written, totals.tolist(), strict=True):
        unfinished = zip(own, own_totals, strict=True)
        for words_of_it, log_p in list(unfinished)[: width - len(found)]:
            found.append(Hypothesis(words_of_it, log_p / len(words_of_it) ** LENGTH_POWER))
    return [sorted(found, key=lambda caption: -caption.score)[:width] for found in finished]


def _weighed(
    candidates: Iterable[Candidate], written: Sequence[Words], repeatable: Collection[int] | None
) -> list[Candidate]:
    """Charge a photo's candidates for words that they say again, and sort them, best first."""
    if repeatable is None:
        return [*candidates]
    weighed = [
        (log_p - REPEAT_COST, beam, token)
        if token in written[beam] and token not in repeatable
        else (log_p, beam, token)
        for log_p, beam, token in candidates
    ]
    return sorted(weighed, key=lambda candidate: -candidate[0])


def _sorted_out(
    candidates: Sequence[Candidate], width: int
) -> tuple[list[tuple[float, int]], list[Candidate]]:
    """Tell a photo's captions that end well from the best that go on, both in their order."""
    ends = [
        (log_p, beam) for log_p, beam, token in candidates[:width] if token == END_ID and math.isfinite(log_p)
    ]
    return ends, [each for each in candidates if each[2] != END_ID][:width]


def _agreeing(caption: Hypothesis, agreement: float) -> Hypothesis:
    score = caption.score + AGREEMENT_WEIGHT * agreement
    return replace(caption, score=score, log_p=caption.score, agreement=agreement)
