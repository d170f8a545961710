"""`forget` and `code`: who may come in."""

import re

from classroom import people
from classroom.commands import the_class
from classroom.settings import new_code
from classroom.words import problem, say


def run(options):
    """Let somebody choose a new password, or show or change the class code.

    Args:
        options: what the teacher typed.

    Raises:
        ClassError: there is no class in the folder, nobody of that name, or the code will not do.
    """
    settings = the_class(options)
    if options.command == "code":
        code(settings, options.new)
    else:
        forget(settings, " ".join(options.name))


def code(settings, new):
    """Show or change the class code; a change holds at once.

    Args:
        settings: the class.
        new: the new code, "new" to have one made, None to look only.

    Raises:
        ClassError: the code is too short or cannot be typed from a wall.
    """
    if new:
        settings.code = new_code() if new == "new" else new
        if not re.fullmatch(r"[^\W_]{4,20}", settings.code):
            raise problem("wrong_code")
        settings.save()
    say("code", code=settings.code)


def forget(settings, name):
    """Let a person choose a new password with the class code.

    Args:
        settings: the class.
        name: theirs.

    Raises:
        ClassError: nobody has this name.
    """
    try:
        say("forgotten", name=name, place=people.forget(settings, name), code=settings.code)
    except people.Nobody:
        known = sorted(one["name"] for one in people.read(settings).values())
        raise problem("nobody", name=name, people=", ".join(known) or "—") from None
