"""The class as a picture for the wall: a row for each exercise, a square for each person, no names."""

from dataclasses import dataclass

from classroom.board import table

WIDTH, HEIGHT = 1280, 720
TOP, MARGIN, BETWEEN = 118, 40, 48
MOST_IN_COLUMN = 7
LETTER = 0.56  # of the size of the type: how wide a letter is on average
TITLE, LARGEST_SQUARE = 30, 44
COUNTS = 10  # letters to the right of a title


@dataclass(frozen=True)
class Square:
    """A person's square: "solved", "now" or "not_yet"."""

    kind: str
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Row:
    """An exercise, or a lesson of the whole course."""

    key: str
    title: str
    solved: int
    now: int
    x: float
    y: float
    right: float
    squares: list


def rows(everybody, lesson, language):
    """The rows of the picture, with their places on it.

    Args:
        everybody: a list of people.Person.
        lesson: the table.Lesson, None for the whole course.
        language: of the titles.

    Returns:
        A list of Row.
    """
    counted = count(everybody, lesson)
    columns = -(-len(counted) // MOST_IN_COLUMN)
    in_column = -(-len(counted) // columns)
    width = (WIDTH - 2 * MARGIN - (columns - 1) * BETWEEN) / columns
    height = (HEIGHT - TOP - 20) / in_column
    found = []
    for n, (key, solved, now) in enumerate(counted):
        x = MARGIN + (n // in_column) * (width + BETWEEN)
        y = TOP + (n % in_column) * height
        title = f"{key}. {table.lesson_of(key).title(key, language)}"
        title = cut(title, int(width / (TITLE * LETTER)) - COUNTS)
        drawn = squares(solved, now, len(everybody), x, y + TITLE + 10, (width, height - TITLE - 24))
        found.append(Row(key, title, solved, now, x, y + TITLE - 4, x + width, drawn))
    return found


def count(everybody, lesson):
    """[(key, how many have solved it, how many are at it now)]; a lesson is solved when all its exercises are."""
    here = [person for person in everybody if person.level not in ("new", "away")]
    if lesson:
        return [
            (key, sum(key in one.solved for one in everybody), sum(one.stuck_at == key for one in here))
            for key in lesson.keys
        ]
    found = []
    for each in table.lessons().values():
        done = [one for one in everybody if set(each.keys) <= set(one.solved)]
        found.append((each.number, len(done), sum(one.lesson is each and one not in done for one in here)))
    return found


def squares(solved, now, everybody, x, y, room):
    """The squares of a row: those who have solved it, those who are at it, the others.

    Args:
        solved, now, everybody: how many.
        x, y: where they begin.
        room: the (width, height) they may take; they stand in as many lines as lets them be largest.

    Returns:
        A list of Square.
    """
    in_line, step = 1, 0
    for lines in range(1, 6):
        each = max(-(-everybody // lines), 1)
        if (size := min(room[0] / each, room[1] / lines, LARGEST_SQUARE)) > step:
            in_line, step = each, size
    kinds = ["solved"] * solved + ["now"] * now
    kinds += ["not_yet"] * (everybody - len(kinds))
    places = [(x + n % in_line * step, y + n // in_line * step) for n in range(everybody)]
    return [
        Square(kind, round(left, 1), round(top, 1), round(step * 0.86, 1))
        for kind, (left, top) in zip(kinds, places, strict=True)
    ]


def cut(title, longest):
    """A title of so many letters at most."""
    return title if len(title) <= longest else f"{title[: longest - 1].rstrip()}…"
