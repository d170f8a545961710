"""What a reader would stumble over on a page: a cell never run, a machine's path, a dead link, a missing part."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from author import AuthorError, contract, refresh
from author import language as languages
from author.prose import faults, prose
from author.twins import COMMENT, LINK
from course import contents, words

ROOT = Path(__file__).resolve().parents[1]
PAGES = [path for language in contents.LANGUAGES for path in refresh.pages(language) if path.exists()]
LESSONS = [
    (language, lesson)
    for language in contents.LANGUAGES
    for lesson in contents.lessons().values()
    if refresh.page(language, lesson.file) in PAGES
]
MACHINE = re.compile(r"/(?:root|home|tmp|Users|work)/|[A-Z]:\\\\|\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b")


def never_run(notebook):
    """Cells that nbval would pass over silently: it checks no code cell without a count of execution."""
    return [cell.id for cell in notebook.cells if cell.cell_type == "code" and not cell.execution_count]


def traces_of_a_machine(notebook):
    text = json.dumps([cell.get("outputs") for cell in notebook.cells], ensure_ascii=False)
    return MACHINE.findall(re.sub(r"work/\d\d", "", text))


def dead_links(path, notebook):
    targets = [
        target for cell in notebook.cells if cell.cell_type == "markdown" for _, target in LINK.findall(cell.source)
    ]
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
    """(path, notebook) of a page."""
    return request.param, refresh.read(request.param)


def none_of(sentences):
    """Fail with the sentences, if there are any."""
    if found := list(sentences):
        pytest.fail("\n".join(found), pytrace=False)


def test_each_cell_has_been_run(page):
    assert never_run(page[1]) == []


def test_nothing_of_a_machine_or_a_day_is_stored(page):
    assert traces_of_a_machine(page[1]) == []


def test_links_lead_to_files(page):
    assert dead_links(*page) == []


def test_no_cell_prints_more_than_a_screen(page):
    assert long_outputs(page[1]) == []


@pytest.mark.parametrize("language, lesson", LESSONS, ids=lambda one: getattr(one, "file", one))
def test_each_lesson_has_its_parts(language, lesson):
    none_of(contract.page_faults(lesson, language))


def test_no_words_are_left_to_write(page):
    none_of(contract.cells_to_write(*page))


@pytest.mark.parametrize("language", contents.LANGUAGES)
def test_no_words_of_helper_and_exercises_are_left_to_write(language):
    none_of(contract.words_to_write(language))


@pytest.mark.parametrize("language", contents.LANGUAGES)
def test_the_table_names_each_page_and_no_other(language):
    there, named = set((refresh.NOTEBOOKS / language).glob("*.ipynb")), set(refresh.pages(language))
    none_of(contract.missing(path) for path in sorted(named - there))
    none_of(f"{contract.place(path)}: name it in course.toml" for path in there - named)


@pytest.mark.parametrize("language", contents.LANGUAGES)
def test_each_language_has_the_module_that_its_pages_import(language):
    path = refresh.NOTEBOOKS / language / "lesson.py"
    if not path.exists():
        pytest.fail(f"{contract.place(path)} is missing: refresh a page from another language", pytrace=False)
    model = (refresh.NOTEBOOKS / contents.LANGUAGES[0] / "lesson.py").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == model.replace(f'"{contents.LANGUAGES[0]}"', f'"{language}"')


def test_a_language_that_nobody_has_described_is_asked_for():
    with pytest.raises(AuthorError, match="languages/xx.toml is missing: copy ru.toml"):
        languages.about("xx")


def test_text_is_in_its_language(page):
    path, notebook = page
    texts = {cell.id: prose(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"}
    texts |= {c.id: "\n".join(COMMENT.findall(c.source)) for c in notebook.cells if c.cell_type == "code"}
    assert [(id_, fault) for id_, text in texts.items() for fault in faults(text, path.parent.name)] == []


@pytest.mark.parametrize("language", contents.LANGUAGES)
def test_index_lists_all_lessons(language):
    path = refresh.pages(language)[0]
    table = next((cell.source for cell in refresh.read(path).cells if cell.id == "lessons"), "")
    none_of(contract.row_faults(table, f"{contract.place(path)}, cell lessons", language))


@pytest.mark.parametrize("language", contents.LANGUAGES)
def test_the_helper_speaks_the_language(language):
    """Each sentence has the same places to fill as in the first language, and reads well."""
    said = {key: sentence for key, sentence in words.WORDS.items() if language in sentence}
    for key, sentence in said.items():
        assert places(sentence[language]) == places(sentence[contents.LANGUAGES[0]]), f"words.json, {key}: other places"
    text = "\n".join(sentence[language] for sentence in said.values())
    assert list(faults(prose(re.sub(r"\{\w+\}|[\w.()]*\w\(…?\)|start\(…\)", "", text)), language)) == []


def places(sentence):
    return sorted(re.findall(r"\{.*?\}", sentence))


def test_sanitize_rules_are_ascii_and_complete():
    """nbval ignores a rule whose regex line is not directly followed by its replacement."""
    text = (ROOT / "tests" / "sanitize.cfg").read_text(encoding="ascii")
    assert len(refresh.rules()) == text.count("regex: ") == text.count("replace: ")


LESSON = contents.lessons()["05"]
SPOILERS = {
    "begin with the lesson's title": (0, "# ", ""),
    f"write that the page takes {LESSON.minutes} минут": (0, f"{LESSON.minutes} минут", "7 минут"),
    f"exercises take {LESSON.exercise_minutes} минут": (0, f"ещё {LESSON.exercise_minutes}", "ещё 7"),
    'put a code cell here, with `from lesson import *` and `start("05")`': (1, '"05"', '"06"'),
    "put a text cell `## Главное`": ("points", "## Главное", "## Важное"),
    "write at least three key points": ("points", "\n- ", "\n"),
    "write at its end the links to the other languages: [Этот урок по-украински](../uk/05_up": (0, "../uk/", "../ru/"),
    "write a link to the next page: [Офлайн-режим: SQL вместо подключения](06_offline_sql.ipynb)": (-1, "(06_", "(07_"),
    "write a link to the cheat sheet: [Шпаргалка по Alembic](cheatsheet.ipynb)": (-1, "(cheatsheet.ipynb)", "()"),
    "one exclamation mark in a lesson is enough": ("points", ".", "!"),
}


@pytest.mark.parametrize("sentence", SPOILERS)
def test_each_part_that_a_lesson_lacks_is_asked_for(sentence):
    where, old, new = SPOILERS[sentence]
    notebook = refresh.read(refresh.page("ru", LESSON.file))
    for cell in notebook.cells[1:]:
        cell.source = cell.source.replace("!", ".") if cell.cell_type == "markdown" else cell.source
    notebook.cells[0].source += "\n\nВсё готово!"
    assert list(contract.notebook_faults(notebook, LESSON, "ru")) == []
    cell = notebook.cells[where] if isinstance(where, int) else next(c for c in notebook.cells if c.id == where)
    cell.source = cell.source.replace(old, new)
    assert any(sentence in said for _, said in contract.notebook_faults(notebook, LESSON, "ru"))


def test_each_row_that_a_table_of_lessons_lacks_is_asked_for():
    index = refresh.read(refresh.page("uk", "00_start"))
    table = next(cell.source for cell in index.cells if cell.id == "lessons")
    minutes = f"| {LESSON.minutes} |"
    spoiled = table.replace(minutes, "| 7 |").replace("| 08 |", "| 10 |")
    said = list(contract.row_faults(spoiled, "index", "uk"))
    title = contract.page_title("uk", LESSON.file)
    assert f"index: write the row | 05 | [{title}]({LESSON.file}.ipynb) | … {minutes}" in said
    assert any("write the row | 08 |" in one for one in said) and any(
        "take out the row of lesson 10" in one for one in said
    )


NOTEBOOK = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_markdown_cell("[x](nowhere.ipynb)", id="text"),
        nbformat.v4.new_code_cell(
            "print()", id="code", outputs=[nbformat.v4.new_output("stream", text="/home/me/x\n" * 40)]
        ),
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
        ("ru", "Это їжа.", "letters of another language"),
        ("uk", "Это їжа.", "letters of another language: Это"),
        ("ru", "Щоб читать.", "not in the dictionary: Щоб"),
        ("uk", "Якщо получити таблицю.", "a word to avoid"),
        ("uk", "Також це нужно.", "not in the dictionary: нужно"),
        ("ru", "Данный файл.", "a word to avoid"),
        ("ru", "Она еще здесь.", "ё is always written: еще"),
        ("ru", 'Файл "models".', "straight quotes"),
        ("uk", "п'ять рядків", "apostrophe"),
        ("ru", "Это - файл.", "a hyphen for a dash"),
    ],
)
def test_prose_check_catches(language, text, fault):
    assert any(fault in found for found in faults(text, language))


@pytest.mark.parametrize(
    "language, text", [("ru", "Ещё одна ячейка: `head` — вершина."), ("uk", "П’ять рядків — це все, що є.")]
)
def test_prose_check_lets_good_text_be(language, text):
    assert list(faults(prose(text), language)) == []
