"""Metrics: what the bot did, counted for Prometheus and for its owner; no one's words, no one's name."""

import statistics
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

KEPT_TIMES = 1000
ANSWER_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
STAGE_BUCKETS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True)
class Percentiles:
    """Seconds within which that many per cent of the latest updates were answered; 0 if there are none."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Percentiles":
        """Work out the percentiles of some numbers of seconds."""
        if len(seconds) < 2:
            return cls(*(seconds[0],) * 3) if seconds else cls()
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(cuts[49], cuts[94], cuts[98])


class Metrics:
    """Counts; every method is cheap, and callable from any thread.

    Attributes:
        started_at: When the bot started, on the monotonic clock.
    """

    def __init__(self) -> None:
        self.started_at = time.monotonic()
        self.registry = CollectorRegistry()
        self._times: deque[float] = deque(maxlen=KEPT_TIMES)
        self._updates = Counter(
            "onenet_updates", "Updates by kind and outcome", ["kind", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "onenet_answer_seconds",
            "Seconds from the beginning of an update's turn to its end",
            buckets=ANSWER_BUCKETS_S,
            registry=self.registry,
        )
        self._stage_times: dict[str, deque[float]] = {}
        self._stage_seconds = Histogram(
            "onenet_photo_stage_seconds",
            "Seconds that photos that were answered spent in each stage of their way",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=self.registry,
        )
        self._batches = Histogram(
            "onenet_batch_photos",
            "Photos that went through the network together",
            buckets=BATCH_BUCKETS,
            registry=self.registry,
        )

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    def observe_update(self, kind: str, outcome: str, seconds: float) -> None:
        """Count an update that had its turn."""
        self._updates.labels(kind, outcome).inc()
        self._seconds.observe(seconds)
        if outcome == "answered":
            self._times.append(seconds)

    def observe_way(self, stages: Mapping[str, float]) -> None:
        """Count a photo that was answered, given the seconds of each stage of its way."""
        for stage, seconds in stages.items():
            self._stage_seconds.labels(stage).observe(seconds)
            self._stage_times.setdefault(stage, deque(maxlen=KEPT_TIMES)).append(seconds)

    def observe_batch(self, photos: int) -> None:
        """Count a batch."""
        self._batches.observe(photos)

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Show a number as it is when somebody looks."""
        Gauge(name, help_text, registry=self.registry).set_function(value)

    def watch_failures(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Show how often the server could not be asked, by kind."""
        self.registry.register(_Failures(counts))

    def counts(self) -> dict[str, int]:
        """Give the number of updates so far by outcome."""
        totals: dict[str, int] = {}
        for metric in self._updates.collect():
            for sample in metric.samples:
                if sample.name.endswith("_total"):
                    outcome = sample.labels["outcome"]
                    totals[outcome] = totals.get(outcome, 0) + int(sample.value)
        return totals

    def percentiles(self) -> Percentiles:
        """Give the percentiles of the latest answers' seconds."""
        return Percentiles.of(list(self._times))

    def stage_percentiles(self) -> dict[str, Percentiles]:
        """Give for each stage of the latest photos' ways the percentiles of its seconds."""
        return {stage: Percentiles.of(list(times)) for stage, times in self._stage_times.items()}

    def text(self) -> bytes:
        """Give all figures in Prometheus's format."""
        return generate_latest(self.registry)


class _Failures(Collector):
    """Counts of failed requests that are kept elsewhere.

    Args:
        counts: Gives them by kind.
    """

    def __init__(self, counts: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "onenet_request_failures", "Requests refused as too many, or lost", labels=["kind"]
        )
        for kind in ("flood", "network"):
            family.add_metric([kind], self._counts().get(kind, 0))
        yield family
