"""The author's command: `python notebooks/author ru 04`, from any folder."""

import sys
from importlib import import_module
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # where `author` and `course` are, in place of this folder
COMMANDS = (
    "measure",
    "new",
    "slides",
    "wheels",
)  # each a module of this package with a main(); any other first word is a language to refresh


def main(*words):
    """Run a command; return what went wrong, None if nothing did."""
    if words and words[0] in COMMANDS:
        return import_module(f"author.{words[0]}").main(*words[1:])
    return import_module("author.refresh").main(*words)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
