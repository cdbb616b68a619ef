"""Representations -> captions: beam search (a beam of one is greedy search), and reading what it wrote."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from onenet.captions.caption import AGREEMENT_WEIGHT, LENGTH_POWER, MAX_WORDS, REPEAT_COST, Hypothesis
from onenet.network.model import OneNet, in_block, out_of_block, pad_captions
from onenet.network.special_words import END_ID, ENGLISH, START_ID
from onenet.network.stepwise import SentenceReader, StepDecoder
from onenet.network.vocabulary import Vocabulary

_BATCH = 50  # photos whose captions are written together


class CaptionWriter:
    """Writes captions with the decoder and chooses among them with the sentence encoder, in float32.

    Training and evaluation go by it; `onenet.captions.beams` serves what it writes.

    The beam's captions of one photo differ in little that the decoder cares about. The sentence encoder of
    the same network says which of them tells of this photo rather than of another.

    Args:
        model: In eval mode.
        block: The ids of the words of the language that it writes; None: all that there are.
        start_id: The start word of that language.
        reader: The network's, if there is one already.
        agreement_weight: Nats that a cosine is worth; 0 leaves the choice to the decoder.
        repeatable: The ids of the words that may be said again; saying another one again costs `REPEAT_COST`.
            None: all of them.

    Attributes:
        reader: Of what it wrote; other languages' writers can share it.
    """

    def __init__(
        self,
        model: OneNet,
        *,
        block: range | None = None,
        start_id: int = START_ID,
        reader: SentenceReader | None = None,
        agreement_weight: float = AGREEMENT_WEIGHT,
        repeatable: Collection[int] | None = None,
    ) -> None:
        self._block, self._start_id = block, start_id
        self._repeatable = repeatable
        if repeatable is not None:
            self._repeatable = set(in_block(torch.tensor([*repeatable], dtype=torch.long), block).tolist())
        self._agreement_weight = agreement_weight
        self._decoder = StepDecoder(model, block=block, start_id=start_id, shortlisted=True, bfloat16=False)
        self.reader = reader or SentenceReader(model, bfloat16=False)

    @torch.no_grad()
    def write(self, representation: Tensor, *, beam_size: int = 5, n: int = 1) -> list[list[Hypothesis]]:
        """Give the best captions of representations (B, D), of unit length, best first.

        Their score is that of the beam search and, weighted, the cosine between the photo and what the
        sentence encoder makes of the caption.

        Args:
            n: How many captions a photo at most; a beam smaller than n is widened to n.
        """
        width = max(beam_size, n)
        found = [
            [replace(caption, token_ids=out_of_block(caption.token_ids, self._block)) for caption in captions]
            for captions in beam_search(
                self._decoder, representation, beam_size=width, n=width, repeatable=self._repeatable
            )
        ]
        if width == 1 or not self._agreement_weight:
            return [captions[:n] for captions in found]
        agreements = iter(self._agreements(representation, found))
        read = [[self._agreeing(caption, next(agreements)) for caption in captions] for captions in found]
        return [sorted(captions, key=lambda caption: -caption.score)[:n] for captions in read]

    def _agreeing(self, caption: Hypothesis, agreement: float) -> Hypothesis:
        score = caption.score + self._agreement_weight * agreement
        return replace(caption, score=score, log_p=caption.score, agreement=agreement)

    def _agreements(self, representation: Tensor, found: Sequence[Sequence[Hypothesis]]) -> list[float]:
        """Cosine of each caption with its photo, one after the other."""
        sentences = [
            [self._start_id, *caption.token_ids, END_ID] for captions in found for caption in captions
        ]
        rows = [row for row, captions in enumerate(found) for _ in captions]
        guesses = self.reader.read(pad_captions(sentences).to(representation.device))
        agreements: list[float] = (guesses * representation[rows]).sum(dim=1).tolist()
        return agreements


def writer_of(
    model: OneNet,
    vocabulary: Vocabulary,
    language: str = ENGLISH,
    *,
    reader: SentenceReader | None = None,
    agreement_weight: float = AGREEMENT_WEIGHT,
) -> CaptionWriter:
    """Make the writer of a language.

    Args:
        model: In eval mode.
        vocabulary: Its words.
        reader: The network's, if there is one already.

    Raises:
        LanguageError: If the network does not know the language.
    """
    return CaptionWriter(
        model,
        block=vocabulary.block(language),
        start_id=vocabulary.start_id(language),
        reader=reader,
        agreement_weight=agreement_weight,
        repeatable=vocabulary.function_ids(language),
    )


def write_all(
    writer: CaptionWriter,
    representations: Tensor,
    *,
    beam_size: int = 5,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Hypothesis]:
    """Write the best caption of each of many photos, representations (N, D), in batches."""
    captions: list[Hypothesis] = []
    for start in range(0, len(representations), _BATCH):
        found = writer.write(representations[start : start + _BATCH], beam_size=beam_size)
        captions += [best[0] for best in found]
        progress(len(captions), len(representations))
    return captions


@torch.no_grad()
def beam_search(
    decoder: StepDecoder,
    representation: Tensor,
    *,
    beam_size: int = 5,
    n: int = 1,
    max_words: int = MAX_WORDS,
    length_power: float = LENGTH_POWER,
    repeatable: Collection[int] | None = None,
) -> list[list[Hypothesis]]:
    """Find the best captions of each representation.

    All beams of all photos go through the decoder in one batch a step. A finished caption leaves its beam
    and is kept; a photo is done when it has `beam_size` finished ones or `max_words` are reached. `<unk>` is
    never produced. Each photo's result does not depend on what else is in the batch.

    Args:
        representation: Shape (B, D), unit length.
        n: How many captions a photo at most; a beam smaller than n is widened to n.
        length_power: Length normalisation of the score (0: none).
        repeatable: The words, counted as the decoder does, that may be said again. Another one that its
            caption has said is charged `REPEAT_COST` nats, among the 2 * width likeliest ways to go on. None:
            all of them.

    Returns:
        For each photo 1 to n distinct captions, best first. Unfinished ones fill up what is missing.
    """
    photos, width = len(representation), max(beam_size, n)
    logits, state = decoder.start(representation)
    vocabulary_size = logits.shape[-1]
    log_p = _log_probabilities(decoder, logits).view(photos, 1, vocabulary_size)
    log_p[..., END_ID] = -torch.inf  # a caption has at least one word
    costly = None
    if repeatable is not None:
        costly = torch.ones(vocabulary_size, dtype=torch.bool, device=log_p.device)
        costly[[word for word in repeatable if word < vocabulary_size]] = False
    totals = log_p.new_zeros(photos, 1)  # (B, beams) log p of each unfinished caption
    rows = torch.arange(photos, device=log_p.device).unsqueeze(1)  # decoder row of each beam
    written = torch.empty(photos, 1, 0, dtype=torch.long, device=log_p.device)  # (B, beams, words so far)
    finished: list[list[Hypothesis]] = [[] for _ in range(photos)]
    for words in range(max_words + 1):
        candidates = (totals.unsqueeze(-1) + log_p).view(photos, -1)  # (B, beams * V)
        # 2 * width candidates leave at least width unfinished ones, since each beam can end only once
        best, places = candidates.topk(min(2 * width, candidates.shape[1]), dim=1)
        beams, token_ids = places // vocabulary_size, places % vocabulary_size
        if costly is not None:
            said = written.gather(1, beams.unsqueeze(-1).expand(-1, -1, words))
            is_again = (said == token_ids.unsqueeze(-1)).any(dim=2) & costly[token_ids]
            best, order = (best - REPEAT_COST * is_again).sort(dim=1, descending=True, stable=True)
            beams, token_ids = beams.gather(1, order), token_ids.gather(1, order)
        length = (words + 1) ** length_power
        for photo, column in (token_ids[:, :width] == END_ID).nonzero().tolist():
            if len(finished[photo]) < width and best[photo, column].isfinite():
                caption = tuple(written[photo, beams[photo, column]].tolist())
                finished[photo].append(Hypothesis(caption, float(best[photo, column]) / length))
        if words == max_words or all(len(found) >= width for found in finished):
            break
        # what goes on: the best that do not end here, in their order
        keep = (token_ids == END_ID).to(torch.uint8).sort(dim=1, stable=True).indices[:, :width]
        totals, beams, token_ids = best.gather(1, keep), beams.gather(1, keep), token_ids.gather(1, keep)
        written = torch.cat(
            [written.gather(1, beams.unsqueeze(-1).expand(-1, -1, words)), token_ids.unsqueeze(-1)], dim=2
        )
        rows = rows.gather(1, beams).reshape(-1)
        logits, state = decoder.step(token_ids.reshape(-1), state.take(rows))
        log_p = _log_probabilities(decoder, logits).view(photos, -1, vocabulary_size)
        rows = torch.arange(log_p.shape[0] * log_p.shape[1], device=log_p.device).view(photos, -1)
    for photo, found in enumerate(finished):
        for beam in range(min(n - len(found), written.shape[1])):
            caption = tuple(written[photo, beam].tolist())
            found.append(Hypothesis(caption, float(totals[photo, beam]) / len(caption) ** length_power))
    return [sorted(found, key=lambda caption: -caption.score)[:n] for found in finished]


def _log_probabilities(decoder: StepDecoder, logits: Tensor) -> Tensor:
    log_p = logits.log_softmax(dim=-1)
    log_p[:, decoder.never_written] = -torch.inf
    return log_p
