import pytest
import torch

from onenet.network.model import OneNet, pad_captions
from onenet.network.stepwise import SentenceReader, StepDecoder


@pytest.mark.parametrize(("bfloat16", "tolerance"), [(False, 1e-5), (True, 0.15)])
def test_one_word_at_a_time_is_teacher_forcing(model: OneNet, bfloat16: bool, tolerance: float) -> None:
    representation = model.represent(torch.randn(3, 1280, generator=torch.Generator().manual_seed(1)))
    token_ids = pad_captions([[1, 5, 6, 7, 2], [1, 8, 9, 4, 2], [1, 4, 4, 5, 2]])
    together = model(representation, token_ids[:, :-1])  # (3, 4, V)
    decoder = StepDecoder(model, bfloat16=bfloat16)
    logits, state = decoder.start(representation)
    for step in range(4):
        assert logits.dtype == state.hidden.dtype == state.cell.dtype == torch.float32
        assert torch.allclose(logits, together[:, step], atol=tolerance)
        logits, state = decoder.step(token_ids[:, step + 1], state)


@pytest.mark.parametrize(("bfloat16", "tolerance"), [(False, 1e-5), (True, 0.03)])
def test_captions_are_read_as_the_network_reads_them(model: OneNet, bfloat16: bool, tolerance: float) -> None:
    token_ids = pad_captions([[1, 5, 6, 2], [1, 8, 9, 4, 7, 5, 2], [1, 12, 2]])
    found = SentenceReader(model, bfloat16=bfloat16).read(token_ids)
    assert found.dtype == torch.float32
    assert torch.allclose(found, model.represent_sentence(token_ids), atol=tolerance)


def test_it_keeps_the_weights_that_it_packed(model: OneNet) -> None:
    representation = model.represent(torch.randn(1, 1280))
    decoder = StepDecoder(model, bfloat16=False)
    before, _ = decoder.start(representation)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    after, _ = decoder.start(representation)
    assert torch.equal(before, after)
