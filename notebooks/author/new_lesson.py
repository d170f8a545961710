"""A new lesson: its pages, its row in course.toml, in the index and in README, and the link from the page before it."""

import re
import tempfile

import nbformat

from author import AuthorError, refresh, skeleton
from author.contract import ROW
from author.language import TO_WRITE, about
from course import contents

README = refresh.ROOT / "README.md"
CHECKS = "tests/test_pages.py tests/test_parity.py tests/test_readme.py"
TABLE_ROW = """
[[lesson]]
number = "{number}"
file = "{number}_{name}"
part = {part}
minutes = 25
exercise_minutes = 25
opens_on = "finished"
"""


def begin_lesson(number, name):
    """Make everything that a lesson needs but its words.

    Returns:
        what to do next.
    Raises:
        AuthorError: the number is taken, or is none.
        nbclient.exceptions.CellExecutionError: the page cannot be run; nothing is changed then.
    """
    if not re.fullmatch(r"\d\d", number) or number in contents.lessons():
        raise AuthorError(f"the number of a new lesson has two digits and is none of {', '.join(contents.lessons())}")
    table = contents.TABLE.read_text(encoding="utf-8")
    write_table(with_lesson(table, number, name))
    lesson = contents.lessons()[number]
    before, following = neighbours(number)
    try:
        pages = {language: new_page(lesson, language, following) for language in contents.LANGUAGES}
    except Exception:
        write_table(table)
        raise
    for language, page in pages.items():
        refresh.store(refresh.page(language, lesson.file), page)
        add_row_to_index(lesson, before, language)
        lead_on(before, following, lesson, language)
    add_rows_to_readme(lesson, before)
    return f"""
1. notebooks/course/course.toml: set the minutes of lesson {number} and what it opens on.
2. Write its page in your language, the words in place of «…», and run `python notebooks/author <language> {number}`.
3. Write the words in place of «…» in the other languages.
4. `python -m pytest {CHECKS}` names what is left to write, and where."""


def new_page(lesson, language, following):
    """A page's notebook, run."""
    notebook = nbformat.v4.new_notebook(cells=skeleton.lesson_cells(lesson, language, following))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        return refresh.execute(notebook, refresh.NOTEBOOKS / language, work)


def with_lesson(table, number, name):
    """The text of course.toml with a lesson's row, in the order of numbers."""
    head, *rows = table.rstrip().split("\n[[lesson]]\n")
    numbers = [re.match(r'number = "(\d\d)"', row)[1] for row in rows]
    row = TABLE_ROW.format(number=number, name=name, part=int(number[0]) + 1)
    rows.insert(sum(other < number for other in numbers), row.removeprefix("\n[[lesson]]\n"))
    return "\n[[lesson]]\n".join([head, *(row.strip() + "\n" for row in rows)])


def write_table(text):
    contents.TABLE.write_text(text, encoding="utf-8", newline="\n")
    contents.table.cache_clear()
    contents.lessons.cache_clear()


def neighbours(number):
    """The lessons before and after one; the first lesson comes after the last."""
    lessons = list(contents.lessons().values())
    at = list(contents.lessons()).index(number)
    return lessons[at - 1], lessons[(at + 1) % len(lessons)]


def with_row(text, lesson, before, folder="", more=""):
    """A text with the lesson's row in its table of lessons, below the row of the lesson before it."""
    row = f"| {lesson.number} | [{TO_WRITE}]({folder}{lesson.file}.ipynb) |{more} {lesson.minutes} |"
    above = next((match[0] for match in ROW.finditer(text) if match[1] == before.number), None)
    return text.replace(above, f"{above}\n{row}") if above else text


def add_row_to_index(lesson, before, language):
    path = refresh.pages(language)[0]
    index = refresh.read(path)
    for cell in index.cells:
        if cell.id == "lessons":
            cell.source = with_row(cell.source, lesson, before, more=f" {TO_WRITE} |")
    refresh.store(path, index)


def add_rows_to_readme(lesson, before):
    """Put the lesson's row into the table of each language's part, which its links tell apart."""
    text = README.read_text(encoding="utf-8")
    for language in contents.LANGUAGES:
        folder = f"notebooks/{language}/"
        heading = f"## {about(language)['readme']}\n"
        start, part = text.partition(heading)[::2]
        part, more, rest = part.partition("\n## ")
        text = start + heading + with_row(part, lesson, before, folder) + more + rest
    README.write_text(text, encoding="utf-8", newline="\n")


def lead_on(before, following, lesson, language):
    """Let the page before lead to the new one."""
    path = refresh.page(language, before.file)
    notebook = refresh.read(path)
    last = notebook.cells[-1]
    link = f"[{TO_WRITE}]({lesson.file}.ipynb)"
    last.source = re.sub(rf"\[[^\]]*\]\({following.file}\.ipynb\)", lambda _: link, last.source)
    refresh.store(path, notebook)
