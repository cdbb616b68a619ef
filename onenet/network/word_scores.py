"""How readily the decoder says words, as it is served: those of the shortlist, and the others by estimate.

The reference for what `onenet.serving` computes; training and nats a token go by all words.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.shortlist import rest_of, shortlist
from onenet.network.special_words import NEVER_WRITTEN, SPECIAL_WORDS


class WordScores:
    """A copy of the weights by which a network chooses the words of a language; see `OneNet.word_scores`.

    Where words are left out, see `onenet.network.shortlist`, they stand together in a last column of the
    scores, which is no word.

    Args:
        words: Of the whole language, the special ones first, most frequent first, shape (V, D).
        bias: Theirs, shape (V,).
        block: The ids of the language's words; None: all that there are.
        shortlisted: Whether any are left out.
        dtype: Of the products; None: that of the weights, in which the scores are.

    Attributes:
        block: As given.
        words: As given, of the type of the products.
        never_written: Columns of the scores that are not to be chosen.
    """

    def __init__(
        self,
        words: Tensor,
        bias: Tensor,
        *,
        block: range | None = None,
        shortlisted: bool = True,
        dtype: torch.dtype | None = None,
    ) -> None:
        words, bias = words.detach(), bias.detach()
        special = len(SPECIAL_WORDS)
        self.block = block
        self.words = words.to(dtype, copy=True)
        self.never_written = list(NEVER_WRITTEN)
        self._bias = bias.clone()
        self._listed = special + len(shortlist(range(len(words) - special))) if shortlisted else len(words)
        self._rest: list[Tensor] | None = None
        if self._listed < len(words):
            rest = rest_of(words[self._listed :].numpy(force=True), bias[self._listed :].numpy(force=True))
            self._rest = [torch.from_numpy(part).to(words.device, dtype) for part in rest]
            self.never_written.append(self._listed)

    def scores(self, meant: Tensor) -> Tensor:
        """Score words from what the decoder means, (..., D) of the type of the products, as logits."""
        listed = F.linear(meant, self.words[: self._listed]).to(self._bias.dtype) + self._bias[: self._listed]
        if self._rest is None:
            return listed
        offset, tilt, bend = self._rest
        slope = F.linear(meant, bend, tilt).to(self._bias.dtype)
        rest = (slope * meant.to(self._bias.dtype)).sum(dim=-1, keepdim=True) + offset.to(self._bias.dtype)
        return torch.cat([listed, rest], dim=-1)

    def log_p(self, meant: Tensor, words: Tensor) -> Tensor:
        """Give log p of words (...), counted as `in_block` does, where the decoder means (..., D)."""
        total = self.scores(meant).logsumexp(dim=-1)
        exact = self._bias.dtype
        own = (meant.to(exact) * self.words[words].to(exact)).sum(dim=-1) + self._bias[words]
        # the estimate knows what words that are left out weigh usually, not that just this one is meant
        total = torch.where(words < self._listed, total, torch.logaddexp(total, own))
        return own - total
