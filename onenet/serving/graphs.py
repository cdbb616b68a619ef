"""The network as ONNX graphs, in float32: its encoder with weights, its decoder and reader without.

The graphs of decoder and reader name their weights, which are handed over when a graph is opened, see
`onenet.serving.session`: so graphs that need the same weights share them, and languages the decoder.
N rows, T tokens, P photos, D, H, S and V as in `onenet.network.model`. Gates come in PyTorch's order.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from onenet.network.lite import Block, Convolution
from onenet.network.special_words import NEVER_WRITTEN

OPSET = 17
IR_VERSION = 8  # that ONNX Runtime reads since 1.12
FLOAT, INT64, INT32 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32

Shape = Sequence[int | str]


class Graph:
    """A graph in the making: operators are called one after the other, on names of values."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._weights: list[onnx.TensorProto] = []

    def input(self, name: str, shape: Shape, kind: int = FLOAT) -> str:
        """Add an input."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, value: str, shape: Shape, kind: int = FLOAT) -> None:
        """Name a value as an output."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, value: NDArray[Any]) -> str:
        """Add an array that is part of the graph."""
        name = f"constant{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str, shape: Sequence[int]) -> str:
        """Add an array, float32, that is handed over when the graph is opened."""
        tensor = onnx.TensorProto(name=name, data_type=FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="handed over")
        self._weights.append(tensor)
        return name

    def __call__(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Apply an operator; give the name of what it gives, or the names."""
        names = [f"{operator}{len(self._nodes)}.{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def to_bytes(self) -> bytes:
        """Give the graph as the content of an ONNX file."""
        graph = helper.make_graph(self._nodes, "onenet", self._inputs, self._outputs, self._weights)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="onenet",
        )
        content: bytes = model.SerializeToString()
        return content


def encoder(blocks: Sequence[Block], weight: NDArray[Any], bias: NDArray[Any], side_px: int) -> bytes:
    """Make the graph photos (B, 3, side, side) -> representations (B, D) of unit length, and last maps.

    Args:
        blocks: Of the encoder.
        weight: Of the head with the centring behind it, shape (F, D).
        bias: Shape (D,).
    """
    graph = Graph()
    maps = graph.input("photos", ("B", 3, side_px, side_px))
    six = graph.constant(np.array(6, np.float32)), graph.constant(np.array(0, np.float32))
    for block in blocks:
        entered = maps
        for convolution in block.convolutions:
            maps = _convolve(graph, maps, convolution)
            if convolution.is_clipped:
                maps = graph("Clip", maps, six[1], six[0])
        if block.is_added:
            maps = graph("Add", maps, entered)
    features = graph("Flatten", graph("GlobalAveragePool", maps), axis=1)  # (B, F)
    centred = graph("Gemm", features, graph.constant(weight), graph.constant(bias))
    graph.output("representations", _unit_length(graph, centred), ("B", len(bias)))
    graph.output("maps", maps, ("B", len(weight), "h", "w"))
    return graph.to_bytes()


def _convolve(graph: Graph, maps: str, convolution: Convolution) -> str:
    before, after = convolution.padding
    found: str = graph(
        "Conv",
        maps,
        graph.constant(convolution.weight),
        graph.constant(convolution.bias),
        kernel_shape=convolution.weight.shape[2:],
        strides=[convolution.stride] * 2,
        pads=[before, before, after, after],
        group=convolution.groups,
    )
    return found


def _unit_length(graph: Graph, rows: str) -> str:
    length = graph("ReduceL2", rows, axes=[1], keepdims=1)
    shortest = graph.constant(np.array(1e-12, np.float32))
    unit: str = graph("Div", rows, graph("Max", length, shortest))
    return unit


def enter(size: int, hidden_size: int) -> bytes:
    """Make words as they are read, (W, D), -> what each gives to the gates, (W, 4 * H)."""
    graph = Graph()
    words, factor = graph.input("words", ("W", size)), graph.weight("to_gates", (size, 4 * hidden_size))
    entering = graph("Gemm", words, factor, graph.weight("gates_bias", (4 * hidden_size,)))
    graph.output("entering", entering, ("W", 4 * hidden_size))
    return graph.to_bytes()


def advance(hidden_size: int) -> bytes:
    """Make the decoder's step: what words give to the gates, what it remembers -> what it remembers then.

    What words give, `entering`, and what the representation gives, `beside`, both (1 or N, 4 * H), may be one
    row for all.
    """
    graph = Graph()
    found = _advance(graph, hidden_size)
    for name, value in found.items():
        graph.output(name, value, ("N", hidden_size))
    return graph.to_bytes()


def _advance(graph: Graph, hidden_size: int) -> dict[str, str]:
    gates_size = 4 * hidden_size
    entering, beside = graph.input("entering", ("W", gates_size)), graph.input("beside", ("S", gates_size))
    hidden, cell = (graph.input(name, ("N", hidden_size)) for name in ("hidden", "cell"))
    known = graph("MatMul", hidden, graph.weight("gates", (hidden_size, gates_size)))
    gates = graph("Add", known, graph("Add", entering, beside))
    parts = graph("Split", gates, outputs=4, axis=1)
    write, forget, read = (graph("Sigmoid", parts[number]) for number in (0, 1, 3))
    candidate = graph("Tanh", parts[2])
    new_cell = graph("Add", graph("Mul", forget, cell), graph("Mul", write, candidate))
    return {
        "new_hidden": graph("Mul", read, graph("Tanh", new_cell)),
        "new_cell": new_cell,
        "write": write,
        "forget": forget,
        "candidate": candidate,
        "read": read,
    }


def retreat(hidden_size: int) -> bytes:
    """Make the gradient of the decoder's step, by the gates (N, 4 * H) and by what it remembered."""
    graph, gates_size = Graph(), 4 * hidden_size
    by_hidden, by_cell, cell, new_cell, write, forget, candidate, read = (
        graph.input(name, ("N", hidden_size))
        for name in ("by_hidden", "by_cell", "cell", "new_cell", "write", "forget", "candidate", "read")
    )
    one = graph.constant(np.array(1, np.float32))

    def slope_of_sigmoid(value: str) -> Any:
        return graph("Mul", value, graph("Sub", one, value))

    def slope_of_tanh(value: str) -> Any:
        return graph("Sub", one, graph("Mul", value, value))

    shown = graph("Tanh", new_cell)
    by_new_cell = graph("Add", by_cell, graph("Mul", graph("Mul", by_hidden, read), slope_of_tanh(shown)))
    by_gates = graph(
        "Concat",
        graph("Mul", graph("Mul", by_new_cell, candidate), slope_of_sigmoid(write)),
        graph("Mul", graph("Mul", by_new_cell, cell), slope_of_sigmoid(forget)),
        graph("Mul", graph("Mul", by_new_cell, write), slope_of_tanh(candidate)),
        graph("Mul", graph("Mul", by_hidden, shown), slope_of_sigmoid(read)),
        axis=1,
    )
    # (H, 4 * H) as in `advance`, from the other side
    back = graph("Gemm", by_gates, graph.weight("gates", (hidden_size, gates_size)), transB=1)
    graph.output("by_gates", by_gates, ("N", gates_size))
    graph.output("by_old_hidden", back, ("N", hidden_size))
    graph.output("by_old_cell", graph("Mul", by_new_cell, forget), ("N", hidden_size))
    return graph.to_bytes()


def product(rows: int, columns: int, *, transposed: bool = False) -> bytes:
    """Make values (N, rows) @ factor (rows, columns); if transposed, values (N, columns) @ factor.T."""
    graph = Graph()
    enters, leaves = (columns, rows) if transposed else (rows, columns)
    values = graph.input("values", ("N", enters))
    factor = graph.weight("factor", (rows, columns))
    graph.output("products", graph("Gemm", values, factor, transB=int(transposed)), ("N", leaves))
    return graph.to_bytes()


class _Scores(NamedTuple):
    """Names of values: what the decoder means, (N, D), and what words it says with that.

    Attributes:
        meant: What it means.
        logits: Of the words that captions are written with, and in a last column of the rest if there is one.
        log_p: The same as log p.
        slope: tilt + bend·m of the rest, (N, D), see `onenet.network.shortlist.Rest`; "" without one.
    """

    meant: str
    logits: str
    log_p: str
    slope: str


def _scores(graph: Graph, hidden: str, size: int, hidden_size: int, words: int, *, has_rest: bool) -> _Scores:
    """Score words from what the decoder has in mind; see `onenet.network.word_scores`.

    Args:
        words: V, that captions are written with, the special ones among them.
        has_rest: Whether the language has others, which stand together.
    """
    meant = graph(
        "Gemm",
        hidden,
        graph.weight("to_words", (hidden_size, size)),
        graph.weight("to_words_bias", (size,)),
    )
    listed, bias = graph.weight("words", (words, size)), graph.weight("word_bias", (words,))
    logits, slope = graph("Gemm", meant, listed, bias, transB=1), ""
    if has_rest:
        tilt, bend = graph.weight("rest_tilt", (size,)), graph.weight("rest_bend", (size, size))
        slope = graph("Gemm", meant, bend, tilt)
        rest = graph("ReduceSum", graph("Mul", slope, meant), graph.constant(np.array([1])), keepdims=1)
        logits = graph("Concat", logits, graph("Add", rest, graph.weight("rest_offset", (1,))), axis=1)
    return _Scores(meant, logits, graph("LogSoftmax", logits, axis=1), slope)


def write(size: int, hidden_size: int, words: int, *, has_rest: bool) -> bytes:
    """Make a step of the beams: `advance`, and the likeliest k continuations of each photo's beams (P, K).

    Best first: their log p, and their places among the V words of the first beam, of the second, … .

    Args:
        words: That captions are written with, the special ones among them.
        has_rest: Whether others are left out, which count as one more word that is never chosen.
    """
    graph = Graph()
    found = _advance(graph, hidden_size)
    for name in ("new_hidden", "new_cell"):
        graph.output(name, found[name], ("N", hidden_size))
    totals, k = graph.input("totals", ("P", "K")), graph.input("k", (1,), INT64)
    scores = _scores(graph, found["new_hidden"], size, hidden_size, words, has_rest=has_rest)
    mask = np.zeros(words + has_rest, np.float32)
    mask[list(NEVER_WRITTEN)] = -np.inf
    mask[words:] = -np.inf
    allowed = graph("Add", scores.log_p, graph.constant(mask))  # (P * K, V)
    before = graph("Reshape", totals, graph.constant(np.array([-1, 1])))
    photos = graph("Shape", totals, start=0, end=1)
    shape = graph("Concat", photos, graph.constant(np.array([-1])), axis=0)
    candidates = graph("Reshape", graph("Add", allowed, before), shape)  # (P, K * V)
    best, places = graph("TopK", candidates, k, outputs=2, axis=1)
    graph.output("best", best, ("P", "k"))
    graph.output("places", places, ("P", "k"), INT64)
    return graph.to_bytes()


def likelihood(size: int, hidden_size: int, words: int, written: int) -> bytes:
    """Make log p (N, 1) of words (N, 1), each given what the decoder has in mind.

    Args:
        words: Of the language, the special ones among them.
        written: Of these, how many captions are written with.
    """
    graph = Graph()
    hidden, targets = graph.input("hidden", ("N", hidden_size)), graph.input("targets", ("N", 1), INT64)
    scores = _scores(graph, hidden, size, hidden_size, written, has_rest=written < words)
    graph.output("log_p", _log_p_of(graph, scores, targets, (words, written), size).log_p, ("N", 1))
    return graph.to_bytes()


class _Weighed(NamedTuple):
    """Names of values: log p of words, (N, 1), and what its gradient is made of.

    Attributes:
        log_p: Log p.
        embeddings: Of the words, (N, D).
        doubt: How much of the gradient is left to a word that is left out and counts for itself, (N, 1), 1 to
            others; "" where none is left out.
    """

    log_p: str
    embeddings: str
    doubt: str


def _log_p_of(graph: Graph, scores: _Scores, targets: str, sizes: tuple[int, int], size: int) -> _Weighed:
    words, written = sizes
    rows = graph("Squeeze", targets, graph.constant(np.array([1])))
    embeddings = graph("Gather", graph.weight("every_word", (words, size)), rows, axis=0)
    bias = graph("Gather", graph.weight("every_word_bias", (words,)), targets, axis=0)  # (N, 1)
    product = graph(
        "ReduceSum", graph("Mul", scores.meant, embeddings), graph.constant(np.array([1])), keepdims=1
    )
    own = graph("Add", product, bias)
    first = graph.constant(np.array([0]))
    total = graph(
        "Sub", graph("Gather", scores.logits, first, axis=1), graph("Gather", scores.log_p, first, axis=1)
    )
    if written == words:
        return _Weighed(graph("Sub", own, total), embeddings, "")
    # the estimate knows what words that are left out weigh usually, not that just this one is meant
    is_left_out = graph(
        "Cast", graph("GreaterOrEqual", targets, graph.constant(np.array([[written]]))), to=FLOAT
    )
    beyond = graph("Sub", own, total)
    more = graph("Mul", graph("Softplus", beyond), is_left_out)
    one = graph.constant(np.array(1, np.float32))
    doubt = graph("Sub", one, graph("Mul", graph("Sigmoid", beyond), is_left_out))
    return _Weighed(graph("Sub", beyond, more), embeddings, doubt)


def pull(size: int, hidden_size: int, words: int, written: int) -> bytes:
    """Make `likelihood`, and the gradient of the sum of log p, weighted, by what the decoder has in mind."""
    graph = Graph()
    hidden, targets = graph.input("hidden", ("N", hidden_size)), graph.input("targets", ("N", 1), INT64)
    weights = graph.input("weights", ("N", 1))
    has_rest = written < words
    scores = _scores(graph, hidden, size, hidden_size, written, has_rest=has_rest)
    weighed = _log_p_of(graph, scores, targets, (words, written), size)
    graph.output("log_p", weighed.log_p, ("N", 1))
    # The gradient of log p by what is meant is the word's embedding less the one that is expected.
    p = graph("Exp", scores.log_p)
    if has_rest:
        parts = graph.constant(np.array([written, 1]))
        p, p_of_rest = graph("Split", p, parts, outputs=2, axis=1)
        slope = graph("Sub", graph("Add", scores.slope, scores.slope), "rest_tilt")
        expected = graph("Add", graph("MatMul", p, "words"), graph("Mul", p_of_rest, slope))
    else:
        expected = graph("MatMul", p, "words")
    by_meant = graph("Mul", graph("Sub", weighed.embeddings, expected), weights)
    if weighed.doubt:
        by_meant = graph("Mul", by_meant, weighed.doubt)
    graph.output("by_hidden", graph("Gemm", by_meant, "to_words", transB=1), ("N", hidden_size))
    return graph.to_bytes()


def read(size: int, sentence_size: int) -> bytes:
    """Make the sentence encoder: words (T, B, D), lengths (B,), padding (T, B, 1) -> representations (B, D).

    The padding is 0 at words and -inf behind them.
    """
    graph = Graph()
    words, lengths = graph.input("words", ("T", "B", size)), graph.input("lengths", ("B",), INT32)
    padding = graph.input("padding", ("T", "B", 1))
    hidden, _ = graph(
        "GRU",
        words,
        graph.weight("reader_to_gates", (1, 3 * sentence_size, size)),
        graph.weight("reader_gates", (1, 3 * sentence_size, sentence_size)),
        graph.weight("reader_bias", (1, 6 * sentence_size)),
        lengths,
        outputs=2,
        hidden_size=sentence_size,
        linear_before_reset=1,
    )  # (T, 1, B, S)
    rows = graph("Squeeze", hidden, graph.constant(np.array([1])))
    strongest = graph("ReduceMax", graph("Add", rows, padding), axes=[0], keepdims=0)  # (B, S)
    guess = graph(
        "Gemm",
        strongest,
        graph.weight("to_representation", (sentence_size, size)),
        graph.weight("to_representation_bias", (size,)),
    )
    graph.output("representations", _unit_length(graph, guess), ("B", size))
    return graph.to_bytes()


def names(size: int, count: int) -> bytes:
    """Make log p (B, names) of the encoder's classes given representations (B, D)."""
    graph = Graph()
    representations = graph.input("representations", ("B", size))
    logits = graph(
        "Gemm",
        representations,
        graph.weight("to_names", (size, count)),
        graph.weight("to_names_bias", (count,)),
    )
    graph.output("log_p", graph("LogSoftmax", logits, axis=1), ("B", count))
    return graph.to_bytes()
