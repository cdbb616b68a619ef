from itertools import product

import pytest
import torch
from torch import Tensor

from onenet.captions.beam_search import CaptionWriter, beam_search
from onenet.captions.caption import AGREEMENT_WEIGHT, REPEAT_COST
from onenet.network.model import OneNet
from onenet.network.special_words import END_ID, PAD_ID, START_ID, UNK_ID
from onenet.network.stepwise import StepDecoder


@pytest.fixture
def representation(model: OneNet) -> Tensor:
    return model.represent(torch.randn(6, 1280, generator=torch.Generator().manual_seed(5)))


def _log_p(model: OneNet, representation: Tensor, words: tuple[int, ...]) -> float:
    """log p of a caption with its <end>, no rule but the network's own: <pad>, <start>, <unk> never."""
    decoder = StepDecoder(model, bfloat16=False)
    logits, state = decoder.start(representation)
    total = 0.0
    for token in (*words, END_ID):
        log_p = logits.log_softmax(dim=-1)[0]
        total += float(log_p[token])
        logits, state = decoder.step(torch.tensor([token]), state)
    return total


def test_a_beam_of_one_is_greedy(model: OneNet, representation: Tensor) -> None:
    found = beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=1, max_words=8)
    decoder = StepDecoder(model, bfloat16=False)
    for row, (caption,) in enumerate(found):
        logits, state = decoder.start(representation[row : row + 1])
        greedy: list[int] = []
        while len(greedy) < 8:
            logits[:, [PAD_ID, START_ID, UNK_ID] + ([] if greedy else [END_ID])] = -torch.inf
            token = int(logits.argmax())
            if token == END_ID:
                break
            greedy.append(token)
            logits, state = decoder.step(torch.tensor([token]), state)
        assert list(caption.token_ids) == greedy


def test_batched_is_one_by_one(model: OneNet, representation: Tensor) -> None:
    together = beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=4, n=3)
    for row, captions in enumerate(together):
        (alone,) = beam_search(
            StepDecoder(model, bfloat16=False), representation[row : row + 1], beam_size=4, n=3
        )
        assert [caption.token_ids for caption in captions] == [caption.token_ids for caption in alone]
        assert [caption.score for caption in captions] == pytest.approx([caption.score for caption in alone])


def test_a_wide_beam_finds_the_best_of_all_captions(model: OneNet, representation: Tensor) -> None:
    """All captions of one to three words, scored one by one, against a beam that holds them all."""
    words = range(4, 13)
    for row in range(2):
        photo = representation[row : row + 1]
        every = [caption for length in (1, 2, 3) for caption in product(words, repeat=length)]
        scored = {caption: _log_p(model, photo, caption) / (len(caption) + 1) for caption in every}
        best = max(scored, key=lambda caption: scored[caption])
        (captions,) = beam_search(StepDecoder(model, bfloat16=False), photo, beam_size=1000, max_words=3)
        assert captions[0].token_ids == best
        assert captions[0].score == pytest.approx(scored[best], abs=1e-4)


def test_a_caption_seldom_says_again_what_names_something(model: OneNet, representation: Tensor) -> None:
    """In all captions of one to three words, a word that is said again costs as much as is written."""
    words, repeatable = range(4, 13), {5, 7}
    photo = representation[:1]
    every = [caption for length in (1, 2, 3) for caption in product(words, repeat=length)]

    def score(caption: tuple[int, ...]) -> float:
        again = [word for place, word in enumerate(caption) if word in caption[:place]]
        cost = REPEAT_COST * sum(word not in repeatable for word in again)
        return (_log_p(model, photo, caption) - cost) / (len(caption) + 1)

    scored = {caption: score(caption) for caption in every}
    decoder = StepDecoder(model, bfloat16=False)
    (captions,) = beam_search(decoder, photo, beam_size=1000, n=100, max_words=3, repeatable=repeatable)
    best = sorted(every, key=lambda caption: -scored[caption])[:100]
    assert {caption.token_ids for caption in captions} == set(best)
    assert any(len(caption) > len(set(caption)) for caption in best)
    for caption in captions:
        assert caption.score == pytest.approx(scored[caption.token_ids], abs=1e-4)


def test_captions_are_distinct_sorted_and_without_special_words(
    model: OneNet, representation: Tensor
) -> None:
    for captions in beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=2, n=5):
        assert len({caption.token_ids for caption in captions}) == len(captions) == 5
        scores = [caption.score for caption in captions]
        assert scores == sorted(scores, reverse=True)
        for caption in captions:
            assert caption.token_ids
            assert not {PAD_ID, START_ID, END_ID, UNK_ID} & set(caption.token_ids)


def test_the_best_unfinished_caption_is_given_if_none_finished(model: OneNet, representation: Tensor) -> None:
    with torch.no_grad():
        model.word_bias[END_ID] = -100.0
    for captions in beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=3, max_words=5):
        (caption,) = captions
        assert len(caption.token_ids) == 5


def test_a_finished_caption_is_kept(model: OneNet, representation: Tensor) -> None:
    """With <end> as likely as can be, each caption is one word and the beam is full after two steps."""
    with torch.no_grad():
        model.word_bias[END_ID] = 100.0
    for captions in beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=3, n=3):
        assert [len(caption.token_ids) for caption in captions] == [1, 1, 1]


def test_the_sentence_encoder_chooses_among_what_the_beam_wrote(
    model: OneNet, representation: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.network.stepwise.fast_bfloat16", lambda: False)
    beams = beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=4, n=4)
    written = CaptionWriter(model).write(representation, beam_size=4, n=3)
    changed = 0
    for row, (found, captions) in enumerate(zip(beams, written, strict=True)):
        scores = {}
        for caption in found:
            sentence = torch.tensor([[START_ID, *caption.token_ids, END_ID]])
            agreement = float(model.represent_sentence(sentence)[0] @ representation[row])
            scores[caption.token_ids] = caption.score + AGREEMENT_WEIGHT * agreement
        best = sorted(scores, key=lambda ids: -scores[ids])[:3]
        assert [caption.token_ids for caption in captions] == best
        expected = [scores[ids] for ids in best]
        assert [caption.score for caption in captions] == pytest.approx(expected, abs=1e-4)
        changed += best[0] != found[0].token_ids
    assert changed


def test_greedy_search_leaves_nothing_to_choose(model: OneNet, representation: Tensor) -> None:
    greedy = beam_search(StepDecoder(model, bfloat16=False), representation, beam_size=1)
    assert CaptionWriter(model).write(representation, beam_size=1) == greedy
