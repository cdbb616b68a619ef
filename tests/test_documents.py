"""README, card and settings say what the code does."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import safe_open

from onenet.dreams.dreaming import layers_beside
from onenet.network.checkpoint import load_checkpoint
from onenet.network.languages import LANGUAGES
from onenet.network.special_words import SPECIAL_WORDS
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search.spread import spread_beside
from tests.bot.commands import COMMANDS, OWNER_COMMANDS

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
FIGURES = PROJECT / "data" / "figures-dev.json"
ASKING = PROJECT / "data" / "asking-dev.json"
CARD = PROJECT / "data" / "onenet.md"


@pytest.mark.parametrize("command", [command.name for command in (*COMMANDS, *OWNER_COMMANDS)])
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"/{command}" in README


def test_the_readme_has_one_line_to_run_and_one_to_test() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert "requirements.txt" in lines[0]
    assert lines[0].endswith("bot.py")
    assert "requirements-dev.txt" in lines[1]
    assert lines[1].endswith("-m pytest")


@pytest.mark.parametrize(
    "document",
    ["README.md", "bot/deploy/README.md", "bot/local/README.md", "data/onenet.md", "data/bench.md"],
)
def test_links_lead_somewhere(document: str) -> None:
    """To a file, and to a heading of it where one is named; pictures too."""
    path = PROJECT / document
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", text):
        file, _, heading = "".join(target).partition("#")
        if not file.startswith("http"):
            found = path.parent / file if file else path
            assert found.exists(), file
            headings = (
                re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
            )
            assert not heading or heading in [each.lower().replace(" ", "-") for each in headings], target


def test_the_quoted_figures_are_the_measured_ones() -> None:
    figures = json.loads(FIGURES.read_text())
    beam, find = figures["beam5"], figures["find"]["served"]
    row = [beam[f"BLEU-{n}"] for n in range(1, 5)] + [beam["METEOR"], beam["ROUGE-L"], beam["CIDEr"]]
    quoted = " | ".join(f"{value:.1f}" for value in row)
    recall = " | ".join(f"{find[name]:.1f}" for name in ("R@1", "R@5", "R@10"))
    for document in (README, CARD.read_text(encoding="utf-8")):
        assert quoted in document
        assert recall in document


def _card() -> str:
    """The card's text, its lines joined."""
    return " ".join(CARD.read_text(encoding="utf-8").split())


def test_the_quoted_figures_of_captions_are_the_measured_ones() -> None:
    beam, card = json.loads(FIGURES.read_text())["beam5"], _card()
    for metric in ("CIDEr", "BLEU-4"):
        low, high = beam[f"{metric} interval"]
        assert f"{metric} {low:.1f} to {high:.1f}" in card
    assert f"captions by beam search {beam['distinct_captions']} are different, " in card
    assert f"{beam['found_in_training']:.0f} % stand word for word among the 30,000" in card
    assert f"{beam['words_used']} words are used" in card


def test_the_quoted_figures_of_languages_copies_and_sureness_are_the_measured_ones() -> None:
    figures, card = json.loads(FIGURES.read_text()), _card()
    for code, each in figures["languages"].items():
        name = LANGUAGES[code].name
        assert f"| {name} | {each['photos']} | {each['nats']:.2f} | {each['BLEU-4']:.1f} | " in card
        found = " | ".join(f"{each[measure]:.1f}" for measure in ("CIDEr", "R@1", "R@5", "R@10"))
        assert f" | {found} | {each['median_rank']:.0f} | " in card, name
    copies = figures["copies"]
    assert f"the cosine is {copies['cosine']:.3f} in the mean ({copies['worst cosine']:.3f} at worst)" in card
    assert f"and {copies['same caption']:.0f} % have the same caption" in card
    sure = figures["sure"]["languages"]["en"]
    assert f"{sure['right']} % of English captions have a CIDEr of 0.5 or more" in card
    assert f"that is so of {sure['doubted']} %, and {sure['right of the doubted']} % of these" in card


def test_the_quoted_figures_of_words_are_the_measured_ones() -> None:
    words, card = json.loads(FIGURES.read_text())["words"], _card()
    public = words["public"]
    google = public.pop("Google analogies")
    assert f"Google's analogies {google['accuracy']} % right ({google['known']:,} of " in card
    for name, own in public.items():
        assert f"{name} {own['spearman']} ({own['known']:,}" in card
    for what, way in (("chooses it**", "after"), ("alone", "before")):
        rows = [
            f"{words[way][kind]['accuracy@1']:.0f} / {words[way][kind]['accuracy@5']:.0f}"
            for kind in ("neighbours", "analogies")
        ]
        assert f"{what} | {' | '.join(rows)} |" in card
    categories = words["after"]["analogies"]["categories"]
    shares = sorted((round(own["accuracy@1"]), name) for name, own in categories.items())
    named = re.search(r"Best are analogies of (.+?), worst those of (.+?) and other things", card)
    assert named is not None
    best, worst = (
        [(int(share), name) for name, share in re.findall(r"([a-z]+(?: forms)?) \((\d+) %", part)]
        for part in named.groups()
    )
    assert best == shares[: -len(best) - 1 : -1]
    assert worst == shares[: len(worst)]


def test_the_quoted_numbers_of_words_are_the_networks() -> None:
    network, card = load_checkpoint(DEFAULT_CHECKPOINT), _card()
    sizes = network.card["languages"]
    words, begin = sum(sizes.values()), len(sizes) - 1
    assert len(network.vocabulary) == words + len(SPECIAL_WORDS) + begin
    assert f"{len(network.vocabulary)} entries: " in card
    assert f"({words:,}), {len(SPECIAL_WORDS)} special ones, and {begin} that begin a sentence" in card
    assert ", ".join(f"{LANGUAGES[code].name} {size:,}" for code, size in sizes.items()) in card
    assert f"Its {words:,} words, {sizes['en']:,} of them English" in README


def test_the_quoted_figures_of_asking_are_the_measured_ones() -> None:
    figures, card = json.loads(ASKING.read_text(encoding="utf-8")), CARD.read_text(encoding="utf-8")
    for measured in figures["ask"].values():
        whole = measured["all"]
        blind = max(whole["most frequent"], whole["without the photo"])
        assert f"| {whole['questions']:,} | {whole['right']:.1f} | {blind:.1f} |" in card
    own = figures["own"]
    assert f"{own['right']:.1f} % are right" in card


def test_the_readme_names_every_language_that_a_network_may_read() -> None:
    assert [language.name for language in LANGUAGES.values() if language.name not in README] == []


def test_the_card_is_the_shipped_networks() -> None:
    card, text = load_checkpoint(DEFAULT_CHECKPOINT).card, CARD.read_text(encoding="utf-8")
    assert f"`{card['command']}`" in text
    for name in ("encoder", "seed", "date", "vocabulary_size"):
        assert str(card[name]) in text, name
    assert json.loads(FIGURES.read_text())["loss"] == pytest.approx(card["dev"]["loss"], abs=0.002)


@pytest.mark.parametrize("beside", [layers_beside, spread_beside])
def test_the_card_tells_of_each_file_beside_the_network(beside: Callable[[Path], Path]) -> None:
    path = beside(DEFAULT_CHECKPOINT)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    card = json.loads(metadata["card"])
    _, after = CARD.read_text(encoding="utf-8").split(f"## Beside it: `{path.name}`")
    section = after.split("\n## ")[0]
    assert f"`{card['command']}`" in section
    assert f"| date | {card['date']} |" in section
    assert metadata["fingerprint"] == load_checkpoint(DEFAULT_CHECKPOINT).fingerprint


def test_the_shipped_files_are_small() -> None:
    shipped = [DEFAULT_CHECKPOINT, layers_beside(DEFAULT_CHECKPOINT), spread_beside(DEFAULT_CHECKPOINT)]
    assert sum(path.stat().st_size for path in shipped) <= 48_000_000
