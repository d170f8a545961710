"""The teacher's board without its hub: what it believes, keeps, puts on top and shows."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import pytest

from author.prose import faults
from classroom.board import pages, people, reports, table, wall
from classroom.board.store import Store
from course import contents
from course.exercises import all_exercises

NOTEBOOKS = Path(pages.__file__).parents[2]
NOW = 1_800_000_000.0
STATE = {
    "language": "uk",
    "lesson": "05",
    "exercise": "05.2",
    "tries": 2,
    "hints": 1,
    "said": "Ще не все",
    "solved": ["05.1"],
}
EVIL = "\"><script>alert(1)</script>&amp;'\u202e"
NAMES = ["Оленка", EVIL, "נורה", "👩🏽‍🏫 Ганна", "=1+1", "W" * 80, "Z̸̢̛a̷l̴g̸o̵", "&lt;b&gt;"]


def sent(**changes):
    """A report as a kernel sends it, with changes."""
    return reports.read(json.dumps(STATE | changes).encode())


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "board.sqlite")
    yield store
    store.close()


def class_of(store, names, at=NOW):
    return people.people(
        store.standings(at), {f"cl-{n:02}": people.shown_name(name) for n, name in enumerate(names, 1)}, at
    )


# What is believed


def test_an_honest_report_is_read():
    report = sent()
    assert (report.lesson, report.exercise, report.tries, report.hints) == ("05", "05.2", 2, 1)
    assert report.said == "Ще не все" and report.solved == {"05.1"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"5",
        b'"uk"',
        b"{}",
        b'{"language": "en"}',
        b'{"language": ["uk"]}',
        b'{"language": {"uk": 1}}',
        b"[" * 16_000,
        b'{"a":' * 3_000,
        b'{"language": "uk", "tries": ' + b"9" * 8_000 + b"}",
        b'{"language": "uk"',
    ],
)
def test_what_is_no_report_is_refused_by_one_kind_of_error(body):
    with pytest.raises(ValueError):
        reports.read(body)


@pytest.mark.parametrize("odd", [None, True, -5, 1.5, "7", [], {}, float("nan"), 10**30])
def test_odd_values_do_no_harm(odd):
    report = sent(lesson=odd, exercise=odd, tries=odd, hints=odd, said=odd, solved=odd)
    assert report.lesson is None and report.exercise is None and 0 <= report.tries <= reports.MOST_COUNTED
    assert report.said in ("", "7") and report.solved in (None, frozenset())


def test_names_that_the_course_does_not_know_are_dropped():
    report = sent(lesson="99", exercise="05.77", solved=["05.1", "../..", "05.1", 5, None, ["05.1"], {"a": 1}, "<b>"])
    assert (report.lesson, report.exercise, report.solved) == (None, None, {"05.1"})
    assert sent(lesson="cheatsheet").lesson == "cheatsheet"


def test_a_sentence_is_cut_and_cannot_disturb_its_line():
    assert len(sent(said="я" * 5_000).said) == reports.LONGEST
    assert sent(said="a\x00b\r\nc\u202ed\u2066e\u2028f\ud800g\x1b[31m").said == "a b c d e f g [31m"
    assert sent(said="👩🏽‍🏫").said == "👩🏽‍🏫"


def test_a_flood_is_forgiven_after_a_while_and_is_nobody_elses():
    pace = reports.Pace(3, period=10)
    assert [pace.allows("cl-01", NOW + n) for n in range(5)] == [True] * 3 + [False] * 2
    assert pace.allows("cl-02", NOW + 4)
    assert [pace.allows("cl-01", NOW + n) for n in (9, 10, 10, 11)] == [False, True, False, True]


# What is kept


def test_when_something_was_solved_first_is_kept(store):
    store.take("cl-01", sent(), NOW)
    store.take("cl-01", sent(solved=["05.1", "05.2"]), NOW + 60)
    store.take("cl-01", sent(language="ru", solved=["05.2", "06.1"]), NOW + 120)
    assert store.solved() == {"cl-01": {"05.1": NOW, "05.2": NOW + 60, "06.1": NOW + 120}}


def test_marks_that_the_learner_has_no_more_are_not_shown_and_come_back_with_their_time(store):
    store.take("cl-01", sent(solved=["08.1", "05.1"]), NOW)
    store.take("cl-01", sent(solved=["05.1"]), NOW + 60)
    assert store.solved() == {"cl-01": {"05.1": NOW}}
    store.take("cl-01", sent(solved=["08.1", "05.1"]), NOW + 120)
    assert store.solved()["cl-01"]["08.1"] == NOW


def test_a_report_without_marks_takes_none_away(store):
    store.take("cl-01", sent(), NOW)
    store.take("cl-01", sent(solved=None), NOW + 60)
    assert "05.1" in store.solved()["cl-01"]


def minutes(store, at):
    return store.standings(at)["cl-01"].seconds / 60


def test_minutes_are_those_of_work_on_the_exercise_at_hand(store):
    store.take("cl-01", sent(), NOW)
    assert minutes(store, NOW + 120) == 2
    store.take("cl-01", sent(tries=3), NOW + 300)
    assert minutes(store, NOW + 300) == 5
    store.take("cl-01", sent(exercise="05.3"), NOW + 360)
    assert minutes(store, NOW + 360) == 0
    store.take("cl-01", sent(), NOW + 420)  # back to it, from another notebook for example
    assert minutes(store, NOW + 420) == 6


def test_a_night_is_no_work_and_a_clock_put_back_takes_no_work_away(store):
    store.take("cl-01", sent(), NOW)
    store.take("cl-01", sent(), NOW + 50_000)
    assert minutes(store, NOW + 50_000) == 10
    store.take("cl-01", sent(), NOW - 50_000)
    assert minutes(store, NOW - 50_000) == 10


def test_a_solved_exercise_takes_no_more_time(store):
    store.take("cl-01", sent(), NOW)
    store.take("cl-01", sent(solved=["05.2"]), NOW + 60)
    store.take("cl-01", sent(solved=["05.2"]), NOW + 600)
    assert minutes(store, NOW + 900) == 1


WRITER = """
import sys
sys.path.insert(0, {notebooks!r})
from pathlib import Path
from classroom.board import reports
from classroom.board.store import Store
store = Store(Path({path!r}))
for n in range(10_000):
    store.take(f"cl-{{n:05}}", reports.Report("uk", "05", "05.1", 0, 0, "", frozenset(["05.1"])), {now})
    print(n, flush=True)
"""


def test_what_was_answered_survives_a_kill(tmp_path):
    path = tmp_path / "board.sqlite"
    code = WRITER.format(notebooks=str(NOTEBOOKS), path=str(path), now=NOW)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(50):
            answered = int(writer.stdout.readline())
        os.kill(writer.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        answered = max([answered, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    store = Store(path)
    assert len(store.standings(NOW)) >= answered + 1
    store.close()


@pytest.mark.parametrize("damage", [b"", b"not a database" * 500, None])
def test_a_damaged_file_is_put_aside_and_learners_fill_a_new_one(tmp_path, damage):
    path = tmp_path / "board.sqlite"
    store = Store(path)
    for n in range(300):
        store.take(f"cl-{n:03}", sent(said="x" * 300), NOW)
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 20_000 + whole[24_096:] if damage is None else damage)
    store = Store(path)
    store.take("cl-01", sent(), NOW)
    assert list(store.standings(NOW)) == ["cl-01"]
    store.close()
    assert (tmp_path / "board_spoilt_1.sqlite").exists() == (damage != b"")


def test_a_disk_that_is_full_is_told_and_loses_nothing(store):
    store.take("cl-01", sent(), NOW)
    store.connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.Error):
        for n in range(500):
            store.take(f"cl-{n:03}", sent(said="x" * 300), NOW)
    assert "cl-01" in store.standings(NOW)


# Who is on top


def test_those_who_need_help_are_on_top(store):
    def stand(place, since=0.0, seen=0.0, **changes):
        store.take(place, sent(**changes), NOW - since)
        store.take(place, sent(**changes), NOW - seen)

    stand("cl-01")
    stand("cl-02", seen=660)
    stand("cl-03", tries=3)
    stand("cl-04", tries=7)
    stand("cl-05", since=600)
    store.take("cl-05", sent(), NOW + 300)
    stand("cl-07", seen=4000, tries=9)
    stand("cl-08", tries=9, solved=["05.2"])
    everybody = class_of(store, [f"name {n}" for n in range(1, 9)], NOW + 300)
    order = [(person.place, person.level) for person in everybody]
    assert order[:4] == [("cl-04", "help"), ("cl-03", "help"), ("cl-05", "help"), ("cl-02", "silent")]
    assert {place: level for place, level in order[4:]} == {
        "cl-01": "working",
        "cl-08": "working",
        "cl-06": "new",
        "cl-07": "away",
    }
    assert [level for _, level in order] == sorted((level for _, level in order), key=people.LEVELS.index)
    found = people.totals(everybody, NOW + 300)
    assert (found["all"], found["here"], found["help"], found["solved"]) == (8, 6, 3, 7)


def test_the_pace_of_the_class_is_what_was_solved_lately(store):
    store.take("cl-01", sent(solved=["05.1", "05.2"]), NOW)
    store.take("cl-01", sent(solved=["05.1", "05.2", "05.3"]), NOW + 500)
    everybody = class_of(store, ["Оленка"], NOW + 700)
    assert people.totals(everybody, NOW + 700)["lately"] == 1
    assert people.totals(everybody, NOW + 500)["lately"] == 3


def test_the_teacher_and_places_without_a_person_are_no_rows(store):
    for place in ("teacher", "cl-01", "cl-77"):
        store.take(place, sent(), NOW)
    assert [person.place for person in class_of(store, ["Оленка"])] == ["cl-01"]
    own_names = people.people(store.standings(NOW), None, NOW)
    assert [person.name for person in own_names] == ["cl-01", "cl-77"]


def test_names_come_from_the_entrance_and_a_damaged_file_changes_nothing(tmp_path):
    path, names = tmp_path / "names.json", people.Names(tmp_path / "names.json")
    assert names.read() is None
    path.write_text(json.dumps({"cl-01": {"name": "Оленка", "language": "uk"}}), encoding="utf-8")
    assert names.read() == {"cl-01": "Оленка"}
    for n, damage in enumerate(["{", "[]", '{"cl-01": 5}', '{"cl-01": {}}']):
        path.write_text(damage)
        os.utime(path, (NOW + n, NOW + n))
        assert names.read() == {"cl-01": "Оленка"}


# What is shown


@pytest.fixture
def everybody(store):
    keys = list(all_exercises())
    for n in range(1, len(NAMES)):  # the last has not begun
        store.take(f"cl-{n:02}", sent(said=EVIL, tries=n, solved=keys[: 3 * n], exercise=keys[3 * n]), NOW)
    return class_of(store, NAMES)


def board(everybody, language, template="board.html", chosen="", **values):
    reader = pages.Reader(language)
    values |= {
        "page": "",
        "part": "table",
        "totals": people.totals(everybody, NOW),
        "everybody": everybody,
        "xsrf": "x",
    }
    return pages.render(template, reader, chosen=chosen, **values).decode()


def test_what_people_write_is_text_on_the_page(everybody, language):
    html = board(everybody, language)
    assert "<script>alert" not in html and re.findall(r"<script[^>]*>", html) == [
        f'<script src="/services/board/static/board.js?v={pages.fingerprint("board.js")}" defer>'
    ]
    assert "\u202e" not in html and not re.search(r"\son\w+=|style=|javascript:", re.sub(r"<bdi.*?</bdi>", "", html))
    shown = [unescape(found) for found in re.findall(r'class="name" title="[^"]*">(.*?)</bdi>', html)]
    assert sorted(shown) == sorted(name.replace("\u202e", "") for name in NAMES)


def test_each_row_tells_where_somebody_stands(everybody, language):
    html = board(everybody, language)
    rows = re.findall(r'<tr class="(\w+)">(.*?)</tr>', html, re.DOTALL)
    assert [level for level, _ in rows] == [person.level for person in everybody]
    third = next(row for _, row in rows if "נורה" in row)
    title = table.lessons()["03"].title("03.1", language)
    assert f"03.1. {title}" in third and "<b>02</b>" in third and "✓</span> 4/4" in third
    assert "□□□□</span> 0/4" in third  # lesson 03, which they are in
    assert pages.Reader(language).rule() in html


def test_a_lesson_chosen_shows_those_who_are_in_it_or_have_solved_something_of_it(everybody, language):
    shown = people.in_lesson(everybody, "03")
    assert [person.place for person in sorted(shown, key=lambda person: person.place)] == [
        f"cl-0{n}" for n in range(3, 8)
    ]
    html = board(shown, language, chosen="03")
    assert "<b>02</b>" not in html and "<b>03</b>" in html
    assert people.in_lesson(everybody, "") == people.in_lesson(everybody, "99") == everybody


def test_a_class_of_a_hundred_is_drawn_at_once(store, language):
    keys = list(all_exercises())
    for n in range(100):
        store.take(f"cl-{n:03}", sent(solved=keys[: n % 50], exercise=keys[n % 50]), NOW)
    begun = time.perf_counter()
    everybody = people.people(store.standings(NOW), None, NOW)
    html = board(everybody, language, "table.html")
    assert time.perf_counter() - begun < 1
    assert html.count("<tr class") == 100


@pytest.mark.parametrize("chosen", [*table.lessons(), "all", ""])
def test_the_wall_has_no_names_and_stays_on_its_canvas(everybody, language, chosen):
    for crowd in (everybody, everybody * 13, []):
        reader = pages.Reader(language)
        values = pages.picture(crowd, chosen, reader)
        html = pages.render("picture.html", reader, totals=people.totals(crowd, NOW), **values).decode()
        assert not any(name in unescape(html) for name in NAMES) and "cl-0" not in html
        assert f"on the wall {len(values['rows'])}" == f"on the wall {html.count('data-key')}"
        for row in values["rows"]:
            assert len(row.squares) == len(crowd)
            assert [square.kind for square in row.squares].count("solved") == row.solved
            assert all(square.x >= wall.MARGIN and square.x + square.size <= row.right + 1 for square in row.squares)
            assert all(square.y + square.size <= wall.HEIGHT for square in row.squares)
            assert (len(row.title) + wall.COUNTS) * wall.TITLE * wall.LETTER <= row.right - row.x + wall.TITLE


def test_the_wall_counts_who_solved_and_who_is_at_it(everybody):
    counted = {row.key: (row.solved, row.now) for row in wall.rows(everybody, table.lessons()["01"], "uk")}
    assert counted == {"01.1": (7, 0), "01.2": (7, 0), "01.3": (6, 1), "01.4": (6, 0)}
    course = {row.key: (row.solved, row.now) for row in wall.rows(everybody, None, "uk")}
    assert course["00"] == (7, 0) and course["01"] == (6, 1) and course["02"] == (5, 1)


def test_without_a_choice_the_wall_shows_the_lesson_that_most_are_in(store):
    assert pages.lesson_of_most([]) == "00"
    for n, lesson in enumerate(["05", "05", "06"]):
        store.take(f"cl-0{n}", sent(lesson=lesson), NOW)
    assert pages.lesson_of_most(people.people(store.standings(NOW), None, NOW)) == "05"


def test_no_name_is_a_formula_in_a_spreadsheet(everybody, language):
    dangerous = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "＝1", "|calc", "%0A"]
    rows = [people.Person(f"cl-{n}", name, None, 0) for n, name in enumerate(dangerous)]
    text = pages.spreadsheet(rows, pages.Reader(language))
    cells = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
    assert [cell for cell in cells if cell.lstrip().startswith(pages.FORMULA)] == []
    table_of_class = list(csv.reader(io.StringIO(pages.spreadsheet(everybody, pages.Reader(language))), delimiter=";"))
    assert table_of_class[0][4:] == list(all_exercises())
    assert [row[0] for row in table_of_class[1:]] == [f"cl-{n:02}" for n in range(1, len(NAMES) + 1)]
    assert [bool(cell) for cell in table_of_class[1][4:9]] == [True] * 3 + [False] * 2


# Its words


def test_each_sentence_is_said_in_each_language_with_the_same_places_and_reads_well(language):
    for key, said in pages.WORDS.items():
        assert set(said) == set(contents.LANGUAGES), key
        assert len({tuple(sorted(re.findall(r"\{\w+\}", text))) for text in said.values()}) == 1, key
    text = "\n".join(said[language] for said in pages.WORDS.values())
    assert list(faults(re.sub(r"\{\w+\}|`[^`]+`", "", text), language)) == []


def test_each_word_is_used():
    sources = [path.read_text(encoding="utf-8") for path in pages.HERE.rglob("*") if path.suffix in (".py", ".html")]
    used = set(re.findall(r'"(\w+)"', "\n".join(sources)))
    built = {f"csv_{name}" for name in ("place", "name", "solved", "seen")} | set(people.LEVELS)
    built |= {f"{name}_heading" for name in ("for_teacher", "not_found", "trouble")}
    assert set(pages.WORDS) - used - built == set()


def test_each_exercise_has_a_title_in_each_language(language):
    lessons = table.lessons().values()
    assert [key for lesson in lessons for key in lesson.keys] == list(all_exercises())
    assert [key for lesson in lessons for key in lesson.keys if lesson.title(key, language) == key] == []
