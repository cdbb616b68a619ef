"""One decoder for several languages: each is a block of words that it chooses among."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from onenet.network.losses import caption_losses
from onenet.network.model import OneNet, in_block, out_of_block, pad_captions
from onenet.network.special_words import START_ID
from onenet.network.stepwise import StepDecoder
from onenet.network.vocabulary import Vocabulary
from tests.onenet.networks import alone_in, in_own_ids, small_network

LANGUAGES = ["en", "de", "zh"]
SENTENCES = {"en": [4, 5, 12], "de": [14, 19, 16], "zh": [21, 24]}


@pytest.fixture
def representation() -> Tensor:
    random = torch.randn(3, 16, generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.normalize(random, dim=-1)


@pytest.mark.parametrize(
    ("block", "token_ids", "counted"),
    [
        (None, [0, 1, 2, 3, 4, 9], [0, 1, 2, 3, 4, 9]),
        (range(4, 9), [1, 4, 8, 2], [1, 4, 8, 2]),  # English stands where it would stand alone
        (range(14, 20), [1, 14, 19, 3, 2, 0], [1, 4, 9, 3, 2, 0]),
    ],
)
def test_ids_in_a_block(block: range | None, token_ids: list[int], counted: list[int]) -> None:
    assert in_block(torch.tensor(token_ids), block).tolist() == counted
    assert out_of_block(counted, block) == tuple(token_ids)


@settings(deadline=None)  # dictionaries are read when first needed
@given(st.integers(4, 50), st.integers(1, 50), st.data())
def test_what_goes_into_a_block_comes_out(first: int, size: int, data: st.DataObject) -> None:
    block = range(first, first + size)
    token_ids = data.draw(st.lists(st.one_of(st.integers(0, 3), st.sampled_from(block)), max_size=9))
    counted = in_block(torch.tensor(token_ids, dtype=torch.long), block).tolist()
    assert out_of_block(counted, block) == tuple(token_ids)
    assert all(0 <= each < 4 + size for each in counted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_logits_of_a_block_are_those_columns_of_all(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor, language: str
) -> None:
    block = languages.block(language)
    token_ids = torch.tensor([[languages.start_id(language), *SENTENCES[language]]]).expand(3, -1)
    every = polyglot(representation, token_ids)
    own = polyglot(representation, token_ids, block)
    assert every.shape[-1] == len(languages) == 25
    assert own.shape[-1] == 4 + len(block)
    assert torch.allclose(own, every[..., [0, 1, 2, 3, *block]], atol=1e-6)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_written_as_by_a_network_that_has_it_alone(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor, language: str
) -> None:
    block = languages.block(language)
    sentence = [languages.start_id(language), *SENTENCES[language], 2]
    token_ids = torch.tensor([sentence]).expand(3, -1)
    own = torch.tensor([in_own_ids(sentence, languages, language)]).expand(3, -1)
    assert own[0, 0] == START_ID
    alone = alone_in(language, polyglot, languages)
    losses = caption_losses(polyglot(representation, token_ids[:, :-1], block), in_block(token_ids, block))
    assert torch.allclose(losses, caption_losses(alone(representation, own[:, :-1]), own), atol=1e-5)
    assert torch.allclose(polyglot.represent_sentence(token_ids), alone.represent_sentence(own), atol=1e-6)


@pytest.mark.parametrize(("bfloat16", "tolerance"), [(False, 1e-5), (True, 0.3)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_one_word_at_a_time_is_teacher_forcing(
    polyglot: OneNet,
    languages: Vocabulary,
    representation: Tensor,
    language: str,
    bfloat16: bool,
    tolerance: float,
) -> None:
    """All columns, that of the start word among them: it has its part in the probabilities of the others."""
    block, start_id = languages.block(language), languages.start_id(language)
    polyglot.word_bias[START_ID] = 0.0
    first, last = block.start, block.stop - 1
    token_ids = pad_captions(
        [[start_id, first, last, first], [start_id, last, last], [start_id, first, first, last]]
    )
    together = polyglot(representation, token_ids, block)
    decoder = StepDecoder(polyglot, block=block, start_id=start_id, bfloat16=bfloat16)
    logits, state = decoder.start(representation)
    for step in range(3):
        assert logits.dtype == state.hidden.dtype == torch.float32
        assert torch.allclose(logits, together[:, step], atol=tolerance)
        logits, state = decoder.step(in_block(token_ids, block)[:, step + 1], state)


def test_rows_are_taken_with_what_the_photo_gives_them(polyglot: OneNet, representation: Tensor) -> None:
    decoder = StepDecoder(polyglot, bfloat16=False)
    _, state = decoder.start(representation)
    rows = torch.tensor([2, 0])
    together, _ = decoder.step(torch.tensor([5, 6, 5]), state)
    taken, _ = decoder.step(torch.tensor([5, 5]), state.take(rows))
    assert torch.allclose(taken, together[rows], atol=1e-6)


@pytest.mark.parametrize("shape", [{}, {"at_every_word": True}, {"names": 7}], ids=str)
def test_the_forms_of_a_network(
    vocabulary: Vocabulary, representation: Tensor, shape: dict[str, Any]
) -> None:
    model = small_network(vocabulary, **shape)
    sizes = model.decoder.weight_ih_l0.shape[1], model.to_names and model.to_names.weight.shape[0]
    assert sizes == (32 if shape.get("at_every_word") else 16, shape.get("names"))
    logits = model(representation, torch.tensor([[1, 5, 6]]).expand(3, -1))
    assert logits.shape == (3, 3, len(vocabulary))
    assert not torch.allclose(logits[0, 2], logits[1, 2], atol=1e-3)  # the photo tells to the last word
    if model.to_names is not None:
        assert model.name_logits(representation).shape == (3, 7)
