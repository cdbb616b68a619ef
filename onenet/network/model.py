"""The network: a photo or a sentence -> one 300-d representation -> words, and nothing else."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from onenet.network.config import ModelConfig
from onenet.network.encoders import as_maps, encoder_spec
from onenet.network.special_words import END_ID, PAD_ID, SPECIAL_WORDS, START_ID
from onenet.network.word_scores import WordScores
from onenet.network.word_weights import WORD_WEIGHTS, WordWeights


class OneNet(nn.Module):
    """Encoder top and head, caption decoder (Vinyals et al. 2015, arXiv:1411.4555) and sentence encoder.

    The representation is the decoder's first input, then come the start word of a language and its words; in
    newer networks it stands beside each of these inputs instead. It is centred and scaled over the training
    photos and has unit length, so that a cosine compares two of them and a random direction is a plausible
    one. The word embeddings are also the output weights (Press & Wolf 2017). The sentence encoder guesses the
    representation of the photo that a sentence tells of, in any language.

    A language is its block of the words' rows: the decoder chooses among these and the special words alone.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        size, hidden = config.representation_size, config.hidden_size
        _, self.top = encoder_spec(config.encoder).build(False)
        self.head = nn.Linear(config.feature_size, size)
        self.centre = nn.BatchNorm1d(size, affine=False)
        self.word_embeddings = nn.Embedding(config.vocabulary_size, size, padding_idx=PAD_ID)
        nn.init.normal_(self.word_embeddings.weight, std=0.1)
        self.decoder = nn.LSTM(2 * size if config.at_every_word else size, hidden, batch_first=True)
        self.to_words = nn.Linear(hidden, size)
        self.word_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.sentence_encoder = nn.GRU(size, config.sentence_size, batch_first=True)
        self.to_representation = nn.Linear(config.sentence_size, size)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(14.0)))  # of the contrastive loss
        self.to_names = nn.Linear(size, config.names) if config.names else None
        self.dropout = nn.Dropout(config.dropout)
        self.feature_dropout = nn.Dropout(config.feature_dropout)
        self.register_load_state_dict_pre_hook(_leave_out_what_is_gone)  # type: ignore[no-untyped-call]

    def features(self, maps: Tensor) -> Tensor:
        """Map what the encoder's trunk gives, (B, C, h, w), to features (B, F): the mean of its last map."""
        features: Tensor = self.top(maps).mean(dim=(2, 3))
        return features

    def represent(self, features: Tensor) -> Tensor:
        """Map encoder features (B, F) to representations (B, D) of unit length."""
        centred: Tensor = self.centre(self.head(self.feature_dropout(features)))
        return F.normalize(centred.float(), dim=-1)

    def represent_sentence(self, token_ids: Tensor) -> Tensor:
        """Guess the representations, (B, D) of unit length, of the photos that captions tell of.

        Args:
            token_ids: Shape (B, T), int64, with `<start>` and `<end>`, padded with `<pad>`.
        """
        words = self.dropout(self.word_embeddings(token_ids))  # (B, T, D)
        hidden, _ = self.sentence_encoder(words)  # (B, T, S); padding comes last
        strongest = hidden.masked_fill((token_ids == PAD_ID).unsqueeze(-1), -torch.inf).amax(dim=1)  # (B, S)
        return F.normalize(self.to_representation(strongest).float(), dim=-1)

    def represent_words(self, token_ids: Tensor, start_id: int = START_ID) -> Tensor:
        """Guess the representations, (W, D) of unit length, that words (W,) have alone, each as a caption."""
        edges = torch.full_like(token_ids, start_id), torch.full_like(token_ids, END_ID)
        return self.represent_sentence(torch.stack([edges[0], token_ids, edges[1]], dim=1))

    def word_weights(self) -> WordWeights:
        """Give the weights that words alone go through, as arrays in the same memory."""
        weights = self.state_dict()
        return WordWeights.of({name: weights[name].numpy() for name in WORD_WEIGHTS.values()})

    def word_views(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give all words as the decoder reads them, (V, D), and as it chooses the next one, (V, H)."""
        weights, words = self.word_weights(), range(self.config.vocabulary_size)
        return weights.read(words), weights.chosen(words)

    def first_input(self, representation: Tensor) -> Tensor:
        """Scale representations (..., D) to the decoder's input: a root-mean-square of one."""
        return representation * math.sqrt(self.config.representation_size)

    def forward(self, representation: Tensor, token_ids: Tensor, block: range | None = None) -> Tensor:
        """Predict each next word of captions (teacher forcing).

        Args:
            representation: Shape (B, D), unit length.
            token_ids: Shape (B, T), int64: the language's start word, words.
            block: The ids of the language's words; None: all that there are.

        Returns:
            Logits, shape (B, T, V), or (B, T, 4 + len(block)), columns as `in_block` counts: at step t for
            the word that follows token_ids[:, t].
        """
        return self.logits(self.decode(representation, token_ids), block)

    def decode(self, representation: Tensor, token_ids: Tensor) -> Tensor:
        """Give what the decoder has in mind after each word of captions, (B, T, H); see `forward`."""
        words = self.dropout(self.word_embeddings(token_ids))  # (B, T, D)
        first = self.first_input(representation).unsqueeze(1)  # (B, 1, D)
        hidden: Tensor
        if self.config.at_every_word:
            hidden, _ = self.decoder(torch.cat([words, first.expand_as(words)], dim=2))
            return hidden
        hidden, _ = self.decoder(torch.cat([first, words], dim=1))  # (B, 1 + T, H)
        return hidden[:, 1:]

    def logits(self, hidden: Tensor, block: range | None = None) -> Tensor:
        """Score words from the decoder's output, (..., H) -> (..., V), or those of a block of words."""
        weight, bias = self.output_weights(block)
        return F.linear(self.to_words(self.dropout(hidden)), weight, bias)

    def output_weights(self, block: range | None) -> tuple[Tensor, Tensor]:
        """Give the rows by which words are chosen, (V, D) and (V,): all, or the special ones and a block."""
        weight, bias = self.word_embeddings.weight, self.word_bias
        if block is None:
            return weight, bias
        special, own = slice(len(SPECIAL_WORDS)), slice(block.start, block.stop)
        return torch.cat([weight[special], weight[own]]), torch.cat([bias[special], bias[own]])

    def word_scores(
        self,
        block: range | None = None,
        *,
        shortlisted: bool = True,
        dtype: torch.dtype | None = None,
    ) -> WordScores:
        """Give a copy of what words are chosen by, as it is served; see `WordScores`."""
        return WordScores(*self.output_weights(block), block=block, shortlisted=shortlisted, dtype=dtype)

    def log_p(self, representation: Tensor, token_ids: Tensor, scores: WordScores) -> Tensor:
        """Give log p of each word of captions but the start word, as it is served, shape (B, T - 1).

        Args:
            representation: Shape (B, D), unit length.
            token_ids: Shape (B, T), int64, with the start word and `<end>`; padding is scored like words.
            scores: Of the captions' language.
        """
        meant = self.to_words(self.decode(representation, token_ids[:, :-1]))
        return scores.log_p(meant, in_block(token_ids[:, 1:], scores.block))

    def name_logits(self, representation: Tensor) -> Tensor:
        """Score the classes of the encoder's classifier, (B, D) -> (B, names)."""
        assert self.to_names is not None
        named: Tensor = self.to_names(self.first_input(representation))
        return named


def in_block(token_ids: Tensor, block: range | None) -> Tensor:
    """Count ids within a block of words: the special ones stay, the block's follow right after them."""
    if block is None:
        return token_ids
    special = len(SPECIAL_WORDS)
    return torch.where(token_ids < special, token_ids, token_ids - block.start + special)


def out_of_block(token_ids: Sequence[int], block: range | None) -> tuple[int, ...]:
    """Give back the ids that `in_block` had counted."""
    special = len(SPECIAL_WORDS)
    first = special if block is None else block.start
    return tuple(token if token < special else token - special + first for token in token_ids)


_GONE = ("prior_weight", "prior_bias")  # what re-ranking once expected of photos: it found worse with it


def _leave_out_what_is_gone(module: nn.Module, weights: dict[str, Any], prefix: str, *_: object) -> None:
    """Let networks and halves of trainings of before be loaded."""
    for name in _GONE:
        weights.pop(prefix + name, None)


BATCH = 50  # photos that go through together where there are many
_ON_DEVICE = 1_000  # likewise on a GPU, which takes hardly longer for them


def maps_for(stored: NDArray[np.float16] | Tensor, device: str) -> Tensor:
    """Give stored maps (B, h, w, C) on a device, as the top wants them: (B, C, h, w), float32."""
    if isinstance(stored, Tensor):
        return stored.to(device).float().permute(0, 3, 1, 2)
    return as_maps(stored).to(device)


@torch.no_grad()
def all_features(model: OneNet, maps: NDArray[np.float16] | Tensor, device: str = "cpu") -> Tensor:
    """Features of photos, shape (N, F), float32, from what the trunk gave, (N, h, w, C), in batches."""
    size = BATCH if torch.device(device).type == "cpu" else _ON_DEVICE
    batches = (maps[start : start + size] for start in range(0, len(maps), size))
    return torch.cat([model.features(maps_for(batch, device)) for batch in batches])


def pad_captions(captions: list[list[int]]) -> Tensor:
    """Stack token ids of different lengths, shape (B, longest), int64, padded with `<pad>`."""
    longest = max(len(caption) for caption in captions)
    return torch.tensor([caption + [PAD_ID] * (longest - len(caption)) for caption in captions])
