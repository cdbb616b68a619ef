"""Engines that contend for running the encoder, each opened as its makers advise."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onenet.network.network_file import NetworkFile, read_network_file
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.precision import BFLOAT16, FLOAT32

if TYPE_CHECKING:
    import torch

    from onenet.serving.weights import Weights

Floats = NDArray[np.float32]
Run = Callable[[Floats], Floats]

REFERENCE = "PyTorch, float32"
BATCH = 16
CALIBRATION = "calibration.npy"
_GRAPH, _PACKAGE = "encoder.onnx", "encoder.pt2"


@dataclass(frozen=True)
class Contender:
    """An engine.

    Attributes:
        package: Whose wheels it comes in.
        open: Opens it for a number of threads, with what `prepare` left in a folder.
        prepare: Makes once what is opened, in a folder with pixels of training photos, see `CALIBRATION`.
        unlimited: Why its figures without AVX-512 cannot be had on a processor that has it; empty: they can.
    """

    package: str
    open: Callable[[Path, int], Run]
    prepare: Callable[[Path], None]
    unlimited: str = ""


def _nothing(folder: Path) -> None:
    """What is opened needs nothing but the network."""


def _network() -> "tuple[NetworkFile, Weights]":
    from onenet.network.config import ModelConfig
    from onenet.serving.weights import Weights

    file = read_network_file(DEFAULT_CHECKPOINT)
    return file, Weights(ModelConfig(**file.header["config"]), file.weights)


def side_px() -> int:
    """The side of the photos that the shipped network is served."""
    return int(_network()[0].header["transform"]["serving"]["side_px"])


def _keep_graph(folder: Path) -> None:
    from onenet.serving.exported import graphs_of

    graph = graphs_of(DEFAULT_CHECKPOINT, *_network(), side_px())["encoder"]
    (folder / _GRAPH).write_bytes(graph)


def _served(precision: str) -> Callable[[Path, int], Run]:
    def opened(folder: Path, threads: int) -> Run:
        from onenet.serving.encoders import open_encoder

        graph = (folder / _GRAPH).read_bytes()
        return open_encoder(graph, precision=precision, threads=threads).represent

    return opened


def _onnxruntime(folder: Path, threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / _GRAPH, options, providers=["CPUExecutionProvider"])
    return lambda photos: np.array(session.run(None, {"photos": photos})[0], np.float32)


def _keep_graph_in_int8(folder: Path) -> None:
    """Quantise weights a channel, and what flows between layers by training photos."""
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    _keep_graph(folder)
    photos = np.load(folder / CALIBRATION)

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        left = iter(photos)

        def get_next(self) -> dict[str, Floats] | None:
            photo = next(self.left, None)
            return None if photo is None else {"photos": photo[np.newaxis]}

    exact = folder / "float32.onnx"
    (folder / _GRAPH).rename(exact)
    quantization.quantize_static(exact, folder / _GRAPH, Reader(), per_channel=True)


def _openvino(folder: Path, threads: int) -> Run:
    from onenet.serving.encoders import import_openvino

    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    core = import_openvino().Core()
    compiled = core.compile_model(core.read_model(folder / _GRAPH), "CPU", options)
    return lambda photos: np.array(compiled(photos)[0])


def _torch(*, bfloat16: bool = False, compiled: bool = False) -> Callable[[Path, int], Run]:
    def opened(folder: Path, threads: int) -> Run:
        import torch

        from onenet.network.checkpoint import load_checkpoint
        from onenet.network.encoders import load_encoder

        torch.set_num_threads(threads)
        model = load_checkpoint(DEFAULT_CHECKPOINT).model
        encoder = load_encoder(model.config.encoder, bfloat16=bfloat16)

        def represent(photos: torch.Tensor) -> torch.Tensor:
            return model.represent(model.features(encoder.maps(photos)))

        return _of_tensors(torch.compile(represent) if compiled else represent)

    return opened


def _of_tensors(forward: "Callable[[torch.Tensor], torch.Tensor]") -> Run:
    import torch

    def run(photos: Floats) -> Floats:
        with torch.no_grad():
            representations: Floats = forward(torch.from_numpy(photos)).numpy()
        return representations

    return run


def _plain_module() -> "torch.nn.Module":
    """The served encoder of PyTorch's own layers alone, which is what its exporters and quantisers know."""
    import torch
    from torch import nn

    from onenet.network.lite import Block, Convolution, blocks_of, lite_number

    def convolution(made_of: Convolution) -> nn.Module:
        out, per_group, height, width = made_of.weight.shape
        before, after = made_of.padding
        padding = before if before == after else 0
        layer = nn.Conv2d(
            per_group * made_of.groups,
            out,
            (height, width),
            stride=made_of.stride,
            padding=padding,
            groups=made_of.groups,
        )
        layer.weight.data = torch.from_numpy(np.ascontiguousarray(made_of.weight))
        layer.bias.data = torch.from_numpy(np.ascontiguousarray(made_of.bias))  # type: ignore[union-attr]
        padded: list[nn.Module] = [] if before == after else [nn.ZeroPad2d((before, after, before, after))]
        return nn.Sequential(*padded, layer, *([nn.ReLU6()] if made_of.is_clipped else []))

    class Plain(nn.Module):
        def __init__(self, blocks: list[Block], weight: Floats, bias: Floats) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(
                nn.Sequential(*map(convolution, each.convolutions)) for each in blocks
            )
            self.is_added = [each.is_added for each in blocks]
            self.head = nn.Linear(*weight.shape)
            self.head.weight.data, self.head.bias.data = (
                torch.from_numpy(weight.T.copy()),
                torch.from_numpy(bias),
            )

        def forward(self, photos: torch.Tensor) -> torch.Tensor:
            maps = photos.contiguous(memory_format=torch.channels_last)
            for block, is_added in zip(self.blocks, self.is_added, strict=True):
                maps = block(maps) + maps if is_added else block(maps)
            return nn.functional.normalize(self.head(maps.mean(dim=(2, 3))))

    file, weights = _network()
    number = lite_number(file.header["config"]["encoder"])
    assert number is not None, "the shipped encoder is an EfficientNet-Lite"
    plain = Plain(blocks_of(number, weights.top()), *weights.head())
    return plain.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _compile_ahead(folder: Path) -> None:
    _package(_plain_module(), folder)


def _compile_ahead_in_int8(folder: Path) -> None:
    """Quantise as `_keep_graph_in_int8` does."""
    import torch

    pt2e: Any = importlib.import_module("torchao.quantization.pt2e.quantize_pt2e")
    x86: Any = importlib.import_module("torchao.quantization.pt2e.quantizer.x86_inductor_quantizer")
    photos = torch.from_numpy(np.load(folder / CALIBRATION))
    quantizer = x86.X86InductorQuantizer()
    quantizer.set_global(x86.get_default_x86_inductor_quantization_config())
    with torch.no_grad():
        observed = pt2e.prepare_pt2e(_exported(_plain_module()).module(), quantizer)
        for photo in photos:
            observed(photo[None])
        _package(pt2e.convert_pt2e(observed), folder)


def _exported(module: "torch.nn.Module") -> Any:
    import torch

    side = side_px()
    batch = {0: torch.export.Dim("batch", min=1, max=64)}
    return torch.export.export(module, (torch.zeros(2, 3, side, side),), dynamic_shapes=(batch,))


def _package(module: "torch.nn.Module", folder: Path) -> None:
    import torch

    with torch.no_grad():
        torch._inductor.aoti_compile_and_package(
            _exported(module), package_path=str(folder / _PACKAGE), inductor_configs={"freezing": True}
        )


def _packaged(folder: Path, threads: int) -> Run:
    import torch

    torch.set_num_threads(threads)
    forward = torch._inductor.aoti_load_package(str(folder / _PACKAGE))
    return _of_tensors(lambda photos: forward(photos))


_NO_SWITCH = "goes by the processor alone"
CONTENDERS = {
    REFERENCE: Contender("torch", _torch(), _nothing),
    "PyTorch, trunk in bfloat16": Contender("torch", _torch(bfloat16=True), _nothing),
    "PyTorch, torch.compile": Contender("torch", _torch(compiled=True), _nothing),
    "PyTorch, AOTInductor": Contender("torch", _packaged, _compile_ahead),
    "torchao int8, AOTInductor": Contender("torchao", _packaged, _compile_ahead_in_int8),
    "ONNX Runtime, float32, by default": Contender("onnxruntime", _onnxruntime, _keep_graph, _NO_SWITCH),
    "ONNX Runtime, float32, as served": Contender("onnxruntime", _served(FLOAT32), _keep_graph, _NO_SWITCH),
    "ONNX Runtime, int8": Contender("onnxruntime", _onnxruntime, _keep_graph_in_int8, _NO_SWITCH),
    "OpenVINO, float32": Contender("openvino", _openvino, _keep_graph),
    "OpenVINO, bfloat16 (`PRECISION=bfloat16`)": Contender(
        "openvino", _served(BFLOAT16), _keep_graph, "served in float32 then"
    ),
}
