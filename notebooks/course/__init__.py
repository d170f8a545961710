"""The helper behind the lessons: Alembic, SQL and pictures inside a notebook.

A lesson gets its verbs through ru/lesson.py or uk/lesson.py. The rest of the package needs the course's packages, so
`load` first looks whether they are there, and says in the reader's language what to do if not.
"""

from . import words
from .environment import check_environment, require


def load(language):
    """Choose the reader's language and return the verbs of a lesson by name.

    Raises:
        CourseError: this kernel lacks something the course needs.
    """
    words.use(language)
    require()
    from .exercise import check, hint, progress, reset, solution
    from .files import replace, show, tree
    from .lesson_folder import recipe, start
    from .pictures import draw_history, draw_schema

    verbs = (start, recipe, tree, show, replace, draw_history, draw_schema, check_environment)
    verbs += (check, hint, solution, progress, reset)
    return {verb.__name__: verb for verb in verbs}
