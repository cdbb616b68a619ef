import asyncio

import pytest

from bot.statistics import Statistics, note_request, percentiles


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], [0, 0, 0]), ([3.0], [3, 3, 3]), ([float(n) for n in range(100, 0, -1)], [50, 95, 99])],
)
def test_percentiles_are_values_that_occurred(values: list[float], expected: list[float]) -> None:
    assert percentiles(values, (0.5, 0.95, 0.99)) == expected


async def test_only_updates_that_are_answered_have_a_latency() -> None:
    statistics = Statistics()
    with statistics.measuring():
        note_request("getFile")
        note_request("sendChatAction")
    assert (statistics.updates, statistics.answers) == (1, 0)
    with statistics.measuring():
        await asyncio.sleep(0.02)
        note_request("sendMessage")
    assert (statistics.updates, statistics.answers) == (2, 1)
    assert statistics.latencies_s(0.5)[0] >= 0.02


async def test_updates_handled_at_once_are_told_apart() -> None:
    statistics = Statistics()

    async def handle(method: str) -> None:
        with statistics.measuring():
            await asyncio.sleep(0.01)
            note_request(method)

    await asyncio.gather(handle("sendMessage"), handle("getChatMember"), handle("answerInlineQuery"))
    assert (statistics.updates, statistics.answers) == (3, 2)


async def test_an_update_that_fails_is_counted() -> None:
    statistics = Statistics()
    with pytest.raises(ValueError, match="broken"), statistics.measuring():
        raise ValueError("broken")
    assert (statistics.updates, statistics.answers) == (1, 0)


def test_a_request_outside_of_an_update_is_no_answer() -> None:
    note_request("sendMessage")
    assert Statistics().answers == 0
