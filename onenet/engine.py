"""A trained network, loaded once, and what it can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from onenet.asking.answering import Answers, Judge, answer
from onenet.asking.network import judge_of
from onenet.asking.questions import read_question
from onenet.asking.recalling import Attention, Recollection, attend
from onenet.asking.refusals import never_read, refusal, unknown_words
from onenet.captions.caption import Caption, Reasons
from onenet.captions.naming import Name
from onenet.captions.reasons import find_reasons
from onenet.captions.sureness import sureness_by_language
from onenet.captions.translation import Translation, begins
from onenet.captions.writers import Writers
from onenet.dreams.dream import DEFAULT_DREAM, DreamConfig, Dreaming, Recognised, dream
from onenet.dreams.expected import ExpectedStatistics, layers_beside, load_expected
from onenet.dreams.observed import ObservedEncoder
from onenet.errors import DescriptionError
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.network.classifier import class_names
from onenet.network.encoders import Encoder, load_encoder
from onenet.network.hardware import fast_bfloat16
from onenet.network.special_words import ENGLISH
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search.arithmetic import add_words, move_toward
from onenet.search.confidence import Threshold, confidence
from onenet.search.imagination import Imagination
from onenet.search.index import Match, Searchable
from onenet.search.inside import Inside, look_inside
from onenet.search.likeness import ALIKE, nearest_different
from onenet.search.mix import MixStep, mix_line
from onenet.search.query import ChangeQuery, Query, SearchResult, WordsQuery
from onenet.search.reranking import CANDIDATES, rank_photos
from onenet.search.terms import photo_terms, without_the_same
from onenet.search.word_numbers import FREQUENT_WORDS, WordNumbers
from onenet.words.games import WordGames
from onenet.words.load import word_games

Floats = NDArray[np.float32]


class Engine:
    """A loaded network and what it can be asked. Not locked: call it from one thread at a time.

    Args:
        checkpoint: The network.
        layers: What its layers are expected to do, read for the first dream; None: the shipped network's.

    Attributes:
        card: Where the network comes from: data, seed, training settings, dev figures.
        fingerprint: Names the network; two never share one.
        languages: Codes of the languages that it reads, English first.
        written: Codes of those that it writes well enough, English first.
        sure_from: How sure it must be of a caption that is not doubted, see `Caption.sure`.
    """

    def __init__(self, checkpoint: Checkpoint, *, layers: Path | None = None) -> None:
        self._model = checkpoint.model
        self._vocabulary = checkpoint.vocabulary
        self.card: Mapping[str, Any] = checkpoint.card
        self.fingerprint = checkpoint.fingerprint
        self.languages = checkpoint.vocabulary.languages
        self.written: tuple[str, ...] = tuple(checkpoint.card.get("written", (ENGLISH,)))
        self.sure_from: float = checkpoint.card.get("dev", {}).get("sure", {}).get("threshold", 0.0)
        self._layers = layers or layers_beside(DEFAULT_CHECKPOINT)
        self._word_numbers: dict[str, WordNumbers] = {}
        self._fits_from = Threshold.from_figures(checkpoint.card.get("dev", {}).get("find", {}))

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

    def caption(
        self, representations: Floats, *, language: str = ENGLISH, beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        """Caption photos given their representations (B, 300); up to n distinct captions each, best first.

        Raises:
            LanguageError: If the network does not know the language.
        """
        if not len(representations):
            return []
        photos = torch.from_numpy(representations)
        return self._writers.write(photos, language=language, beam_size=beam_size, n=n)

    @torch.no_grad()
    def names(self, representations: Floats, *, k: int = 3) -> list[list[Name]]:
        """Name what is in photos given their representations (B, 300), as the encoder's classifier would.

        Up to k names each, likeliest first; none if the network never learnt them.
        """
        if self._model.to_names is None or not len(representations):
            return [[] for _ in representations]
        likeliest = self._model.name_logits(torch.from_numpy(representations)).softmax(dim=-1).topk(k)
        texts = class_names()
        return [
            [Name(texts[place], probability) for probability, place in zip(*row, strict=True)]
            for row in zip(likeliest.values.tolist(), likeliest.indices.tolist(), strict=True)
        ]

    def translate(
        self, text: str, to: str, *, language: str | None = None, preferred: Sequence[str] = (ENGLISH,)
    ) -> Translation:
        """Say in another language what a description says: words -> the place of a photo -> words.

        No parallel text is anywhere: both languages learnt from photos.

        Args:
            language: Of the description; None: it is guessed.
            preferred: As in `imagine`.

        Raises:
            DescriptionError: If words cannot be used, as in `imagine`.
            LanguageError: If the network does not know a language.
        """
        self._vocabulary.block(to)
        read = self._imagination.read(text, language=language, preferred=preferred)
        with torch.no_grad():
            place = self._model.represent_sentence(torch.tensor([self._imagination.sentence(read)]))
        translation = self._writers.write(place, language=to)[0][0].text
        return Translation(text, read.language, to, translation, read.unknown)

    def begins(self, word: str, text: str, *, preferred: Sequence[str] = (ENGLISH,)) -> bool:
        """Whether a word that names a language is rather the beginning of a text: “es” of “es un perro”.

        It only reads: call it from any thread.

        Args:
            preferred: As in `imagine`.
        """
        return begins(word, text, self._vocabulary, preferred)

    def explain(self, photo: Image.Image, caption: str = "", *, language: str = ENGLISH) -> Reasons:
        """Find where in a photo each word of a caption comes from; without one, of the network's own.

        Args:
            language: Of the network's own caption; that of another is guessed.

        Raises:
            DescriptionError: If the caption is too long, or has no word that the network has read.
        """
        with torch.no_grad():
            last_map = self._model.top(self._encoder.maps(self._encoder.spec.serving.batch([photo])))
            representation = self._model.represent(last_map.mean(dim=(2, 3))).numpy()
        said = caption or self.caption(representation, language=language)[0][0].text
        guessed = None if caption else language
        read = self._imagination.read(said, language=guessed, preferred=(language, ENGLISH))
        token_ids = self._imagination.own_sentence(read)
        block = self._vocabulary.block(read.language)
        heat, gains = find_reasons(self._model, last_map, torch.tensor(token_ids), block)
        words = tuple(self._vocabulary.spell(token) for token in token_ids[1:-1])
        text = self._vocabulary.decode(token_ids[1:])
        return Reasons(words, heat, gains, read.unknown if caption else (), text)

    def ask(self, representation: Floats, question: str, *, preferred: Sequence[str] = (ENGLISH,)) -> Answers:
        """Answer a question about a photo given its representation (300,): “what colour is the ball?”.

        Args:
            preferred: What its language is taken for if several ask so, likeliest first.

        Raises:
            DescriptionError: If nothing is asked, in a language that is not read, or in a way not understood.
        """
        asked = read_question(question, preferred)
        if asked is None or asked.language not in self.languages:
            raise refusal(question, self._vocabulary, preferred)
        if unknown := unknown_words(asked, self._vocabulary):
            raise never_read(unknown, asked.language)
        return answer(self._judge, asked, representation[np.newaxis])[0]

    def recall(self, asked: Recollection, representations: Floats) -> Attention:
        """Attend to those of remembered photos (N, 300) that are asked for, see `onenet.asking.recalling`."""
        return attend(self._judge, asked, representations)

    def mix(self, first: Floats, second: Floats, *, language: str = ENGLISH) -> list[MixStep]:
        """Go from one photo's representation (300,) to another's in steps, with a caption for each."""
        shares, line = mix_line(first, second)
        captions = [best[0].text for best in self.caption(line, language=language)]
        places = zip(shares.tolist(), line, captions, strict=True)
        return [MixStep(share, row, caption) for share, row, caption in places]

    def change(
        self, representation: Floats, words: str, *, preferred: Sequence[str] = (ENGLISH,)
    ) -> ChangeQuery:
        """Change a photo by words: “in snow”, or “photo - dog + child”.

        Args:
            representation: Of the photo, shape (300,), unit length.
            preferred: As in `imagine`.

        Raises:
            DescriptionError: If words cannot be used, as in `imagine`.
        """
        photo, terms = torch.from_numpy(representation), photo_terms(words)
        read_words = partial(self._imagination.read, preferred=preferred)
        if terms is not None:
            sides = [[read_words(each) for each in side] for side in (terms.plus, terms.minus)]
            plus, minus = ([self._imagination.sentence(read) for read in side] for side in sides)
            moved = add_words(self._model, photo, plus, minus)
            reads = [read for side in sides for read in side]
        else:
            wish = read_words(without_the_same(words))
            [[own]] = self.caption(representation[np.newaxis], language=wish.language)
            said = self._imagination.read(own.text, language=wish.language)
            moved = move_toward(
                self._model,
                photo,
                self._imagination.own_sentence(said),
                self._imagination.own_sentence(wish),
                self._vocabulary.block(wish.language),
            )
            reads = [wish]
        found = moved.numpy()
        language = reads[0].language
        pictured = self.caption(found[np.newaxis], language=language)[0][0].text
        unknown = tuple(dict.fromkeys(word for read in reads for word in read.unknown))
        return ChangeQuery(words, pictured, unknown, found, language)

    def dream(self, query: WordsQuery, *, seed: int = 0, config: DreamConfig = DEFAULT_DREAM) -> Dreaming:
        """Dream a picture of what a description means, a step at a time; close the generator to stop early.

        Raises:
            CheckpointError: If what its layers do was never measured, see `onenet.dreams`.
        """
        parts = self._observed_encoder, self._expected_statistics
        return dream(*parts, torch.from_numpy(query.representation), seed=seed, config=config)

    def recognise(self, picture: Image.Image, query: WordsQuery, *, language: str = ENGLISH) -> Recognised:
        """Look at a dream as at any photo: tell what is in it, and how near it is to what was dreamt of."""
        seen = self.represent([picture])
        return Recognised(
            self.caption(seen, language=language)[0][0].text, float(seen[0] @ query.representation)
        )

    def imagine(
        self, description: str, *, language: str | None = None, preferred: Sequence[str] = (ENGLISH,)
    ) -> WordsQuery:
        """Find the representation from which the decoder says a description (input inversion).

        Args:
            language: Of the description; None: it is guessed.
            preferred: What it is taken for if several languages know as many of its words, likeliest first.

        Raises:
            DescriptionError: If it is empty, too long, or has no word that the network has read.
        """
        (answer,) = self.imagine_all([description], language=language, preferred=preferred)
        if isinstance(answer, DescriptionError):
            raise answer
        return answer

    def imagine_all(
        self,
        descriptions: Sequence[str],
        *,
        language: str | None = None,
        preferred: Sequence[str] = (ENGLISH,),
    ) -> list[WordsQuery | DescriptionError]:
        """Find the representations of many descriptions; one that cannot be used gives its error instead."""
        return self._imagination.imagine_all(descriptions, language=language, preferred=preferred)

    def find(self, query: Query, index: Searchable, k: int) -> SearchResult:
        """Find the photos that fit a description best: the nearest by cosine, ranked by the decoder.

        Copies of one photo are found as one. The decoder ranks the nearest alone; those beyond follow by
        their cosines. Of a changed photo it has nothing to say: what is alike fits.
        """
        nearest = nearest_different(index, query.representation, max(k, CANDIDATES))
        if isinstance(query, ChangeQuery) or not query.token_ids:
            alike = sum(match.score >= ALIKE for match in nearest[:k])
            return SearchResult(nearest[:k], alike > 0, alike)
        if not nearest:
            return SearchResult([], False)
        matches = self._ranked(query, index, nearest)[:k]
        known = len(set(query.token_ids[1:-1]))
        unknown = len(query.unknown_words)
        sure = [confidence(match.score, unknown=unknown, known=known) for match in matches]
        fits_from = self._fits_from.among(len(index))
        fitting = sum(each >= fits_from for each in sure)  # scores fall, so these are the first
        return SearchResult(matches, fitting > 0, fitting)

    def _ranked(self, query: WordsQuery, index: Searchable, nearest: Sequence[Match]) -> list[Match]:
        candidates, others = nearest[:CANDIDATES], nearest[CANDIDATES:]
        representations = torch.from_numpy(index.representations_of([match.photo for match in candidates]))
        ranking = rank_photos(
            self._model,
            torch.from_numpy(query.representation),
            torch.tensor(query.token_ids),
            representations,
            self._vocabulary.block(query.language),
        )
        best = zip(ranking.order.tolist(), ranking.scores.tolist(), strict=True)
        ranked = [replace(candidates[row], score=score) for row, score in best]
        lowest = ranked[-1].score  # of those beyond only the cosine is known: no more than that is certain
        return ranked + [replace(match, score=min(match.score, lowest)) for match in others]

    @cached_property
    def words(self) -> WordGames:
        """Games on the words that the network knows."""
        return word_games(self._vocabulary, self._model.word_weights())

    def inside(self, representation: Floats, *, k: int = 6, language: str = ENGLISH) -> Inside:
        """Tell which of a representation's (D,) numbers stand out most, with the words that turn them on.

        Args:
            language: Of the words.

        Raises:
            LanguageError: If the network does not know the language.
        """
        if language not in self._word_numbers:
            self._word_numbers[language] = self._word_numbers_of(language)
        return look_inside(representation, self._word_numbers[language], k=k)

    def _word_numbers_of(self, language: str) -> WordNumbers:
        ids = self._vocabulary.block(language)[:FREQUENT_WORDS]
        words = [self._vocabulary.spell(token_id) for token_id in ids]
        with torch.no_grad():
            numbers = self._model.represent_words(torch.tensor(ids), self._vocabulary.start_id(language))
        return WordNumbers(words, numbers.numpy())

    @cached_property
    def _judge(self) -> Judge:
        return judge_of(self._model, self._vocabulary)

    @cached_property
    def _writers(self) -> Writers:
        return Writers(self._model, self._vocabulary, sureness_by_language(self.card))

    @cached_property
    def _imagination(self) -> Imagination:
        return Imagination(self._model, self._vocabulary, self._writers.write)

    @cached_property
    def _encoder(self) -> Encoder:
        return load_encoder(self._model.config.encoder, bfloat16=fast_bfloat16())

    @cached_property
    def _observed_encoder(self) -> ObservedEncoder:
        return ObservedEncoder(self._model)

    @cached_property
    def _expected_statistics(self) -> ExpectedStatistics:
        return load_expected(self._layers, self.fingerprint)
