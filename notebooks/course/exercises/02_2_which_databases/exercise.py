"""Predict it: which database files three commands leave behind."""

from pathlib import PurePosixPath

from ..checks import NotYet, as_names

OPENS_ON = "03"
ASKS = 1


def check(answer):
    names = {PurePosixPath(name.replace("\\", "/")).name.lower() for name in as_names(answer)}
    if not all(name.endswith(".db") for name in names):
        raise NotYet("no_files")
    for name in sorted(names - {"first.db", "second.db", "data.db"}):
        raise NotYet("no_such_address", file=name)
    if "first.db" in names:
        raise NotYet("first")
    for file, key in (("second.db", "second"), ("data.db", "third")):
        if file not in names:
            raise NotYet(key)
