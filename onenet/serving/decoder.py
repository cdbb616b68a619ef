"""The decoder as it is served: its steps forward and backward, and what a language makes of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onenet.network.shortlist import shortlist
from onenet.network.special_words import PAD_ID, SPECIAL_WORDS
from onenet.serving.session import Session
from onenet.serving.weights import Floats, Weights

Ids = NDArray[np.int64]
Open = Callable[[str, Mapping[str, Floats]], Session]

_TOGETHER = 64  # photos or sentences whose words are weighed together: of more, it would take gigabytes
_ROWS = 1024  # words that are weighed together


class State(NamedTuple):
    """What the decoder remembers of N captions.

    Attributes:
        hidden: Shape (N, H).
        cell: Shape (N, H).
        beside: What the representation gives to the gates at each word, shape (N or 1, 4 * H).
    """

    hidden: Floats
    cell: Floats
    beside: Floats

    def take(self, rows: Ids) -> "State":
        """Give the state of some rows, in their order."""
        beside = self.beside if len(self.beside) == 1 else self.beside[rows]
        return State(self.hidden[rows], self.cell[rows], beside)


class Trace(NamedTuple):
    """What a step's way back needs: what was remembered before and after it, and its gates, each (N, H)."""

    cell: Floats
    new_cell: Floats
    write: Floats
    forget: Floats
    candidate: Floats
    read: Floats


class Steps:
    """The decoder's steps, which all languages share.

    Args:
        weights: The network's.
        open_graph: Opens a graph by its name, with weights.
    """

    def __init__(self, weights: Weights, open_graph: Open) -> None:
        self._weights, self._open = weights, open_graph
        self._is_at_every_word = weights.config.at_every_word

    def begin(self, representations: Floats) -> State:
        """Give what the decoder remembers of representations (N, D) before the start word."""
        state = self._nothing(representations)
        if self._is_at_every_word:
            return state
        read, _ = self._traced(self.enter(self._silence), state)
        return self._without_beside(read)

    def run(self, representations: Floats, entering: Floats) -> tuple[Floats, list[Trace]]:
        """Read sentences; give what the decoder has in mind after each word, (T, N, H).

        Args:
            representations: Shape (N, D), unit length.
            entering: What `enter` gives of the words, shape (T, N or 1, 4 * H).

        Returns:
            Beside it the trace of each step, for `gradient`.
        """
        state, traces = self._nothing(representations), []
        if not self._is_at_every_word:
            state, trace = self._traced(self.enter(self._silence), state)
            state = self._without_beside(state)
            traces.append(trace)
        hidden = np.empty((len(entering), *state.hidden.shape), np.float32)
        for place, words in enumerate(entering):
            state, trace = self._traced(words, state)
            traces.append(trace)
            hidden[place] = state.hidden
        return hidden, traces

    def gradient(self, by_hidden: Floats, traces: Sequence[Trace]) -> Floats:
        """Give the gradient by the representations, (N, D), from that by what `run` gave, (T, N, H)."""
        by_beside = np.zeros((by_hidden.shape[1], self._gates_size), np.float32)
        by_remembered = by_cell = np.zeros(by_hidden.shape[1:], np.float32)
        outputs = ["by_gates", "by_old_hidden", "by_old_cell"]
        for place in reversed(range(len(traces))):
            word = place - len(traces) + len(by_hidden)  # -1: the representation was read alone
            if word >= 0:
                by_remembered = by_remembered + by_hidden[word]
            by_gates, by_remembered, by_cell = self._retreat.run(
                outputs, by_hidden=by_remembered, by_cell=by_cell, **traces[place]._asdict()
            )
            if self._is_at_every_word or word < 0:
                by_beside += by_gates
        [gradient] = self._first_back.run(["products"], values=by_beside)
        return gradient

    def read(self, token_ids: Ids | Sequence[int]) -> Floats:
        """Give words as the decoder reads them, shape (..., D)."""
        return self._weights.read(token_ids)

    def enter(self, words: Floats) -> Floats:
        """Give what words, (W, D), open the gates by, (W, 4 * H)."""
        [entering] = self._enter.run(["entering"], words=words)
        return entering

    def _traced(self, entering: Floats, state: State) -> tuple[State, Trace]:
        outputs = ["new_hidden", "new_cell", "write", "forget", "candidate", "read"]
        hidden, cell, *gates = self._advance.run(outputs, entering=entering, **state._asdict())
        return State(hidden, cell, state.beside), Trace(state.cell, cell, *gates)

    def _nothing(self, representations: Floats) -> State:
        nothing = np.zeros((len(representations), self._weights.config.hidden_size), np.float32)
        [first] = self._first.run(["products"], values=representations)
        return State(nothing, nothing, first)

    def _without_beside(self, state: State) -> State:
        return State(state.hidden, state.cell, np.zeros((1, self._gates_size), np.float32))

    @property
    def _silence(self) -> Floats:
        """A word that gives nothing to the gates: the representation is read like one, and alone."""
        return np.zeros((1, self._weights.config.representation_size), np.float32)

    @property
    def _gates_size(self) -> int:
        return 4 * self._weights.config.hidden_size

    @cached_property
    def _enter(self) -> Session:
        return self._open("enter", self._to_enter)

    @cached_property
    def _advance(self) -> Session:
        return self._open("advance", self.to_remember)

    @cached_property
    def _retreat(self) -> Session:
        return self._open("retreat", self.to_remember)

    @cached_property
    def _first(self) -> Session:
        return self._open("first", self._to_begin)

    @cached_property
    def _first_back(self) -> Session:
        return self._open("first back", self._to_begin)

    # What several graphs take is made once.

    @cached_property
    def _to_enter(self) -> Mapping[str, Floats]:
        return self._weights.enter()

    @cached_property
    def to_remember(self) -> Mapping[str, Floats]:
        """The weights of a step."""
        return self._weights.remember()

    @cached_property
    def _to_begin(self) -> Mapping[str, Floats]:
        return {"factor": self._weights.first()}


class Sentences(NamedTuple):
    """Sentences that a decoder is to say.

    Attributes:
        entering: What their words open the gates by, shape (T - 1, N or 1, 4 * H).
        targets: The words that follow, counted within the language's block, shape (T - 1, N or 1).
    """

    entering: Floats
    targets: Ids


class Decoder:
    """The decoder of one language. Words are given by their ids, whatever the language.

    Args:
        weights: The network's.
        steps: The network's.
        open_graph: Opens a graph by its name, with weights.
        language: Its code.
        block: The ids of its words.
        start_id: Its start word.
    """

    def __init__(
        self,
        weights: Weights,
        steps: Steps,
        open_graph: Open,
        *,
        language: str,
        block: range,
        start_id: int,
    ) -> None:
        self._weights, self._steps, self._open = weights, steps, open_graph
        self.language, self.block, self.start_id = language, block, start_id
        self._listed = shortlist(block)
        self._entering: dict[int, Floats] = {}  # by words' ids; a beam's words are few, and come again

    def begin(self, representations: Floats) -> State:
        """Feed representations (N, D); the start word comes next."""
        return self._steps.begin(representations)

    def write(self, token_ids: Ids, state: State, totals: Floats, k: int) -> tuple[State, Floats, Ids, Ids]:
        """Feed one word a row, and choose the likeliest k continuations of each photo's beams, best first.

        Args:
            token_ids: Shape (N,), or (1,) if it is one for all.
            state: Of all beams of all photos, one photo's after the other's.
            totals: Log p of the beams, shape (P, K).

        Returns:
            Beside the state then: log p, the beam of its photo and the word, each (P, k). What is never
            written has log p -inf.
        """
        columns = len(SPECIAL_WORDS) + len(self._listed) + (len(self._listed) < len(self.block))
        hidden, cell, best, places = self._write.run(
            ["new_hidden", "new_cell", "best", "places"],
            entering=self._entering_of(token_ids),
            totals=totals,
            k=np.array([min(k, totals.shape[1] * columns)]),
            **state._asdict(),
        )
        beams, words = np.divmod(places, columns)
        special = len(SPECIAL_WORDS)
        own = np.where(words < special, words, words - special + self.block.start)
        return State(hidden, cell, state.beside), best, beams, own

    def _entering_of(self, token_ids: Ids) -> Floats:
        """Give what words, (N,), open the gates by, (N, 4 * H), each computed once and alone.

        So it is the same whatever else was written before, and a step multiplies a quarter less.
        """
        chosen = token_ids.tolist()
        for token in chosen:
            if token not in self._entering:
                self._entering[token] = self._steps.enter(self._steps.read([token]))[0]
        return np.stack([self._entering[token] for token in chosen])

    def log_likelihoods(
        self, representations: Floats, sentences: Sequence[Sequence[int]]
    ) -> tuple[Floats, Ids]:
        """Log p of sentences given photos, (photos, sentences), and their words; see `ServedNetwork`."""
        found = np.empty((len(representations), len(sentences)), np.float32)
        words = np.array([len(sentence) - 1 for sentence in sentences], np.int64)
        if len(sentences) <= len(representations):  # all photos are given one sentence at a time
            for column, sentence in enumerate(sentences):
                read = self.sentences(np.array([sentence]))
                for start in range(0, len(representations), _TOGETHER):
                    rows = slice(start, start + _TOGETHER)
                    log_p = self.word_log_p(representations[rows], read)
                    found[rows, column] = log_p.sum(axis=1)
            return found, words
        by_length = np.argsort(words, kind="stable")
        for start in range(0, len(sentences), _TOGETHER):  # a photo is given many sentences at a time
            columns = by_length[start : start + _TOGETHER]
            token_ids, _ = pad([sentences[column] for column in columns])
            read = self.sentences(token_ids)
            for row, representation in enumerate(representations):
                log_p = self.word_log_p(np.tile(representation, (len(columns), 1)), read)
                found[row, columns] = np.where(token_ids[:, 1:] != PAD_ID, log_p, 0).sum(axis=1)
        return found, words

    def sentences(self, token_ids: Ids) -> Sentences:
        """Read sentences, shape (N, T), or (1, T) if it is one for all; padding is read like words."""
        count, special = len(token_ids), len(SPECIAL_WORDS)
        read = token_ids.T[:-1]  # (T - 1, N)
        entering = self._steps.enter(self._steps.read(read.reshape(-1))).reshape(*read.shape, -1)
        own = np.where(token_ids < special, token_ids, token_ids - self.block.start + special)
        return Sentences(entering, own.T[1:].reshape(-1, count))

    def word_log_p(self, representations: Floats, sentences: Sentences) -> Floats:
        """Log p of each word of sentences but the start word, shape (N, T - 1)."""
        hidden, _ = self._steps.run(representations, sentences.entering)
        rows, targets = hidden.reshape(-1, hidden.shape[2]), _each(sentences.targets, hidden)
        parts = [slice(start, start + _ROWS) for start in range(0, len(rows), _ROWS)]
        log_p = [
            self._likelihood.run(["log_p"], hidden=rows[part], targets=targets[part])[0] for part in parts
        ]
        return np.concatenate(log_p).reshape(hidden.shape[:2]).T

    def pull(self, representations: Floats, sentences: Sentences, weights: Floats) -> tuple[Floats, Floats]:
        """Give log p of each word but the start word, (N, T - 1), and where it draws the representations.

        Args:
            representations: Shape (N, D), unit length.
            weights: Of each word but the start word, shape (N, T - 1); 0 of padding.

        Returns:
            Beside log p the gradient of its weighted sum, shape (N, D).
        """
        hidden, traces = self._steps.run(representations, sentences.entering)
        log_p, by_hidden = self._pull.run(
            ["log_p", "by_hidden"],
            hidden=hidden.reshape(-1, hidden.shape[2]),
            targets=_each(sentences.targets, hidden),
            weights=np.ascontiguousarray(weights.T).reshape(-1, 1),
        )
        gradient = self._steps.gradient(by_hidden.reshape(hidden.shape), traces)
        return log_p.reshape(hidden.shape[:2]).T, gradient

    @cached_property
    def _written(self) -> Mapping[str, Floats]:
        return self._weights.written(self.block)

    @cached_property
    def _weighed(self) -> Mapping[str, Floats]:
        is_whole = len(self._listed) == len(self.block)
        every = self._written if is_whole else self._weights.words(self.block)
        return {**self._written, "every_word": every["words"], "every_word_bias": every["word_bias"]}

    @cached_property
    def _write(self) -> Session:
        return self._open(f"write {self.language}", {**self._steps.to_remember, **self._written})

    @cached_property
    def _likelihood(self) -> Session:
        return self._open(f"likelihood {self.language}", self._weighed)

    @cached_property
    def _pull(self) -> Session:
        return self._open(f"pull {self.language}", self._weighed)


def _each(targets: Ids, hidden: Floats) -> Ids:
    """Give the words that follow for each row, (T * N, 1), of what the decoder has in mind, (T, N, H)."""
    return np.broadcast_to(targets, hidden.shape[:2]).reshape(-1, 1)


def pad(sentences: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stack sentences of different lengths, shape (B, longest), padded with `<pad>`; and give the lengths."""
    lengths = np.array([len(sentence) for sentence in sentences])
    token_ids = np.full((len(sentences), lengths.max()), PAD_ID)
    for row, sentence in zip(token_ids, sentences, strict=True):
        row[: len(sentence)] = sentence
    return token_ids, lengths
