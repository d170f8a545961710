"""What the teacher's book takes from the exercises: where people get stuck, and the sentence that frees them."""

import json
import re
from pathlib import Path

from . import words
from .attempts import attempts_of
from .contents import lessons
from .exercises import all_exercises, words_of
from .words import problem, say, word

NOTEBOOKS = Path(__file__).resolve().parents[1]
PLACES = re.compile(r"\{\w+\}(?:(?:, )?\{\w+\})*")


def stuck(number, *mistakes):
    """Show mistakes of an exercise: what check() says of each, and what frees whoever has made it.

    The sentences are the exercise's own, with … where check() names something of the learner's.

    Args:
        number: the exercise, "05.1".
        mistakes: the keys of its faults, each the outcome of one of its attempts; without any, all of them.
    Raises:
        CourseError: there is no such exercise, or no attempt of it makes such a mistake.
    """
    if number not in all_exercises():
        raise problem("no_exercise", number=number, exercises=", ".join(all_exercises()))
    folder = all_exercises()[number]
    made = {attempt.fault: None for attempt in attempts_of(folder).wrong if attempt.fault in words_of(folder)}
    if unknown := [mistake for mistake in mistakes if mistake not in made]:
        raise problem("no_mistake", number=number, mistake=unknown[0], mistakes=", ".join(made))
    rows = ["| " + " | ".join(sentences(folder, mistake)) + " |" for mistake in mistakes or made]
    say("\n".join([f"**{number}. {title(number)}**", "", word("stuck_table"), "|---|---|", *rows]))


def sentences(folder, mistake):
    """What check() says of a mistake the first time and, where it has more to say, the second time."""
    found = words_of(folder)[mistake][words.language]
    first, *stronger = [found] if isinstance(found, str) else found
    for sentence in (first, *(stronger or [first])):
        shown = PLACES.sub("…", sentence).replace("….", "…").replace("|", "\\|")
        yield shown[0].upper() + shown[1:]


def title(number):
    """An exercise's title as its page has it."""
    lesson, _, count = number.partition(".")
    page = NOTEBOOKS / words.language / f"{lessons()[lesson].file}.ipynb"
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    heading = next(line for cell in cells if cell["id"] == f"ex{count}" for line in cell["source"])
    return heading.strip().partition(". ")[2]
