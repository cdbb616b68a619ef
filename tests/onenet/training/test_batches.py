"""What a step learns from where photos have captions in several languages, and views in several numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.network.special_words import END_ID, PAD_ID, UNK_ID
from onenet.network.vocabulary import Vocabulary
from onenet.training.batches import (
    LearntCaption,
    Split,
    caption_batches_by_language,
    choose_captions,
    hide_words,
    photo_batches,
)
from onenet.training.config import TrainConfig

CONFIG = TrainConfig(english_captions=2, other_captions=3, batch_size=4)


def split(captions: Sequence[dict[str, int]], views: Sequence[int]) -> Split:
    """Photos with so many captions in each language and so many views; a map is its view's number."""
    ids = iter(range(100, 1000))
    own = [
        {language: [[1, next(ids), END_ID] for _ in range(count)] for language, count in each.items()}
        for each in captions
    ]
    maps = np.arange(sum(views), dtype=np.float16).reshape(-1, 1, 1, 1)
    photos = [CaptionedPhoto(Path(f"{row}.jpg"), ()) for row in range(len(captions))]
    return Split(photos, Vocabulary(["dog"]), maps, np.cumsum([0, *views]), own, len(photos))


PHOTOS = split([{"en": 5}, {"en": 5, "de": 5, "zh": 1}, {"de": 2}, {}], [2, 3, 1, 2])


def _choose(chosen: Sequence[int], seed: int = 0) -> list[LearntCaption]:
    return choose_captions(PHOTOS, chosen, CONFIG, torch.Generator().manual_seed(seed))


def test_a_photo_with_english_alone_gives_all_its_captions() -> None:
    assert [caption.token_ids for caption in _choose([0])] == PHOTOS.captions[0]["en"]


@pytest.mark.parametrize("seed", range(5))
def test_of_several_languages_a_part_is_chosen(seed: int) -> None:
    found = _choose([1, 2, 3, 0], seed)
    assert Counter(caption.row for caption in found) == {0: 2 + 3, 1: 2, 3: 5}
    counts = Counter((caption.row, caption.language == "en") for caption in found)
    assert counts == {(0, True): 2, (0, False): 3, (1, False): 2, (3, True): 5}
    distinct = {tuple(caption.token_ids) for caption in found}
    assert len(distinct) == len(found)
    for caption in found:
        assert caption.token_ids in PHOTOS.captions[[1, 2, 3, 0][caption.row]][caption.language]


def test_other_draws_choose_others() -> None:
    assert _choose([1], 0) == _choose([1], 0)
    chosen = {tuple(caption.token_ids) for seed in range(40) for caption in _choose([1], seed)}
    assert len(chosen) == 11  # in time all of them


def test_no_captions_in_other_languages() -> None:
    config = replace(CONFIG, other_captions=0)
    found = choose_captions(PHOTOS, [1], config, torch.Generator().manual_seed(0))
    assert [caption.language for caption in found] == ["en", "en"]


def test_all_captions_photo_by_photo() -> None:
    found = PHOTOS.learnt_captions()
    assert [(each.row, each.language) for each in found] == (
        [(0, "en")] * 5 + [(1, "en")] * 5 + [(1, "de")] * 5 + [(1, "zh")] + [(2, "de")] * 2
    )


def test_each_photo_is_seen_in_its_own_views() -> None:
    assert len(PHOTOS) == 4
    assert PHOTOS.straight.ravel().tolist() == [0, 2, 5, 6]  # the first of each
    generator = torch.Generator().manual_seed(0)
    seen: list[set[int]] = [set(), set(), set(), set()]
    for _ in range(200):
        views = PHOTOS.draw_views([3, 0, 1, 2], generator)
        assert views.dtype == torch.int64
        for photo, view in zip([3, 0, 1, 2], views.tolist(), strict=True):
            seen[photo].add(view)
    assert seen == [{0, 1}, {2, 3, 4}, {5}, {6, 7}]
    same = [PHOTOS.draw_views(np.arange(4), torch.Generator().manual_seed(1)).tolist() for _ in range(2)]
    assert same[0] == same[1]


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(st.sampled_from(["en", "de", "zh", "text"]), st.integers(1, 40), min_size=1),
    st.integers(2, 9),
    st.integers(0, 5),
)
def test_a_batch_has_one_language_and_an_epoch_each_caption_once(
    counts: dict[str, int], batch_size: int, epoch: int
) -> None:
    numbers = iter(range(sum(counts.values())))
    captions = {language: [next(numbers) for _ in range(count)] for language, count in counts.items()}
    lengths = [3 + number % 7 for number in range(sum(counts.values()))]
    batches = caption_batches_by_language(captions, lengths, batch_size, 2, [1, epoch])
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 0 < len(batch) <= batch_size
        assert sum(bool(set(batch) & set(own)) for own in captions.values()) == 1
    assert batches == caption_batches_by_language(captions, lengths, batch_size, 2, [1, epoch])


def test_batches_of_languages_are_mixed_anew_each_epoch() -> None:
    captions = {"en": list(range(40)), "de": list(range(40, 80))}
    lengths = [5] * 80
    first, second = (caption_batches_by_language(captions, lengths, 4, 2, [1, epoch]) for epoch in (0, 1))
    assert first != second
    english = [batch[0] < 40 for batch in first]
    assert english != sorted(english)
    assert english != sorted(english, reverse=True)


def test_named_photos_alone_are_put_into_batches() -> None:
    batches = photo_batches([7, 9, 11, 13, 15], CONFIG, 0)
    assert {number for batch in batches for number in batch} == {7, 9, 11, 13, 15}
    assert [len(batch) for batch in batches] == [4, 2]  # batch norm needs two
    assert photo_batches(5, CONFIG, 0) != photo_batches(5, CONFIG, 1)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.3, 0.99]))
def test_hidden_words_are_words_alone(seed: int, share: float) -> None:
    start = 900  # of some language
    token_ids = torch.tensor([[start, 5, 6, 7, END_ID, PAD_ID], [start, 8, UNK_ID, 9, 10, END_ID]])
    before = token_ids.clone()
    hidden = hide_words(token_ids, share, torch.Generator().manual_seed(seed))
    assert torch.equal(token_ids, before)
    changed = hidden != token_ids
    assert set(hidden[changed].tolist()) <= {UNK_ID}
    assert hidden[:, 0].tolist() == [start, start]
    special = (token_ids <= UNK_ID) & ~changed
    assert int(special.sum()) == 4  # padding, ends and <unk> stay
    if share == 0.0:
        assert not changed.any()


def test_nearly_all_words_are_hidden_if_that_is_wanted() -> None:
    token_ids = torch.full((50, 20), 7)
    hidden = hide_words(token_ids, 0.5, torch.Generator().manual_seed(0))
    assert 0.4 < float((hidden[:, 1:] == UNK_ID).float().mean()) < 0.6
