"""A new exercise: its folder, valid but for its words, and its cells in the lesson's page in every language."""

import re
import shutil
import tempfile

from alembic.script import ScriptDirectory

from author import AuthorError, refresh, skeleton
from author.language import TO_WRITE
from course import contents, exercises

EXERCISE = '''"""Do it: {title}."""

from ..checks import at_head, new_revisions, way_back

OPENS_ON = "{opens_on}"  # the finished project; without this line, what the lesson opens on
MAY_CHANGE = {{"data.db": []}}  # the files, tables and columns that the exercise asks to change; all else must stay


def check(work):
    new_revisions(work, after="{head}")
    at_head(work)
    way_back(work, "{head}")
'''
ATTEMPTS = """\
# %% solution
%alembic revision -m "an example"
%alembic upgrade head

# %% wrong no_new_revision: a command that changes nothing
%alembic upgrade head

# %% wrong not_applied: not applied
#~ '%alembic upgrade head' -> ''
#= solution

# %% right: another id
#~ 'revision -m' -> 'revision --rev-id example -m'
#= solution
"""


def begin_exercise(number, name):
    """Make the next exercise of a lesson.

    Returns:
        what to do next.
    Raises:
        AuthorError: there is no such lesson.
        nbclient.exceptions.CellExecutionError: the page cannot be run; nothing is changed then.
    """
    if number not in contents.lessons():
        raise AuthorError(f"no lesson {number} in course.toml; there are {', '.join(contents.lessons())}")
    there = [int(key[3:]) for key in exercises.all_exercises() if key.startswith(f"{number}.")]
    count = max(there, default=0) + 1
    folder = exercises.HERE / f"{number}_{count}_{name}"
    file = contents.lessons()[number].file
    try:
        write_folder(folder, name)
        pages = {language: page_with(number, count, language) for language in contents.LANGUAGES}
    except Exception:
        shutil.rmtree(folder)
        raise
    for language, page in pages.items():
        refresh.store(refresh.page(language, file), page)
    place = folder.relative_to(refresh.ROOT).as_posix()
    return f"""made: {place}
1. {place}/exercise.py: what is set up and what is checked, with the checks of exercises/checks.py.
2. {place}/attempts.ipy: the solution, typical mistakes, other right ways.
3. {place}/words.toml and the cell ex{count} of {file}.ipynb: the words in place of «…», in every language.
4. `python -m pytest tests/test_exercises.py -k {number}.{count}` tries it.
5. `python -m pytest tests/test_pages.py` names what is left to write, and where."""


def write_folder(folder, name):
    """Write the files of an exercise that is about a new revision in the finished project."""
    opens_on = next(one.number for one in contents.lessons().values() if one.opens_on == "finished")
    head = ScriptDirectory(refresh.ROOT / "migrations").get_current_head()
    words = [f'hint.{language} = ["{TO_WRITE}", "{TO_WRITE}"]' for language in contents.LANGUAGES]
    words += [f'{key}.{language} = "{TO_WRITE}"' for key in ("why", "done") for language in contents.LANGUAGES]
    folder.mkdir()
    files = {
        "exercise.py": EXERCISE.format(opens_on=opens_on, head=head, title=name.replace("_", " ")),
        "attempts.ipy": ATTEMPTS,
        "words.toml": "\n".join([*words, ""]),
    }
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")


def page_with(number, count, language):
    """The lesson's page with the cells of one exercise more, run."""
    path = refresh.page(language, contents.lessons()[number].file)
    notebook = refresh.read(path)
    place = max((at for at, cell in enumerate(notebook.cells) if re.match(r"ex(?:\d|ercises$)", cell.id)), default=-2)
    notebook.cells[place + 1 : place + 1] = skeleton.exercise_cells(number, count, language)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        return refresh.execute(notebook, path.parent, work)
