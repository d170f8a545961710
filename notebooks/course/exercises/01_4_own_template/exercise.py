"""Do it, a stretch: the template gives every new migration file a first line and an import."""

import ast
import random
from datetime import datetime
from pathlib import Path

from alembic.util import format_as_comma
from mako.template import Template

from ...terminal import project_settings
from ..checks import NotYet, cause

OPENS_ON = "02"
TEMPLATE = "migrations/script.py.mako"
MAY_CHANGE = {"files": [TEMPLATE]}
ASKED = {"from sqlalchemy.dialects import sqlite", "import sqlalchemy.dialects.sqlite as sqlite"}


def check(work):
    if not Path(TEMPLATE).is_file():
        raise NotYet("file_missing", file=TEMPLATE)
    for values in two_revisions():
        before, now = rendered(work.opened / TEMPLATE, values), rendered(TEMPLATE, values)
        first_line(now, f"# Shop: {values['message']}")
        all_else(before, now)
    work.history()  # an earlier try's file with an error in it would stop every command


def two_revisions():
    """What Alembic fills a template with: for an empty revision, and for one that has all there can be."""
    number = random.randrange(10**6)
    empty = {
        "message": f"Move <box> {number} & Roman's Shelf",
        "up_revision": f"{number:012x}",
        "create_date": datetime(2030, 1, 1),
        "comma": format_as_comma,
        "config": project_settings(),
        **dict.fromkeys(("down_revision", "branch_labels", "depends_on")),
    }
    full = ("down_revision", "branch_labels", "depends_on", "imports", "upgrades", "downgrades")
    return empty, empty | {name: f"{name}_{number}" for name in full}


def rendered(template, values):
    """The file that a template makes."""
    try:
        text = Template(filename=str(template)).render_unicode(**values).replace("\r\n", "\n")
        ast.parse(text, "add_price.py")
    except Exception as error:  # code in a learner's template may fail in any way
        if str(error) == "Undefined" and (name := unknown_name(template)):
            raise NotYet("name_unknown", name=name) from None
        raise NotYet("template_fails", reason=f"{type(error).__name__}: {cause(error)}") from None
    return text


def unknown_name(template):
    """The first name in a template that Alembic never gives a value; None if there is none."""
    try:
        Template(filename=str(template), strict_undefined=True).render(**two_revisions()[1])
    except NameError as error:
        return error.args[0].split("'")[1]


def first_line(text, wanted):
    found = text.partition("\n")[0].rstrip()
    if "Shop:" not in text:
        raise NotYet("no_header")
    if not found:
        raise NotYet("empty_line_first")
    if found != wanted:
        raise NotYet("header_differs", found=found, wanted=wanted)


def all_else(before, now):
    """But for the first line, the import and more comments, the file is the one that the old template makes."""
    was, found = statements(before), statements(now)
    if not found[0]:
        raise NotYet("message_hidden")
    if not ASKED & set(found):
        raise NotYet("no_import")
    same = [statement for statement in found if statement not in ASKED] == was
    for line in lines(before):
        if line not in lines(now) and (line.startswith("#") or not same):
            raise NotYet("line_lost", line=line)
    if not same:
        added = [line for line in lines(now)[1:] if line not in lines(before) and line not in ASKED]
        raise NotYet("line_added", line=added[0]) if added else NotYet("lines_moved")


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def statements(text):
    """What a file does: its docstring, its imports in the order of the alphabet, and the rest."""
    tree = ast.parse(text)
    found = [ast.unparse(node) for node in tree.body[1:]]
    imports = sorted(statement for statement in found if statement.startswith(("import ", "from ")))
    docstring = " ".join((ast.get_docstring(tree) or "").split())
    return [docstring, *imports, *(statement for statement in found if statement not in imports)]
