"""Do it, a stretch: the template gives every new migration file a first line and an import."""

import ast
import random
import re
from datetime import datetime
from itertools import groupby
from pathlib import Path

from alembic.util import format_as_comma
from mako.exceptions import MakoException, RichTraceback
from mako.template import Template

from ...terminal import project_settings
from ..checks import Broken, NotYet, last_line

OPENS_ON = "02"
TEMPLATE = "migrations/script.py.mako"
MAY_CHANGE = {"files": [TEMPLATE]}
SQLITE = ("sqlalchemy.dialects.sqlite", "sqlite")  # what is imported, and its name in the file


def check(work):
    if not Path(TEMPLATE).is_file():
        raise NotYet("file_missing", file=TEMPLATE)
    for values in (an_empty_revision(), a_full_revision()):
        text = rendered(TEMPLATE, values)
        first_line_names(text, values["message"])
        imports_sqlite(text)
        all_else_is_there(rendered(work.opened / TEMPLATE, values), text)
    earlier_files_load(work)


def a_name():
    return f"shelf_{random.randrange(100_000)}"


def an_empty_revision():
    """What Alembic fills a template with for `alembic revision`, with a message that nobody could foresee."""
    nothing = ("down_revision", "branch_labels", "depends_on", "imports", "upgrades", "downgrades")
    return dict.fromkeys(nothing) | {
        "message": f"Move box {random.randrange(1000)} to Shelf {random.randrange(1000)}",
        "up_revision": f"{random.randrange(16**12):012x}",
        "create_date": datetime(2030, 1, random.randrange(1, 29)),
        "comma": format_as_comma,
        "config": project_settings(),
    }


def a_full_revision():
    """The same for a merge with a label and with operations in it."""
    return an_empty_revision() | {
        "down_revision": (a_name(), a_name()),
        "branch_labels": (a_name(),),
        "depends_on": a_name(),
        "imports": f"import {a_name()}",
        "upgrades": f'op.drop_table("{a_name()}")',
        "downgrades": f'op.drop_column("{a_name()}", "{a_name()}")',
    }


def rendered(path, values):
    """The file that a template makes."""
    try:
        return Template(filename=str(path)).render_unicode(**values).replace("\r\n", "\n")
    except (MakoException, SyntaxError) as error:
        raise NotYet("template_unreadable", reason=last_line(error)) from None
    except Exception as error:  # code in a learner's template may fail in any way
        line = RichTraceback().lineno
        raise NotYet("template_fails", line=line, reason=f"{type(error).__name__}: {error}") from None


def first_line_names(text, message):
    header = re.search(r"^[ \t]*#[ \t]*Shop:(.*)$", text, re.MULTILINE)
    if not header:
        raise NotYet("no_header")
    if not text.splitlines()[0].strip():
        raise NotYet("empty_line_first")
    if header.start() or not text.startswith("#"):
        raise NotYet("header_not_first", line=text.splitlines()[0])
    if header[1].strip() != message:
        raise NotYet("header_names_another", found=text.splitlines()[0], message=message)


def imports_sqlite(text):
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise NotYet("file_is_no_python", line=(error.text or "").strip(), reason=error.msg) from None
    if not ast.get_docstring(tree):
        raise NotYet("message_hidden")
    if not without_import(tree):
        raise NotYet("no_import")


def all_else_is_there(before, text):
    """But for the first line, the import and more comments, the file is the one that the old template makes."""
    was, now = lines(before), lines(text)
    comments = {line for line in was if line.startswith("#")}
    if meaning(before) == meaning(text) and comments <= set(now):
        return
    for line in was:
        if line not in now:
            raise NotYet("line_lost", line=line)
    added = [line for line in now[1:] if line not in was and line != "from sqlalchemy.dialects import sqlite"]
    raise NotYet("line_added", line=added[0]) if added else NotYet("lines_moved")


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def meaning(text):
    """The statements of a module without the import of `sqlite`, each run of imports in the order of the alphabet."""
    tree = ast.parse(text)
    without_import(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = " ".join(node.value.split())  # the spaces of a docstring are nobody's business
    found = []
    for imports, nodes in groupby(tree.body, key=lambda node: isinstance(node, (ast.Import, ast.ImportFrom))):
        statements = [ast.dump(node) for node in nodes]
        found += sorted(statements) if imports else statements
    return found


def without_import(tree):
    """Take the import of `sqlite`, however it is written, out of a module; returns whether there was one."""
    found = False
    for node in list(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            source = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            others = [name for name in node.names if (source + name.name, name.asname or name.name) != SQLITE]
            found |= len(others) < len(node.names)
            node.names = others
            if not others:
                tree.body.remove(node)
    return found


def earlier_files_load(work):
    """Files from the learner's earlier tries can be read: any command would stop at one that cannot."""
    try:
        work.history()
    except Broken as error:
        place = re.search(r'File "(.+)", line (\d+)', str(error))
        file, line = place.groups() if place else ("migrations/versions", "—")
        raise NotYet("earlier_file_fails", file=file, line=line, reason=last_line(error)) from None
