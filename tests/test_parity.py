"""Twins are in step: same cells, same code, same outputs. Catches a page that was changed in one language only."""

import pytest

from author import refresh
from author.twins import differences, with_comments_of
from course import contents

FIRST, *OTHERS = contents.LANGUAGES
TWINS = [(p.stem, language) for language in OTHERS for p in refresh.pages(language) if p.exists()]


def read(language, file):
    return refresh.read(refresh.page(language, file))


@pytest.mark.parametrize("file, language", TWINS)
def test_twins_are_equal(file, language):
    if found := list(differences(read(FIRST, file), read(language, file))):
        pytest.fail("\n".join(f"{file} in {FIRST} and {language}, {sentence}" for sentence in found), pytrace=False)


def cell(notebook, kind, has=lambda cell: True):
    return next(cell for cell in notebook.cells if cell.cell_type == kind and has(cell))


def with_text(cell):
    return any("text" in output for output in cell.outputs)


SPOILERS = {
    "code": lambda nb: cell(nb, "code").__setitem__("source", "print(1)"),
    "number of comments": lambda nb: cell(nb, "code").__setitem__("source", "# note\n" + cell(nb, "code").source),
    "outputs": lambda nb: cell(nb, "code", with_text).outputs[0].__setitem__("text", "something else"),
    "heading levels": lambda nb: cell(nb, "markdown").__setitem__("source", "#" + cell(nb, "markdown").source),
    "links or pictures": lambda nb: nb.cells[-1].__setitem__("source", nb.cells[-1].source.replace(".ipynb", ".md")),
    "code blocks": lambda nb: cell(nb, "markdown").__setitem__(
        "source", cell(nb, "markdown").source + "\n```\nalembic\n```"
    ),
    "minutes": lambda nb: cell(nb, "markdown").__setitem__(
        "source", cell(nb, "markdown").source.replace("5 хвилин", "6 хвилин").replace("0 хвилин", "7 хвилин")
    ),
    "tags": lambda nb: cell(nb, "code").metadata.__setitem__("tags", ["raises-exception"]),
    "cell ids": lambda nb: nb.cells.reverse(),
}


@pytest.mark.parametrize("what", SPOILERS)
def test_each_difference_is_found_and_named(what):
    spoiled = read("uk", "01_init")
    SPOILERS[what](spoiled)
    assert any(what in sentence for sentence in differences(read("ru", "01_init"), spoiled))


def test_comments_and_docstrings_may_differ():
    ru, uk = read("ru", "02_env"), read("uk", "02_env")
    written = '%%writefile a.py\n"""{}"""\nx = "# текст"  # {}\n'
    for notebook, words in ((ru, "модель"), (uk, "таблиця")):
        cell(notebook, "code").source = written.format(words, words)
        cell(notebook, "code", lambda c: c.id == "final-clean").source = f"# {words}\ntree()  # {words}"
    assert list(differences(ru, uk)) == []


def test_the_authors_command_names_the_language_of_its_page():
    ru, uk = read("ru", "01_init"), read("uk", "01_init")
    block = "\n```sh\npython notebooks/author {0} 04  # {0}\npython notebooks/author slides {0} 04\n```"
    for notebook, language in ((ru, "ru"), (uk, "uk")):
        cell(notebook, "markdown").source += block.format(language)
    assert list(differences(ru, uk)) == []
    cell(uk, "markdown").source = cell(uk, "markdown").source.replace("slides uk 04", "slides uk 05")
    assert any("code blocks" in sentence for sentence in differences(ru, uk))


def test_carried_code_keeps_the_twins_comments():
    edited = "# перше\na = 1  # один\nb = 22\n# третє\nc = 3"
    twin = "# первое\na = 1  # единица\nb = 2"
    assert with_comments_of(edited, twin) == ("# первое\na = 1  # единица\nb = 22\n# «…»\nc = 3", ["# третє"])


def test_code_that_equals_its_twin_stays_as_it_is():
    source = "# один\n%alembic upgrade head\n\n# два\ntree()  # три\n# четыре"
    assert with_comments_of(source, source) == (source, [])
