"""Word games: neighbours and analogies, the odd one out, walks from one word to another."""

from onenet.network.examples import Examples, examples_in
from onenet.network.languages import plain
from onenet.words.games import WordGames
from onenet.words.load import load_words
from onenet.words.odd import Odd
from onenet.words.space import Neighbour, WordSpace
from onenet.words.walk import Stop

__all__ = [
    "Examples",
    "Neighbour",
    "Odd",
    "Stop",
    "WordGames",
    "WordSpace",
    "examples_in",
    "load_words",
    "plain",
]
