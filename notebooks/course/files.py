"""The lesson's files: see which there are, read one, change one."""

import os
from difflib import unified_diff
from glob import glob
from pathlib import Path

from IPython.display import display

from .words import problem, say, word

HIDDEN = {"__pycache__", ".ipynb_checkpoints"}
FENCES = {".py": "python", ".ini": "ini", ".sql": "sql", ".mako": "mako"}


def tree(folder="."):
    """Print the files of `folder` as a tree.

    Raises:
        CourseError: there is no such folder.
    """
    if not Path(folder).is_dir():
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

    Args:
        path: the file's path; it may have a * in place of a random revision id.
    Raises:
        CourseError: there is no such file or more than one, or `old` is not in it exactly once; nothing is changed then.
    """
    before = read(path)
    count = before.count(old) if old else 0
    if count != 1:
        excerpt = f"«{old.strip().splitlines()[0]}»" if old.strip() else "«»"
        raise problem("found_twice" if count else "not_found", path=path, text=excerpt, count=count)
    after = before.replace(old, new)
    the_file(path).write_text(after, encoding="utf-8")
    diff = list(unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))[2:]
    show_code(path, "diff", "\n".join(diff))


def the_file(path):
    """The one file that a path with * fits; any other path as it is."""
    fitting = sorted(glob(str(path))) if "*" in str(path) else []
    if len(fitting) > 1:
        raise problem("several_files", path=path, names=", ".join(fitting).replace(os.sep, "/"))
    return Path(*fitting or [path])


def read(path):
    try:
        return the_file(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise problem("no_file", path=path) from None
    except (OSError, UnicodeDecodeError):
        raise problem("not_text", path=path) from None


def show_code(path, fence, text):
    """Show code under its file's name, as Markdown: small, and coloured wherever a notebook is shown."""
    markdown = f"`{path}`\n\n````{fence}\n{text}\n````"
    display({"text/markdown": markdown, "text/plain": f"{path}\n\n{text}"}, raw=True)
