"""What the command says; the sentences are in words.toml, by key and language."""

import os
import tomllib
from pathlib import Path

from browser import BrowserError

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
    """A sentence in the language of whoever runs the command, or one in each language, a line each."""
    return "\n".join(WORDS[key][language].strip("\n").format(**values) for language in chosen)


def say(key, **values):
    """Show a sentence at once."""
    print(word(key, **values), flush=True)


def problem(key, **values):
    """A sentence as an exception to raise."""
    return BrowserError(word(key, **values))
