import asyncio
from pathlib import Path
from typing import Any

import httpx

from bot.delivery.turn import STAGES, Trace
from bot.metrics import KEPT_TIMES, Metrics
from tests.bot.conftest import jpeg, running_bot, until
from tests.bot.local_chat import PRIVATE, LocalChat
from tests.bot.test_health import free_port, look


def counts(figures: httpx.Response) -> dict[str, int]:
    """How many photos went through each stage, as Prometheus reads it."""
    found = {}
    for line in figures.text.splitlines():
        if line.startswith("onenet_photo_stage_seconds_count"):
            found[line.partition('stage="')[2].partition('"')[0]] = int(float(line.rpartition(" ")[2]))
    return found


def traced(**spans: tuple[float, float]) -> Trace:
    trace = Trace(100.0)
    trace.begin()
    stages: Any = spans
    for stage, (begun, ended) in stages.items():
        trace.note(stage, begun, ended)
    return trace


def test_a_stage_of_several_photos_lasts_from_the_first_to_the_last() -> None:
    trace = traced(download=(1.0, 2.0), encoder=(5.0, 6.0))
    trace.note("download", 1.5, 4.0)
    trace.note_sent(6.0)
    assert trace.seconds["download"] == 3.0


def test_the_first_message_after_the_photo_was_read_is_the_answer() -> None:
    trace = traced(download=(101.0, 102.0))
    trace.note_sent(102.0)  # something else, such as that it takes a while
    assert not trace.seconds
    trace.note("encoder", 102.0, 103.0)
    trace.note_sent(103.0)
    first = dict(trace.seconds)
    assert set(first) == {"arrival", "download", "encoder", "send", "whole"}
    trace.note_sent(104.0)
    assert trace.seconds == first


def test_what_failed_is_no_stage_and_another_try_begins_anew() -> None:
    trace = traced(encoder=(1.0, 2.0))
    trace.note_sent(3.0)
    trace.begin()
    assert not trace.seconds
    trace.note("encoder", 1.0, 2.0)
    try:
        with trace.stage("download"):
            raise OSError
    except OSError:
        trace.note_sent(3.0)
    assert set(trace.seconds) == {"arrival", "encoder", "send", "whole"}


def test_no_more_than_the_latest_are_kept() -> None:
    metrics = Metrics()
    for number in range(3 * KEPT_TIMES):
        metrics.observe_way({"encoder": float(number >= 2 * KEPT_TIMES), "whole": 1.0})
    assert metrics.stage_percentiles()["encoder"].p50 == 1.0
    assert all(len(times) == KEPT_TIMES for times in metrics._stage_times.values())


async def test_the_way_of_a_photo_is_in_the_metrics_and_for_its_owner(
    chat: LocalChat, tmp_path: Path
) -> None:
    port = free_port()
    async with running_bot(chat, tmp_path / "data", metrics_port=port, owner_id=PRIVATE) as bot:
        await chat.wait_for(after=await chat.send_text("/help"))
        await until(lambda: bot.services.metrics.counts().get("answered") == 1)
        assert counts(await look(port, "/metrics")) == {}  # no photo came

        begun = asyncio.get_running_loop().time()
        chat.server.faults.add("sendMessage", status=429, retry_after=1)
        [sent] = await chat.send_photos([jpeg("red")])
        await chat.wait_for(after=sent)
        await until(lambda: bot.services.metrics.counts().get("answered") == 2)
        took_s = asyncio.get_running_loop().time() - begun
        assert counts(await look(port, "/metrics")) == dict.fromkeys(STAGES, 1)
        found = {stage: each.p50 for stage, each in bot.services.metrics.stage_percentiles().items()}
        assert 1.0 <= found["send"] <= found["whole"] <= took_s  # the server let it wait
        parts = sum(found[stage] for stage in STAGES if stage != "whole")
        assert all(seconds >= 0 for seconds in found.values())
        assert parts <= found["whole"]

        lines = (await chat.wait_for(after=await chat.send_text("/stats")))["text"].splitlines()
        start = lines.index("The way of a photo took (median, 95 %):")
        assert [line.partition(":")[0] for line in lines[start + 1 : start + 9]] == [
            "- until its turn",
            "- download",
            "- opening the file",
            "- waiting for the network",
            "- the network looks",
            "- the network writes",
            "- sending the answer",
            "- in all",
        ]
        assert all(line.count(" ms") == 2 for line in lines[start + 1 : start + 9])


async def test_an_album_is_one_way_and_what_is_refused_is_none(chat: LocalChat, tmp_path: Path) -> None:
    port = free_port()
    async with running_bot(chat, tmp_path / "data", metrics_port=port) as bot:
        sent = await chat.send_photos([jpeg("red"), jpeg("blue"), jpeg("green")])
        await chat.wait_for(after=sent[-1])
        await until(lambda: not bot.services.inbox.open_updates)
        assert counts(await look(port, "/metrics")) == dict.fromkeys(STAGES, 1)
        broken = await chat.send_document(b"\xff\xd8 no photo", "broken.jpg")
        await chat.wait_for(after=broken)
        await until(lambda: not bot.services.inbox.open_updates)
        assert counts(await look(port, "/metrics")) == dict.fromkeys(STAGES, 1)
