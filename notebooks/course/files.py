"""The lesson's files: see which there are, read one, change one."""

import ast
import os
from difflib import unified_diff
from glob import glob
from pathlib import Path
from textwrap import dedent, indent

from IPython.display import display

from .terminal import current_folder
from .words import problem, say, word

HIDDEN = {"__pycache__", ".ipynb_checkpoints"}
FENCES = {".py": "python", ".ini": "ini", ".sql": "sql", ".mako": "mako"}


def tree(folder="."):
    """Print the files of `folder` as a tree.

    Raises:
        CourseError: there is no such folder, or the current folder has been deleted.
    """
    if not Path(current_folder(), folder).is_dir():
        raise problem("no_file", path=folder)
    name = Path(folder).resolve().name
    print(f"{name}/", *branches(Path(folder)), sep="\n")


def branches(folder, indent=""):
    """The lines of a folder's tree: folders first, each group in the order of its names."""
    entries = sorted((e for e in folder.iterdir() if e.name not in HIDDEN), key=lambda e: (e.is_file(), e.name))
    for entry in entries:
        last = entry is entries[-1]
        yield f"{indent}{'└── ' if last else '├── '}{entry.name}{'/' if entry.is_dir() else ''}"
        if entry.is_dir():
            yield from branches(entry, indent + ("    " if last else "│   "))


def show(path, first=1, last=None):
    """Show the lines `first` to `last` of a text file, counted from 1, the whole file by default.

    Args:
        path: the file's path; it may have a * in place of a random revision id.
    Raises:
        CourseError: there is no such file or more than one, or it is not text.
    """
    lines = read(path).splitlines()[first - 1 : last]
    if lines:
        show_code(path, FENCES.get(Path(path).suffix, ""), "\n".join(lines))
    else:
        say(word("file_empty", path=path))


def replace(path, old, new):
    """Put `new` where `old` stands in a text file, as one would in an editor, and show the change as a diff.

    A change that is there already is not made again: replace() says so and goes on.

    Args:
        path: the file's path; it may have a * in place of a random revision id.
        new: the new text; "" deletes the old one.
    Raises:
        CourseError: there is no such file or more than one, it cannot be written, or `old` is not in it exactly once;
            nothing is changed then.
    """
    text = read(path)
    if "\r\n" in text:  # the file keeps its line endings, whatever those of a cell are
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    if already_replaced(text, old, new):
        return say(word("already_replaced" if new else "already_deleted", path=path))
    count = text.count(old) if old else 0
    if count != 1:
        lines = old.strip().splitlines() or [""]
        key = "found_twice" if count else "not_found_lines" if len(lines) > 1 else "not_found"
        raise problem(key, path=path, text=f"«{lines[0]}»", count=count or len(lines))
    after = text.replace(old, new)
    write(path, after)
    diff = list(unified_diff(text.splitlines(), after.splitlines(), n=2, lineterm=""))[2:]
    show_code(path, "diff", "\n".join(diff))


def already_replaced(text, old, new):
    """Tell whether `text` looks as if replace(…, old, new) had been done to it.

    An addition, where `new` contains `old`, leaves `old` in the file. So all of `new` must be there; or else, because a
    later change may have come in between, each part that was added, if it has three lines or more. After any other
    change `old` must be gone and `new` must be there; after a deletion, where `new` is empty, `old` must be gone.
    """
    if not old:
        return False
    if old in new:
        added = [part for part in new.split(old) if part.strip()]
        return new in text or bool(added) and all(p in text and len(p.strip().splitlines()) >= 3 for p in added)
    return old not in text and new in text


def rewrite(path, upgrade=None, downgrade=None):
    """Put a new body into the functions upgrade() and downgrade() of a migration, as one would in an editor.

    A function keeps its first line and its docstring. A function that is not named here stays as it is.

    Args:
        path: the file's path; it may have a * in place of a random revision id.
        upgrade, downgrade: the new body, indented or not; "" means that the function does nothing.
    Raises:
        CourseError: there is no such file or function, the file or the new body is not Python, or the file cannot be
            written; nothing is changed then.
    """
    before = read(path)
    text, bodies = before.replace("\r\n", "\n"), {"upgrade": upgrade, "downgrade": downgrade}
    bodies = {name: body for name, body in bodies.items() if body is not None}
    for name, body in bodies.items():
        text = with_body(text, name, function_body(name, body), path)
    after = text.replace("\n", "\r\n") if "\r\n" in before else text
    if after == before:
        return say(word("already_rewritten", path=path))
    write(path, after)
    say(word("rewritten", path=path, functions=word("and").join(f"`{name}()`" for name in bodies)))


def function_body(name, body):
    """The lines of a function's new body, indented by four spaces."""
    body = dedent(body.replace("\r\n", "\n")).strip("\n").rstrip()
    try:
        empty = not ast.parse(body).body
    except SyntaxError as error:
        raise problem("body_not_python", function=name, line=error.lineno, reason=error.msg) from None
    return indent(f"{body}\npass".lstrip() if empty else body, "    ").split("\n")


def with_body(text, name, body, path):
    """The text of a Python file with the lines `body` in place of a function's own ones below its docstring."""
    try:
        nodes = ast.parse(text.removeprefix("\ufeff")).body
    except SyntaxError as error:
        raise problem("file_not_python", path=path, line=error.lineno, reason=error.msg) from None
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name]
    if not functions:
        raise problem("no_function", path=path, function=name)
    function, lines = functions[-1], text.split("\n")  # of two namesakes Python too takes the last
    begin, end = body_begins(function, lines), function.end_lineno
    while end < len(lines) and (not lines[end] or lines[end][0].isspace()):
        end += 1  # comments below the last instruction are part of the function
    while not lines[end - 1].strip():
        end -= 1  # the empty lines before the next function stay
    return "\n".join([*lines[:begin], *body, *lines[end:]])


def body_begins(function, lines):
    """How many lines of a file stand above what a function does; a body in the line of its def is cut off there."""
    first = function.body[0]
    head = lines[first.lineno - 1].encode()[: first.col_offset].decode()
    if head.strip():
        lines[first.lineno - 1] = head.rstrip()
        return first.lineno
    if ast.get_docstring(function) is not None:
        return first.end_lineno
    begin = first.lineno - 1
    while lines[begin - 1].lstrip()[:1] in ("", "#"):
        begin -= 1
    return begin


def the_file(path):
    """The one file that a path with * fits; any other path as it is."""
    fitting = sorted(glob(str(path))) if "*" in str(path) else []
    if len(fitting) > 1:
        raise problem("several_files", path=path, names=", ".join(fitting).replace(os.sep, "/"))
    return Path(*fitting or [path])


def read(path):
    """A text file's content, with its own line endings."""
    try:
        with the_file(path).open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        raise problem("no_file", path=path) from None
    except (OSError, UnicodeDecodeError):
        raise problem("not_text", path=path) from None


def write(path, text):
    try:
        with the_file(path).open("w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise problem("not_written", path=path, reason=error.strerror or error) from None


def show_code(path, fence, text):
    """Show code under its file's name, as Markdown: small, and coloured wherever a notebook is shown."""
    markdown = f"`{path}`\n\n````{fence}\n{text}\n````"
    display({"text/markdown": markdown, "text/plain": f"{path}\n\n{text}"}, raw=True)
