"""The word games of a network: from its weights, or from its file without PyTorch."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.network.word_weights import WORD_WEIGHTS, Floats, WordWeights
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.words.games import WordGames
from onenet.words.space import WordSpace


def load_words(checkpoint: Path = DEFAULT_CHECKPOINT, *, threads: int | None = None) -> WordGames:
    """Load what a trained network knows of words, and nothing else of it.

    Args:
        threads: CPU threads of the whole process's NumPy; None leaves its default.

    Raises:
        CheckpointError: If the file is missing, damaged or of another version.
    """
    if threads is not None:
        from threadpoolctl import threadpool_limits  # looks at every library of the process, for long

        threadpool_limits(threads, user_api="blas")
    file = read_network_file(checkpoint, WORD_WEIGHTS.values())
    return word_games(file.vocabulary, WordWeights.of(file.weights))


def word_games(vocabulary: Vocabulary, weights: WordWeights) -> WordGames:
    """Make the games on a network's words.

    The words of a language are as the decoder reads and chooses them; those that several languages share a
    space with are as the sentence encoder reads them, each in its own language.
    """

    def represent(token_ids: Sequence[int]) -> Floats:
        languages = map(vocabulary.language_of, token_ids)
        return weights.represent(token_ids, [vocabulary.start_id(language) for language in languages])

    views = weights.read, weights.chosen
    spaces = {
        language: partial(WordSpace, vocabulary, *views, languages=(language,))
        for language in vocabulary.languages
    }
    return WordGames(spaces, lambda languages: WordSpace(vocabulary, represent, languages=languages))
