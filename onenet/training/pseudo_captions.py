"""Pseudo-captions: what a network says of the photos that have no captions, for another to learn from."""

from dataclasses import astuple
from pathlib import Path

import torch

from onenet.captions.beam_search import write_all, writer_of
from onenet.network.model import OneNet, all_features
from onenet.network.special_words import END_ID
from onenet.training.batches import LearntCaption, Split
from onenet.training.state import loaded_state, save_state

_SEVERAL = 2  # captions of one photo in a language that people wrote; translations are one a photo


def pseudo_captions(model: OneNet, photos: Split, kept: Path) -> list[LearntCaption]:
    """Give a network's captions of photos that have none, in each language that people wrote.

    These are pseudo-labels (Lee 2013). Whoever learns from them, and from what that network thinks of each
    word, shall not forget photos of which people said nothing (Li & Hoiem 2016, arXiv:1606.09282).

    Args:
        model: In eval mode, with the photos' vocabulary.
        photos: To learn from.
        kept: File in which the captions are kept, so that a run that goes on learns from the same.

    Raises:
        CheckpointError: If that file is damaged.
    """
    if kept.exists():
        with loaded_state(kept) as state:
            return [LearntCaption(*caption) for caption in state["captions"]]
    captions = _written(model, photos)
    save_state(kept, {"captions": [astuple(caption) for caption in captions]})
    return captions


@torch.no_grad()
def _written(model: OneNet, photos: Split) -> list[LearntCaption]:
    vocabulary, device = photos.vocabulary, str(model.log_sharpness.device)
    captions: list[LearntCaption] = []
    represented = model.represent(all_features(model, photos.straight, device))  # (N, D)
    for language in vocabulary.languages:
        own = [len(each.get(language, ())) for each in photos.captions]
        rows = [row for row, count in enumerate(own) if not count]
        if not rows or max(own) < _SEVERAL:
            continue
        for row, caption in zip(
            rows, write_all(writer_of(model, vocabulary, language), represented[rows]), strict=True
        ):
            ids = [vocabulary.start_id(language), *caption.token_ids, END_ID]
            captions.append(LearntCaption(row, language, ids))
    return captions
