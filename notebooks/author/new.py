"""Begin a lesson or an exercise: everything the tests ask for, with «…» where an author has to write.

    python notebooks/author new lesson 09 name       the page 09_name in every language, its row in the tables of lessons
    python notebooks/author new exercise 05 name     the next exercise of lesson 05: its folder, its cells in every language
"""

import re
import tempfile

import nbformat

from author import AuthorError, refresh, skeleton
from author.contract import ROW, place
from author.language import TO_WRITE, about
from course import contents

README = refresh.ROOT / "README.md"
NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
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


def main(*words):
    """Begin what the words name; return what went wrong, None if nothing did."""
    begin = {"lesson": begin_lesson, "exercise": begin_exercise}.get(words[0] if words else "")
    if begin is None or len(words) != 3:
        return __doc__
    try:
        if not NAME.fullmatch(words[2]):
            raise AuthorError(f"the name {words[2]} is to have small Latin letters, digits and _ only")
        print(begin(*words[1:]))
    except AuthorError as error:
        return str(error)


def begin_lesson(number, name):
    """Make a lesson's pages, its row in course.toml, in the index and in README, and the link from the page before it.

    Returns:
        what to do next.
    Raises:
        AuthorError: the number is taken, or is none.
    """
    if not re.fullmatch(r"\d\d", number) or number in contents.lessons():
        raise AuthorError(f"the number of a new lesson has two digits and is none of {', '.join(contents.lessons())}")
    add_to_table(number, name)
    lesson = contents.lessons()[number]
    before, following = neighbours(number)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        for language in contents.LANGUAGES:
            page = refresh.page(language, lesson.file)
            cells = skeleton.lesson_cells(lesson, language, following)
            notebook = refresh.execute(nbformat.v4.new_notebook(cells=cells), page.parent, work)
            refresh.store(page, notebook)
            add_row_to_index(lesson, before, language)
            lead_on(before, following, lesson, language)
    add_rows_to_readme(lesson, before)
    return f"""
1. notebooks/course/course.toml: set the minutes of lesson {number} and what it opens on.
2. Write its page in your language, the words in place of «…», and run `python notebooks/author <language> {number}`.
3. Write the words in place of «…» in the other languages.
4. `python -m pytest {CHECKS}` names what is left to write, and where."""


def add_to_table(number, name):
    """Put the lesson's row into course.toml, in the order of numbers."""
    head, *rows = contents.TABLE.read_text(encoding="utf-8").rstrip().split("\n[[lesson]]\n")
    numbers = [re.match(r'number = "(\d\d)"', row)[1] for row in rows]
    row = TABLE_ROW.format(number=number, name=name, part=int(number[0]) + 1)
    rows.insert(sum(other < number for other in numbers), row.removeprefix("\n[[lesson]]\n"))
    text = "\n[[lesson]]\n".join([head, *(row.strip() + "\n" for row in rows)])
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


def begin_exercise(number, name):
    raise AuthorError("not yet")
