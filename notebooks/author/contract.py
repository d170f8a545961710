"""What each lesson's page, the index and README have. Every fault is a sentence that says what to write and where."""

import json
import re
import tomllib

from author import refresh
from author.language import TO_WRITE, about, twin_links
from author.prose import prose
from course import contents, exercises

ROW = re.compile(r"^\| (\d\d) \| \[(.*?)\]\((?:\S*/)?(\w+)\.ipynb\) (?:\|.*)?\| (\d+) \|$", re.MULTILINE)


def page_faults(lesson, language):
    """Sentences about what the page of a lesson lacks in a language, none if it has all."""
    path = refresh.page(language, lesson.file)
    for cell, sentence in notebook_faults(refresh.read(path), lesson, language):
        yield f"{place(path)}, cell {cell.id}: {sentence}"


def notebook_faults(notebook, lesson, language):
    """(cell, sentence) of each fault of a lesson's notebook."""
    for rule in (title, times, start_cell, key_points, exercise_cells, links_to_twins, last_links, exclamation_marks):
        yield from rule(notebook, lesson, language)


def place(path):
    return path.relative_to(refresh.ROOT).as_posix()


def missing(path):
    """What to do about a page that a language lacks."""
    other = next((one for one in contents.LANGUAGES if refresh.page(one, path.stem).exists()), None)
    number = refresh.name(path)
    cure = f"refresh {number} from {other} (`python notebooks/author {other} {number}`)" if other else "begin it"
    return f"{place(path)} is missing: {cure}, or take it out of course.toml"


def title(notebook, lesson, language):
    first = notebook.cells[0]
    if not first.source.startswith("# "):
        yield first, "begin with the lesson's title, `# …`"


def times(notebook, lesson, language):
    """Minutes for the page, and for its exercises if it has any, as course.toml has them."""
    first, unit = notebook.cells[0], about(language)["minutes"]
    if f" {lesson.minutes} {unit}" not in first.source:
        yield first, f"write that the page takes {lesson.minutes} {unit}…, as course.toml says"
    if lesson.exercise_minutes and not re.search(
        rf" {lesson.minutes} {unit}.*\b{lesson.exercise_minutes}\b", first.source
    ):
        yield first, f"write behind it that the exercises take {lesson.exercise_minutes} {unit}…, as course.toml says"


def start_cell(notebook, lesson, language):
    if not any(re.search(rf'^start\("{lesson.number}"\)', cell.source, re.MULTILINE) for cell in notebook.cells):
        yield notebook.cells[1], f'put a code cell here, with `from lesson import *` and `start("{lesson.number}")`'


def key_points(notebook, lesson, language):
    heading = f"## {about(language)['key_points']}"
    found = [cell for cell in notebook.cells if re.match(f"{heading}$", cell.source, re.MULTILINE)]
    if not found:
        yield notebook.cells[-1], f"put a text cell `{heading}` with three to six points before the exercises"
    elif found[0].source.count("\n- ") < 3:
        yield found[0], "write at least three key points, each a line `- …`"


def links_to_twins(notebook, lesson, language):
    wanted = twin_links(language, f"{lesson.file}.ipynb")
    for cell in (notebook.cells[0], notebook.cells[-1]):
        if wanted not in cell.source:
            yield cell, f"write at its end the links to the other languages: {wanted}"


def last_links(notebook, lesson, language):
    """From its last cell a page leads to the next lesson, the last lesson to the first, and each to a cheat sheet."""
    last, files = notebook.cells[-1], [one.file for one in contents.lessons().values()]
    following = (files[1:] + files[:1])[files.index(lesson.file)]
    if f"]({following}.ipynb)" not in last.source:
        yield last, f"write a link to the next page: [{page_title(language, following)}]({following}.ipynb)"
    sheets = contents.CHEAT_SHEETS
    if sheets and not any(f"]({sheet}.ipynb)" in last.source for sheet in sheets):
        yield last, f"write a link to the cheat sheet: [{page_title(language, sheets[0])}]({sheets[0]}.ipynb)"


def exercise_cells(notebook, lesson, language):
    """Each exercise of the lesson has its four cells, in order and together."""
    ids = [cell.id for cell in notebook.cells]
    for key in exercises.all_exercises():
        number, _, count = key.partition(".")
        wanted = [f"ex{count}", f"ex{count}-start", f"ex{count}-work", f"ex{count}-check"]
        if number == lesson.number:
            at = ids.index(wanted[0]) if wanted[0] in ids else -1
            if ids[at : at + 4] != wanted:
                yield notebook.cells[at], f"put the cells {', '.join(wanted)} of exercise {key} here"
            elif f'exercise("{key}")' not in notebook.cells[at + 1].source:
                yield notebook.cells[at + 1], f'open the exercise: `from lesson import *`, `exercise("{key}")`'


def exclamation_marks(notebook, lesson, language):
    """At most one text cell of a lesson exclaims."""
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in [cell for cell in texts if re.search(r"!(?!\[|=)", prose(cell.source))][1:]:
        yield cell, "one exclamation mark in a lesson is enough; end this sentence with a full stop"


def page_title(language, file):
    """The H1 of a page; «…» if there is none yet."""
    path = refresh.page(language, file)
    found = re.match(r"# (.*)", refresh.read(path).cells[0].source) if path.exists() else None
    return found[1] if found else TO_WRITE


def row_faults(text, where, language, folder=""):
    """Sentences about the rows of a table of lessons: each lesson has one, in order, with its title and minutes.

    Args:
        text: the Markdown with the table.
        where: what to call it: the file, and the cell if it is a notebook.
        language: the pages' language.
        folder: what stands before the files' names in links.
    """
    found = {match[1]: match[0] for match in ROW.finditer(text)}
    for lesson in contents.lessons().values():
        row = f"| {lesson.number} | [{page_title(language, lesson.file)}]({folder}{lesson.file}.ipynb) | "
        line = found.get(lesson.number, "")
        if not (line.startswith(row) and line.endswith(f"| {lesson.minutes} |")):
            yield f"{where}: write the row {row}{'' if folder else '… | '}{lesson.minutes} |"
    for number in found.keys() - contents.lessons().keys():
        yield f"{where}: take out the row of lesson {number}, which course.toml does not have"
    if list(found) != sorted(found):
        yield f"{where}: put the rows in the order of their numbers"


def cells_to_write(path, notebook):
    """Sentences about the cells in which «…» stands for words that nobody has written yet."""
    return [
        f"{place(path)}, cell {c.id}: write the words in place of {TO_WRITE}"
        for c in notebook.cells
        if TO_WRITE in c.source
    ]


def word_files():
    """The files that hold what the helper and the exercises say, by key and language."""
    yield refresh.NOTEBOOKS / "course" / "words.json"
    yield exercises.HERE / "checks.toml"
    for folder in exercises.all_exercises().values():
        yield folder / "words.toml"


def words_to_write(language):
    """Sentences about what the helper or an exercise does not say yet in a language."""
    for path in word_files():
        if not path.exists():
            yield f"{place(path)} is missing: write it, as in the other exercises"
            continue
        content = path.read_text(encoding="utf-8")
        for key, text in (json if path.suffix == ".json" else tomllib).loads(content).items():
            if language not in text:
                yield f"{place(path)}, {key}: write it in {language}"
            elif TO_WRITE in str(text[language]):
                yield f"{place(path)}, {key}.{language}: write the words in place of {TO_WRITE}"
