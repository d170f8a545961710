"""The cheat sheet cannot be wrong: what it says was run, each error is what happens, and its paper says the same."""

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pypdf
import pytest

from author import paper, refresh
from author.twins import tags, without_fences
from course.contents import CHEAT_SHEETS, on_postgresql

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
SPACE = re.compile(r"\s+")
FIRST = ("cheatsheet", "ru")
TASKS = {"cheatsheet": 12, "cheatsheet_postgresql": 8}
ERRORS = {"cheatsheet": 23, "cheatsheet_postgresql": 10}


@pytest.fixture(params=CHEAT_SHEETS)
def sheet(request, language):
    """A cheat sheet in a language, as (name, language)."""
    return request.param, language


@cache
def notebook(sheet):
    return refresh.read(file_of(sheet, "ipynb"))


def file_of(sheet, kind):
    name, language = sheet
    return NOTEBOOKS / language / f"{name}.{kind}"


def stored(sheet):
    return file_of(sheet, "pdf").read_bytes()


def pages(data):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def lines_on_paper(sheet):
    return "\n".join(pages(stored(sheet))).splitlines()


def printed(sheet, kind):
    return [cell for cell in notebook(sheet).cells if "paper" in tags(cell) and cell.cell_type == kind]


def output_of(cell):
    return "\n".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def errors(sheet):
    """{id of an error's text cell: that cell and those that follow it up to the next heading}."""
    found, current = {}, None
    for cell in notebook(sheet).cells:
        if cell.source.startswith("##"):
            current = cell.id if cell.id.startswith("error-") else None
        if current:
            found.setdefault(current, []).append(cell)
    return found


# On paper

sets_type = pytest.mark.skipif(paper.typst is None, reason=paper.NO_TYPST)


@sets_type
def test_the_pdf_in_the_repository_is_made_from_the_notebook(sheet):
    name, language = sheet
    made = paper.pdf(notebook(sheet), language, refresh.pages_of(name))
    assert pages(stored(sheet)) == pages(made), f"run: python notebooks/author ru {name}"


def test_paper_has_every_command_whole_and_in_order(sheet):
    """On a line of its own but for the note behind it, so that it is copied as it was run."""
    code = "\n".join(paper.printed_code(cell) for cell in printed(sheet, "code"))
    commands = re.findall(r"^[%!]((?:alembic|psql|pg_\w+|createdb|dropdb) .*)$", code, re.MULTILINE)
    lines = iter([line.partition(" #")[0] for line in lines_on_paper(sheet)])
    assert len(commands) >= 10
    assert [command for command in commands if command not in lines] == []  # `in` goes on where it stopped


def test_paper_has_every_line_that_a_file_gets(sheet):
    """Whole, but for a note and the file's name that may stand behind the line."""
    on_paper = {
        re.sub(r" (?:# .*|alembic\.ini|models\.py|migrations/\S+)$", "", line).strip() for line in lines_on_paper(sheet)
    }
    added = {
        line.strip()
        for cell in printed(sheet, "code")
        for line in re.findall(r"^\+(.+)$", output_of(cell), re.MULTILINE)
    }
    assert len(added) >= 5 and added - on_paper == set()


def test_paper_has_every_word_of_its_text(sheet):
    """Line breaks aside: the text of a page, the notes beside commands, the messages of errors and what to do."""
    on_paper = SPACE.sub("", "".join(pages(stored(sheet))))
    for cell in printed(sheet, "markdown"):
        text = re.sub(r"^[^\n]*\[урок \d\d\].*$|^\|[- |]+$", "", cell.source, flags=re.MULTILINE)
        if cell.id.startswith("error-"):
            text = re.sub(r"(?<=\n```\n\n).*\n\n\*\*[^*]+\*\*", "", text)  # why it happens; and "what to do:"
        for line in re.findall(r"[^\n|]+", re.sub(r"^(?:#+|-) |\*\*|`|^```(?:sh)?$", "", text, flags=re.MULTILINE)):
            assert SPACE.sub("", line) in on_paper, line
    for cell in printed(sheet, "code"):
        for note in re.findall(r"^# (.*)$", paper.printed_code(cell), re.MULTILINE):
            assert SPACE.sub("", re.sub(r"\*\*|`", "", note)) in on_paper


def test_paper_is_a4_with_its_fonts_inside(sheet):
    reader = pypdf.PdfReader(io.BytesIO(stored(sheet)))
    assert len(reader.pages) == refresh.pages_of(sheet[0])
    for page in reader.pages:
        assert sorted(round(float(side) / 72 * 25.4) for side in page.mediabox[2:]) == [210, 297]
        for font in page["/Resources"]["/Font"].values():
            inner = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"])
    assert not {"/CreationDate", "/ModDate"} & set(reader.metadata)


@sets_type
@pytest.mark.parametrize("name", CHEAT_SHEETS)
def test_both_languages_have_one_layout(name):
    """Each title in the same order, on the same page, in the same column."""

    def places(language):
        found = paper.compiler(notebook((name, language)), language).query("<title>", field="value")
        return [(page, round(x)) for _, page, x in json.loads(found)]

    assert places("ru") == places("uk") and len(places("ru")) == TASKS[name] + ERRORS[name]


# Nothing that was not run


def test_code_inside_the_text_was_run_too(sheet):
    """A command or a setting that a sentence names stands in a cell of this page, or in what a cell showed."""
    code = "\n".join(cell.source + "\n" + output_of(cell) for cell in notebook(sheet).cells if cell.cell_type == "code")
    spans = [
        span for cell in printed(sheet, "markdown") for span in re.findall(r"`([^`\n]+)`", without_fences(cell.source))
    ]
    named = {span for span in spans if " " in span}
    assert len(named) >= 5
    assert {span for span in named if span not in code} <= {"pip install alembic"}


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the program sqlite3 is not installed")
def test_each_sqlite3_command_on_paper_runs(tmp_path):
    shutil.copyfile(NOTEBOOKS.parent / "data.db", tmp_path / "data.db")
    (tmp_path / "upgrade.sql").write_text("SELECT 1;\n")
    lines = [line.partition(" #")[0] for line in lines_on_paper(FIRST)]
    commands = [line for line in lines if line.startswith("sqlite3 ")]
    assert len(commands) == 5
    for command in ['sqlite3 data.db "ALTER TABLE users ADD COLUMN birthday TEXT"', *commands]:
        run = subprocess.run(shlex.split(command), cwd=tmp_path, capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, ""), command


@pytest.mark.parametrize("name", CHEAT_SHEETS)
def test_two_random_ids_never_look_like_one(name):
    """sanitize.cfg makes all of them equal, so a recipe makes one only."""
    code = "\n".join(cell.source for cell in notebook((name, "ru")).cells if cell.cell_type == "code")
    for recipe in code.split("recipe(")[1:]:
        made = re.findall(r"^%alembic (?:revision|merge) (?!.*--rev-id).*$", recipe, re.MULTILINE)
        assert len(made) < 2, made


def test_pip_install_alembic():
    run = subprocess.run([sys.executable, "-m", "pip", "install", "alembic"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def missing(cells):
    """Pieces of messages, which stand in an error's first cell, that none of its other cells shows."""
    shown = "\n".join(output_of(cell) for cell in cells[1:] if cell.cell_type == "code")
    wanted = re.search(r"^```\n(.*?)\n```$", cells[0].source, re.MULTILINE | re.DOTALL)[1].splitlines()
    return [piece for piece in wanted if piece not in shown]


def test_errors_happen_word_for_word(sheet):
    """nbval compares what the cells show with what they show when run."""
    found = errors(sheet)
    assert len(found) == ERRORS[sheet[0]]
    assert {id_: missing(cells) for id_, cells in found.items()} == dict.fromkeys(found, [])


def test_a_wrong_error_text_is_caught():
    text, *others = errors(FIRST)["error-behind"]
    wrong = nbformat.from_dict(text | {"source": text.source.replace("is not up to date", "is out of date")})
    assert missing([wrong, *others]) == ["Target database is out of date"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * on_postgresql(name)) for name in CHEAT_SHEETS]
)
def test_recipes_need_nothing_of_each_other(name, tmp_path):
    """Each runs after those that follow it on the page and gives its stored output."""
    page = refresh.read(NOTEBOOKS / "uk" / f"{name}.ipynb")
    first = next(i for i, cell in enumerate(page.cells) if cell.id == "start")
    recipes = []
    for cell in page.cells[first + 1 :]:
        if cell.cell_type == "code":
            if "recipe(" in cell.source:
                recipes.append([])
            recipes[-1].append(cell)
    wanted = {cell.id: cell.outputs for recipe in recipes for cell in recipe}
    cells = [page.cells[first], *(cell for recipe in reversed(recipes) for cell in recipe)]
    again = refresh.execute(
        nbformat.v4.new_notebook(cells=[nbformat.from_dict(c) for c in cells]), NOTEBOOKS / "uk", tmp_path
    )
    outputs = {cell.id: cell.outputs for cell in again.cells[1:]}
    assert len(recipes) >= TASKS[name] + ERRORS[name]
    assert {id_ for id_ in wanted if plain(wanted[id_]) != plain(outputs[id_])} == set()


def plain(outputs):
    return [{key: value for key, value in output.items() if key != "execution_count"} for output in outputs]


def test_each_task_and_error_leads_to_its_lesson(sheet):
    titles = [cell for cell in printed(sheet, "markdown") if cell.source.startswith("### ")]
    assert len(titles) == TASKS[sheet[0]] + ERRORS[sheet[0]]
    assert [cell.id for cell in titles if not re.search(r"\[урок (\d\d)\]\(\1_\w+\.ipynb\)", cell.source)] == []


def test_tasks_are_numbered_and_the_text_refers_to_their_numbers(sheet):
    text = "\n".join(cell.source for cell in printed(sheet, "markdown"))
    numbers = re.findall(r"^### (\d+)\. ", text, re.MULTILINE)
    assert numbers == [str(n + 1) for n in range(TASKS[sheet[0]])]
    assert set(re.findall(r"(?:см|див)\. (\d+)", text)) <= set(numbers)


def test_what_stands_above_the_first_comment_is_not_printed():
    page = made_of(code('recipe("x")\n%alembic upgrade head\n# back\n%alembic downgrade -1'), code("%alembic heads"))
    (task,) = paper.sheet(page, "ru")["items"]
    assert [row["line"] for part in task["parts"] for row in part["rows"]] == ["alembic downgrade -1", "alembic heads"]


def test_sql_is_printed_for_the_database_of_the_sheet():
    for name, command in (("cheatsheet", "sqlite3 data.db"), ("cheatsheet_postgresql", "psql -c")):
        page = made_of(code("%sql SELECT 1"))
        page.cells.insert(0, nbformat.v4.new_code_cell(f'from lesson import *\n\nstart("{name}")'))
        (task,) = paper.sheet(page, "ru")["items"]
        assert task["parts"][0]["rows"][0]["line"] == f'{command} "SELECT 1"'


# What paper.py refuses


def made_of(*cells):
    return nbformat.v4.new_notebook(cells=[text("# T\n\n### A"), *cells])


def text(source):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": ["paper"]})


def code(source):
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["paper"]})


@pytest.mark.parametrize(
    "notebook, said",
    [
        pytest.param(
            made_of(code('%alembic revision -m "' + "long " * 20 + '"')), "wider than its column", marks=sets_type
        ),
        pytest.param(made_of(*(text(f"### {n}") for n in range(200))), "its pages", marks=sets_type),
        (made_of(code("tree()")), "tree is no command"),
        (made_of(code('%sql SELECT "name" FROM users')), "double quote"),
        (made_of(code("%sql SELECT $$name$$")), "double quote"),
        (made_of(code("%%writefile models.py\nx = 1")), "writefile is no command"),
        (made_of(code('replace("a", "b", "c")')), "has it been run"),
        (made_of(text("> quoted")), "block_quote"),
    ],
)
def test_a_sheet_that_would_be_spoilt_is_refused(notebook, said):
    with pytest.raises(paper.PaperError, match=said):
        paper.pdf(notebook, "ru")
