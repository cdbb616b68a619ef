import re
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.health import SILENCE_S, Health
from bot.metrics import Metrics, Percentiles
from onenet.errors import OneNetError
from tests.bot.conftest import TOKEN, jpeg, running_bot, until
from tests.bot.local_chat import LocalChat


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


async def look(port: int, page: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{page}")


async def test_a_bot_that_is_well_says_so_and_shows_its_figures(chat: LocalChat, tmp_path: Path) -> None:
    port = free_port()
    async with running_bot(chat, tmp_path / "data", metrics_port=port) as bot:
        [sent] = await chat.send_photos([jpeg("red")])
        chat.server.faults.add("sendMessage", status=429, retry_after=1)
        await chat.wait_for(after=sent)
        await until(lambda: bot.services.metrics.counts().get("answered") == 1)
        health = await look(port, "/healthz")
        assert (health.status_code, health.text) == (200, "ok\n")
        figures = await look(port, "/metrics")
        assert figures.headers["content-type"].startswith("text/plain; version=0.0.4")
        for line in (
            'onenet_updates_total{kind="message",outcome="answered"} 1.0',
            "onenet_answer_seconds_count 1.0",
            "onenet_batch_photos_count 1.0",
            "onenet_queue_length 0.0",
            "onenet_open_updates 0.0",
            'onenet_request_failures_total{kind="flood"} 1.0',
        ):
            assert line in figures.text
        for text in (health.text, figures.text, str(health.headers), str(figures.headers)):
            assert TOKEN.partition(":")[2] not in text
        assert (await look(port, "/elsewhere")).status_code == 404
    with pytest.raises(httpx.ConnectError):
        await look(port, "/healthz")


async def test_what_is_wrong_is_said(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    async with running_bot(chat, tmp_path / "data", metrics_port=port) as bot:

        async def problem() -> str:
            answer = await look(port, "/healthz")
            assert answer.status_code == 503
            return answer.text

        bot.services.inbox.failed_at = time.monotonic()
        assert "database" in await problem()
        bot.services.inbox.failed_at = float("-inf")
        late = time.monotonic() - SILENCE_S - 1
        chat.server.faults.add("getUpdates", status=502, times=1000)
        monkeypatch.setattr(type(bot.application.bot), "polled_at", late)
        bot.services.metrics.started_at = late
        assert "The server has not answered for 6" in await problem()
        monkeypatch.undo()
        await bot.services.worker.stop()
        assert "thread has ended" in await problem()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1", r"METRICS_PORT \d+ is in use: stop what listens there, or set another one\."),
        ("nowhere.invalid", r"METRICS_LISTEN nowhere\.invalid cannot be used with METRICS_PORT \d+: [^(]+\."),
    ],
)
async def test_what_cannot_be_listened_at_is_named(address: str, sentence: str) -> None:
    nothing: Any = None
    health = Health(nothing, nothing, nothing, nothing, nothing)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OneNetError) as caught:
        health.start(address, taken.getsockname()[1])
    assert re.fullmatch(sentence, str(caught.value))
    await health.stop()


async def test_without_a_port_nobody_listens(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening: list[tuple[str, int]] = []
    monkeypatch.setattr(Health, "start", lambda health, address, port: listening.append((address, port)))
    async with running_bot(chat, tmp_path / "data") as bot:
        assert bot.services.settings.metrics_port is None
        assert listening == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], Percentiles()),
        ([2.0], Percentiles(2.0, 2.0, 2.0)),
        ([n / 100 for n in range(101)], Percentiles(0.5, 0.95, 0.99)),
    ],
)
def test_percentiles_by_hand(seconds: list[float], expected: Percentiles) -> None:
    found = Percentiles.of(seconds)
    got: Any = [found.p50, found.p95, found.p99]
    assert got == pytest.approx([expected.p50, expected.p95, expected.p99])


def test_counts_by_outcome() -> None:
    metrics = Metrics()
    for kind, outcome in (("message", "answered"), ("callback_query", "answered"), ("message", "silent")):
        metrics.observe_update(kind, outcome, 0.5)
    assert metrics.counts() == {"answered": 2, "silent": 1}
    assert metrics.percentiles() == Percentiles(0.5, 0.5, 0.5)
    assert metrics.uptime_s >= 0
