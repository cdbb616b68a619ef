"""Questions written by hand about public photos and drawings, and how many are answered rightly."""

import importlib.util
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from onenet.asking.answering import Answers
from onenet.asking.questions import Question, read_question
from onenet.errors import DatasetError
from onenet.evaluation.drawings import DRAWINGS, draw_scene
from onenet.evaluation.figures import Figures
from onenet.paths import DATA
from onenet.search.photos import read_photo

FILE = DATA / "questions.json"

# Answers a question about a picture.
Ask = Callable[[Image.Image, Question], Answers]


@dataclass(frozen=True)
class OwnQuestion:
    """A question about a picture.

    Attributes:
        picture: A file that comes with scikit-image, or one of `DRAWINGS`.
        text: The question.
        answers: All that are right.
    """

    picture: str
    text: str
    answers: tuple[str, ...]


def own_questions(path: Path = FILE) -> list[OwnQuestion]:
    """Read the questions.

    Raises:
        DatasetError: If their file is missing or damaged.
    """
    try:
        pictures = json.loads(path.read_text(encoding="utf-8"))["pictures"]
        return [
            OwnQuestion(picture, text, tuple(answers))
            for picture, asked in pictures.items()
            for text, *answers in asked
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} is missing or damaged; it comes with the project.") from error


def open_picture(name: str) -> Image.Image | None:
    """Open the picture of a question; None if it comes with scikit-image, which is not installed."""
    if name in DRAWINGS:
        return draw_scene(name)
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        return None
    return read_photo(Path(package.origin).parent / "data" / name)


def measure_own_questions(ask: Ask, questions: Sequence[OwnQuestion]) -> Figures:
    """Ask them all.

    Returns:
        JSON-ready, in per cent: how many are right, in all, by kind, by language and by where their pictures
        come from; of how many it is sure, and how many of those are right; "left out", whose pictures are
        not installed; "wrong", what was answered wrongly, with whether it was sure.
    """
    by_picture: dict[str, list[OwnQuestion]] = defaultdict(list)
    for each in questions:
        by_picture[each.picture].append(each)
    marks: list[tuple[Mapping[str, str], bool, bool]] = []
    wrong: list[Mapping[str, Any]] = []
    left_out = 0
    for name, asked in by_picture.items():
        picture = open_picture(name)
        if picture is None:
            left_out += len(asked)
            continue
        for each in asked:
            question = read_question(each.text)
            if question is None:
                raise DatasetError(f"“{each.text}” in {FILE} is no question that is understood.")
            found = ask(picture, question)
            is_right = found.ranked[0].text in each.answers
            source = "drawings" if name in DRAWINGS else "photos"
            groups = {"kinds": question.kind, "languages": question.language, "pictures": source}
            marks.append((groups, is_right, found.is_sure))
            if not is_right:
                answered = {"answer": found.ranked[0].text, "score": round(found.ranked[0].score, 2)}
                wrong.append({"picture": name, "question": each.text, **answered, "sure": found.is_sure})
    sure = [is_right for _, is_right, is_sure in marks if is_sure]
    figures: Figures = {
        "questions": len(marks),
        "left out": left_out,
        "right": _per_cent([is_right for _, is_right, _ in marks]),
        "sure": _per_cent([is_sure for _, _, is_sure in marks]),
        "right if sure": _per_cent(sure),
    }
    for group in ("kinds", "languages", "pictures"):
        of_each: dict[str, list[bool]] = defaultdict(list)
        for own, is_right, _ in marks:
            of_each[own[group]].append(is_right)
        figures[group] = {
            name: {"questions": len(each), "right": _per_cent(each)} for name, each in of_each.items()
        }
    return {**figures, "wrong": wrong}


def _per_cent(which: Sequence[bool]) -> float:
    return round(100 * sum(which) / len(which), 1) if which else 0.0
