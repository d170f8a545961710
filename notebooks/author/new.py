"""Begin a lesson or an exercise: everything the tests ask for, with «…» where an author has to write.

python notebooks/author new lesson 09 name       the page 09_name in every language, its row in the tables of lessons
python notebooks/author new exercise 05 name     the next exercise of lesson 05: its folder, its cells in every language
"""

import re

from nbclient.exceptions import CellExecutionError

from author import AuthorError
from author.new_exercise import begin_exercise
from author.new_lesson import begin_lesson

NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")


def main(*words):
    """Begin what the words name; return what went wrong, None if nothing did."""
    begin = {"lesson": begin_lesson, "exercise": begin_exercise}.get(words[0] if words else "")
    if begin is None or len(words) != 3:
        return __doc__
    if not NAME.fullmatch(words[2]):
        return f"The name {words[2]} is to have small Latin letters, digits and _ only."
    try:
        print(begin(*words[1:]))
    except AuthorError as error:
        return str(error)
    except CellExecutionError as error:
        return f"Nothing is begun, since a cell of the page failed:\n{error}"
