"""What the board knows of the course: lessons and exercises by the course's own table, their titles by the pages."""

import json
import re
from dataclasses import dataclass
from functools import cache

from course import contents
from course.exercises import all_exercises

LANGUAGES = contents.LANGUAGES
NOTEBOOKS = contents.TABLE.parents[1]
HEADING = re.compile(r"^### (\d+)\. (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """A lesson that has exercises: its number, their keys, and the titles {language: {key or number: title}}."""

    number: str
    keys: tuple
    titles: dict

    def title(self, key, language):
        """What a page calls the lesson or an exercise of it.

        Args:
            key: the lesson's number or an exercise's key.
            language: of the page.

        Returns:
            The title; the key where the page has none.
        """
        return self.titles[language].get(key, key)


@cache
def lessons():
    """{number: Lesson} in the order of the course, those with exercises."""
    found = {}
    for number, row in contents.lessons().items():
        if keys := tuple(key for key in all_exercises() if key.startswith(f"{number}.")):
            titles = {language: page_titles(language, row.file, number) for language in LANGUAGES}
            found[number] = Lesson(number, keys, titles)
    return found


def lesson_of(key):
    """The Lesson of an exercise, or of a lesson's number; None for anything else."""
    return lessons().get((key or "").partition(".")[0])


def page_titles(language, file, number):
    """The titles that a page gives its lesson and its exercises; none if it cannot be read, which is no trouble."""
    try:
        cells = json.loads((NOTEBOOKS / language / f"{file}.ipynb").read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return {}
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    titles = {f"{number}.{match[1]}": plain(match[2]) for text in texts for match in HEADING.finditer(text)}
    return titles | {number: plain(texts[0].splitlines()[0])}


def plain(heading):
    """A heading without its marks."""
    return heading.replace("`", "").strip("# ")
