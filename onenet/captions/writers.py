"""Captions in each of a network's languages, and how sure it is of them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from onenet.captions.beams import write_captions
from onenet.captions.caption import Caption
from onenet.captions.sureness import Sureness, signs_of
from onenet.network.special_words import ENGLISH
from onenet.serving.network import ServedNetwork


class Writers:
    """Writes captions in any language of a network.

    Args:
        network: The network.
        sureness: How sure it is of the captions of some languages, by their codes.
        ease: The direction of photos that it tells well, shape (D,), if it is known.
    """

    def __init__(
        self,
        network: ServedNetwork,
        sureness: Mapping[str, Sureness] | None = None,
        ease: NDArray[np.float32] | None = None,
    ) -> None:
        self._network, self._ease = network, ease
        self._sureness = sureness or {}

    def write(
        self,
        representations: NDArray[np.float32],
        language: str = ENGLISH,
        *,
        beam_size: int = 5,
        n: int = 1,
    ) -> list[list[Caption]]:
        """Caption representations (B, D); up to n distinct captions each, best first.

        Raises:
            LanguageError: If the network does not know the language.
        """
        found = write_captions(
            self._network, representations, language, beam_size=beam_size, n=max(n, beam_size)
        )
        sureness = self._sureness.get(language)
        sures: list[list[float | None]] = [[None] * len(captions) for captions in found]
        if sureness is not None and beam_size > 1:
            name_log_p = self._network.name_log_p(representations)
            signs = signs_of(representations, name_log_p, found, self._ease)
            sures = [list(map(float, sureness.of(each))) for each in signs]
        decode = self._network.vocabulary.decode
        return [
            [
                Caption(decode(each.token_ids), each.score, language, sure, each.token_ids)
                for each, sure in zip(captions[:n], own, strict=False)
            ]
            for captions, own in zip(found, sures, strict=True)
        ]
