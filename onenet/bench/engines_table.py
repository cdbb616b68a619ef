"""Engines -> Markdown table, with the machines that their makers have wheels for."""

from typing import Any

# What pip finds for Python 3.11 (`pip install --dry-run --no-deps --only-binary=:all: --platform ...`).
WHEELS_ON = "2026-11-27"
WHEELS = {
    "onnxruntime": "Linux and Windows (x86-64, arm64), macOS (arm64; x86-64 up to 1.23.2)",
    "openvino": "Linux (x86-64; arm64: glibc 2.35), Windows (x86-64), macOS (arm64; x86-64 up to 2025.4.1)",
    "torch": "Linux (x86-64, arm64), Windows (x86-64), macOS (arm64; x86-64 up to 2.2.2)",
    "torchao": "as torch",
}

_COLUMNS = (
    "engine",
    "one photo, ms",
    "a photo in batches of 16, ms",
    "captions as the first engine's, %",
    "1 - cosine, the worst",
    "made once, processor's s",
    "start to its first answer, s",
    "memory, MB",
    "wheels",
)


def engines_table(engines: dict[str, Any]) -> str:
    """Lay out what `onenet.bench.engines.measure_engines` gave; / stands before figures without AVX-512."""
    lines = [_line(_COLUMNS), _line(["---"] * len(_COLUMNS))]
    lines += [_line(_cells(row)) for row in engines["rows"]]
    yards = engines["unit_ms"]
    text = (
        "The shipped network's encoder. Behind the stroke: without AVX-512 and bfloat16 "
        "(ONEDNN_MAX_CPU_ISA=AVX2, ATEN_CPU_CAPABILITY=avx2); ONNX Runtime's kernels go by the processor "
        f"and cannot be told. Captions are those of {engines['photos']} dev photos. What is made once is "
        f"made before the start; memory is what the process grows by until its first answer. E, the encoder "
        f"in ONNX Runtime by default, took {min(yards)} to {max(yards)} ms in between. Wheels for Python "
        f"3.11, as of {WHEELS_ON}. Measured on {engines['machine']}, {engines['threads']} threads, "
        f"{engines['date']}."
    )
    return "\n".join([*lines, "", text])


def _cells(row: dict[str, Any]) -> list[str]:
    free, limited = row["free"], row["limited"]
    wheels = WHEELS[row["package"]]
    if "left_out" in free:
        return [row["what"], free["left_out"], *[""] * 6, wheels]
    both = [free] if "left_out" in limited else [free, limited]
    return [
        row["what"],
        *(" / ".join(_number(each, name) for each in both) for name in ("one_ms", "batch_ms")),
        " / ".join(_number(each, "same_captions") for each in both),
        " / ".join(f"{max(0.0, 1 - each['cosine']):.0e}" if "cosine" in each else "" for each in both),
        *(_number(free, name) for name in ("made_s", "first_s", "memory_mb")),
        wheels,
    ]


def _number(figures: dict[str, Any], name: str) -> str:
    return f"{figures[name]:g}" if figures.get(name) is not None else ""


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"
