"""The words of the command: build, serve, measure."""

import argparse
import errno
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from browser import BrowserError, words
from browser.tools import NOTEBOOKS
from browser.words import LANGUAGES, say, word

SITE = NOTEBOOKS / "site"


class Parser(argparse.ArgumentParser):
    """argparse, without its English sentences."""

    def error(self, message):
        """Say in the language of whoever runs it what the command understands."""
        raise BrowserError(f"{word('not_understood', words=' '.join(sys.argv[1:]))}\n\n{word('usage')}")


def parser():
    """What the command understands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--folder", type=Path, default=SITE)
    common.add_argument("--language", choices=LANGUAGES)
    top = Parser(add_help=False, allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name in ("build", "serve", "measure"):
        made = commands.add_parser(name, parents=[common], add_help=False, allow_abbrev=False)
        made.set_defaults(module=f"browser.{name}")
        if name == "serve":
            made.add_argument("--port", type=int, default=8000)
    return top


def main(typed):
    """Run a command.

    Args:
        typed: its words.

    Returns:
        What went wrong as a sentence, None if nothing did.
    """
    words.use(next((after for option, after in pairwise(typed) if option == "--language"), None))
    if not typed or typed[0] == "help" or {"-h", "--help"} & {*typed}:
        say("usage")
        return None
    try:
        options = parser().parse_args(typed)
        options.folder = options.folder.absolute()
        options.option = "" if options.folder == SITE else f' --folder "{options.folder}"'  # for a command to copy
        import_module(options.module).run(options)
    except BrowserError as error:
        return str(error)
    except KeyboardInterrupt:
        return word("interrupted")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return word("no_space")
        raise
    return None
