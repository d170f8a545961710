"""What the teacher's command says; the sentences are in words.toml, by key and language."""

import os
import tomllib
from contextlib import suppress
from pathlib import Path

from classroom import ClassError

WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
LANGUAGES = ("uk", "ru")

chosen = LANGUAGES


def use(language):
    """Choose the language.

    Args:
        language: "uk" or "ru"; anything else leaves it to the system, which may know neither: then both are spoken.
    """
    global chosen
    if language not in LANGUAGES:
        language = (os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "")[:2]
    chosen = (language,) if language in LANGUAGES else LANGUAGES


def word(key, **values):
    """A sentence in the teacher's language.

    Args:
        key: its name in words.toml.
        values: what its places hold.

    Returns:
        The sentence, or one in each language, a line each.
    """
    return "\n".join(WORDS[key][language].strip("\n").format(**values) for language in chosen)


def in_each(tell):
    """Tell something long once for each language, so that two do not alternate line by line.

    Args:
        tell: what tells it, called without arguments.
    """
    global chosen
    every = chosen
    for language in every:
        chosen = (language,)
        tell()
    chosen = every


def say(key, **values):
    """Show a sentence.

    Args:
        key: its name in words.toml.
        values: what its places hold.
    """
    with suppress(OSError):  # the terminal may have been closed: the class goes on
        print(word(key, **values), flush=True)


def problem(key, **values):
    """A sentence as an exception to raise.

    Args:
        key: its name in words.toml.
        values: what its places hold.

    Returns:
        The exception.
    """
    return ClassError(word(key, **values))
