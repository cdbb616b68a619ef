"""The serving door: everything the trained network can be asked, loaded once."""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from onenet.captions.beam_search import CaptionWriter
from onenet.captions.reasons import Reasons, find_reasons
from onenet.captions.riddle import RIDDLE_PHOTOS, choose_riddle
from onenet.dreams.dream import DEFAULT_DREAM, DreamConfig, Dreaming, DreamStep, dream
from onenet.dreams.expected import ExpectedStatistics, layers_beside, load_expected
from onenet.dreams.observed import ObservedEncoder
from onenet.errors import N_, DescriptionError
from onenet.files import replace_file
from onenet.maps.drawing import as_png
from onenet.maps.layout import OnProgress
from onenet.maps.photos import PhotoMap, draw_photo_map, map_photos
from onenet.maps.word_picture import draw_word_map
from onenet.maps.words import WordMap, map_frequent_words, map_words_around
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.network.encoders import Encoder, load_encoder
from onenet.network.hardware import fast_bfloat16
from onenet.network.model import pad_captions
from onenet.network.vocabulary import END_ID, START_ID, tokenize
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.pictures.inside import draw_inside
from onenet.pictures.mix import StripStep, draw_mix
from onenet.pictures.reasons import draw_reasons
from onenet.pictures.walk import draw_walk
from onenet.search.arithmetic import add_words, move_toward, photo_terms, without_the_same
from onenet.search.confidence import confidence
from onenet.search.folder import IndexProgress, update_index
from onenet.search.index import ImageIndex, Match, PhotoRecord, Searchable, Skipped
from onenet.search.inside import Inside, WordNumbers, look_inside
from onenet.search.inversion import invert_captions
from onenet.search.mix import MixStep, mix_line, picking_order
from onenet.search.photos import PHOTO_SUFFIXES, read_photo
from onenet.search.reranking import CANDIDATES, rank_photos
from onenet.search.vectors import VectorIndex
from onenet.words.odd import Odd, find_odd
from onenet.words.space import Neighbour, WordSpace, word_views
from onenet.words.walk import Stop, walk

__all__ = [
    "DEFAULT_CHECKPOINT",
    "PHOTO_SUFFIXES",
    "RIDDLE_PHOTOS",
    "Caption",
    "DreamStep",
    "Dreaming",
    "Engine",
    "Found",
    "ImageIndex",
    "Imagined",
    "IndexProgress",
    "Inside",
    "Match",
    "MixStep",
    "Neighbour",
    "Odd",
    "OnProgress",
    "PhotoMap",
    "PhotoRecord",
    "Reasons",
    "Recognised",
    "Searchable",
    "Skipped",
    "Stop",
    "StripStep",
    "VectorIndex",
    "WordMap",
    "as_png",
    "draw_inside",
    "draw_mix",
    "draw_photo_map",
    "draw_reasons",
    "draw_walk",
    "draw_word_map",
    "map_photos",
    "photo_terms",
    "picking_order",
    "read_photo",
    "replace_file",
]

MAX_DESCRIPTION_WORDS = 50
_INVERSION_BATCH = 32  # descriptions inverted together

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Caption:
    """A sentence about a photo and its score, see `onenet.captions.beam_search.CaptionWriter.write`."""

    text: str
    score: float


@dataclass(frozen=True)
class Imagined:
    """What the network makes of a description.

    Attributes:
        description: As the user wrote it.
        imagined: The caption decoded from the representation: what the network pictures.
        unknown_words: Words it never read and left out.
        representation: Shape (300,), float32, unit length: look it up in an `ImageIndex`.
        loss: Of the description given the representation, nats a token.
        token_ids: The words that it knows, with `<start>` and `<end>`.
    """

    description: str
    imagined: str
    unknown_words: tuple[str, ...]
    representation: Floats
    loss: float
    token_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recognised:
    """What the network sees in its own dream.

    Attributes:
        caption: Of the picture.
        cosine: Between the picture's representation and the one dreamt of.
    """

    caption: str
    cosine: float


@dataclass(frozen=True)
class Found:
    """Photos that a description found.

    Attributes:
        matches: Best first; a score is the cosine and the decoder's opinion in units of it.
        fits: Whether the best of them fits the description well; else they are only the closest.
        fitting: How many of them do, from the best on.
    """

    matches: list[Match]
    fits: bool
    fitting: int = 0


class Engine:
    """A loaded network and its uses. Not locked: call it from one thread at a time."""

    def __init__(self, checkpoint: Checkpoint, *, layers: Path | None = None) -> None:
        """Use a network.

        Args:
            layers: What its layers are expected to do, read for the first dream; None: the shipped network's.
        """
        self._model = checkpoint.model
        self._vocabulary = checkpoint.vocabulary
        self.card: Mapping[str, Any] = checkpoint.card
        self.fingerprint = checkpoint.fingerprint
        self._layers = layers or layers_beside(DEFAULT_CHECKPOINT)
        # measured by `onenet.evaluation`; a network without it finds everything fitting
        self._fits_from = float(checkpoint.card.get("dev", {}).get("find", {}).get("fits_from", -math.inf))

    @classmethod
    def load(cls, checkpoint: Path = DEFAULT_CHECKPOINT, *, threads: int | None = None) -> "Engine":
        """Load a trained network.

        Args:
            threads: CPU threads of the whole process's tensor arithmetic; None leaves torch's default.

        Raises:
            CheckpointError: If the file is missing, damaged or of another version.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(load_checkpoint(checkpoint), layers=layers_beside(checkpoint))

    @torch.no_grad()
    def represent(self, photos: Sequence[Image.Image]) -> Floats:
        """Map photos, in one batch, to representations, shape (B, 300), float32, unit length."""
        if not photos:
            return np.zeros((0, self._model.config.representation_size), dtype=np.float32)
        maps = self._encoder.maps(self._encoder.spec.serving.batch(photos))
        return self._model.represent(self._model.features(maps)).numpy()

    def caption(self, representations: Floats, *, beam_size: int = 5, n: int = 1) -> list[list[Caption]]:
        """Caption photos given their representations (B, 300); up to n distinct captions each, best first."""
        if not len(representations):
            return []
        found = self._writer.write(torch.from_numpy(representations), beam_size=beam_size, n=n)
        return [
            [Caption(self._vocabulary.decode(caption.token_ids), caption.score) for caption in captions]
            for captions in found
        ]

    def explain(self, photo: Image.Image, caption: str = "") -> Reasons:
        """Find where in a photo each word of a caption comes from; without one, of the network's own.

        Raises:
            DescriptionError: If the caption is too long, or has no word that the network has read.
        """
        with torch.no_grad():
            last_map = self._model.top(self._encoder.maps(self._encoder.spec.serving.batch([photo])))
            representation = self._model.represent(last_map.mean(dim=(2, 3))).numpy()
        token_ids = self._known_ids(caption or self.caption(representation)[0][0].text)
        heat, gains = find_reasons(self._model, last_map, torch.tensor(token_ids))
        words = tuple(self._vocabulary.words[token] for token in token_ids[1:-1])
        return Reasons(words, heat, gains, self._unknown_words(caption))

    def mix(self, first: Floats, second: Floats) -> list[MixStep]:
        """Go from one photo's representation (300,) to another's in steps, with a caption for each."""
        shares, line = mix_line(first, second)
        captions = [best[0].text for best in self.caption(line)]
        places = zip(shares.tolist(), line, captions, strict=True)
        return [MixStep(share, row, caption) for share, row, caption in places]

    def change(self, representation: Floats, words: str) -> Imagined:
        """Change a photo by words: “in snow”, or “photo - dog + child”.

        Args:
            representation: Of the photo, shape (300,), unit length.

        Returns:
            Without token ids: what is nearest to it is to be found, not what the words describe.

        Raises:
            DescriptionError: If words cannot be used, as in `imagine`.
        """
        photo, terms = torch.from_numpy(representation), photo_terms(words)
        if terms is not None:
            plus, minus = ([self._known_ids(each) for each in side] for side in (terms.plus, terms.minus))
            moved = add_words(self._model, photo, plus, minus)
            unknown = self._unknown_words(" ".join((*terms.plus, *terms.minus)))
        else:
            wish = without_the_same(words)
            own = self._known_ids(self.caption(representation[np.newaxis])[0][0].text)
            moved = move_toward(self._model, photo, own, self._known_ids(wish))
            unknown = self._unknown_words(wish)
        found = moved.numpy()
        said = self.caption(found[np.newaxis])[0][0].text
        return Imagined(words, said, unknown, found, math.nan)

    def dream(self, imagined: Imagined, *, seed: int = 0, config: DreamConfig = DEFAULT_DREAM) -> Dreaming:
        """Dream a picture of what was imagined, a step at a time; close the generator to stop early.

        Raises:
            CheckpointError: If what its layers do was never measured, see `onenet.dreams`.
        """
        parts = self._observed_encoder, self._expected_statistics
        return dream(*parts, torch.from_numpy(imagined.representation), seed=seed, config=config)

    def recognise(self, picture: Image.Image, imagined: Imagined) -> Recognised:
        """Look at a dream as at any photo: tell what is in it, and how near it is to what was imagined."""
        seen = self.represent([picture])
        return Recognised(self.caption(seen)[0][0].text, float(seen[0] @ imagined.representation))

    def riddle(self, representations: Floats) -> tuple[int, list[str]]:
        """Choose one of some photos (B, 300): its row, its caption, then three of others.

        Raises:
            OneNetError: If the photos are too few or too much alike.
        """
        return choose_riddle(lambda rows: [best[0].text for best in self.caption(rows)], representations)

    def similar_words(self, word: str, *, k: int = 10) -> list[Neighbour]:
        """List the k words nearest to a word.

        Raises:
            UnknownWordError: If the network never read it.
        """
        return self._words.similar_words(word, k=k)

    def analogy(self, a: str, b: str, c: str, *, k: int = 5) -> list[Neighbour]:
        """List k answers to “a is to b as c is to …”.

        Raises:
            UnknownWordError: If the network never read one of the three.
        """
        return self._words.solve_analogy(a, b, c, k=k)

    def odd_word(self, words: Sequence[str]) -> Odd:
        """Tell which of three or more words does not belong with the others, and why.

        Raises:
            UnknownWordError: If the network never read one of them.
            OneNetError: If they are too few or too many.
        """
        return find_odd(self._words, words)

    def walk(self, start: str, end: str) -> list[Stop]:
        """Walk from one word to another over words between; a score is the cosine with the word before.

        Raises:
            UnknownWordError: If the network never read one of the two.
            OneNetError: If they are the same word.
        """
        return walk(self._words, start, end)

    def inside(self, representation: Floats, *, k: int = 6) -> Inside:
        """Tell which of a representation's (300,) numbers stand out most, with words that turn them on."""
        return look_inside(representation, self._word_numbers, k=k)

    def map_words(self, around: str = "", *, on_progress: OnProgress = lambda share: None) -> WordMap:
        """Lay out the most frequent words, or a word and those around it; takes seconds.

        It only reads the words, so that it may be called from another thread beside all else.

        Raises:
            UnknownWordError: If the network never read the word.
        """
        if not around:
            return map_frequent_words(self._words, on_progress=on_progress)
        return map_words_around(self._words, around, on_progress=on_progress)

    def imagine(self, description: str) -> Imagined:
        """Find the representation from which the decoder says a description (input inversion).

        Raises:
            DescriptionError: If it is empty, too long, or has no word that the network has read.
        """
        (answer,) = self.imagine_all([description])
        if isinstance(answer, DescriptionError):
            raise answer
        return answer

    def imagine_all(self, descriptions: Sequence[str]) -> list[Imagined | DescriptionError]:
        """Do the same for many descriptions, in batches; one that cannot be used gives its error instead."""
        answers: list[Imagined | DescriptionError] = []
        for start in range(0, len(descriptions), _INVERSION_BATCH):
            answers += self._imagine_batch(descriptions[start : start + _INVERSION_BATCH])
        return answers

    def find(self, imagined: Imagined, index: Searchable, k: int) -> Found:
        """Find the photos that fit a description best: the nearest by cosine, ranked by the decoder."""
        nearest = index.search(imagined.representation, max(k, CANDIDATES))
        if not nearest:
            return Found([], False)
        representations = torch.from_numpy(index.representations_of([match.photo for match in nearest]))
        ranking = rank_photos(
            self._model,
            torch.from_numpy(imagined.representation),
            torch.tensor(imagined.token_ids),
            representations,
        )
        best = zip(ranking.order[:k].tolist(), ranking.scores[:k].tolist(), strict=True)
        matches = [Match(nearest[row].photo, score) for row, score in best]
        known = len({token for token in imagined.token_ids if token not in (START_ID, END_ID)})
        unknown = len(imagined.unknown_words)
        sure = [confidence(match.score, unknown=unknown, known=known) for match in matches]
        fitting = sum(each >= self._fits_from for each in sure)  # scores fall, so these are the first
        return Found(matches, fitting > 0, fitting)

    def index_folder(
        self, index: ImageIndex, folder: Path, *, path: Path | None = None, batch_size: int = 16
    ) -> Generator[IndexProgress, None, None]:
        """Bring a folder's photos in an index up to date, one batch a step.

        Args:
            path: Where the index is saved as it grows and at the end; None: nowhere.
        """
        return update_index(index, folder, self.represent, path=path, batch_size=batch_size)

    def _imagine_batch(self, descriptions: Sequence[str]) -> list[Imagined | DescriptionError]:
        answers: list[Imagined | DescriptionError] = []
        known: dict[int, list[int]] = {}
        for place, description in enumerate(descriptions):
            try:
                known[place] = self._known_ids(description)
                answers.append(DescriptionError())  # filled in below
            except DescriptionError as error:
                answers.append(error)
        if not known:
            return answers
        found = invert_captions(self._model, pad_captions(list(known.values())))
        representations = found.representation.numpy()
        captions = self.caption(representations)
        for row, place in enumerate(known):
            description = descriptions[place]
            answers[place] = Imagined(
                description,
                captions[row][0].text,
                self._unknown_words(description),
                representations[row],
                float(found.loss[row]),
                tuple(known[place]),
            )
        return answers

    def _unknown_words(self, description: str) -> tuple[str, ...]:
        return tuple(word for word in dict.fromkeys(tokenize(description)) if word not in self._vocabulary)

    def _known_ids(self, description: str) -> list[int]:
        words = tokenize(description)
        if not words:
            raise DescriptionError(
                N_("Describe a photo in a few English words, for example: a dog in the snow.")
            )
        if len(words) > MAX_DESCRIPTION_WORDS:
            raise DescriptionError(
                N_("That description has {count} words; shorten it to {limit} or fewer."),
                count=len(words),
                limit=MAX_DESCRIPTION_WORDS,
            )
        if not any(word in self._vocabulary for word in words):
            template = N_(
                "I never read {words}, so nothing is left to search for. Try simple English words, "
                "for example: a dog in the snow."
            )
            raise DescriptionError(template, words=tuple(word[:30] for word in words[:5]))
        return self._vocabulary.encode_known(description)

    @cached_property
    def _writer(self) -> CaptionWriter:
        return CaptionWriter(self._model)

    @cached_property
    def _encoder(self) -> Encoder:
        return load_encoder(self._model.config.encoder, bfloat16=fast_bfloat16())

    @cached_property
    def _observed_encoder(self) -> ObservedEncoder:
        return ObservedEncoder(self._model)

    @cached_property
    def _expected_statistics(self) -> ExpectedStatistics:
        return load_expected(self._layers, self.fingerprint)

    @cached_property
    def _words(self) -> WordSpace:
        return WordSpace(self._vocabulary, *word_views(self._model))

    @cached_property
    def _word_numbers(self) -> WordNumbers:
        return WordNumbers(self._model, self._vocabulary)
