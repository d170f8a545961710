"""The author's command: run pages again, store clean outputs, and carry code to the other languages.

    python notebooks/author ru                      all pages; Russian is the edited language
    python notebooks/author uk 04 05                lessons 04 and 05; Ukrainian is the edited language
    python notebooks/author ru cheatsheet           the cheat sheet, or `teacher`, and its PDF in every language
    python notebooks/author new lesson 09 name      begin a lesson: its page in every language
    python notebooks/author new exercise 05 name    begin an exercise: its folder, its cells in every language
    python notebooks/author measure                 how fast commands and lessons are

Code goes from the edited language to the others by cell id, with their own comments kept. Text is never written: where
it is missing, «…» stands, which the tests refuse. Lessons also renew what they leave at the root, as course.toml says.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from author import AuthorError, paper
from author.language import others
from author.projects import content
from author.skeleton import text_to_write
from author.twins import with_comments_of
from course import contents

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def pages(language):
    """The files of a language's pages: the lessons in order, the cheat sheets, the books."""
    return lessons(language) + [page(language, name) for name in contents.CHEAT_SHEETS + contents.BOOKS]


def lessons(language):
    """The files of a language's lessons in order."""
    return [page(language, lesson.file) for lesson in contents.lessons().values()]


def page(language, file):
    """The path of a page, written in the table as "05_upgrade_downgrade"."""
    return NOTEBOOKS / language / f"{file}.ipynb"


def name(path):
    """What start() and the author call a page: the lesson's number, or the name of a cheat sheet or a book."""
    return path.stem if path.stem in contents.CHEAT_SHEETS + contents.BOOKS else path.stem.partition("_")[0]


def rules():
    """The rules of sanitize.cfg as (compiled regex, replacement), read as nbval reads them."""
    text = (ROOT / "tests" / "sanitize.cfg").read_text(encoding="ascii")
    return [(re.compile(a), b) for a, b in re.findall(r"^regex: (.*)\nreplace: (.*)$", text, re.MULTILINE)]


def sanitize(text):
    for regex, replacement in rules():
        text = regex.sub(replacement, text)
    return text


def execute(notebook, folder, work, times=1):
    """Run a notebook's cells in order, `times` over in one kernel, and return it with clean outputs.

    Args:
        notebook: the notebook, changed in place.
        folder: where it stands.
        work: the folder for the lessons' work folders.
    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed that is not tagged as failing on purpose.
    """
    stored = {cell.id: cell.get("outputs") for cell in notebook.cells}
    client = NotebookClient(
        notebook,
        timeout=120,
        record_timing=False,  # or each cell would hold the time of its run
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    environment = os.environ | {"COURSE_WORK": str(work)}
    with client.setup_kernel(env=environment):
        for _ in range(times):
            number = 0
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    number += 1
                    client.execute_cell(cell, index, execution_count=number)
    for cell in notebook.cells:
        kept = stored[cell.id] if "nbval-ignore-output" in cell.metadata.get("tags", []) else None
        if kept and not any(output.get("metadata", {}).get("course") == "words" for output in cell.outputs):
            cell.outputs = kept  # it differs from machine to machine, so any one run's output serves
    return clean(notebook)


def clean(notebook):
    """Take out of a notebook what a run or an editor leaves in it: numbers, versions, dates, timings."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            number += 1
            cell.execution_count = number
            cell.outputs = [clean_output(output, number) for output in joined(cell.outputs)]
    return notebook


def joined(outputs):
    """The outputs with neighbouring pieces of one stream joined: a kernel flushes them at moments of its own choice.

    nbclient's coalesce_streams would also join pieces that have another output between them, and so change their order.
    """
    result = []
    for output in outputs:
        if result and output.output_type == "stream" == result[-1].output_type and output.name == result[-1].name:
            result[-1].text += output.text
        else:
            result.append(output)
    return result


def clean_output(output, number):
    if "execution_count" in output:
        output.execution_count = number
    if "text" in output:
        output.text = sanitize(output.text)
    if "traceback" in output:
        output.traceback = [re.sub(r"\x1b\[[\d;]*m", "", sanitize(line)) for line in output.traceback]
    for kind, text in output.get("data", {}).items():
        output.data[kind] = sanitize(text)
    return output


def written(notebook):
    """A notebook as the text of its file."""
    return nbformat.writes(notebook) + "\n"


def store(path, notebook):
    """Write a notebook if it differs from the file, and say so."""
    text = written(notebook)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")
        print("changed:", path.relative_to(ROOT))


def carry_code(edited, twin, language, page):
    """Give a notebook the cells of the edited one by id: their code and tags, but its own words and comments.

    Args:
        edited: the notebook in the edited language.
        twin: the notebook in the other language, changed in place.
        language: the other language.
        page: the file's name, the same in all languages.
    Returns:
        what is left to write by hand, a sentence each.
    """
    old = {cell.id: cell for cell in twin.cells}
    cells, left = [], []
    for cell in edited.cells:
        mine = old.get(cell.id)
        copy = nbformat.from_dict(cell)
        if cell.cell_type == "code":
            copy.source, unwritten = with_comments_of(cell.source, mine.source if mine else "")
            left += [f"to write in {language}: comment in cell {cell.id}: {comment}" for comment in unwritten]
        elif mine:
            copy.source = mine.source
        else:
            copy.source = text_to_write(cell.source, language, page)
            left.append(f"to write in {language}: text cell {cell.id}")
        cells.append(copy)
    left += [f"removed in {language}: cell {id_}" for id_ in old.keys() - {cell.id for cell in cells}]
    twin.cells = cells
    return left


def renew_project(lesson, folder):
    """Copy to the repository what the table says that a lesson leaves, where it has changed in more than dates."""
    if lesson not in contents.lessons():
        return
    for pattern, target in contents.lessons()[lesson].leaves.items():
        for file in sorted(folder.glob(pattern)):
            goal = ROOT / target / file.name
            if not goal.exists() or content(file) != content(goal):
                shutil.copyfile(file, goal)
                print("changed:", goal.relative_to(ROOT))


def pages_of(name):
    """How many pages of paper a cheat sheet may have, or the tests of a book."""
    return 1 if name in contents.CHEAT_SHEETS and contents.on_postgresql(name) else 2


def print_sheet(name):
    """Make the PDFs of a cheat sheet or of a book's tests, where they have changed.

    Raises:
        paper.PaperError: the sheet cannot be printed as it is.
    """
    for language in contents.LANGUAGES:
        file = page(language, name).with_suffix(".pdf")
        template = paper.TESTS if name in contents.BOOKS else paper.TEMPLATE
        data = paper.pdf(read(page(language, name)), language, pages_of(name), template)
        if not file.exists() or file.read_bytes() != data:
            file.write_bytes(data)
            print("changed:", file.relative_to(ROOT))


def renew(edited, names, work):
    """Refresh the pages with these names, or all, from the edited language to the others.

    Raises:
        AuthorError: a name is no page's, or a page is missing in the edited language.
    """
    found = {name(path): path for path in pages(edited)}
    if unknown := [one for one in names if one not in found]:
        raise AuthorError(f"no page {unknown[0]} in course.toml; there are {', '.join(found)}")
    for one, path in found.items():
        if names and one not in names:
            continue
        if not path.exists():
            raise AuthorError(
                f"{path.relative_to(ROOT)} is missing: refresh from a language that has it, and it is made"
            )
        notebook = execute(read(path), path.parent, work)
        store(path, notebook)
        for language in others(edited):
            renew_twin(notebook, language, path.name, work)
        renew_project(one, Path(work) / edited / one)
        if one in contents.CHEAT_SHEETS + contents.BOOKS:
            print_sheet(one)


def renew_twin(edited, language, file, work):
    """Carry the edited page to another language, where it is made if it is missing; run it there and store it."""
    path = NOTEBOOKS / language / file
    missing = not path.exists()
    make_lesson_py(language)
    twin = nbformat.v4.new_notebook() if missing else read(path)
    left = carry_code(edited, twin, language, file)
    for sentence in [f"to write in {language}: every «…» of {file}"] if missing else left:
        print(sentence)
    store(path, execute(twin, path.parent, work))


def make_lesson_py(language):
    """Give a new language the module that its pages import."""
    path = NOTEBOOKS / language / "lesson.py"
    if not path.exists():
        model = next(file for one in contents.LANGUAGES if (file := NOTEBOOKS / one / "lesson.py").exists())
        text = model.read_text(encoding="utf-8").replace(f'"{model.parent.name}"', f'"{language}"')
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print("made:", path.relative_to(ROOT))


def read(path):
    return nbformat.read(path, as_version=4)


def main(*words):
    """Refresh pages; return what went wrong, None if nothing did."""
    if not words or words[0] not in contents.LANGUAGES:
        return __doc__
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            renew(words[0], words[1:], work)
    except CellExecutionError as error:
        return f"A cell failed that is not tagged raises-exception:\n{error}"
    except paper.PaperError as error:
        return f"The page cannot be printed: {error}"
    except AuthorError as error:
        return str(error)
