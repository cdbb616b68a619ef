"""Photo arithmetic: a photo's representation moved by words."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.model import OneNet, pad_captions
from onenet.search.inversion import invert_captions

WORDS_WEIGHT = 1.5  # length of a step toward words or away from them; a photo has length one


@torch.no_grad()
def add_words(
    model: OneNet, photo: Tensor, plus: Sequence[Sequence[int]], minus: Sequence[Sequence[int]]
) -> Tensor:
    """Add the directions of sentences to a photo, and take others away.

    Args:
        photo: Representation, shape (D,), unit length.
        plus: Each with `<start>` and `<end>`.
        minus: Each with `<start>` and `<end>`.

    Returns:
        Shape (D,), unit length.
    """
    moved = photo.clone()
    for sign, sentences in ((1.0, plus), (-1.0, minus)):
        for sentence in sentences:
            moved += sign * WORDS_WEIGHT * model.represent_sentence(torch.tensor([list(sentence)]))[0]
    return F.normalize(moved, dim=-1)


def move_toward(
    model: OneNet, photo: Tensor, caption: Sequence[int], words: Sequence[int], block: range | None = None
) -> Tensor:
    """Move a photo toward words by inversion: until the decoder says the photo's caption and then the words.

    It starts at the photo, one step toward the words, and is held near there. The words alone would be no
    target: the decoder then says nothing but them, and the photo is lost.

    Args:
        photo: Representation, shape (D,), unit length.
        caption: Of the photo, with `<start>` and `<end>`.
        words: With `<start>` and `<end>`.
        block: The ids of the words of their language; None: all that there are.

    Returns:
        Shape (D,), unit length.
    """
    both = pad_captions([[*caption[:-1], *words[1:]]])
    start = add_words(model, photo, [words], [])
    return invert_captions(model, both, guess=start.unsqueeze(0), block=block).representation[0]
