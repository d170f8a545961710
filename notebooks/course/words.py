"""What the helper says to the reader, in the reader's language, and how it says it. The sentences are in words.json."""

import json
from pathlib import Path

from IPython.display import display

WORDS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

language = "ru"
last_said = ""


class CourseError(Exception):
    """A mistake the reader can mend; a notebook shows its one sentence and no stack trace."""

    def _render_traceback_(self):
        return [str(self)]


def use(name):
    """Choose the reader's language, "ru" or "uk"."""
    global language
    language = name


def word(key, **values):
    """The sentence `key` in the reader's language."""
    return WORDS[key][language].format(**values)


def say(text):
    """Show a sentence as an output that is marked as the helper's own words."""
    global last_said
    last_said = text.replace("`", "")
    display({"text/markdown": text, "text/plain": last_said}, raw=True, metadata={"course": "words"})


def problem(key, **values):
    """The sentence `key` as an exception to raise."""
    return CourseError(word(key, **values))
