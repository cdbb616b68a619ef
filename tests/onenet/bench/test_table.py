from typing import Any

from onenet.bench.table import find_table, speed_table, variants_table


def measurement(seed: int = 1, **changes: Any) -> dict[str, Any]:
    beam = {
        "BLEU-4": 20.06,
        "METEOR": 19.2,
        "CIDEr": 48.1,
        "CIDEr interval": [45.0, 51.0],
        "distinct_captions": 718,
    }
    found = {"R@1": 11.84, "R@10": 43.6, "median_rank": 14.0}
    words = {"neighbours": 72.84, "analogies": 46.22}
    whole = {
        "seed": seed,
        "device": "cpu",
        "training_seconds": 1830,
        "figures": {
            "loss": 2.8049,
            "greedy": {"BLEU-4": 1.0},
            "beam5": beam,
            "find": {"served": found},
            "words": {"after": {kind: {"accuracy@1": right} for kind, right in words.items()}},
        },
    }
    return whole | changes


def rows_of(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]


def test_one_seed() -> None:
    table = variants_table([("shipped", [measurement()])])
    (row,) = rows_of(table)
    expected = "shipped 1 2.805 20.1 19.2 48.1_[45.0,_51.0] 718 11.8 43.6 14.0 73 46 30_min"
    assert row == [cell.replace("_", " ") for cell in expected.split(" ")]


def test_rows_stand_in_the_order_given_and_only_what_is_measured() -> None:
    table = variants_table([("b", [measurement()]), ("none", []), ("a", [measurement()])])
    assert [row[0] for row in rows_of(table)] == ["b", "a"]


def test_several_seeds_are_a_mean_and_a_spread() -> None:
    second = measurement(2)
    second["figures"]["loss"] = 2.9049
    second["figures"]["beam5"]["CIDEr interval"] = [47.0, 53.0]
    (row,) = rows_of(variants_table([("shipped", [measurement(), second])]))
    assert row[1] == "1, 2"
    assert row[2] == "2.855 ± 0.071"  # standard deviation of two: their distance / sqrt(2)
    assert row[5] == "48.1 ± 0.0 [46.0, 52.0]"


def test_what_was_not_measured_is_empty() -> None:
    found = measurement()
    del found["figures"]["beam5"]["METEOR"]
    (row,) = rows_of(variants_table([("no java", [found])]))
    assert row[4] == ""
    assert row[3] == "20.1"


def test_search_by_inversion_alone_is_marked() -> None:
    found = measurement(device="cuda")
    found["figures"]["find"] = {"inversion": {"R@1": 5.0, "R@10": 20.0, "median_rank": 40.0}}
    del found["figures"]["words"]
    (row,) = rows_of(variants_table([("captions only", [found])]))
    assert row[7:] == ["5.0 *", "20.0 *", "40.0 *", "", "", "30 min (cuda)"]


def test_speed() -> None:
    nothing: dict[str, Any] = {"ratio": None, "of": "", "target": None}
    speed: dict[str, Any] = {
        "date": "2026-11-21",
        "machine": "a computer",
        "threads": 2,
        "unit_ms": 12.5,
        "rows": [
            nothing | {"what": "E", "value": 12.5, "unit": "ms"},
            {"what": "a caption", "value": 25.0, "unit": "ms", "ratio": 2.0, "of": "E", "target": 1.9},
            nothing | {"what": "memory", "value": 341.0, "unit": "MB", "target": 350.0},
        ],
        "peers": 1,
    }
    table = speed_table(speed)
    assert rows_of(table) == [
        ["E", "12.5 ms"],
        ["a caption", "25 ms", "2.00 x E", "1.9"],
        ["memory", "341 MB", "", "350"],
    ]
    assert "a computer, 2 threads, 2026-11-21" in table
    assert "speed only" in table
    assert "random weights" not in speed_table(speed | {"peers": 0})


def test_ways_to_search() -> None:
    row = {"what": "a guess", "R@1": 25.3, "R@5": 54.0, "R@10": 67.45, "median_rank": 5.0, "median_ms": 4.25}
    ways = {"date": "2026-11-21", "machine": "a computer", "threads": 2, "photos": 1000, "queries": 1000}
    table = find_table(ways | {"rows": [row, row | {"what": "more"}]})
    assert rows_of(table) == [[what, "25.3", "54.0", "67.5", "5.0", "4.2"] for what in ("a guess", "more")]
    assert "1000 descriptions" in table
    assert "a computer, 2 threads" in table
