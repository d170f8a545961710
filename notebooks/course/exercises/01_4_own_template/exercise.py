"""Do it, a stretch: the template gives every new migration file a first line and an import."""

import ast
import random
import re
import string
from datetime import datetime

from alembic.util import format_as_comma
from mako.exceptions import MakoException
from mako.template import Template

from ..checks import Broken, NotYet

OPENS_ON = "02"
TEMPLATE = "migrations/script.py.mako"
MAY_CHANGE = {"files": [TEMPLATE]}
SQLITE = ("sqlalchemy.dialects.sqlite", "sqlite")  # what is imported, and its name in the file


def check(work):
    for values in (an_empty_revision(), a_full_revision()):
        text = rendered(TEMPLATE, values)
        first_line_names(text, values["message"])
        imports_sqlite(text)
        all_else_is_there(rendered(work.opened / TEMPLATE, values), text)
    try:
        work.history()
    except Broken as error:
        raise NotYet("earlier_file_fails", reason=str(error).splitlines()[-1]) from None


def a_word():
    return "".join(random.choices(string.ascii_lowercase, k=9))


def an_empty_revision():
    """What Alembic fills a template with for `alembic revision`, with a message that nobody could foresee."""
    words = f"Add {a_word()} and {a_word().title()} to {a_word()}, {random.randrange(100)}"
    nothing = dict.fromkeys(["down_revision", "branch_labels", "depends_on", "imports", "upgrades", "downgrades"])
    return nothing | {
        "message": words,
        "up_revision": f"{random.randrange(16**12):012x}",
        "create_date": datetime(2030, 1, random.randrange(1, 29)),
        "comma": format_as_comma,
    }


def a_full_revision():
    """The same for a merge with a label and with operations in it."""
    return an_empty_revision() | {
        "down_revision": (a_word(), a_word()),
        "branch_labels": (a_word(),),
        "depends_on": a_word(),
        "imports": f"import {a_word()}",
        "upgrades": f'op.drop_table("{a_word()}")',
        "downgrades": f'op.drop_column("{a_word()}", "{a_word()}")',
    }


def rendered(path, values):
    """The file that a template makes."""
    try:
        return Template(filename=str(path)).render_unicode(**values).replace("\r\n", "\n")
    except (MakoException, SyntaxError) as error:
        raise NotYet("template_unreadable", reason=error) from None
    except Exception as error:  # code in a learner's template may fail in any way
        raise NotYet("template_fails", reason=f"{type(error).__name__}: {error}") from None


def first_line_names(text, message):
    header = re.search(r"^[ \t]*#[ \t]*Shop:(.*)$", text, re.MULTILINE)
    if not header:
        raise NotYet("no_header")
    if header.start() or not text.startswith("#"):
        raise NotYet("header_not_first", line=text.splitlines()[0])
    if header[1].strip() != message:
        raise NotYet("header_names_another", found=header[1].strip(), message=message)


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
    trees = [ast.parse(before), ast.parse(text)]
    for tree in trees:
        without_import(tree)
        without_spaces(tree)
    comments = {line for line in was if line.startswith("#")}
    if ast.dump(trees[0]) == ast.dump(trees[1]) and comments <= set(now):
        return
    for line in was:
        if line not in now:
            raise NotYet("line_lost", line=line)
    raise NotYet("line_added", line=next((line for line in now[1:] if line not in was and "sqlite" not in line), "—"))


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


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


def without_spaces(tree):
    """Make the spaces in a module's strings no difference: those of the docstring are nobody's business."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = " ".join(node.value.split())
