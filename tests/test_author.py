"""The author's command carries code to the other languages, never prose, and says what is left to write."""

import shutil

import nbformat
import pytest

from author import refresh
from author.skeleton import text_to_write
from author.twins import with_comments_of
from course import contents


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson in two languages."""
    for language in ("ru", "uk"):
        (tmp_path / "notebooks" / language).mkdir(parents=True)
        cells = [
            nbformat.v4.new_markdown_cell(f"# Текст {language}", id="title"),
            nbformat.v4.new_code_cell(f"# {language}\nprint(1)", id="one"),
        ]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=refresh.METADATA)
        nbformat.write(notebook, tmp_path / "notebooks" / language / "09_x.ipynb")
    (tmp_path / "notebooks" / "ru" / "lesson.py").write_text('load("ru")')
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    monkeypatch.setattr(refresh, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(refresh, "rules", lambda: [])
    lesson = contents.Lesson("09", "09_x", part=1, minutes=5, exercise_minutes=0, opens_on="nothing")
    monkeypatch.setattr(contents, "lessons", lambda: {"09": lesson})
    monkeypatch.setattr(contents, "CHEAT_SHEETS", ())
    monkeypatch.setattr(contents, "BOOKS", ())
    monkeypatch.setattr(contents, "LANGUAGES", ("ru", "uk"))
    return tmp_path / "notebooks"


def test_a_written_file_keeps_its_docstring_in_the_twin():
    edited, twin = ('%%writefile a.py\n"""' + words + '"""\nx = 1' for words in ("Пробует снова.", "Пробує знову."))
    assert with_comments_of(edited, twin) == (twin, [])


def test_an_edited_cell_goes_to_the_twin(course, capsys):
    edited = refresh.read(course / "ru" / "09_x.ipynb")
    edited.cells[1].source = "# ru\nprint(2)"
    edited.cells.append(nbformat.v4.new_code_cell("print(3)  # три", id="two"))
    edited.cells.append(nbformat.v4.new_markdown_cell("Конец.", id="end"))
    nbformat.write(edited, course / "ru" / "09_x.ipynb")
    assert refresh.main("ru") is None
    twin = refresh.read(course / "uk" / "09_x.ipynb")
    assert [cell.source for cell in twin.cells] == ["# Текст uk", "# uk\nprint(2)", "print(3)  # «…»", "«…»"]
    assert [cell.outputs[0].text for cell in twin.cells[1:3]] == ["2\n", "3\n"]
    said = capsys.readouterr().out
    assert "to write in uk: text cell end" in said and "to write in uk: comment in cell two: # три" in said


def test_a_page_that_a_language_lacks_is_made(course, capsys):
    shutil.rmtree(course / "uk")
    assert refresh.main("ru", "09") is None
    made = refresh.read(course / "uk" / "09_x.ipynb")
    assert (course / "uk" / "lesson.py").read_text() == 'load("uk")'
    assert [(cell.id, cell.source) for cell in made.cells] == [("title", "# «…»"), ("one", "# «…»\nprint(1)")]
    assert (
        made.cells[1].outputs[0].text == "1\n" and "to write in uk: every «…» of 09_x.ipynb" in capsys.readouterr().out
    )


def test_a_text_to_write_keeps_its_form():
    text = (
        "## Шаг 2\n\nВремя: 5 минут, [далее](a.ipynb).\n\n- один\n\n| 01 | [a](b.md) |\n\n```sh\nalembic # все\n```\n\n"
        "[это](../uk/x.ipynb)"
    )
    assert text_to_write(text, "uk", "x.ipynb") == (
        "## «…»\n\n«…» 5 хвилин [«…»](a.ipynb)\n\n- «…»\n\n| 01 | «…» [«…»](b.md) |\n\n```sh\nalembic # все\n```\n\n"
        "[Цей урок російською](../ru/x.ipynb)"
    )


@pytest.mark.parametrize(
    "page, said", [("10", "no page 10 in course.toml; there are 09"), ("09", "09_x.ipynb is missing")]
)
def test_a_page_that_is_not_there_gets_one_sentence(course, page, said):
    (course / "ru" / "09_x.ipynb").unlink()
    assert said in refresh.main("ru", page)


def test_a_second_run_changes_nothing(course, capsys):
    refresh.main("ru")
    before = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    capsys.readouterr()
    refresh.main("uk")
    assert capsys.readouterr().out == "" and before == {path: path.read_bytes() for path in course.rglob("*.ipynb")}


def test_a_cell_that_fails_stops_the_command_and_leaves_the_file(course):
    path = course / "ru" / "09_x.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("print(1)", "1 / 0"), encoding="utf-8")
    before = path.read_bytes()
    assert "ZeroDivisionError" in refresh.main("ru")
    assert path.read_bytes() == before


def test_what_a_lesson_builds_goes_to_the_root_when_more_than_its_date_changed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    built, root = tmp_path / "work" / "migrations" / "versions", tmp_path / "migrations" / "versions"
    root.mkdir(parents=True)
    built.mkdir(parents=True)
    for folder, date, size in ((root, "2026-01-01", 1), (built, "2026-02-02", 1)):
        (folder / "0001.py").write_text(f"Create Date: {date}\nsize = {size}")
    refresh.renew_project("03", tmp_path / "work")
    assert "2026-01-01" in (root / "0001.py").read_text()
    (built / "0001.py").write_text("Create Date: 2026-02-02\nsize = 2")
    refresh.renew_project("03", tmp_path / "work")
    assert "size = 2" in (root / "0001.py").read_text() and "changed:" in capsys.readouterr().out


@pytest.fixture
def add_cheat_sheet(course, monkeypatch):
    """Gives the course a cheat sheet: a copy of its lesson, of which the named cell is to be printed."""
    monkeypatch.setattr(contents, "CHEAT_SHEETS", ("cheatsheet",))
    monkeypatch.setattr(refresh, "execute", lambda notebook, *_: refresh.clean(notebook))  # paper needs no kernel
    return lambda cell: write_cheat_sheets(course, cell)


def write_cheat_sheets(course, cell):
    for language in ("ru", "uk"):
        page = refresh.read(course / language / "09_x.ipynb")
        page.cells[cell].metadata["tags"] = ["paper"]
        nbformat.write(page, course / language / "cheatsheet.ipynb")


def test_the_cheat_sheet_is_printed(course, add_cheat_sheet, capsys):
    add_cheat_sheet(0)
    assert refresh.main("ru", "cheatsheet") is None
    assert (course / "uk" / "cheatsheet.pdf").read_bytes().startswith(b"%PDF")
    assert "cheatsheet.pdf" in capsys.readouterr().out
    refresh.main("ru", "cheatsheet")
    assert capsys.readouterr().out == ""


def test_a_cheat_sheet_that_cannot_be_printed_is_left_as_it_was(course, add_cheat_sheet):
    add_cheat_sheet(1)
    (course / "ru" / "cheatsheet.pdf").write_bytes(b"before")
    assert "cannot be printed: cell one: print" in refresh.main("ru", "cheatsheet")
    assert (course / "ru" / "cheatsheet.pdf").read_bytes() == b"before"


@pytest.mark.parametrize("words", [(), ("en",)])
def test_without_a_language_it_says_how_it_is_used(words):
    assert refresh.main(*words) == refresh.__doc__
