"""What a network learns from others of its kind that were trained before it: the mean of what they say."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from onenet.network.losses import similarities
from onenet.network.model import OneNet


@dataclass(frozen=True)
class Teachers:
    """K networks of the same words, from whose mean another learns (Hinton et al. 2015, arXiv:1503.02531).

    Each has a space of representations of its own; what they have in common is what they say.

    Attributes:
        models: Frozen, in eval mode, on the device that is trained on.
    """

    models: Sequence[OneNet]

    @torch.no_grad()
    def read(self, token_ids: Tensor) -> Tensor:
        """Guess the representations of sentences (Q, T), shape (K, Q, D)."""
        return torch.stack([model.represent_sentence(token_ids) for model in self.models])

    @torch.no_grad()
    def decode(self, representations: Tensor, token_ids: Tensor) -> list[Tensor]:
        """Give what each has in mind after each word of captions, (B * T, H).

        Args:
            representations: Shape (K, B, D).
            token_ids: Shape (B, T): a language's start word, words.
        """
        own = zip(self.models, representations, strict=True)
        return [model.decode(each, token_ids).flatten(0, 1) for model, each in own]

    @torch.no_grad()
    def next_words(self, in_mind: Sequence[Tensor], places: Tensor, block: range) -> Tensor:
        """Give the mean of what they think of the next word, shape (M, 4 + len(block)), probabilities.

        Args:
            in_mind: From `decode`.
            places: Which of its rows are asked for, shape (M,).
            block: The ids of the language's words.
        """
        own = zip(self.models, in_mind, strict=True)
        said = [model.logits(each[places], block).float().softmax(dim=-1) for model, each in own]
        return torch.stack(said).mean(dim=0)

    @torch.no_grad()
    def similarities(self, sentences: Tensor, photos: Tensor) -> Tensor:
        """Give the mean of how well sentences (K, Q, D) fit photos (K, N, D), shape (Q, N)."""
        own = zip(self.models, sentences, photos, strict=True)
        return torch.stack([similarities(read, seen, each.log_sharpness) for each, read, seen in own]).mean(0)
