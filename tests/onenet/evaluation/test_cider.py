import contextlib
import io

import pytest

from onenet.evaluation.cider import Cider

PHOTOS = [
    ["a dog runs through snow", "a brown dog is running in the snow", "the dog runs"],
    ["two boys play with a ball", "boys play ball on the grass", "two young boys play"],
    ["a man rides a wave", "a surfer on a wave", "a man in a wetsuit surfs a wave"],
    ["a dog and a man on the beach", "a man walks a dog", "the man and the dog run on a beach"],
]
CAPTIONS = [
    "a dog runs in the snow",
    "two boys play play play",
    "the dog",
    "a man and a dog run on the beach",
]


def test_it_is_pycocoevalcaps_cider() -> None:
    cider = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    references = dict(enumerate(PHOTOS))
    candidates = {row: [caption] for row, caption in enumerate(CAPTIONS)}
    with contextlib.redirect_stdout(io.StringIO()):
        mean, scores = cider.compute_score(references, candidates)
    words = sorted({word for captions in (*PHOTOS, CAPTIONS) for text in captions for word in text.split()})

    def ids(text: str) -> list[int]:
        return [words.index(word) for word in text.split()]

    own = Cider([[ids(text) for text in captions] for captions in PHOTOS])
    assert [own.score(row, ids(text)) for row, text in enumerate(CAPTIONS)] == pytest.approx(list(scores))
    assert own.mean([ids(text) for text in CAPTIONS]) == pytest.approx(mean)
    assert max(scores) > 2


def test_a_reference_scores_most_and_nothing_scores_nothing() -> None:
    cider = Cider([[[1, 2, 3, 4, 5]], [[6, 7, 8, 9]], [[6, 2]]])
    assert cider.score(0, [1, 2, 3, 4, 5]) == pytest.approx(10)
    assert cider.score(0, [5, 4, 3, 2, 1]) < 5
    assert cider.score(0, [6, 7, 8, 9]) == cider.score(0, []) == 0


def test_one_photo_alone_has_no_rare_words() -> None:
    assert Cider([[[1, 2]]]).mean([[1, 2]]) == 0
