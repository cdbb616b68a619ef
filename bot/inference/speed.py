"""How long a photo takes through the bot's worker: `python -m bot.inference.speed NETWORK PHOTO ROUNDS N`.

Prints the seconds as JSON: with nothing else to do, and while a dream is dreamt. `python -m onenet bench
--speed` runs it in a process of its own.
"""

import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path

from bot.inference.worker import Worker
from onenet.engine import Engine
from onenet.errors import OneNetError
from onenet.search import read_photo

DREAMT_OF = "a dog in the snow"
BETWEEN_S = 0.3  # from an answer to the next question, where the processor does other things: as in a chat


async def measure(engine: Engine, photo: bytes, rounds: int) -> dict[str, list[float]]:
    """Seconds of each answer, "alone", "seldom" and "dreaming", and of each "step" of the dream.

    Alone they come one right after another. Both others have a pause before each, without which the
    processor's caches and cores are at their best. Where the network cannot dream there are none of the last
    two.
    """
    worker = Worker(engine)
    worker.start()
    times: dict[str, list[float]] = {"alone": [], "seldom": [], "dreaming": [], "step": []}

    async def answer() -> float:
        started = time.perf_counter()
        await worker.read(await worker.decode(read_photo, photo))
        return time.perf_counter() - started

    async def dream(begun: asyncio.Event) -> None:
        try:
            steps = await worker.background(
                engine.dream, await worker.call(engine.imagine, DREAMT_OF), give_way=worker.give_way
            )
            while True:
                started = time.perf_counter()
                await worker.beside(next, steps)
                times["step"].append(time.perf_counter() - started)
                begun.set()
        finally:
            begun.set()

    await answer()  # loads what is loaded with the first one
    times["alone"] = [await answer() for _ in range(rounds)]
    for _ in range(rounds):
        await asyncio.sleep(BETWEEN_S)
        times["seldom"].append(await answer())
    begun = asyncio.Event()
    dreaming = asyncio.create_task(dream(begun))
    await begun.wait()
    while not dreaming.done() and len(times["dreaming"]) < rounds:
        await asyncio.sleep(BETWEEN_S)
        times["dreaming"].append(await answer())
    dreaming.cancel()
    with contextlib.suppress(asyncio.CancelledError, OneNetError, RuntimeError):
        await dreaming
    await worker.stop()
    return times


def main() -> None:
    """Measure what the command line names."""
    network, photo, rounds, threads = sys.argv[1:]
    engine = Engine.load(Path(network), threads=int(threads))
    times = asyncio.run(measure(engine, Path(photo).read_bytes(), int(rounds)))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
