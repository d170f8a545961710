"""The lesson's files: see which there are, read one, change one."""

import os
from difflib import unified_diff
from glob import glob
from pathlib import Path

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
        return say(word("already_replaced", path=path))
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
