"""The words of the teacher's command, and the class that each is about."""

import argparse
import os
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from classroom import ClassError, words
from classroom.settings import FOLDER, LANGUAGES, Settings
from classroom.words import problem, say, word

MODULES = {  # each has a run(options)
    "start": "classroom.start",
    "stop": "classroom.stop",
    "status": "classroom.status",
    "update": "classroom.update",
    "forget": "classroom.people_commands",
    "code": "classroom.people_commands",
    "wheels": "classroom.wheels",
    "load": "classroom.load",
}
FOR_ANYBODY = ("wheels", "load")  # the rest needs root, and so does `load` of a class of this machine


class Parser(argparse.ArgumentParser):
    """argparse, without its English sentences."""

    def error(self, message):
        """Say in the teacher's language what the command understands.

        Args:
            message: argparse's own sentence, which is not shown.

        Raises:
            ClassError: always.
        """
        raise ClassError(f"{word('not_understood', words=' '.join(sys.argv[1:]))}\n\n{word('usage')}")


def parser():
    """What the command understands.

    Returns:
        The parser.
    """
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--folder", type=Path, default=FOLDER)
    common.add_argument("--language", choices=LANGUAGES)
    top = Parser(add_help=False, allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True, parser_class=Parser)
    made = {name: commands.add_parser(name, parents=[common], add_help=False, allow_abbrev=False) for name in MODULES}
    start = made["start"]
    for name in ("port", "places", "limit"):
        start.add_argument(f"--{name}", type=int)
    start.add_argument("--prefix")
    start.add_argument("--cert", type=Path)
    start.add_argument("--key", type=Path)
    start.add_argument("--no-tls", action="store_true")
    start.add_argument("--wheels", type=Path)
    start.add_argument("--no-ahead", action="store_true")
    start.add_argument("--new-teacher-password", action="store_true")
    load_options(made["load"])
    made["forget"].add_argument("name", nargs="+")
    made["code"].add_argument("new", nargs="?")
    made["wheels"].add_argument("target", type=Path)
    made["wheels"].add_argument("--systems", nargs="+")
    made["wheels"].add_argument("--pythons", nargs="+")
    return top


def load_options(load):
    """What `load` understands.

    Args:
        load: its parser.
    """
    load.add_argument("--learners", type=int, default=30)
    load.add_argument("--lesson", default="04")
    load.add_argument("--url")
    load.add_argument("--code")
    load.add_argument("--arrive", type=float, default=30)
    load.add_argument("--pauses", type=float, nargs=2, default=(2, 8))
    load.add_argument("--cells", type=int)
    load.add_argument("--seed", type=int, default=1)


def the_class(options):
    """The class that a command is about.

    Args:
        options: what the teacher typed.

    Returns:
        Its settings.

    Raises:
        ClassError: there is none in the folder, or its file is damaged.
    """
    try:
        settings = Settings.load(options.folder.absolute())
    except FileNotFoundError:
        raise problem("no_class", folder=options.folder) from None
    except (ValueError, TypeError):
        raise problem("class_damaged", file=options.folder / "class.json") from None
    words.use(options.language or settings.spoken)
    return settings


def main(typed):
    """Run a command.

    Args:
        typed: its words.

    Returns:
        What went wrong as a sentence, None if nothing did.
    """
    words.use(next((after for option, after in pairwise(typed) if option == "--language"), None))
    os.umask(0o022)  # whatever root's own is: learners must be able to read course and environments
    if not typed or typed[0] == "help" or {"-h", "--help"} & {*typed}:
        say("usage")
        return None
    try:
        options = parser().parse_args(typed)
        words.use(options.language)
        if options.command not in FOR_ANYBODY and os.geteuid():
            raise problem("not_root", words=" ".join(typed))
        return import_module(MODULES[options.command]).run(options)
    except ClassError as error:
        return str(error)
    except KeyboardInterrupt:
        return word("interrupted")
