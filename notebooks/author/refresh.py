"""The author's command: run lessons again, store clean outputs, and carry code to the other language.

    python notebooks/author ru               all pages, Russian is the edited language
    python notebooks/author uk 04 05         lessons 04 and 05, Ukrainian is the edited language
    python notebooks/author ru cheatsheet    the cheat sheet, and its PDF in both languages
    python notebooks/author measure          how fast commands and lessons are

Code goes from the edited language to its twin by cell id, with the twin's own comments kept; text is never written, and
what has to be written is listed. Lessons 01 to 04 also renew the project at the root when what they build has changed.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from author import paper
from author.projects import content
from author.twins import with_comments_of

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
TWIN = {"ru": "uk", "uk": "ru"}
CHEAT_SHEET = "cheatsheet"
RESULTS = {  # {lesson: {file that it leaves: folder at the root that holds it}}
    "01": {"alembic.ini": ".", "migrations/README": "migrations", "migrations/script.py.mako": "migrations"},
    "02": {"migrations/env.py": "migrations", "models.py": "notebooks/course/opening"},
    "03": {"migrations/versions/*.py": "migrations/versions"},
    "04": {"migrations/versions/*.py": "migrations/versions", "models.py": ".", "data.db": "."},
}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def pages(language):
    """The lessons in order, and the cheat sheet."""
    return sorted((NOTEBOOKS / language).glob("*.ipynb"))


def lessons(language):
    return [path for path in pages(language) if path.stem != CHEAT_SHEET]


def name(path):
    """What start() calls a page: the lesson's number, or "cheatsheet"."""
    return path.stem.partition("_")[0]


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
        if "nbval-ignore-output" in cell.metadata.get("tags", []) and stored[cell.id]:
            cell.outputs = stored[cell.id]  # it differs from machine to machine, so any one run's output serves
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
    """The outputs with pieces of one stream put together: a kernel flushes them at moments of its own choice."""
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
    for kind, content in output.get("data", {}).items():
        output.data[kind] = sanitize(content)
    return output


def written(notebook):
    """A notebook as the text of its file."""
    return nbformat.writes(notebook) + "\n"


def store(path, notebook):
    """Write a notebook if it differs from the file, and say so."""
    text = written(notebook)
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")
        print("changed:", path.relative_to(ROOT))


def carry_code(edited, twin, language):
    """Give a twin notebook the edited one's code cells by id, and list what is left to write by hand."""
    old = {cell.id: cell for cell in twin.cells}
    cells = []
    for cell in edited.cells:
        mine = old.get(cell.id)
        if cell.cell_type == "markdown":
            if mine is None:
                print(f"to write in {language}: text cell {cell.id}")
            else:
                cells.append(mine)
            continue
        copy = nbformat.from_dict(cell)
        copy.source, unwritten = with_comments_of(cell.source, mine.source if mine else "")
        for comment in unwritten:
            print(f"to write in {language}: comment in cell {cell.id}: {comment}")
        cells.append(copy)
    for cell in twin.cells:
        if cell.id not in {c.id for c in edited.cells}:
            print(f"removed in {language}: cell {cell.id}")
    twin.cells = cells
    return twin


def renew_project(lesson, folder):
    """Copy to the root what lessons 01 to 04 build, where it has changed in more than dates."""
    for pattern, target in RESULTS.get(lesson, {}).items():
        for file in sorted(folder.glob(pattern)):
            goal = ROOT / target / file.name
            if not goal.exists() or content(file) != content(goal):
                shutil.copyfile(file, goal)
                print("changed:", goal.relative_to(ROOT))


def print_sheets():
    """Make the cheat sheets' PDFs, where they have changed.

    Raises:
        paper.PaperError: a sheet cannot be printed as it is.
    """
    for language in TWIN:
        page = NOTEBOOKS / language / f"{CHEAT_SHEET}.ipynb"
        file, data = page.with_suffix(".pdf"), paper.pdf(read(page), language)
        if not file.exists() or file.read_bytes() != data:
            file.write_bytes(data)
            print("changed:", file.relative_to(ROOT))


def renew(edited, names, work):
    for path in pages(edited):
        if names and name(path) not in names:
            continue
        notebook = execute(read(path), path.parent, work)
        store(path, notebook)
        twin = NOTEBOOKS / TWIN[edited] / path.name
        if twin.exists():
            carried = carry_code(notebook, read(twin), TWIN[edited])
            store(twin, execute(carried, twin.parent, work))
        else:
            print("to write:", twin.relative_to(ROOT))
        renew_project(name(path), Path(work) / edited / name(path))
        if name(path) == CHEAT_SHEET:
            print_sheets()


def read(path):
    return nbformat.read(path, as_version=4)


def main(*words):
    if not words or words[0] not in TWIN:
        return __doc__
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            renew(words[0], words[1:], work)
    except CellExecutionError as error:
        return f"A cell failed that is not tagged raises-exception:\n{error}"
    except paper.PaperError as error:
        return f"The cheat sheet cannot be printed: {error}"
