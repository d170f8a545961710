"""Reading what a learner's kernel sends. A learner may send anything, so nothing of it is believed unread."""

import json
import unicodedata
from collections import defaultdict, deque
from dataclasses import dataclass

from course import contents
from course.exercises import all_exercises

LARGEST = 16_384  # bytes of a report; the largest honest one has some 2,000
LONGEST = 300  # characters of a sentence
MOST_COUNTED = 999  # tries and hints that are told apart


@dataclass(frozen=True)
class Report:
    """What a learner's kernel says: where they stand, and {keys} of what is solved, None if it cannot tell."""

    language: str
    lesson: str | None
    exercise: str | None
    tries: int
    hints: int
    said: str
    solved: frozenset | None


def read(body):
    """A report out of the body of a request; names that the course does not know are dropped.

    Args:
        body: bytes.

    Returns:
        The Report.

    Raises:
        ValueError: it is no report.
    """
    try:
        sent = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(sent, dict) or sent.get("language") not in contents.LANGUAGES:
        raise ValueError("no report")
    solved = sent.get("solved")
    return Report(
        language=sent["language"],
        lesson=known(sent.get("lesson"), [*contents.lessons(), *contents.CHEAT_SHEETS]),
        exercise=known(sent.get("exercise"), all_exercises()),
        tries=count(sent.get("tries")),
        hints=count(sent.get("hints")),
        said=one_line(sent.get("said"), LONGEST),
        solved=frozenset(k for k in solved if known(k, all_exercises())) if isinstance(solved, list) else None,
    )


def known(name, names):
    """A name if it is one of those, else None."""
    return name if isinstance(name, str) and name in names else None


def count(value):
    """A number from 0 to MOST_COUNTED; 0 for what is none."""
    return min(max(value, 0), MOST_COUNTED) if isinstance(value, int) and not isinstance(value, bool) else 0


def one_line(text, longest):
    """A text as one line that cannot disturb the lines around it.

    Args:
        text: anything; what is no text is "".
        longest: how many characters are kept.

    Returns:
        The text without control characters, marks of direction and halves of characters.
    """
    if not isinstance(text, str):
        return ""
    return " ".join("".join(" " if disturbs(char) else char for char in text[: 4 * longest]).split())[:longest]


def disturbs(char):
    """Whether a character is one for machines. Joiners stay: names of some scripts and emoji need them."""
    kind = unicodedata.category(char)
    return kind in ("Cc", "Cs", "Co", "Zl", "Zp") or (kind == "Cf" and char not in "\u200c\u200d")


class Pace:
    """How often something has happened lately, for each name."""

    def __init__(self, most, period=10):
        self.most, self.period, self.times = most, period, defaultdict(deque)

    def allows(self, name, now):
        """Whether it may happen once more; if so it counts.

        Args:
            name: whose pace it is.
            now: the time, in seconds.

        Returns:
            True or False.
        """
        times = self.times[name]
        while times and times[0] <= now - self.period:
            times.popleft()
        if len(times) >= self.most:
            return False
        times.append(now)
        return True
