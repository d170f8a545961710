"""The teacher's book cannot be wrong: its minutes add up, what it names is there, what it runs runs, its key fits."""

import io
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pypdf
import pytest

from author import paper, refresh
from course import teaching, words
from course.contents import BOOKS, lessons
from course.exercises import all_exercises, words_of
from course.words import CourseError
from page_shell import page_shell

(BOOK,) = BOOKS
PLANS = {"plan-90": 90, "plan-half": 240, "plan-day-1": 405, "plan-day-2": 420}
ROW = re.compile(r"^\| (\d+)–(\d+) \| (.*?) \|(.*)\|$", re.MULTILINE)
LINK = re.compile(r"\]\((?:(\d\d)_\w+\.ipynb)?(?:#cell-id=([\w-]+))?\)")
EXERCISE = re.compile(r"\b\d\d\.\d\b")
QUESTION = re.compile(r"^\*\*(\d+)\.\*\* (.*\n\n(?:- .*\n?)+)", re.MULTILINE)
LETTERS = ("А", "Б", "В", "Г")


def book(language):
    return refresh.read(refresh.page(language, BOOK))


def cell(language, id_):
    return next(cell for cell in book(language).cells if cell.id == id_)


def rows(language, plan):
    """[(from, to, what is done)] of a plan."""
    return [(int(a), int(b), done) for a, b, done, _ in ROW.findall(cell(language, plan).source)]


def page_of(language, number):
    return refresh.page(language, lessons()[number].file if number else BOOK)


def headings(path):
    """{id of a cell: the headings in it} of a page."""
    cells = [one for one in refresh.read(path).cells if one.cell_type == "markdown"]
    return {one.id: re.findall(r"^#+ (.*)$", one.source, re.MULTILINE) for one in cells}


def links(language):
    """[(what it says, number of the lesson or "", id of the cell)] of the book's links to headings.

    JupyterLab goes to `#cell-id=…`; to a heading by its words it goes only where they are Latin.
    """
    text = "\n".join(one.source for one in book(language).cells if one.cell_type == "markdown")
    return [found for found in re.findall(rf"\[([^\[\]]+){LINK.pattern}", text) if found[2]]


@pytest.mark.parametrize("plan", PLANS)
def test_the_minutes_of_a_plan_add_up(plan, language):
    found = rows(language, plan)
    assert found[0][0] == 0 and found[-1][1] == PLANS[plan]
    assert [(before, after) for before, after in pairwise(found) if before[1] != after[0]] == []
    assert all(start < end for start, end, _ in found)
    assert len(found) == cell(language, plan).source.count("\n| "), "a row is not understood"
    assert 10 <= len(found) <= 14, "a plan that cannot be held in mind"


def test_a_whole_lesson_gets_the_minutes_it_takes(language):
    """Where a plan names a lesson and none of its sections; its exercises beside it want theirs too."""
    for plan in PLANS:
        for start, end, done in rows(language, plan):
            for number, heading in LINK.findall(done):
                if number and not heading:
                    lesson = lessons()[number]
                    wanted = lesson.minutes + (lesson.exercise_minutes if EXERCISE.search(done) else 0)
                    assert end - start >= wanted, (plan, start, number)


def test_each_heading_that_is_named_is_there(language):
    found = {number: headings(page_of(language, number)) for number in {"", *(n for _, n, _ in links(language))}}
    assert len(links(language)) > 40
    assert [one for one in links(language) if one[0] not in found[one[1]].get(one[2], ())] == []


def test_each_exercise_of_a_plan_is_there_and_who_is_stuck_in_it_is_helped(language):
    named = {plan: set(EXERCISE.findall(cell(language, plan).source)) for plan in PLANS}
    assert set().union(*named.values()) <= set(all_exercises())
    assert len(named["plan-half"]) == 5
    code = "\n".join(one.source for one in book(language).cells if one.cell_type == "code")
    helped = set(re.findall(r'^stuck\("(\d\d\.\d)"', code, re.MULTILINE))
    assert named["plan-90"] | named["plan-half"] <= helped <= set().union(*named.values(), ["08.4"])


def sections_to_run(language, plan):
    """{number of a lesson: cells with a heading}, in the order of the plan; what is shown on slides is not run."""
    found = {}
    for _, _, done in rows(language, plan):
        for match in LINK.finditer(done):
            if match[1] and match[2] and "слайд" not in done[: match.start()].lower():
                found.setdefault(match[1], []).append(match[2])
    return found


@pytest.mark.parametrize("plan", ["plan-90", "plan-half"])
def test_what_a_plan_runs_runs_without_the_rest_of_the_lesson(plan, tmp_path):
    """The first cells of a page and those of the sections named; an error is one that the page says is planned."""
    run_cells = 0
    for number, wanted in sections_to_run("ru", plan).items():
        path, section = page_of("ru", number), None
        with page_shell(path, tmp_path) as run:
            for one in refresh.read(path).cells:
                if one.cell_type == "markdown":
                    section = one.id if re.search("^## ", one.source, re.MULTILINE) else section
                elif section is None or section in wanted:
                    run(one)
                    run_cells += 1
    assert run_cells > {"plan-90": 30, "plan-half": 70}[plan]


# The tests and their key


def questions(language, test):
    """{number: its answers, one where it is to be written} of a test."""
    return {
        int(number): re.findall(r"^- (.*)$", text, re.MULTILINE)
        for number, text in QUESTION.findall(cell(language, test).source + "\n")
    }


@pytest.mark.parametrize("column, test", enumerate(("test-before", "test-after")))
def test_the_key_fits_the_questions(column, test, language):
    asked = questions(language, test)
    key = re.findall(
        r"^\| (\d+) \| (\S+) \| (\S+) \| .* \| \[.*\]\(0\d_.*#.*\) \|$", cell(language, "key").source, re.M
    )
    assert [int(number) for number, *_ in key] == list(asked) == list(range(1, 11))
    for number, *answers in key:
        offered, right = asked[int(number)], answers[column]
        if len(offered) == 1:
            assert re.fullmatch(r"\d+", right) and offered[0].endswith("____")
        else:
            assert [answer[:3] for answer in offered] == [f"{letter}. " for letter in LETTERS] and right in LETTERS
            assert len(set(offered)) == 4


def test_both_tests_ask_different_questions(language):
    before, after = (
        [text for _, text in QUESTION.findall(cell(language, test).source + "\n")]
        for test in ("test-before", "test-after")
    )
    assert not set(before) & set(after)


def test_the_answers_are_what_happens(tmp_path):
    """Questions 4 to 10, in the folder of lesson 03."""
    with page_shell(page_of("ru", "03"), tmp_path) as run:

        def answer(*lines):
            return said(*lines).splitlines()[-1:]

        def said(*lines):
            return [run(nbformat.v4.new_code_cell(line)).stdout for line in lines][-1]

        file = "migrations/versions/0001_create_users.py"
        answer('from lesson import *\nstart("03")', '%alembic revision -m "create users" --rev-id 0001')
        assert answer("%alembic upgrade head", "%alembic current") == ["0001 (head)"]  # 5 before: empty, and applied
        create = "upgrade=\"op.create_table('users', sa.Column('id', sa.Integer(), primary_key=True))\""
        table = """print(__import__("sqlite3").connect("data.db").execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'users'").fetchone())"""
        answer(f'rewrite("{file}", {create}, downgrade="op.drop_table(\'users\')")', "%alembic upgrade head")
        assert answer(table) == ["(0,)"]  # 5 after: filled too late
        answer(f'rewrite("{file}", downgrade="pass")', "%alembic downgrade -1")
        assert answer("%alembic upgrade head", table) == ["(1,)"]
        answer("%sql INSERT INTO users VALUES (1)", "%alembic downgrade -1")
        assert answer(table) == ["(1,)"]  # 9 after: the mark went back, the table stayed
        answer(f'rewrite("{file}", downgrade="op.drop_table(\'users\')")', "%alembic stamp 0001")
        answer("%alembic downgrade base", "%alembic upgrade head")
        rows = table.replace("sqlite_master WHERE name = 'users'", "users")
        assert answer(rows) == ["(0,)"]  # 6: the table, not its rows
        before = answer('%alembic revision -m "more" --rev-id 0002', "%alembic upgrade head", "%alembic history")
        answer(f'import os; os.rename("{file}", "migrations/versions/zzz.py")')
        assert answer("%alembic history") == before  # 4 after
        for step in ("downgrade -1", "upgrade head"):  # 10: the arrow in the log points to where the database is
            arrow = re.search(r"Running (?:up|down)grade \w+ -> (\w+)", said(f"%alembic {step}"))
            assert answer("%alembic current")[0].split()[0] == arrow[1]
        schema = 'print(__import__("sqlite3").connect("data.db").execute("SELECT sql FROM sqlite_master").fetchall())'
        before = answer(schema)
        file = "migrations/versions/0003_auto.py"
        draft = said('%alembic revision --autogenerate -m "auto" --rev-id 0003', f'print(open("{file}").read())')
        assert "add_column" in draft
        assert answer(schema) == before  # 7
        answer(f'os.remove("{file}")', "%sql ALTER TABLE users ADD COLUMN name VARCHAR(100)")
        answer('replace("models.py", "    name: Mapped", "    full_name: Mapped")')
        draft = said('%alembic revision --autogenerate -m "auto" --rev-id 0003', f'print(open("{file}").read())')
        upgrade = draft.partition("def upgrade")[2].partition("def downgrade")[0]
        assert "Column('full_name'" in upgrade and re.search(r"drop_column\(.*'name'\)", upgrade)  # 8 after: no rename
        assert "new_column_name" not in upgrade


sets_type = pytest.mark.skipif(paper.typst is None, reason=paper.NO_TYPST)


def sheets(data):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


@sets_type
def test_the_tests_on_paper_are_those_of_the_book(language):
    stored = sheets(refresh.page(language, BOOK).with_suffix(".pdf").read_bytes())
    made = sheets(paper.pdf(book(language), language, refresh.pages_of(BOOK), paper.TESTS))
    assert stored == made, f"run: python notebooks/author {language} {BOOK}"
    for sheet, test in zip(stored, ("test-before", "test-after"), strict=True):
        bare = re.sub(r"\s", "", sheet)
        for line in re.findall(r"^(?:## |- |\*\*\d+\.\*\* )?(.+)$", cell(language, test).source, re.MULTILINE):
            assert re.sub(r"[\s`*]", "", line) in bare, line


# stuck()


def test_stuck_says_what_the_exercise_says(language, monkeypatch):
    said = []
    monkeypatch.setattr(teaching, "say", said.append)
    words.use(language)
    teaching.stuck("03.2", "notes_stay")
    title, _, head, _, row = said[0].splitlines()
    own = words_of(all_exercises()["03.2"])["notes_stay"][language]
    assert [cell[1:].lower() for cell in row.strip("| ").split(" | ")] == [sentence[1:].lower() for sentence in own]
    assert title.startswith("**03.2. ") and teaching.title("03.2") in title and head.count("|") == 3


def test_stuck_shows_all_mistakes_where_none_is_named(monkeypatch):
    said = []
    monkeypatch.setattr(teaching, "say", said.append)
    words.use("uk")
    teaching.stuck("03.2")
    assert len(said[0].splitlines()) > 7 and "«" not in said[0].splitlines()[0]


def test_stuck_leaves_out_what_only_a_check_knows(monkeypatch):
    said = []
    monkeypatch.setattr(teaching, "say", said.append)
    words.use("ru")
    teaching.stuck("03.1", "row_lost", "no_new_revision")
    assert "{" not in said[0] and "После `…` в истории нет новой ревизии." in said[0]


@pytest.mark.parametrize(
    "number, mistake", [("03.9", "notes_stay"), ("03.2", "no_such_mistake"), ("03.2", "not_applied")]
)
def test_a_mistake_that_nobody_makes_is_refused(number, mistake):
    with pytest.raises(CourseError, match=number):
        teaching.stuck(number, mistake)


def test_the_class_server_keeps_the_book_from_learners():
    pytest.importorskip("fcntl", reason="the class server needs Linux")
    from classroom.delivery import delivered_files

    delivered = delivered_files(refresh.ROOT)
    assert "notebooks/ru/00_start.ipynb" in delivered
    assert [path for path in delivered if BOOK in Path(path).name] == []
