"""On a class server: lets the teacher's board know where the learner stands. At home and in a browser it does nothing.

The whole state goes each time, so that the next report heals a lost one. It goes from a thread that nobody waits for:
whatever becomes of the board, no cell is slower for it and no error is shown.
"""

import os
import time
from contextlib import suppress

from IPython import get_ipython

from . import progress, session, words
from .words import CourseError

ADDRESS = "COURSE_CLASS_URL"
LONGEST = 300  # characters of a sentence
STILL_HERE = 20  # seconds after which a state is sent again although it is the same


class Last:
    """The state that was sent last, and when."""

    state, at = None, 0.0


def report_after_each_cell():
    """Report after each cell from now on, where there is a class to report to."""
    shell = get_ipython()
    if os.environ.get(ADDRESS) and shell and after_cell not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", after_cell)


def after_cell(result=None):
    """Send the learner's state if it is another one than before, or now and then if it is not.

    Args:
        result: what IPython knows of the cell that has run.
    """
    with suppress(Exception):
        state = where_the_learner_stands(getattr(result, "error_in_exec", None))
        if state != Last.state or time.monotonic() - Last.at > STILL_HERE:
            Last.state, Last.at = state, time.monotonic()
            from .sender import send  # only a class needs what it imports

            send(os.environ[ADDRESS], os.environ.get("JUPYTERHUB_API_TOKEN", ""), state)


def where_the_learner_stands(error=None):
    """What the board is told.

    Args:
        error: what the cell raised; a sentence of the course is told, other errors belong to the lessons.

    Returns:
        {name: value}, as JSON takes it; without "solved" where the file of it cannot be read.
    """
    key = session.at_hand
    told = str(error) if isinstance(error, CourseError) else session.said.get(key, "")
    state = {
        "language": words.language,
        "lesson": key.partition(".")[0] if key else session.lesson,
        "exercise": key,
        "tries": session.tries.get(key, 0),
        "hints": session.hints.get(key, 0),
        "said": told[:LONGEST],
    }
    with suppress(Exception):
        state["solved"] = sorted(progress.stored())
    return state
