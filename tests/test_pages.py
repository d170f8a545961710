"""What a reader would stumble over on a page: a cell never run, a machine's path, a dead link, a word of no dictionary."""

import json
import re
from pathlib import Path

from author import refresh
import nbformat
import pytest
from author.prose import faults, prose
from author.twins import COMMENT, LINK

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
PAGES = [*refresh.pages("ru"), *refresh.pages("uk")]
LESSONS = [*refresh.lessons("ru"), *refresh.lessons("uk")]
MACHINE = re.compile(r"/(?:root|home|tmp|Users|work)/|[A-Z]:\\\\|\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b")


def never_run(notebook):
    """Cells that nbval would pass over silently: it checks no code cell without a count of execution."""
    return [cell.id for cell in notebook.cells if cell.cell_type == "code" and not cell.execution_count]


def traces_of_a_machine(notebook):
    text = json.dumps([cell.get("outputs") for cell in notebook.cells], ensure_ascii=False)
    return MACHINE.findall(re.sub(r"work/\d\d", "", text))


def dead_links(path, notebook):
    targets = [target for cell in notebook.cells if cell.cell_type == "markdown" for _, target in LINK.findall(cell.source)]
    files = [target.partition("#")[0] for target in targets if "://" not in target]
    return [file for file in files if file and not (path.parent / file).exists()]


def long_outputs(notebook, limit=30):
    return [
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if len(output.get("text", "").splitlines()) > limit
    ]


@pytest.fixture(params=PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def page(request):
    return request.param, nbformat.read(request.param, as_version=4)


def test_each_cell_has_been_run(page):
    assert never_run(page[1]) == []


def test_nothing_of_a_machine_or_a_day_is_stored(page):
    assert traces_of_a_machine(page[1]) == []


def test_links_lead_to_files(page):
    assert dead_links(*page) == []


def test_no_cell_prints_more_than_a_screen(page):
    assert long_outputs(page[1]) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_lesson_has_its_parts(path):
    """A title, times, a start cell, key points, the cheat sheet, and the twin both above and below."""
    notebook = refresh.read(path)
    other = {"ru": "uk", "uk": "ru"}[path.parent.name]
    first, last = notebook.cells[0].source, notebook.cells[-1].source
    assert first.startswith("# ") and re.search(r"\d+ (минут|хвилин)", first)
    assert f"../{other}/{path.name}" in first and f"../{other}/{path.name}" in last and "(cheatsheet.ipynb)" in last
    assert any(re.search(rf'^start\("{refresh.name(path)}"\)', cell.source, re.MULTILINE) for cell in notebook.cells)
    assert [cell.source.count("\n- ") for cell in notebook.cells if re.match("## (Главное|Головне)", cell.source)][0] >= 3


def test_text_is_in_its_language(page):
    path, notebook = page
    texts = {cell.id: prose(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"}
    texts |= {c.id: "\n".join(COMMENT.findall(c.source)) for c in notebook.cells if c.cell_type == "code"}
    assert [(id_, fault) for id_, text in texts.items() for fault in faults(text, path.parent.name)] == []


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_index_lists_all_lessons(language):
    index = nbformat.read(NOTEBOOKS / language / "00_start.ipynb", as_version=4)
    table = next(cell.source for cell in index.cells if cell.id == "lessons")
    listed = dict(re.findall(r"\]\((\d\d_\w+\.ipynb)\) \|.*\| (\d+) \|", table))
    minutes = {path.name: re.search(r"(\d+) (?:минут|хвилин)", path.read_text(encoding="utf-8"))[1] for path in refresh.lessons(language)}
    assert listed == minutes


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_helper_speaks_the_language(language):
    words = json.loads((NOTEBOOKS / "course" / "words.json").read_text(encoding="utf-8"))
    text = "\n".join(sentence[language] for sentence in words.values())
    assert list(faults(prose(re.sub(r"\{\w+\}|[\w.()]*\w\(…?\)|start\(…\)", "", text)), language)) == []


def test_sanitize_rules_are_ascii_and_complete():
    """nbval ignores a rule whose regex line is not directly followed by its replacement."""
    text = (ROOT / "tests" / "sanitize.cfg").read_text(encoding="ascii")
    assert len(refresh.rules()) == text.count("regex: ") == text.count("replace: ")


NOTEBOOK = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_markdown_cell("[x](nowhere.ipynb)", id="text"),
        nbformat.v4.new_code_cell("print()", id="code", outputs=[nbformat.v4.new_output("stream", text="/home/me/x\n" * 40)]),
    ]
)


def test_each_check_catches_its_fault():
    assert never_run(NOTEBOOK) == ["code"]
    assert traces_of_a_machine(NOTEBOOK)
    assert dead_links(PAGES[0], NOTEBOOK) == ["nowhere.ipynb"]
    assert long_outputs(NOTEBOOK) == ["code"]


@pytest.mark.parametrize(
    "language, text, fault",
    [
        ("ru", "Это їжа.", "letters of uk"),
        ("uk", "Это їжа.", "letters of ru: Это"),
        ("ru", "Щоб читать.", "not in the dictionary: Щоб"),
        ("uk", "Якщо получити таблицю.", "trap"),
        ("uk", "Також це нужно.", "not in the dictionary: нужно"),
        ("ru", "Данный файл.", "trap"),
        ("ru", "Она еще здесь.", "ё is always written: еще"),
        ("ru", 'Файл "models".', "straight quotes"),
        ("uk", "п'ять рядків", "apostrophe"),
        ("ru", "Это - файл.", "a hyphen for a dash"),
    ],
)
def test_prose_check_catches(language, text, fault):
    assert any(fault in found for found in faults(text, language))


@pytest.mark.parametrize("language, text", [("ru", "Ещё одна ячейка: `head` — вершина."), ("uk", "П’ять рядків — це все, що є.")])
def test_prose_check_lets_good_text_be(language, text):
    assert list(faults(prose(text), language)) == []
