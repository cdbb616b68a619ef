"""Words that captions are not written with stand together, and weigh what they weigh one by one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from onenet.network import shortlist as words
from onenet.network.checkpoint import load_checkpoint
from onenet.network.model import OneNet, pad_captions
from onenet.network.shortlist import rest_of, shortlist
from onenet.network.special_words import NEVER_WRITTEN
from onenet.network.stepwise import StepDecoder
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.networks import small_network


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "SHORTLIST", 4)
    monkeypatch.setattr(words, "LEAST_LEFT_OUT", 2)


def total(embeddings: Tensor, bias: Tensor, meant: Tensor) -> Tensor:
    return torch.logsumexp(embeddings @ meant + bias, dim=0)


@given(st.integers(0, 1000))
def test_the_estimate_has_the_slope_and_the_bend_of_what_it_stands_for(seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(30, 5, generator=random, dtype=torch.float64)
    bias = 3 * torch.randn(30, generator=random, dtype=torch.float64)
    found = rest_of(embeddings.numpy(), bias.numpy())
    nothing = torch.zeros(5, dtype=torch.float64)

    def whole(meant: Tensor) -> Tensor:
        return total(embeddings, bias, meant)

    slope = torch.autograd.functional.jacobian(whole, nothing)  # type: ignore[no-untyped-call]
    bend = torch.autograd.functional.hessian(whole, nothing)  # type: ignore[no-untyped-call]
    assert found.offset == pytest.approx(whole(nothing).item(), abs=1e-5)
    assert found.tilt == pytest.approx(slope.numpy(), abs=1e-5)
    assert 2 * found.bend == pytest.approx(bend.numpy(), abs=1e-5)


def test_biases_of_any_size_do_not_overflow() -> None:
    found = rest_of(np.zeros((3, 2), np.float32), np.array([900.0, 900.0, -900.0], np.float32))
    assert found.offset == pytest.approx(900 + np.log(2))
    assert not found.tilt.any()


@pytest.mark.parametrize(
    ("block", "expected"),
    [(range(4, 104), range(4, 8)), (range(50, 56), range(50, 54)), (range(4, 9), range(4, 9))],
)
@pytest.mark.usefixtures("short")
def test_a_few_words_are_not_left_out(block: range, expected: range) -> None:
    assert shortlist(block) == expected


@pytest.mark.usefixtures("short")
def test_scores_are_of_the_listed_words_and_of_all_others_together(
    vocabulary: Vocabulary,
) -> None:
    model = small_network(vocabulary)
    with torch.no_grad():
        model.word_embeddings.weight.mul_(0.1)  # so that what the decoder means changes little
    meant = torch.randn(5, 16, generator=torch.Generator().manual_seed(1))
    every, bias = model.output_weights(None)
    scores = model.word_scores()
    found = scores.scores(meant)
    assert found.shape == (5, 4 + 4 + 1)
    assert torch.allclose(found[:, :8], meant @ every[:8].T + bias[:8], atol=1e-6)
    for row, own in zip(found, meant, strict=True):
        assert float(row[8]) == pytest.approx(float(total(every[8:], bias[8:], own)), abs=1e-3)
    assert scores.never_written == [*NEVER_WRITTEN, 8]
    whole = model.word_scores(shortlisted=False)
    assert whole.scores(meant).shape == (5, len(vocabulary))
    for word in (5, 9, 12):
        token = torch.full((5,), word)
        assert torch.allclose(scores.log_p(meant, token), whole.log_p(meant, token), atol=0.1)


@pytest.mark.usefixtures("short")
def test_a_word_that_is_left_out_is_never_more_than_certain(vocabulary: Vocabulary) -> None:
    """The estimate does not know that just this one is meant."""
    model = small_network(vocabulary)
    with torch.no_grad():
        model.word_embeddings.weight.zero_()
        model.word_embeddings.weight[10] = 1.0
        model.word_bias.zero_()
    scores, meant = model.word_scores(), torch.full((1, 16), 6 / 16)  # its logit is 6, all others' 0
    assert float(scores.scores(meant).logsumexp(dim=-1)) < 6
    assert -1 < float(scores.log_p(meant, torch.tensor([10]))) < 0


@pytest.mark.usefixtures("short")
def test_the_decoder_writes_from_the_list_alone(vocabulary: Vocabulary) -> None:
    from onenet.captions.beam_search import CaptionWriter

    model = small_network(vocabulary)
    with torch.no_grad():
        model.word_bias[10] = 50.0  # by far the likeliest
    representation = torch.nn.functional.normalize(torch.ones(1, 16), dim=-1)
    [captions] = CaptionWriter(model).write(representation, beam_size=3, n=3)
    assert all(set(caption.token_ids) <= set(range(4, 8)) for caption in captions)
    logits, _ = StepDecoder(model, bfloat16=False).start(representation)
    assert int(logits.argmax()) == 10  # unless it is told so, it leaves nothing out


@pytest.mark.shipped
@pytest.mark.parametrize("language", ["en", "de", "pt", "ar"])
def test_log_p_of_the_shipped_network_hardly_changes(language: str) -> None:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    block, start = vocabulary.block(language), vocabulary.start_id(language)
    assert len(shortlist(block)) < len(block)
    random = np.random.default_rng(1)
    sentences = [[start, *random.choice(block[:300], 6), 2] for _ in range(50)]
    token_ids = pad_captions([list(map(int, sentence)) for sentence in sentences])
    with torch.no_grad():
        photos = model.represent_sentence(token_ids)
        found, exact = (
            model.log_p(photos, token_ids, model.word_scores(block, shortlisted=some))
            for some in (True, False)
        )
    apart = (found - exact).abs()
    assert apart.mean() < 0.03
    assert apart.max() < 0.5


def test_all_words_are_the_networks_own_log_p(model: OneNet) -> None:
    token_ids = torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])
    photos = torch.nn.functional.normalize(torch.ones(2, 16), dim=-1)
    expected = model(photos, token_ids[:, :-1]).log_softmax(dim=-1)
    expected = expected.gather(2, token_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    found = model.log_p(photos, token_ids, model.word_scores())
    assert torch.allclose(found, expected, atol=1e-5)
