"""What each sub-command of the command line does: answers on stdout, progress and notices on stderr."""

import argparse
import io
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onenet.errors import DescriptionError, IndexFileError, OneNetError, PhotoError
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from PIL.Image import Image

    from onenet.engine import Caption, Engine, Imagined, Inside, MixStep, Neighbour, Stop
    from onenet.search.index import ImageIndex, Match, Skipped

# Everything that needs torch or faiss is imported where it is used, so that --help answers at once.

PHOTO_BATCH = 8
DESCRIPTION_BATCH = 32
INSIDE_PHOTOS = 3
SAME_PHOTO = 0.95  # cosine of copies, see tests/near_duplicates.py
TRAIN_OPTIONS: dict[str, Callable[[str], Any]] = {
    "encoder": str,
    "seed": int,
    "epochs": int,
    "batch_size": int,
    "learning_rate": float,
    "tuning_rate": float,
    "contrastive_weight": float,
    "settling_epochs": int,
    "critical_epochs": int,
    "hidden_size": int,
    "dropout": float,
    "min_count": int,
}


def caption_photos(args: argparse.Namespace) -> None:
    """Print captions of photos and of all photos in folders; the unreadable ones are named."""
    engine = load_engine(args)
    problems: list[str] = []
    captioned = 0
    paths = photos_in(args.photos, problems)
    while batch := list(islice(paths, PHOTO_BATCH)):
        photos = read_photos(batch, problems)
        representations = engine.represent([photo for _, photo in photos])
        found = engine.caption(representations, beam_size=max(args.beam, args.n), n=args.n)
        for (path, _), captions in zip(photos, found, strict=True):
            say_captions(args, path, captions)
        captioned += len(photos)
    if not captioned and len(problems) == 1:
        raise PhotoError(problems[0])
    for problem in problems:
        notice(problem)
    if not captioned:
        raise PhotoError(
            f"None of {len(problems)} could be read; give JPEG, PNG or WebP photos, or folders of them."
        )


def index_folder(args: argparse.Namespace) -> None:
    """Bring the index up to date with a folder."""
    from onenet.search.folder import IndexProgress
    from onenet.search.index import ImageIndex

    engine = load_engine(args)
    index = load_index(args, engine) if args.index.exists() else ImageIndex(engine.fingerprint)
    progress = IndexProgress(0, 0, 0, 0, ())
    with (
        ProgressDisplay("photo") as display,
        closing(engine.index_folder(index, args.folder, path=args.index)) as steps,
    ):
        for progress in steps:
            display.show("Indexing", progress.done, progress.total)
    for skipped in progress.skipped:
        notice(f"{skipped.photo} is left out: {skipped.reason}")
    answer = {
        "folder": str(args.folder),
        "index": str(args.index),
        "photos": len(index),
        "added": progress.added,
        "removed": progress.removed,
        "skipped": [{"photo": skipped.photo, "reason": skipped.reason} for skipped in progress.skipped],
    }
    say(
        args,
        answer,
        f"{len(index)} photos in {args.index}: {progress.added} added, {progress.removed} removed, "
        f"{len(progress.skipped)} left out.",
    )


def find_like(args: argparse.Namespace) -> None:
    """Print the photos of the index that are most like a photo."""
    from onenet.search.photos import read_photo

    photo = read_photo(args.photo)
    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    matches = index.search(engine.represent([photo])[0], args.k)
    say(args, {"photo": str(args.photo), "matches": as_json(matches)}, as_text(matches))


def find_described(args: argparse.Namespace) -> None:
    """Print the photos of the index that fit a description, or each description of a file."""
    if args.photo is not None and args.queries is None and args.description:
        find_changed(args)
        return
    if args.photo is not None or (args.queries is None) == (not args.description):
        raise DescriptionError(
            "Give either a description or --queries FILE, for example: find a dog in the snow"
        )
    descriptions = [" ".join(args.description)] if args.queries is None else read_lines(args.queries)
    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    found = 0
    with ProgressDisplay("description") as display:
        for start in range(0, len(descriptions), DESCRIPTION_BATCH):
            answers = engine.imagine_all(descriptions[start : start + DESCRIPTION_BATCH])
            for number, answer in enumerate(answers, start=start):
                if not isinstance(answer, DescriptionError):
                    found += 1
                    say_found(args, engine, answer, index)
                elif args.queries is None:
                    raise answer
                else:
                    notice(f"Line {number + 1} of {args.queries}: {answer}")
                    say_not_found(args, descriptions[number], answer)
            display.show("Finding", start + len(answers), len(descriptions))
    if descriptions and not found:
        raise DescriptionError(f"{args.queries} has no line that can be searched for.")


def explain_caption(args: argparse.Namespace) -> None:
    """Draw where in a photo each word of its caption comes from."""
    from onenet.engine import draw_reasons
    from onenet.search.photos import read_photo

    photo = read_photo(args.photo)
    reasons = load_engine(args).explain(photo, " ".join(args.caption))
    say_unknown(reasons.unknown_words)
    save_picture(draw_reasons(photo, reasons), args.output)
    words = [
        {"word": word, "gain": rounded(float(gain)), "seen": is_seen}
        for word, gain, is_seen in zip(reasons.words, reasons.gains, reasons.is_seen, strict=True)
    ]
    lines = [
        f"{each['gain']:6.2f}  {each['word']}{'' if each['seen'] else '  (by grammar)'}" for each in words
    ]
    answer = {"photo": str(args.photo), "picture": str(args.output), "words": words}
    say(args, answer, "\n".join([*lines, f"The picture is in {args.output}."]))


def find_changed(args: argparse.Namespace) -> None:
    """Print the photos of the index nearest to a photo changed by words."""
    from onenet.search.photos import read_photo

    photo = read_photo(args.photo)
    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    changed = engine.change(engine.represent([photo])[0], " ".join(args.description))
    say_unknown(changed.unknown_words)
    matches = index.search(changed.representation, args.k, exclude=[str(args.photo.resolve())])
    answer = {
        "photo": str(args.photo),
        "change": changed.description,
        "imagined": changed.imagined,
        "matches": as_json(matches),
        "unknown_words": list(changed.unknown_words),
    }
    say(args, answer, f"{changed.description}\n  imagined: {changed.imagined}\n{as_text(matches)}")


def mix_photos(args: argparse.Namespace) -> None:
    """Draw the way from one photo to another: captions along it, and the nearest photos of the index."""
    from onenet.engine import StripStep, draw_mix
    from onenet.search.photos import read_photo

    first, second = read_photo(args.first), read_photo(args.second)
    engine = load_engine(args)
    index = load_index(args, engine) if args.index.exists() else None
    steps = engine.mix(*engine.represent([first, second]))
    nearest = nearest_photos(index, steps, [str(args.first.resolve()), str(args.second.resolve())])
    drawn = [
        StripStep(step.caption, read_photo(Path(photo)) if photo else None)
        for step, photo in zip(steps, nearest, strict=True)
    ]
    told = [
        {"share": step.share, "caption": step.caption, "nearest": photo or None}
        for step, photo in zip(steps, nearest, strict=True)
    ]
    save_picture(draw_mix(first, second, drawn), args.output)
    lines = [f"{100 * step.share:4.0f} %  {step.caption}" for step in steps]
    answer = {"photos": [str(args.first), str(args.second)], "picture": str(args.output), "steps": told}
    say(args, answer, "\n".join([*lines, f"The picture is in {args.output}."]))


def list_similar_words(args: argparse.Namespace) -> None:
    """Print the words nearest to a word."""
    neighbours = load_engine(args).similar_words(args.word, k=args.k)
    say(args, {"word": args.word, "neighbours": words_as_json(neighbours)}, words_as_text(neighbours))


def solve_analogy(args: argparse.Namespace) -> None:
    """Print the words that are to C as B is to A."""
    answers = load_engine(args).analogy(args.a, args.b, args.c, k=args.k)
    question = {"a": args.a, "b": args.b, "c": args.c}
    say(args, question | {"answers": words_as_json(answers)}, words_as_text(answers))


def find_odd_word(args: argparse.Namespace) -> None:
    """Print the word that does not belong with the others, then all by how well they belong."""
    odd = load_engine(args).odd_word(args.words)
    answer = {
        "words": args.words,
        "odd": odd.words[0].word,
        "is_close_call": odd.is_close_call,
        "mean_cosines": words_as_json(odd.words),
        "shared": words_as_json(odd.shared),
    }
    shared = ", ".join(neighbour.word for neighbour in odd.shared)
    say(args, answer, f"{odd.words[0].word}\n{words_as_text(odd.words)}\nThe others are close to: {shared}")


def play_riddle(args: argparse.Namespace) -> None:
    """Show a photo of the index and four captions, and ask which of them the network wrote for it."""
    from onenet.engine import RIDDLE_PHOTOS

    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    chance = random.Random(args.seed)
    photos = chance.sample(index.photos, min(RIDDLE_PHOTOS, len(index)))
    row, captions = engine.riddle(index.representations_of(photos))
    photo, own = photos[row], captions[0]
    chance.shuffle(captions)
    answer = captions.index(own) + 1
    if args.json:
        say(args, {"photo": photo, "captions": captions, "answer": answer}, "")
        return
    print(photo, *(f"  {number}  {text}" for number, text in enumerate(captions, 1)), sep="\n", flush=True)
    notice("Which is its caption? Type its number.")
    guess = sys.stdin.readline().strip()
    print(f"{'Right' if guess == str(answer) else 'It is'}: {answer}  {own}")


def walk_between_words(args: argparse.Namespace) -> None:
    """Print the words on the way from one word to another, each close to the one before."""
    stops = load_engine(args).walk(args.start, args.end)
    if args.picture is not None:
        save_walk(args.picture, stops)
    steps = [
        {**step, "around": list(stop.around)} for step, stop in zip(words_as_json(stops), stops, strict=True)
    ]
    say(args, {"from": args.start, "to": args.end, "steps": steps}, words_as_text(stops))


def save_walk(path: Path, stops: "Sequence[Stop]") -> None:
    """Draw the map of a walk."""
    from onenet.engine import draw_walk

    save_picture(draw_walk(stops), path)
    notice(f"The picture is in {path}.")


def look_inside(args: argparse.Namespace) -> None:
    """Print the numbers of a photo that stand out, and the words and photos that turn them on."""
    from onenet.search.photos import read_photo

    photo = read_photo(args.photo)
    engine = load_engine(args)
    index = load_index(args, engine) if args.index is not None else None
    representation = engine.represent([photo])[0]
    inside = engine.inside(representation, k=args.k)
    found: list[list[Match]] = [[] for _ in inside.strongest]
    if index is not None:
        alike = index.search(representation, INSIDE_PHOTOS)
        own = [match.photo for match in alike if match.score >= SAME_PHOTO]
        nearest = (index.search(each.direction, INSIDE_PHOTOS, exclude=own) for each in inside.strongest)
        found = [[match for match in matches if match.score > 0] for matches in nearest]
    answer = {
        "photo": str(args.photo),
        "numbers": [rounded(float(value)) for value in inside.values],
        "strongest": [
            {
                "number": each.number,
                "value": rounded(each.value),
                "words": list(each.words),
                "photos": as_json(matches),
            }
            for each, matches in zip(inside.strongest, found, strict=True)
        ],
    }
    lines = [f"{each.number:5} {each.signed_value:>6}  {', '.join(each.words)}" for each in inside.strongest]
    if args.picture is not None:
        save_inside(args.picture, inside, photo, found)
    say(args, answer, "\n".join(lines))


def save_inside(path: Path, inside: "Inside", photo: "Image", found: "Sequence[Sequence[Match]]") -> None:
    """Draw what is inside a photo, with the photos that were found for its strongest numbers."""
    from onenet.engine import draw_inside

    problems: list[str] = []
    photos = [
        [each for _, each in read_photos([Path(match.photo) for match in matches], problems)]
        for matches in found
    ]
    save_picture(draw_inside(inside, photo, photos), path)
    notice(f"The picture is in {path}.")
    for problem in problems:
        notice(problem)


def train_network(args: argparse.Namespace) -> None:
    """Train a network on Flickr8K and write its checkpoint."""
    import torch

    from onenet.paths import DEFAULT_CHECKPOINT
    from onenet.training.config import TrainConfig
    from onenet.training.run import Progress
    from onenet.training.train import train

    if args.threads:
        torch.set_num_threads(args.threads)
    if args.device == "cuda" and not torch.cuda.is_available():
        raise OneNetError("There is no CUDA device here; leave --device out to train on the processor.")
    chosen = {name: getattr(args, name) for name in TRAIN_OPTIONS if getattr(args, name) is not None}
    checkpoint = args.checkpoint or DEFAULT_CHECKPOINT
    with ProgressDisplay("it") as display:

        def show(progress: Progress) -> None:
            losses = (
                f"epoch {progress.epoch}, loss {progress.train_loss:.3f}, dev loss {progress.dev_loss:.3f}"
            )
            task = progress.stage.capitalize()
            display.show(task, progress.done, progress.total, losses if progress.epoch else "")

        card = train(
            args.data,
            checkpoint,
            TrainConfig(**chosen),
            work=args.work,
            device=args.device,
            command=" ".join(["python -m onenet", *args.arguments]),
            progress=show,
        )
    text = f"The network is in {checkpoint}.\n{json.dumps(card, indent=2)}"
    say(args, {"checkpoint": str(checkpoint), "card": card}, text)


def evaluate_network(args: argparse.Namespace) -> None:
    """Measure a network on a split of Flickr8K; print the figures and write them to a file."""
    import torch

    from onenet.evaluation.run import evaluate
    from onenet.files import replace_file
    from onenet.network.checkpoint import load_checkpoint, record_figures
    from onenet.paths import DEFAULT_CHECKPOINT

    if args.threads:
        torch.set_num_threads(args.threads)
    checkpoint = args.checkpoint or DEFAULT_CHECKPOINT
    file = args.figures or DEFAULT_CHECKPOINT.with_name(f"figures-{args.split}.json")
    with ProgressDisplay("it") as display:
        figures = evaluate(
            load_checkpoint(checkpoint),
            args.data,
            args.split,
            cache=args.work / "features",
            find=not args.no_find,
            progress=lambda what, done, total: display.show(what.capitalize(), done, total),
            notice=notice,
        )
    text = json.dumps(figures, indent=2)
    say(args, figures, text)
    try:
        replace_file(file, f"{text}\n".encode())
        if args.record:
            record_figures(checkpoint, args.split, figures)
    except OSError as error:
        raise OneNetError(f"The figures cannot be written to {file} ({error.strerror}).") from error
    notice(f"The figures are in {file}.")


def download_data(args: argparse.Namespace) -> None:
    """Fetch a data set."""
    from onenet.datasets.download import DownloadProgress, download_flickr8k

    with ProgressDisplay("B") as display:

        def show(progress: DownloadProgress) -> None:
            if progress.notice:
                notice(progress.notice)
            elif progress.phase != "done":
                task = f"{progress.phase.capitalize()} {progress.file}"
                display.show(task, progress.done_bytes, progress.total_bytes)

        folder = download_flickr8k(args.to, progress=show)
    say(args, {"folder": str(folder)}, f"Flickr8K is in {folder}.")
    notice(f"To search its photos: python -m onenet index {folder / 'Flicker8k_Dataset'}")


# --- what they share ------------------------------------------------------------------------


def load_engine(args: argparse.Namespace) -> "Engine":
    """Load the network that the arguments ask for."""
    from onenet.engine import DEFAULT_CHECKPOINT, Engine

    return Engine.load(args.checkpoint or DEFAULT_CHECKPOINT, threads=args.threads)


def nearest_photos(
    index: "ImageIndex | None", steps: "Sequence[MixStep]", besides: Sequence[str]
) -> list[str]:
    """Give for each step the nearest photo that no other step has, "" if none is like it."""
    from onenet.engine import picking_order

    found = [""] * len(steps)
    for number in picking_order(len(steps)):
        exclude = [*besides, *filter(None, found)]
        matches = index.search(steps[number].representation, 1, exclude=exclude) if index is not None else []
        found[number] = matches[0].photo if matches and matches[0].score > 0 else ""
    return found


def load_index(args: argparse.Namespace, engine: "Engine", *, must_have_photos: bool = False) -> "ImageIndex":
    """Load the index that the arguments ask for.

    Raises:
        IndexFileError: If it cannot be used, or must have photos and has none.
    """
    from onenet.search.index import ImageIndex

    index = ImageIndex.load(args.index, fingerprint=engine.fingerprint)
    if must_have_photos and not len(index):
        raise IndexFileError(
            f"The index {args.index} holds no photos; add some with: python -m onenet index FOLDER"
        )
    return index


def photos_in(paths: Sequence[Path], problems: list[str]) -> Iterator[Path]:
    """Give photos as they are and folders as the photos in them, sorted."""
    from onenet.search.index import find_photos

    for path in paths:
        if os.path.isdir(path):
            closed: list[Skipped] = []
            try:
                photos = sorted(find_photos(path, closed))
            except OneNetError as error:
                problems.append(str(error))
                continue
            problems += [f"{skipped.photo}: {skipped.reason}" for skipped in closed]
            if not photos:
                problems.append(f"There are no photos in {path}.")
            yield from photos
        else:
            yield path


def read_photos(paths: Sequence[Path], problems: list[str]) -> "list[tuple[Path, Image]]":
    """Read photos; a sentence about each that is none goes to `problems`."""
    from onenet.search.photos import read_photo

    photos = []
    for path in paths:
        try:
            photos.append((path, read_photo(path)))
        except PhotoError as error:
            problems.append(f"{path}: {error}")
    return photos


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text file, blank ones included, so that answers can keep in step."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise OneNetError(f"The descriptions in {path} cannot be read: {reason}.") from error
    return text.removesuffix("\n").split("\n") if text else []


def save_picture(picture: "Image", path: Path) -> None:
    """Write a picture, in the format that its name says.

    Raises:
        OneNetError: If its name says none.
    """
    from onenet.files import replace_file

    content = io.BytesIO()
    picture.save(content, kind_of_picture(path))
    replace_file(path, content.getvalue())


def kind_of_picture(path: Path) -> str:
    """Tell the format that a picture's name says, such as PNG.

    Raises:
        OneNetError: If it says none.
    """
    from PIL.Image import registered_extensions

    kind = registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise OneNetError(f"{path} does not say what kind of picture it is; give a name such as why.png.")
    return kind


def say_unknown(words: Sequence[str]) -> None:
    """Name the words that the network never read, if there are any."""
    if words:
        named = ", ".join(f"“{word}”" for word in words)
        notice(f"I never read {named}; I left that out.")


def say_captions(args: argparse.Namespace, path: Path, captions: "Sequence[Caption]") -> None:
    """Print the captions of one photo."""
    answer = [{"text": caption.text, "score": rounded(caption.score)} for caption in captions]
    lines = [f"{caption.score:6.2f}  {caption.text}" for caption in captions]
    text = f"{path}: {captions[0].text}" if args.n == 1 else "\n".join([str(path), *lines])
    say(args, {"photo": str(path), "captions": answer}, text)


def say_found(args: argparse.Namespace, engine: "Engine", imagined: "Imagined", index: "ImageIndex") -> None:
    """Print one answer to a description."""
    if imagined.unknown_words:
        words = ", ".join(f"“{word}”" for word in imagined.unknown_words)
        notice(f"I never read {words}; I searched for the rest.")
    found = engine.find(imagined, index, args.k)
    answer = {
        "description": imagined.description,
        "imagined": imagined.imagined,
        "matches": as_json(found.matches),
        "fits": found.fits,
        "unknown_words": list(imagined.unknown_words),
    }
    lines = [imagined.description, f"  imagined: {imagined.imagined}"]
    if found.matches and not found.fits:
        lines.append("Nothing here fits well; the closest are:")
    say(args, answer, "\n".join([*lines, as_text(found.matches)]))


def say_not_found(args: argparse.Namespace, description: str, error: DescriptionError) -> None:
    """Print the answer to a description that cannot be searched for."""
    answer: dict[str, Any] = {
        "description": description,
        "imagined": None,
        "matches": [],
        "fits": False,
        "error": str(error),
    }
    say(args, answer, f"{description}\n  {error}")


def say(args: argparse.Namespace, answer: dict[str, Any], text: str) -> None:
    """Print an answer on stdout, as JSON on one line or as text."""
    print(json.dumps(answer) if args.json else text, flush=True)


def notice(sentence: str) -> None:
    """Tell the user something on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def as_json(matches: "Sequence[Match]") -> list[dict[str, Any]]:
    """Give matches as the JSON answers have them."""
    return [{"photo": match.photo, "score": rounded(match.score)} for match in matches]


def as_text(matches: "Sequence[Match]") -> str:
    """Give matches one a line."""
    return "\n".join(f"{match.score:6.3f}  {match.photo}" for match in matches)


def words_as_json(neighbours: "Sequence[Neighbour]") -> list[dict[str, Any]]:
    """Give words as the JSON answers have them."""
    return [{"word": neighbour.word, "score": rounded(neighbour.score)} for neighbour in neighbours]


def words_as_text(neighbours: "Sequence[Neighbour]") -> str:
    """Give words one a line."""
    return "\n".join(f"{neighbour.score:6.3f}  {neighbour.word}" for neighbour in neighbours)


def rounded(score: float) -> float:
    """Leave out digits that mean nothing."""
    return round(score, 6)
