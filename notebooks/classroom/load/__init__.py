"""`load`: made-up learners log in, run a lesson and solve an exercise, as real ones would; a table tells how it was."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from classroom import people
from classroom.commands import the_class
from classroom.words import problem

NAME = "Load {:02}"  # what the made-up learners are called
HERE = Path(__file__).resolve()


def run(options):
    """Measure a class that runs.

    Args:
        options: what the teacher typed.

    Returns:
        1 if anything failed, 2 if the class cannot be measured, None if all went well.

    Raises:
        ClassError: something that the teacher can mend.
    """
    for name, least in {"learners": 1, "arrive": 0, "cells": 0}.items():
        value = getattr(options, name)
        if value is not None and value < least:
            raise problem("load_number", name=name, value=value, least=least)
    if not 0 <= options.pauses[0] <= options.pauses[1]:
        raise problem("load_pauses")
    settings = None if options.url else own_class(options)
    if find_spec("aiohttp") is None:
        return by_the_hubs_python(settings)
    from classroom.load.run import measure  # only here is what it imports

    return measure(options, settings)


def own_class(options):
    """The class of this machine, which may be measured: nobody but made-up learners is in it.

    Args:
        options: what the teacher typed.

    Returns:
        Its settings.

    Raises:
        ClassError: there is none, it is root's, or people sit in it.
    """
    if os.geteuid():
        raise problem("not_root", words="load")
    settings = the_class(options)
    made_up = {NAME.format(number) for number in range(1, settings.limit + 1)}
    real = [one["name"] for one in people.read(settings).values() if one["name"] not in made_up]
    if real:
        raise problem("load_people", people=", ".join(sorted(real)[:5]))
    if options.learners > settings.limit:
        raise problem("load_limit", learners=options.learners, limit=settings.limit)
    return settings


def by_the_hubs_python(settings):
    """Run the same command in the hub's environment, which has what the measuring needs.

    Args:
        settings: the class, or None.

    Returns:
        How it ended.

    Raises:
        ClassError: no environment is at hand.
    """
    if not settings or not settings.hub_python.exists():
        raise problem("load_needs", python=sys.executable)
    return subprocess.call([settings.hub_python, HERE.parents[1], *sys.argv[1:]])
