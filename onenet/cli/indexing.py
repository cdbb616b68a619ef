"""The verb `index`: a folder, a list or an address of photos brought into an index; an index copied."""

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.cli.inputs import LateEngine, load_index, open_index
from onenet.cli.output import notice, say
from onenet.cli.parser import GOES_ON, Verbs, add_index, add_precision, at_least_one, index_place
from onenet.errors import OneNetError, TryAgainError
from onenet.paths import DEFAULT_CHECKPOINT, DEFAULT_INDEX, shown_url
from onenet.precision import FLOAT32
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from onenet.indexing.encoding import Encoded
    from onenet.indexing.update import ArchiveProgress
    from onenet.search.folder import FolderChanges
    from onenet.search.index import ImageIndex, PhotoRecord, Skipped
    from onenet.search.milvus import MilvusIndex

# Everything that is large is imported where it is used, so that --help answers at once.


def add_verbs(verbs: Verbs) -> None:
    """Add the verb of this file."""
    verb = verbs.add_with_network("index", index_photos, stopped=GOES_ON)
    add_precision(verb)
    verb.add_argument(
        "place",
        nargs="?",
        metavar="FOLDER|LIST|ADDRESS",
        help="folder, text file with a path or address a line, or an address such as s3://bucket/photos",
    )
    verb.add_argument(
        "--copy-to", type=index_place, metavar="FILE|URL", help="copy the index into another one instead"
    )
    verb.add_argument("--prune", action="store_true", help="forget photos also if the folder has lost most")
    verb.add_argument("--verbose", action="store_true", help="name each file that is left out")
    verb.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="encode on a Ray cluster: 10.0.0.1:6379, ray://10.0.0.1:10001, or local for this machine",
    )
    verb.add_argument("--workers", type=at_least_one, metavar="N", help="of the cluster, at most (all)")
    verb.add_argument(
        "--failures", type=Path, metavar="FILE", help="list what is left out, and why, a line of JSON each"
    )
    add_index(verb)


def index_photos(args: argparse.Namespace) -> None:
    """Bring the index up to date with a folder, a list or an address of photos, or copy it."""
    if (args.place is None) == (args.copy_to is None):
        raise OneNetError("Give either a folder of photos or --copy-to FILE|URL.")
    if args.workers is not None and args.ray is None:
        raise OneNetError("--workers is about a cluster; give --ray ADDRESS too, or --ray local.")
    engine = LateEngine(args)  # most often no photo is new
    if args.copy_to is not None:
        copy_photos(args, engine)
    elif args.ray is None and args.failures is None and _is_folder(args.place):
        index_folder(args, engine)
    else:
        index_archive(args, engine)


def index_folder(args: argparse.Namespace, engine: LateEngine) -> None:
    """Bring the index up to date with a folder."""
    from onenet.search.folder import IndexProgress, update_index

    progress = IndexProgress(0, 0, 0, 0, ())
    with opened_for_writing(args.index, engine) as index:
        steps = update_index(
            index,
            Path(args.place),
            engine.represent,
            prepare=engine.prepare,
            path=None if isinstance(args.index, str) else args.index,
            patience_s=0.0 if args.prune else math.inf,
        )
        with ProgressDisplay("photo") as display, closing(steps):
            for progress in steps:
                display.show("Indexing", progress.done, progress.total)
            sort_index(args.index, display)
    say_left_out(progress.skipped, verbose=args.verbose)
    if progress.missing:
        notice(
            f"{progress.missing} photos that were in {args.place} are not there any more. Is a drive not "
            "connected? They are kept; to forget them, give --prune."
        )
    answer = {
        "folder": args.place,
        "index": shown_url(args.index),
        "photos": len(index),
        "added": progress.added,
        "removed": progress.removed,
        "missing": progress.missing,
        "skipped": [{"photo": skipped.photo, "reason": skipped.reason} for skipped in progress.skipped],
    }
    missing = f", {progress.missing} missing" if progress.missing else ""
    say(
        args,
        answer,
        f"{len(index)} photos in {answer['index']}: {progress.added} added, {progress.removed} removed"
        f"{missing}, {len(progress.skipped)} left out.",
    )


def index_archive(args: argparse.Namespace, engine: LateEngine) -> None:
    """Bring the index up to date with a list or an address, or with any archive on a cluster."""
    from onenet.indexing.sources import changes_in
    from onenet.indexing.update import update_archive

    if args.ray is not None:
        from onenet.indexing.cluster import be_quiet

        be_quiet()
    begun = time.monotonic()
    failures = args.failures or _failures_beside(args.index)
    with opened_for_writing(args.index, engine) as index, ProgressDisplay("photo") as display:
        changes = _settled(index, args.place, changes_in(index, args.place), prune=args.prune)
        with encoding(args, engine, changes.added) as encoded:
            path = None if isinstance(args.index, str) else args.index
            with closing(update_archive(index, changes, encoded, path=path, failures=failures)) as steps:
                for progress in steps:
                    display.show("Indexing", progress.done, progress.total, _speed(progress))
        sort_index(args.index, display)
        photos = len(index)
    if progress.failed:
        are = "1 photo is" if progress.failed == 1 else f"{progress.failed} photos are"
        notice(f"{are} left out; {failures} says which, and why.")
    if progress.missing:
        notice(
            f"{progress.missing} photos that were at {args.place} are not there any more. They are kept; to "
            "forget them, give --prune."
        )
    seconds = time.monotonic() - begun
    answer = {
        "folder": args.place,
        "index": shown_url(args.index),
        "photos": photos,
        "added": progress.added,
        "removed": progress.removed,
        "missing": progress.missing,
        "left_out": progress.failed,
        "failures": str(failures) if progress.failed else None,
        "workers": len(progress.workers),
        "seconds": round(seconds, 1),
    }
    missing = f", {progress.missing} missing" if progress.missing else ""
    say(
        args,
        answer,
        f"{photos} photos in {answer['index']}: {progress.added} added, {progress.removed} removed{missing}, "
        f"{progress.failed} left out. It took {seconds:.0f} s{_by_whom(progress)}.",
    )


@contextmanager
def encoding(
    args: argparse.Namespace, engine: LateEngine, records: "Sequence[PhotoRecord]"
) -> "Iterator[Iterator[Encoded]]":
    """Have photos encoded as the arguments ask for: by this program, or on a cluster."""
    from onenet.indexing.encoding import PhotoEncoder, encode

    if args.ray is None or not records:
        with closing(encode(records, engine.prepare, engine.represent)) as encoded:
            yield encoded
        return
    from onenet.indexing.cluster import encode_on_cluster, joined

    threads = args.threads or 1
    with joined(args.ray, cpus=None if args.workers is None else args.workers * threads):
        checkpoint, precision = args.checkpoint or DEFAULT_CHECKPOINT, args.precision or FLOAT32
        encoder = PhotoEncoder.of_file(checkpoint, precision=precision)
        if encoder.fingerprint != engine.fingerprint:
            raise TryAgainError("The network was replaced just now; start the command again.")
        with closing(encode_on_cluster(records, encoder, workers=args.workers, threads=threads)) as encoded:
            yield encoded


def _is_folder(place: str) -> bool:
    """Whether a place is none of those that a folder is not; one that does not exist is taken for one."""
    from onenet.indexing.addresses import is_address

    return not is_address(place) and not Path(place).is_file()


def _settled(
    index: "ImageIndex | MilvusIndex", place: str, changes: "FolderChanges", *, prune: bool
) -> "FolderChanges":
    """Decide what becomes of photos that have gone all at once."""
    from onenet.search.folder import note_missing

    if prune:
        missing = [photo for photos in changes.missing.values() for photo in photos]
        changes = replace(changes, removed=sorted([*changes.removed, *missing]), missing={})
    if _is_folder(place):
        note_missing(index, Path(place), changes, math.inf)
    return changes


def _failures_beside(place: Path | str) -> Path:
    """Choose where failures are listed: beside a file, also one of Milvus Lite; else where one would be."""
    from onenet.search.milvus_connection import file_of

    path = place if isinstance(place, Path) else DEFAULT_INDEX
    if isinstance(place, str) and place.startswith("file:"):
        path = Path(file_of(place))
    return path.with_name(f"{path.name}.failures.jsonl")


def _speed(progress: "ArchiveProgress") -> str:
    if not progress.photos_a_second:
        return ""
    workers = len(progress.workers)
    return f"{progress.photos_a_second:.0f} photos a second" + (f", {workers} workers" if workers > 1 else "")


def _by_whom(progress: "ArchiveProgress") -> str:
    machines = {worker.partition("/")[0] for worker in progress.workers if worker}
    if not machines:
        return ""
    workers = len(progress.workers)
    return (
        f" with {workers} {'worker' if workers == 1 else 'workers'} on {len(machines)} "
        f"{'machine' if len(machines) == 1 else 'machines'}"
    )


def copy_photos(args: argparse.Namespace, engine: LateEngine) -> None:
    """Copy all photos of the index into another one, whose own stay."""
    from onenet.search.copying import copy_index

    source = load_index(args, engine)
    with opened_for_writing(args.copy_to, engine) as target, ProgressDisplay("photo") as display:
        for done, total in copy_index(source, target):
            if not isinstance(args.copy_to, str):
                target.save(args.copy_to)
            display.show("Copying", done, total)
        if not isinstance(args.copy_to, str):  # what could not be read too
            target.save(args.copy_to)
        sort_index(args.copy_to, display)
        answer = {"index": shown_url(args.index), "copy": shown_url(args.copy_to), "photos": len(target)}
    say(args, answer, f"{answer['photos']} photos in {answer['copy']}, copied from {answer['index']}.")


@contextmanager
def opened_for_writing(place: "Path | str", engine: LateEngine) -> "Iterator[ImageIndex | MilvusIndex]":
    """Open an index, or begin one; who writes a file just now is waited for. Milvus lets several write."""
    from onenet.files import held
    from onenet.search.index import ImageIndex

    if isinstance(place, str):
        yield open_index(place, engine)
        return
    with held(place, waiting=lambda: notice(f"Another program is writing {place}; waiting for it.")):
        yield open_index(place, engine) if place.exists() else ImageIndex(engine.fingerprint)


def sort_index(place: "Path | str", display: ProgressDisplay) -> None:
    """Sort an index file if much of it is new, so that it is searched quickly."""
    from onenet.search.compaction import compact

    if not isinstance(place, str):
        for share in compact(place):
            display.show("Sorting", round(100 * share), 100)


def say_left_out(skipped: "Sequence[Skipped]", *, verbose: bool) -> None:
    """Say how many files could not be read; name them if there is but one, or if that is wanted."""
    if verbose or len(skipped) == 1:
        for each in skipped:
            notice(f"{each.photo} is left out: {each.reason}")
    elif skipped:
        notice(f"{len(skipped)} files are left out, since they cannot be read; --verbose names them.")
