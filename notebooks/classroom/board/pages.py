"""The board's pages: what they show, and how it is said in two languages."""

import csv
import hashlib
import io
import time
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from tornado.template import Loader

from classroom.board import PREFIX, people, table, wall

HERE = Path(__file__).parent
WORDS = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
TEMPLATES = Loader(str(HERE / "templates"), autoescape="xhtml_escape")
FORMULA = tuple("=+-@＝＋－＠|%\t\r\n")  # what a spreadsheet may take for the beginning of one


class Reader:
    """Whoever reads a page: the language, and how things are said in it. Templates know it as `reader`."""

    def __init__(self, language, base="/", prefix=PREFIX):
        """Remember the language.

        Args:
            language: of the page.
            base: where the hub's addresses begin.
            prefix: where the board's own addresses begin.
        """
        self.language, self.base, self.prefix = language, base, prefix

    def word(self, key, **values):
        """The sentence `key` of words.toml."""
        return WORDS[key][self.language].format(**values)

    def address(self, path, **asked):
        """An address of the board, in the language of the page unless another is asked for."""
        asked = {"lang": self.language} | {name: value for name, value in asked.items() if value}
        return f"{self.prefix}{path}?{urlencode(asked)}"

    def static(self, name):
        """The address of a file of static/; it changes with the file, since browsers keep it."""
        return f"{self.prefix}static/{name}?v={fingerprint(name)}"

    def lesson(self, lesson):
        """A lesson by number and title."""
        return self.word("lesson", number=lesson.number, title=lesson.title(lesson.number, self.language))

    def where(self, person):
        """The lesson that somebody is in."""
        if person.lesson:
            return self.lesson(person.lesson)
        return self.word("cheat_sheet" if person.standing and person.standing.lesson else "no_lesson")

    def at_hand(self, person):
        """The exercise at hand by number and title, "" if there is none."""
        key = person.exercise
        return f"{key}. {table.lesson_of(key).title(key, self.language)}" if key else ""

    def ago(self, minutes):
        """How long ago something was."""
        for unit, length in (("days_ago", 1440), ("hours_ago", 60), ("minutes_ago", 1)):
            if minutes >= length:
                return self.word(unit, n=minutes // length)
        return self.word("just_now")

    def bars(self, person, chosen):
        """The bars of progress(), of the lesson chosen, or of those that somebody is in or has begun.

        Returns:
            A list of (lesson, bar, how many are solved).
        """
        found = []
        for lesson in table.lessons().values():
            marks = [key in person.solved for key in lesson.keys]
            if lesson.number == chosen or (not chosen and (any(marks) or lesson is person.lesson)):
                bar = "✓" if all(marks) else "".join("■" if mark else "□" for mark in marks)
                found.append((lesson, bar, sum(marks)))
        return found

    def rule(self):
        """The rule of the order, with its numbers."""
        return self.word(
            "rule",
            tries=people.MANY_TRIES,
            minutes=people.MANY_MINUTES,
            silent=people.SILENT_MINUTES,
            away=people.AWAY_MINUTES,
        )


@cache
def fingerprint(name):
    """What tells a file of static/ from an older one."""
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]


def render(template, reader, **values):
    """A page or a part of one.

    Args:
        template: the file's name in templates/.
        reader: the Reader.
        values: what else the template wants.

    Returns:
        HTML as bytes; what people have written is escaped in it.
    """
    return TEMPLATES.load(template).generate(reader=reader, table=table, languages=table.LANGUAGES, **values)


def spreadsheet(everybody, reader):
    """Who solved what and when, for a spreadsheet: a semicolon between cells, as Excel wants it here.

    Args:
        everybody: a list of people.Person.
        reader: the Reader.

    Returns:
        The file's text.
    """
    keys = [key for lesson in table.lessons().values() for key in lesson.keys]
    file = io.StringIO()
    rows = csv.writer(file, delimiter=";", lineterminator="\r\n")
    rows.writerow([reader.word(f"csv_{name}") for name in ("place", "name", "solved", "seen")] + keys)
    for person in sorted(everybody, key=lambda person: person.place):
        seen = moment(person.standing.seen) if person.standing else ""
        times = [moment(person.solved[key]) if key in person.solved else "" for key in keys]
        rows.writerow([harmless(person.place), harmless(person.name), len(person.solved), seen, *times])
    return file.getvalue()


def moment(seconds):
    """A time as people and spreadsheets read it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def harmless(text):
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def picture(everybody, chosen, reader):
    """What the template of the picture wants.

    Args:
        everybody: a list of people.Person.
        chosen: the number of a lesson, "all", or "" for the one that most are in.
        reader: the Reader.

    Returns:
        {name: value}.
    """
    lesson = table.lessons().get(chosen or lesson_of_most(everybody))
    heading = reader.lesson(lesson) if lesson else reader.word("whole_course")
    return {
        "heading": wall.cut(heading, 48),
        "legend": 120 + len(reader.word("wall_legend_solved")) * 14,
        "rows": wall.rows(everybody, lesson, reader.language),
        "width": wall.WIDTH,
        "height": wall.HEIGHT,
    }


def lesson_of_most(everybody):
    """The number of the lesson that most of those who are here are in; the first one if nobody is."""
    here = Counter(one.lesson.number for one in everybody if one.lesson and one.level != "away")
    return here.most_common(1)[0][0] if here else next(iter(table.lessons()))
