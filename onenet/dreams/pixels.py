"""A picture that can be dreamt: waves of colour, coarse and fine, whose strengths are optimised."""

import torch
from torch import Tensor

# How the colours of photos vary, (3, 3): a column each for green against purple, blue against orange, and
# light, four times as long as its standard deviation over the training photos at 16 by 16 cells.
COLOUR_AXES = ((0.094, -0.336, 0.884), (-0.185, -0.010, 0.912), (0.092, 0.327, 0.934))

_START = 0.003  # strength of the first waves
_SOFTNESS = 1.5  # waves a side over which the finest ones fade


class WavePicture:
    """A square picture as the sum of a background and waves (Olah et al. 2017, Feature Visualization).

    Waves instead of pixels, the coarse ones stronger by what photos have more of them, and colours along the
    axes in which those of photos vary independently: a step changes large shapes as easily as grain.

    Args:
        background: Colours that it starts from, shape (3, S, S), 0 to 1, without both.
        generator: Of the first, faint waves.
    """

    def __init__(self, background: Tensor, generator: torch.Generator) -> None:
        self.side_px = side = background.shape[-1]
        self._background = torch.logit(background)
        self._frequency = _frequencies(side)  # waves a side, shape (S, S // 2 + 1)
        shape = (3, side, side // 2 + 1, 2)
        self.waves = (_START * torch.randn(shape, generator=generator)).requires_grad_()

    def logits(self, finest: float) -> Tensor:
        """Draw the picture with waves up to a number a side: logits of its colours, shape (3, S, S)."""
        strength = torch.sigmoid((finest - self._frequency) * _SOFTNESS) / self._frequency.clamp(min=1.0)
        spectrum = torch.view_as_complex(self.waves) * strength
        drawn = torch.fft.irfft2(spectrum, s=(self.side_px, self.side_px), norm="forward")
        return self._background + torch.einsum("ij,jhw->ihw", torch.tensor(COLOUR_AXES), drawn)


def _frequencies(side: int) -> Tensor:
    down, across = torch.fft.fftfreq(side) * side, torch.fft.rfftfreq(side) * side
    return torch.hypot(down[:, None], across[None])
