"""Run a Bot API server with a chat page, for whoever tests a bot: `python -m bot.local`."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from onenet.errors import OneNetError
from onenet.process import is_missing_package, missing_package, prepare_streams, printable

_LOOK_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; the exit code is 2 when something has to be put right first."""
    prepare_streams()
    options = _read(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, lambda *_: ended.set())
    try:
        from bot.local.bots import AnyBotServer  # needs packages that may be missing

        with _folder(options.data) as folder:
            server = AnyBotServer(folder, host=options.host, port=options.port, tokens=options.token)
            with server:
                _announce(server.url, options.data)
                while not ended.wait(_LOOK_S) and server.is_alive:
                    pass
                return 0 if server.is_alive else 1
    except ModuleNotFoundError as error:
        if not is_missing_package(error):
            raise
        print(missing_package(error), file=sys.stderr)
        return 2
    except OneNetError as error:
        print(printable(str(error)), file=sys.stderr)
        return 2


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bot.local",
        description="A Bot API server with a chat page, for whoever tests a Telegram bot; any token will do.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    parser.add_argument("--port", type=int, default=8300, help="0 takes a free one (%(default)s)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the chats here (default: not at all)")
    parser.add_argument(
        "--token", action="append", default=[], metavar="TOKEN", help="take only this; may be repeated"
    )
    return parser.parse_args(arguments)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with TemporaryDirectory(prefix="bot-api-") as folder:
        yield Path(folder)


def _announce(url: str, data: Path | None) -> None:
    print(f"The chat page is at {url} (Ctrl-C ends it).")
    print(f"Bots take {url}/bot as their base URL, and {url}/file/bot for files; any token will do.")
    kept = f"kept in {data}" if data else "forgotten at the end; --data DIR keeps them"
    print(printable(f"The chats are {kept}."), flush=True)


if __name__ == "__main__":
    sys.exit(main())
