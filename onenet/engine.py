"""A trained network, loaded once, and what it can be asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from itertools import accumulate, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onenet.asking.answering import Answers, answer
from onenet.asking.grammar import colours_of
from onenet.asking.judge import Judge
from onenet.asking.looking import Look, look_at
from onenet.asking.network import judge_of
from onenet.asking.questions import is_seen_in_places, read_question, thing_presumed
from onenet.asking.recalling import Attention, Recollection, attend
from onenet.asking.refusals import never_read, refusal, unknown_words
from onenet.asking.weights import answer_weights_in
from onenet.captions.caption import Caption, Reasons
from onenet.captions.naming import Name
from onenet.captions.sureness import ease_in, sureness_by_language
from onenet.captions.tracing import trace_reasons
from onenet.captions.translation import Translation, begins
from onenet.captions.writers import Writers
from onenet.conversation import Part, SearchState, Wish, understand
from onenet.conversation.refining import Words, moves, refine, says_nothing
from onenet.dreams.dreaming import DEFAULT_DREAM, DreamConfig, Dreaming, Recognised, layers_beside
from onenet.errors import N_, DescriptionError
from onenet.maps.stop_words import stop_words
from onenet.network.class_names import class_names
from onenet.network.examples import examples_in
from onenet.network.function_words import FUNCTION_WORDS
from onenet.network.network_file import NetworkFile, read_network_file
from onenet.network.special_words import END_ID, ENGLISH
from onenet.network.transforms import Transform
from onenet.network.vocabulary import ReadText
from onenet.network.word_weights import WORD_WEIGHTS, WordWeights
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.precision import FLOAT32
from onenet.process import give_memory_back
from onenet.search.arithmetic import add_words, move_toward
from onenet.search.confidence import Threshold, confidence
from onenet.search.imagination import Imagination
from onenet.search.index import Match, Searchable
from onenet.search.inside import Inside, look_inside
from onenet.search.likeness import ALIKE, nearest_different, still_there
from onenet.search.mix import MixStep, mix_line
from onenet.search.query import ChangeQuery, Query, RefinedQuery, SearchResult, WordsQuery
from onenet.search.ranking import CANDIDATES, HUBNESS_WEIGHT, NEARBY, rank
from onenet.search.refined import REFINED_CANDIDATES, Readers, place_of, scores
from onenet.search.spread import Spread, load_spread, spread_beside
from onenet.search.terms import photo_terms, without_the_same
from onenet.search.word_numbers import FREQUENT_WORDS, WordNumbers
from onenet.serving.exported import serve_file, serve_model
from onenet.serving.network import ServedNetwork
from onenet.teaching.asking import answer_taught, taught_word_asked
from onenet.teaching.lexicon import Lexicon, LexiconError, Recognition, TaughtWord
from onenet.teaching.people import shows_only_people
from onenet.teaching.pointer import with_names
from onenet.teaching.recalling import attend_taught
from onenet.words.games import WordGames
from onenet.words.load import word_games

if TYPE_CHECKING:
    from onenet.gradients import Gradients
    from onenet.network.checkpoint import Checkpoint
    from onenet.network.model import OneNet

Floats = NDArray[np.float32]


class Engine:
    """A loaded network and what it can be asked. Not locked: call it from one thread at a time.

    It answers with the exported network, see `onenet.serving`; dreams alone need PyTorch.

    Args:
        checkpoint: The network: what is in its file, or one that was trained just now.
        path: Of its file.
        layers: What its layers are expected to do, read for the first dream; None: the shipped network's.
        threads: Of the processor; None: as many as the process may use.
        precision: In which photos are looked at, see `onenet.serving.encoders`.

    Attributes:
        card: Where the network comes from: data, seed, training settings, dev figures.
        fingerprint: Names the network; two never share one.
        languages: Codes of the languages that it reads, English first.
        written: Codes of those that it writes well enough, English first.
        sure_from: How sure it must be of a caption that is not doubted, see `Caption.sure`.
    """

    def __init__(
        self,
        checkpoint: "Checkpoint | NetworkFile",
        *,
        path: Path = DEFAULT_CHECKPOINT,
        layers: Path | None = None,
        threads: int | None = None,
        precision: str = FLOAT32,
    ) -> None:
        self._checkpoint, self._path = checkpoint, path
        self._threads, self._precision = threads, precision
        self._vocabulary = checkpoint.vocabulary
        self.card: Mapping[str, Any] = checkpoint.card
        self.fingerprint = checkpoint.fingerprint
        self.languages = checkpoint.vocabulary.languages
        self.written: tuple[str, ...] = tuple(checkpoint.card.get("written", (ENGLISH,)))
        self.sure_from: float = checkpoint.card.get("dev", {}).get("sure", {}).get("threshold", 0.0)
        self._layers = layers or layers_beside(DEFAULT_CHECKPOINT)
        self._word_numbers: dict[str, WordNumbers] = {}
        self._fits_from = Threshold.from_figures(checkpoint.card.get("dev", {}).get("find", {}))
        self._network = self._serve()

    @classmethod
    def load(
        cls,
        checkpoint: Path = DEFAULT_CHECKPOINT,
        *,
        threads: int | None = None,
        precision: str = FLOAT32,
    ) -> "Engine":
        """Load a trained network.

        Args:
            threads: Of the processor; None: as many as the process may use.
            precision: In which photos are looked at, float32 or bfloat16: see `onenet.serving.encoders`.

        Raises:
            CheckpointError: If the file is missing, damaged or of another version.
        """
        file = read_network_file(checkpoint)
        layers = layers_beside(checkpoint)
        return cls(file, path=checkpoint, layers=layers, threads=threads, precision=precision)

    def warm_up(self) -> Iterator[None]:
        """Load what is loaded when it is first needed, a part each step, so that no question waits for it."""
        seen = self.represent([Image.new("RGB", (8, 8))])
        yield
        self.caption(seen)
        yield
        self.names(seen)
        yield
        examples = examples_in(ENGLISH)
        self.words.similar(examples.animal)
        yield
        self.imagine(examples.photo)
        yield
        for language in self.languages:
            self._imagination.read(examples_in(language).photo, language=language)  # may load a dictionary
            yield
        self.inside(seen[0])
        yield
        if self._network.has_encoder:
            self.explain(Image.new("RGB", (8, 8)))
        yield
        give_memory_back()

    def prepare(self, photo: Image.Image) -> Floats:
        """Make of a photo the pixels (3, S, S) that `represent` needs of it; call it from any thread."""
        return self._transform(photo)

    def represent(self, photos: Sequence[Image.Image | Floats]) -> Floats:
        """Map photos, in one batch, to representations, shape (B, 300), float32, unit length.

        Args:
            photos: As they are, or prepared.
        """
        if not photos:
            return np.zeros((0, self._network.config.representation_size), dtype=np.float32)
        pixels = self._prepared(photos)
        if not self._network.has_encoder:
            return self._gradients.represent(np.stack(pixels))
        return self._network.represent(np.stack(pixels))

    def _prepared(self, photos: Sequence[Image.Image | Floats]) -> list[Floats]:
        def prepared(photo: Image.Image | Floats) -> Floats:
            return self.prepare(photo) if isinstance(photo, Image.Image) else photo

        if len(photos) == 1:
            return [prepared(photos[0])]
        with ThreadPoolExecutor(self._threads) as pool:  # Pillow lets others run meanwhile
            return list(pool.map(prepared, photos))

    def caption(
        self, representations: Floats, *, language: str = ENGLISH, beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        """Caption photos given their representations (B, 300); up to n distinct captions each, best first.

        Raises:
            LanguageError: If the network does not know the language.
        """
        if not len(representations):
            return []
        return self._writers.write(representations, language=language, beam_size=beam_size, n=n)

    def names(self, representations: Floats, *, k: int = 3) -> list[list[Name]]:
        """Name what is in photos given their representations (B, 300), as the encoder's classifier would.

        Up to k names each, likeliest first; none if the network never learnt them.
        """
        log_p = self._network.name_log_p(representations) if len(representations) else None
        if log_p is None:
            return [[] for _ in representations]
        likeliest = np.argsort(-log_p, axis=1, kind="stable")[:, :k]
        chances = np.exp(np.take_along_axis(log_p, likeliest, axis=1))
        texts = class_names()
        return [
            [Name(texts[place], chance) for place, chance in zip(*row, strict=True)]
            for row in zip(likeliest.tolist(), chances.tolist(), strict=True)
        ]

    def teach(self, lexicon: Lexicon, name: str, representations: Floats) -> TaughtWord:
        """Teach a lexicon a word by photos that show it, given their representations (N, 300).

        It is no way to recognise people: what shows nobody else is refused.

        Raises:
            LexiconError: If the photos only show people, it is no name, or there are too many words.
        """
        captions = [best[0].text.split() for best in self.caption(representations)]
        content = [frozenset(words) - FUNCTION_WORDS for words in captions]
        if shows_only_people(captions, content):
            template = N_(
                "I see only people there, and I do not recognise people: no face is ever compared. "
                "Teach me a thing, an animal or a place."
            )
            raise LexiconError(template)
        return lexicon.teach(name, representations)

    def has_read(self, name: str) -> bool:
        """Tell whether a name is one word, which the network read when it was trained, in any language."""
        sorted_words = (self._vocabulary.sort(name, code) for code in self.languages)
        return any(len(known) == 1 and not unknown for known, unknown in sorted_words)

    def recognise_taught(self, lexicon: Lexicon, photo: Floats) -> list[Recognition]:
        """Tell which taught words a photo shows given its representation (300,), surest first."""
        return lexicon.recognise(photo, self.spread)

    def with_taught(
        self, captions: Sequence[Sequence[Caption]], representations: Floats, lexicon: Lexicon
    ) -> list[list[Caption]]:
        """Say taught words in captions of photos that show them, given their representations (B, 300)."""
        named: list[list[Caption]] = []
        for own, photo in zip(captions, representations, strict=True):
            recognised = self.recognise_taught(lexicon, photo)
            named.append([self._with_names(caption, recognised) for caption in own] if recognised else [*own])
        return named

    def _with_names(self, caption: Caption, recognised: Sequence[Recognition]) -> Caption:
        def log_p(photo: Floats, sentences: Sequence[Sequence[int]]) -> Floats:
            likely, _ = self._network.log_likelihoods(photo[np.newaxis], sentences, caption.language)
            first: Floats = likely[0]
            return first

        text = with_names(caption, recognised, self._vocabulary, log_p)
        return replace(caption, text=text, token_ids=())

    def imagine_taught(
        self, description: str, lexicon: Lexicon, *, preferred: Sequence[str] = (ENGLISH,)
    ) -> RefinedQuery | None:
        """Understand a description that names taught words, each by its examples; None: it names none.

        Raises:
            DescriptionError: If the other words cannot be used, as in `imagine`.
        """
        named, rest = lexicon.named_in(description)
        if not named:
            return None
        here = next((each for each in preferred if each in self._vocabulary.languages), ENGLISH)
        wishes = [Wish(word.name, language=here, photo=word.key) for word in named]
        unknown: tuple[str, ...] = ()
        if rest and not says_nothing(rest, here):
            read = self._imagination.read(rest, preferred=preferred)
            unknown = read.unknown
            ids = tuple(self._imagination.sentence(read))
            wishes.append(Wish(rest, token_ids=ids, language=read.language))
        return replace(self.going_on(SearchState(tuple(wishes))), unknown_words=unknown)

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
        place = self._network.represent_sentences([self._imagination.sentence(read)])
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
        guessed: ReadText | None = None

        def read(representation: Floats) -> tuple[list[int], str]:
            nonlocal guessed
            if not caption:
                return self._sentence_of(self.caption(representation, language=language)[0][0]), language
            guessed = self._imagination.read(caption, preferred=(language, ENGLISH))
            return self._imagination.own_sentence(guessed), guessed.language

        pixels = self.prepare(photo)
        if self._network.has_encoder:
            token_ids, heat, gains = trace_reasons(self._network, pixels, read)
        else:
            token_ids, heat, gains = self._gradients.reasons(pixels, read)
        words = tuple(self._vocabulary.spell(token) for token in token_ids[1:-1])
        text = self._vocabulary.decode(token_ids[1:])
        unknown = guessed.unknown if guessed else ()
        return Reasons(words, heat, gains, unknown, text)

    def _sentence_of(self, caption: Caption) -> list[int]:
        """Give the ids of a caption of the network's own, its start word and `<end>` around them."""
        return [self._vocabulary.start_id(caption.language), *caption.token_ids, END_ID]

    def ask(
        self,
        representation: Floats,
        question: str,
        *,
        photo: Image.Image | None = None,
        preferred: Sequence[str] = (ENGLISH,),
        lexicon: Lexicon | None = None,
    ) -> Answers:
        """Answer a question about a photo given its representation (300,): “what colour is the ball?”.

        Args:
            photo: Itself, where it is at hand: colours are seen where the thing is, else they are guessed,
                and whether something is there is seen better.
            preferred: What its language is taken for if several ask so, likeliest first.
            lexicon: Of words that were taught, if any were: whether one is there, its examples say.

        Raises:
            DescriptionError: If nothing is asked, in a language that is not read, or in a way not understood.
        """
        asked = read_question(question, preferred)
        if asked is None or asked.language not in self.languages:
            raise refusal(question, self._vocabulary, preferred)
        if lexicon is not None and (word := taught_word_asked(asked, lexicon)) is not None:
            return answer_taught(asked, word, representation, self.spread)
        if unknown := unknown_words(asked, self._vocabulary):
            raise never_read(unknown, asked.language)
        looks: list[Look] = []
        is_seen = is_seen_in_places(asked) or bool(thing_presumed(asked))
        if photo is not None and is_seen and self._network.has_encoder:
            looks = [look_at(photo, self._network.represent_places(self.prepare(photo)))]
        found = answer(self._judge, asked, representation[np.newaxis], looks)[0]
        if asked.kind != "either_or":
            return found
        ranked = [replace(each, text=self._spelt(each.text, asked.language)) for each in found.ranked]
        return replace(found, ranked=tuple(ranked))

    def _spelt(self, text: str, language: str) -> str:
        """Write words that a question named as people do: German nouns with their capitals."""
        spellings = self._vocabulary.spellings.get(language, {})
        return " ".join(spellings.get(word, word) for word in text.split(" "))

    def recall(
        self, asked: Recollection, representations: Floats, lexicon: Lexicon | None = None
    ) -> Attention:
        """Attend to those of remembered photos (N, 300) that are asked for, see `onenet.asking.recalling`.

        Args:
            lexicon: Of words that were taught, if any were: each means what its examples show.

        Raises:
            DescriptionError: If the network never read any of the words that describe them.
        """
        named, rest = ([], asked.words) if lexicon is None else lexicon.named_in(asked.words)
        known, unknown = self._vocabulary.sort(rest, asked.language)
        if unknown and says_nothing(" ".join(known), asked.language):
            raise never_read(unknown, asked.language)
        if not named:
            return attend(self._judge, asked, representations)
        others = None
        if not says_nothing(rest, asked.language):
            others = attend(self._judge, replace(asked, words=rest), representations)
        return attend_taught(named, representations, self.spread, others)

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
        terms = photo_terms(words)
        read_words = partial(self._imagination.read, preferred=preferred)
        if terms is not None:
            sides = [[read_words(each) for each in side] for side in (terms.plus, terms.minus)]
            plus, minus = ([self._imagination.sentence(read) for read in side] for side in sides)
            found = add_words(self._network, representation, plus, minus)
            reads = [read for side in sides for read in side]
        else:
            wish = read_words(without_the_same(words))
            [[own]] = self.caption(representation[np.newaxis], language=wish.language)
            found = move_toward(
                self._network,
                representation,
                self._sentence_of(own),
                self._imagination.own_sentence(wish),
                wish.language,
            )
            reads = [wish]
        language = reads[0].language
        pictured = self.caption(found[np.newaxis], language=language)[0][0].text
        unknown = tuple(dict.fromkeys(word for read in reads for word in read.unknown))
        return ChangeQuery(words, pictured, unknown, found, language)

    def dream(
        self,
        query: WordsQuery,
        *,
        seed: int = 0,
        config: DreamConfig = DEFAULT_DREAM,
        give_way: Callable[[], None] = lambda: None,
    ) -> Dreaming:
        """Dream a picture of what a description means, a step at a time; close the generator to stop early.

        Args:
            give_way: Called every few milliseconds; others may use the processor until it returns.

        Raises:
            CheckpointError: If what its layers do was never measured, see `onenet.dreams`.
        """
        return self._gradients.dream(query.representation, seed=seed, config=config, give_way=give_way)

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

    def refine(
        self,
        state: SearchState,
        words: str,
        *,
        photos: Floats | None = None,
        preferred: Sequence[str] = (ENGLISH,),
        lexicon: Lexicon | None = None,
    ) -> RefinedQuery:
        """Move what is looked for by a reply to what was found: “without people”, “more like the second”.

        Args:
            photos: Representations of the photos that were found, in their order, shape (N, D); zeros for one
                that has gone.
            preferred: As in `imagine`.
            lexicon: Of words that were taught, if any were: each means what its examples show.

        Raises:
            DescriptionError: If words cannot be used, there is no photo of a number or it has gone, or there
                is no way back.
        """
        none = np.zeros((0, self._network.config.representation_size), np.float32)
        parts, known = self._understood(words, preferred, lexicon)
        now, unknown = refine(state, parts, known, none if photos is None else photos)
        return replace(self.going_on(now), unknown_words=unknown)

    def moves(
        self, words: str, *, preferred: Sequence[str] = (ENGLISH,), lexicon: Lexicon | None = None
    ) -> bool:
        """Tell whether a reply says what should be different, as “haha” and “so true” do not, see `refine`.

        It only reads: call it from any thread.
        """

        def says_little(token: int) -> bool:
            word, language = self._vocabulary.words[token], self._vocabulary.language_of(token)
            return word.isdecimal() or word in stop_words(language)

        return moves(*self._understood(words, preferred, lexicon), says_little)

    def _understood(
        self, words: str, preferred: Sequence[str], lexicon: Lexicon | None
    ) -> tuple[list[Part], Words]:
        """Give what a reply changes, with words or signs, and what refining needs to know of its words."""

        def taught(text: str) -> tuple[list[tuple[str, Floats]], str]:
            named, rest = ([], text) if lexicon is None else lexicon.named_in(text)
            return ([(word.name, word.key) for word in named], rest) if named else ([], text)

        own = self._vocabulary.guess_language(words, preferred)
        known = Words(
            self._vocabulary,
            partial(self._imagination.read, preferred=(own, *preferred)),
            self._imagination.sentence,
            self._likeness,
            self._is_colour,
            taught,
        )
        terms = photo_terms(words)
        if terms is None:
            return understand(without_the_same(words), (own, *preferred, ENGLISH)), known
        plus = [Part("add", each) for each in terms.plus]
        return [*plus, *(Part("take", each) for each in terms.minus)], known

    def going_on(self, state: SearchState) -> RefinedQuery:
        """Take up a search as it was left."""
        found = place_of(state, self._readers).representation
        language = state.language
        pictured = self.caption(found[np.newaxis], language=language)[0][0].text
        return RefinedQuery(state, pictured, (), found, language)

    def guess(self, sentences: Sequence[str]) -> Floats:
        """Guess, without inversion, the representations of the photos that English sentences tell of.

        Words that were never read are left out.

        Returns:
            Shape (S, D), unit length.
        """
        return self._network.represent_sentences([self._vocabulary.encode_known(text) for text in sentences])

    def find(self, query: Query, index: Searchable, k: int) -> SearchResult:
        """Find the photos that fit a description best: the nearest by cosine, ranked by the decoder.

        Copies of one photo are found as one. Photos that are near to sentences of all kinds count as less
        near. The decoder ranks the nearest alone; those beyond follow by their cosines. Of a changed photo it
        has nothing to say: what is alike fits.
        """
        if isinstance(query, RefinedQuery):
            return self._find_refined(query, index, k)
        nearest = nearest_different(index, query.representation, max(k, NEARBY))
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

    def _find_refined(self, query: RefinedQuery, index: Searchable, k: int) -> SearchResult:
        place = place_of(query.state, self._readers)
        nearest = nearest_different(index, place.representation, max(k, REFINED_CANDIDATES))
        if not nearest:
            return SearchResult([], False)
        candidates, photos = self._still_there(index, nearest[:REFINED_CANDIDATES])
        others = nearest[REFINED_CANDIDATES:]
        if not candidates:
            return SearchResult(others[:k], False)
        found, fits = scores(query.state, place, photos, self._readers)
        order = np.argsort(-found, kind="stable").tolist()
        ranked = [replace(candidates[row], score=float(found[row])) for row in order]
        lowest = ranked[-1].score
        matches = [*ranked, *(replace(match, score=min(match.score, lowest)) for match in others)][:k]
        fits_from = self._fits_from.among(len(index))
        fitting = sum(1 for _ in takewhile(lambda row: fits[row] >= fits_from, order[:k]))
        return SearchResult(matches, fitting > 0, fitting)

    def _likeness(self, first: int, second: int) -> float:
        """Tell how alike two words are by their ids; those of different languages are not compared."""
        languages = {self._vocabulary.language_of(token) for token in (first, second)}
        if len(languages) > 1:
            return 0.0
        space = self.words.space_of(*languages)
        pair = [space.vector_alone(self._vocabulary.words[token]) for token in (first, second)]
        return float(pair[0] @ pair[1])

    def _is_colour(self, token: int) -> bool:
        language = self._vocabulary.language_of(token)
        return self._vocabulary.words[token] in colours_of(language)

    @cached_property
    def _readers(self) -> Readers:
        def read(photos: Floats, token_ids: Sequence[int], language: str) -> Floats:
            block = self._vocabulary.block(language)
            start, *words = token_ids
            own = [start, *(token for token in words if token in block or token == END_ID)]
            log_p, counts = self._network.log_likelihoods(photos, [own], language)
            mean: Floats = log_p[:, 0] / counts[0]
            return mean

        return Readers(self._network.represent_sentences, read, self._excess)

    def _still_there(self, index: Searchable, found: Sequence[Match]) -> tuple[list[Match], Floats]:
        """Leave out photos that were removed since they were found; give the others' representations too."""
        size = self._network.config.representation_size
        left, representations = still_there(index, [match.photo for match in found], size)
        return [found[row] for row in left], representations

    def _ranked(self, query: WordsQuery, index: Searchable, nearest: list[Match]) -> list[Match]:
        near, photos = self._still_there(index, nearest[:NEARBY])
        beyond = nearest[NEARBY:]
        if not near:
            return beyond
        cosines = photos @ query.representation - HUBNESS_WEIGHT * self._excess(photos)
        order = np.argsort(-cosines, kind="stable")
        first = order[:CANDIDATES]
        log_p, words = self._network.log_likelihoods(photos[first], [query.token_ids], query.language)
        ranking = rank(cosines[first], log_p[:, 0] / words[0])
        order[:CANDIDATES] = first[ranking.order]
        matches = [*(near[row] for row in order.tolist()), *beyond]
        # Of those beyond the first only the cosine is known: no more than what comes before them is certain.
        known = [*ranking.scores.tolist(), *cosines[order[CANDIDATES:]].tolist(), *(m.score for m in beyond)]
        return [
            replace(match, score=score) for match, score in zip(matches, accumulate(known, min), strict=True)
        ]

    def _excess(self, photos: Floats) -> Floats:
        """See `Spread.excess`; nothing where that was not measured."""
        return np.zeros(len(photos), np.float32) if self.spread is None else self.spread.excess(photos)

    @cached_property
    def words(self) -> WordGames:
        """Games on the words that the network knows."""
        return word_games(self._vocabulary, self._word_weights)

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
        start = self._vocabulary.start_id(language)
        return WordNumbers(words, self._word_weights.represent(ids, [start] * len(ids)))

    def _serve(self) -> ServedNetwork:
        if isinstance(self._checkpoint, NetworkFile):
            return serve_file(self._path, self._checkpoint, threads=self._threads, precision=self._precision)
        return serve_model(self._checkpoint.model, self._vocabulary, threads=self._threads)

    @cached_property
    def _transform(self) -> Transform:
        if isinstance(self._checkpoint, NetworkFile):
            return Transform(**self._checkpoint.header["transform"]["serving"])
        from onenet.network.encoders import serving_transform

        return serving_transform(self._checkpoint.model.config)

    @cached_property
    def _gradients(self) -> "Gradients":
        from onenet.gradients import Gradients  # imports PyTorch

        if isinstance(self._checkpoint, NetworkFile):
            return Gradients.of_file(self._path, self._checkpoint, layers=self._layers, threads=self._threads)
        return Gradients(self._checkpoint, layers=self._layers, threads=self._threads)

    @property
    def _model(self) -> "OneNet":
        """The network in PyTorch, for what needs a gradient."""
        return self._gradients.model

    @cached_property
    def _word_weights(self) -> WordWeights:
        if isinstance(self._checkpoint, NetworkFile):
            return WordWeights.of({name: self._checkpoint.weights[name] for name in WORD_WEIGHTS.values()})
        return self._checkpoint.model.word_weights()

    @cached_property
    def spread(self) -> Spread | None:
        """How photos spread over the representation, if it is known."""
        return load_spread(spread_beside(self._path), self.fingerprint)

    @cached_property
    def _judge(self) -> Judge:
        return judge_of(self._network, answer_weights_in(self.card))

    @cached_property
    def _writers(self) -> Writers:
        return Writers(self._network, sureness_by_language(self.card), ease_in(self.card))

    @cached_property
    def _imagination(self) -> Imagination:
        return Imagination(self._network, self._writers.write)
