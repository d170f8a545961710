"""The class as the teacher sees it: who is who, and who needs help first."""

import json
from dataclasses import dataclass

from classroom import TEACHER
from classroom.board import reports, table

MANY_TRIES = 3
MANY_MINUTES = 15
SILENT_MINUTES = 10
AWAY_MINUTES = 30
LATELY_MINUTES = 10  # in which the pace of the class is counted
LEVELS = ("help", "silent", "working", "new", "away")  # from the top of the table down
LONGEST_NAME = 80


@dataclass(frozen=True)
class Person:
    """A row of the table; whoever has not begun has no `standing`."""

    place: str
    name: str
    standing: object  # a store.Standing, or None
    silent: int  # minutes since the last report

    @property
    def solved(self):
        """{key: when}."""
        return self.standing.solved if self.standing else {}

    @property
    def exercise(self):
        """The key of the exercise at hand, None if there is none."""
        return self.standing and self.standing.exercise

    @property
    def stuck_at(self):
        """The exercise at hand if it is not solved yet."""
        return self.exercise if self.exercise not in self.solved else None

    @property
    def minutes(self):
        """How long they have worked on the exercise at hand."""
        return int(self.standing.seconds // 60) if self.stuck_at else 0

    @property
    def lesson(self):
        """The table.Lesson they are in, None outside of lessons with exercises."""
        return self.standing and table.lesson_of(self.exercise or self.standing.lesson)

    @property
    def level(self):
        """Which of LEVELS they are at: the rule that stands below the table."""
        if not self.standing:
            return "new"
        if self.silent >= AWAY_MINUTES:
            return "away"
        if self.stuck_at and (self.standing.tries >= MANY_TRIES or self.minutes >= MANY_MINUTES):
            return "help"
        return "silent" if self.silent >= SILENT_MINUTES else "working"

    @property
    def rank(self):
        """What the table is sorted by."""
        tries = self.standing.tries if self.stuck_at else 0
        return LEVELS.index(self.level), -tries, -self.minutes, -self.silent, self.name.casefold(), self.place


class Names:
    """Who sits where, as the entrance writes it; where there is no such file, a hub's name is the person's own."""

    def __init__(self, path):
        self.path, self.changed, self.known, self.languages = path, None, None, {}

    def read(self):
        """{place: name}; None where there is no file. A damaged file changes nothing."""
        try:
            changed = self.path.stat().st_mtime_ns
            if changed != self.changed:
                found = json.loads(self.path.read_text(encoding="utf-8"))
                self.known = {place: shown_name(one["name"]) or place for place, one in found.items()}
                self.languages = {place: one.get("language") for place, one in found.items()}
                self.changed = changed
        except FileNotFoundError:
            self.known = self.changed = None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass
        return self.known


def shown_name(name):
    """A person's name, fit to be shown."""
    return reports.one_line(name, LONGEST_NAME)


def people(standings, names, now):
    """Everybody of the class, those who need help first.

    Args:
        standings: {place: Standing}.
        names: {place: name}, or None: then those who have reported.
        now: the time, in seconds.

    Returns:
        A list of Person.
    """
    found = []
    for place, name in (names if names is not None else {place: place for place in standings}).items():
        standing = standings.get(place)
        silent = int(max(now - standing.seen, 0) // 60) if standing else 0
        if place != TEACHER:
            found.append(Person(place, name, standing, silent))
    return sorted(found, key=lambda person: person.rank)


def totals(everybody, now):
    """What stands above the table.

    Args:
        everybody: a list of Person.
        now: the time, in seconds.

    Returns:
        {name: number}.
    """
    here = [person for person in everybody if person.level not in ("new", "away")]
    times = [at for person in everybody for at in person.solved.values()]
    return {
        "all": len(everybody),
        "here": len(here),
        "help": sum(person.level == "help" for person in everybody),
        "solved": len(times),
        "lately": sum(at > now - 60 * LATELY_MINUTES for at in times),
        "minutes": LATELY_MINUTES,
    }


def in_lesson(everybody, number):
    """Those who are in a lesson or have solved something of it.

    Args:
        everybody: a list of Person.
        number: the lesson's, None for all.

    Returns:
        A list of Person, in the same order.
    """
    lesson = table.lessons().get(number)
    if lesson is None:
        return everybody
    return [one for one in everybody if one.lesson is lesson or set(one.solved) & set(lesson.keys)]
