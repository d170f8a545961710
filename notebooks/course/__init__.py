"""The helper behind the lessons: Alembic, SQL and pictures inside a notebook.

A lesson gets its verbs through ru/lesson.py or uk/lesson.py. The rest of the package needs the course's packages, so
`load` first looks whether they are there, and says in the reader's language what to do if not.
"""

import os

from . import words
from .environment import check_environment, require


def load(language):
    """Choose the reader's language and return the verbs of a lesson by name.

    Raises:
        CourseError: this kernel lacks something the course needs.
    """
    words.use(language)
    require()
    from . import browser, exercise_verbs, session
    from .files import replace, rewrite, show, tree
    from .history_picture import draw_history
    from .kernel import keep_verbs_from_magics
    from .lessons import recipe, start
    from .postgres import postgres
    from .progress import progress
    from .report import report_after_each_cell
    from .schema_picture import draw_schema

    session.database_url = session.database_url or os.environ.get("DATABASE_URL")
    verbs = [start, recipe, postgres, tree, show, replace, rewrite, draw_history, draw_schema]
    verbs += [check_environment, progress]
    verbs += [getattr(exercise_verbs, name) for name in ("exercise", "check", "hint", "solution", "reset")]
    named = {verb.__name__: exercise_verbs.one_sentence(verb) for verb in verbs}
    keep_verbs_from_magics(named)
    report_after_each_cell()
    if browser.HERE:
        browser.equip()
    return named
