"""Run the bot: `python bot.py`, see `bot/__main__.py`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python may well be what is called python3 here
    sys.exit("One Network needs Python 3.11 or later; this is " + sys.version.split()[0] + ".")

from bot.__main__ import run

if __name__ == "__main__":
    run()
