"""The network in PyTorch, for dreams, and for encoders that are not exported.

To import this file takes seconds and hundreds of megabytes; `onenet.engine` does so when it is first asked.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.captions.reasons import find_reasons
from onenet.dreams.dream import dream
from onenet.dreams.dreaming import DreamConfig, Dreaming
from onenet.dreams.expected import ExpectedStatistics, load_expected
from onenet.dreams.observed import ObservedEncoder
from onenet.network.checkpoint import Checkpoint, assemble
from onenet.network.encoders import Encoder, load_encoder
from onenet.network.network_file import NetworkFile

Floats = NDArray[np.float32]


class Gradients:
    """A network in PyTorch. Not locked: call it from one thread at a time.

    Args:
        checkpoint: The network.
        layers: What its layers are expected to do.
        threads: CPU threads of the whole process's tensor arithmetic; None leaves torch's default.
    """

    def __init__(self, checkpoint: Checkpoint, *, layers: Path, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.model, self._vocabulary = checkpoint.model, checkpoint.vocabulary
        self._fingerprint, self._layers = checkpoint.fingerprint, layers

    @classmethod
    def of_file(
        cls, path: Path, file: NetworkFile, *, layers: Path, threads: int | None = None
    ) -> "Gradients":
        """Make the network of what is in its file.

        Raises:
            CheckpointError: If it is not a checkpoint.
        """
        return cls(assemble(path, file), layers=layers, threads=threads)

    @torch.no_grad()
    def represent(self, photos: Floats) -> Floats:
        """Map preprocessed photos (B, 3, S, S) to representations (B, D) of unit length."""
        representations: Floats = self.model.represent(self._last_maps(photos).mean(dim=(2, 3))).numpy()
        return representations

    def reasons(
        self, photo: Floats, read: Callable[[Floats], tuple[Sequence[int], str]]
    ) -> tuple[Sequence[int], Floats, Floats]:
        """Find where in a photo each word of a caption comes from, see `onenet.captions.tracing`."""
        with torch.no_grad():
            last_map = self._last_maps(photo[np.newaxis])
            representation: Floats = self.model.represent(last_map.mean(dim=(2, 3))).numpy()
        token_ids, language = read(representation)
        block = self._vocabulary.block(language)
        heat, gains = find_reasons(self.model, last_map, torch.tensor(token_ids), block)
        return token_ids, heat, gains

    def dream(
        self, representation: Floats, *, seed: int, config: DreamConfig, give_way: Callable[[], None]
    ) -> Dreaming:
        """Dream a picture of a representation (D,), a step at a time.

        Raises:
            CheckpointError: If what its layers do was never measured, see `onenet.dreams`.
        """
        parts = self._observed_encoder, self._expected_statistics
        return dream(*parts, torch.from_numpy(representation), seed=seed, config=config, give_way=give_way)

    def _last_maps(self, photos: Floats) -> Tensor:
        last: Tensor = self.model.top(self._encoder.maps(torch.from_numpy(photos)))
        return last

    @cached_property
    def _encoder(self) -> Encoder:
        return load_encoder(self.model.config.encoder)

    @cached_property
    def _observed_encoder(self) -> ObservedEncoder:
        return ObservedEncoder(self.model)

    @cached_property
    def _expected_statistics(self) -> ExpectedStatistics:
        return load_expected(self._layers, self._fingerprint)
