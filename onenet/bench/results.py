"""What was measured, in one JSON file: a run that is stopped loses nothing, and nothing is measured twice."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onenet.bench.variants import Variant
from onenet.datasets.flickr8k import load_split
from onenet.errors import OneNetError
from onenet.files import replace_file

Measurement = dict[str, Any]


class Results:
    """Measurements of variants, languages, speed, engines, ways to search and dreams, as they lie in a file.

    Args:
        path: The file; read if it is there.

    Raises:
        OneNetError: If it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.measurements: list[Measurement] = []
        self.speed: dict[str, Any] = {}
        self.engines: dict[str, Any] = {}
        self.find_ways: dict[str, Any] = {}
        self.dreams: dict[str, Any] = {}
        self.languages: dict[str, Any] = {}
        if path.is_file():
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                self.measurements, self.speed = content["measurements"], content["speed"]
                self.find_ways, self.dreams = content["find"], content.get("dreams", {})
                self.engines, self.languages = content.get("engines", {}), content.get("languages", {})
            except (ValueError, KeyError, TypeError) as error:
                raise OneNetError(f"{path} is damaged. Delete it to measure everything anew.") from error

    def find(self, variant: Variant, seed: int, data: str) -> Measurement | None:
        """Look up what was measured of a variant as it is configured now, on the same data.

        A setting that is newer than a measurement had today's default then: it changed nothing.
        """
        config, defaults = (
            json.loads(json.dumps(asdict(each))) for each in (variant.config(seed), variant.recipe())
        )
        for measurement in self.measurements:
            of_it = self._place(measurement) == (variant.name, seed, data)
            if of_it and defaults | measurement["config"] == config:
                return measurement
        return None

    def of(self, variant: Variant, data: str) -> list[Measurement]:
        """List what was measured of a variant with any seed, as it is configured now, on the same data."""
        seeds = sorted({measurement["seed"] for measurement in self.measurements})
        return [found for seed in seeds if (found := self.find(variant, seed, data)) is not None]

    def add(self, measurement: Measurement) -> None:
        """Keep a measurement in the place of what was measured of the same variant, seed and data before."""
        place = self._place(measurement)
        self.measurements = [other for other in self.measurements if self._place(other) != place]
        self.measurements.append(measurement)
        self._save()

    def set_speed(self, speed: dict[str, Any]) -> None:
        """Keep what was measured of speed."""
        self.speed = speed
        self._save()

    def set_engines(self, engines: dict[str, Any]) -> None:
        """Keep what was measured of engines."""
        self.engines = engines
        self._save()

    def set_find_ways(self, find_ways: dict[str, Any]) -> None:
        """Keep what was measured of the ways to search."""
        self.find_ways = find_ways
        self._save()

    def set_dreams(self, dreams: dict[str, Any]) -> None:
        """Keep what was measured of dreams."""
        self.dreams = dreams
        self._save()

    def set_languages(self, languages: dict[str, Any]) -> None:
        """Keep what was measured of languages alone and together."""
        self.languages = languages
        self._save()

    def as_json(self) -> dict[str, Any]:
        """Give all of it as the file has it."""
        return {
            "measurements": self.measurements,
            "speed": self.speed,
            "find": self.find_ways,
            "dreams": self.dreams,
            "engines": self.engines,
            "languages": self.languages,
        }

    def _save(self) -> None:
        replace_file(self.path, f"{json.dumps(self.as_json(), indent=2)}\n".encode())

    @staticmethod
    def _place(measurement: Measurement) -> tuple[str, int, str]:
        return measurement["variant"], measurement["seed"], measurement["data"]


def name_data(data: Path, split: str) -> str:
    """Name a data set after its training photos and those that are measured, with their captions.

    Raises:
        DatasetError: If it cannot be read.
    """
    splits = [
        [(photo.path.name, photo.captions) for photo in load_split(data, part)] for part in ("train", split)
    ]
    return f"{split}-{hashlib.sha256(repr(splits).encode()).hexdigest()[:12]}"
