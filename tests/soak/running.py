"""Running a soak: the state machine again and again in one world, until its time is over."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.checks import Checks
from tests.soak.machine import Soak
from tests.soak.world import World

STEPS = 40
EXAMPLES_A_ROUND = 5


@dataclass(frozen=True)
class SoakReport:
    """What came of a soak."""

    failures: Sequence[str]
    summary: str


def soak(
    folder: Path,
    *,
    seconds: float,
    seed: int,
    steps: int = STEPS,
    scrub_s: float = 20.0,
    forgotten_s: float = 60.0,
) -> SoakReport:
    """Let the world have its way for some seconds, one example at least.

    Args:
        folder: Where everything lies, the log of the bot with it.
        seconds: After which no new example begins.
        seed: What is drawn; the world itself is never twice the same.
        steps: Of an example.
        scrub_s: See `World`.
        forgotten_s: See `World`.
    """
    begun = time.monotonic()
    world = World(folder, scrub_s=scrub_s, forgotten_s=forgotten_s)
    checks = Checks(world)
    try:
        world.begin()
        checks.all()
        round_number = 0
        while not round_number or time.monotonic() - begun < seconds:
            _run_examples(world, checks, seed + round_number, steps)
            round_number += 1
            print(
                f"{(time.monotonic() - begun) / 60:.1f} min: {checks.summary(time.monotonic() - begun)}",
                flush=True,
            )
        checks.look_for_what_is_forgotten(at_last=True)
        if wrong := world.restart():
            checks.fail(wrong)
        checks.all()
    finally:
        world.end()
    for phrase, times in world.journal.phrases.most_common(60):
        print(f"{times} x {phrase}", flush=True)
    return SoakReport(checks.failures, checks.summary(time.monotonic() - begun))


def _run_examples(world: World, checks: Checks, number: int, steps: int) -> None:
    machine = type("Soaking", (Soak,), {"world": world, "checks": checks})
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=1 if steps < STEPS else EXAMPLES_A_ROUND,
            stateful_step_count=steps,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            deadline=None,
            database=None,
            verbosity=Verbosity.quiet,
        ),
    )
