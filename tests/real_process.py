"""%alembic against a real `alembic` process: the same text, the same exit code, the same files."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import alembic
from IPython import get_ipython
from IPython.utils.capture import capture_output

from author.projects import project
from author.refresh import sanitize
from postgres_twin import at_work, contents, current, in_use, undone

LIBRARIES = str(Path(alembic.__file__).parents[1])
WARM = "WARM_ALEMBIC"  # the environment variable that names fork_server's folder, where there is one


def register(compared):
    """Give IPython %alembic_compared: %alembic that also runs its line as a process, on a copy, and compares.

    Args:
        compared: the list to which each line is added that was the same.
    """
    from course.terminal import alembic_magic

    def both(line):
        if at_work() and in_use(current()):  # a cell that shows who waits for whom; a process would wait there too
            alembic_magic(line)
        else:
            compare(line, alembic_magic)
        compared.append(line)

    get_ipython().register_magic_function(both, "line", "alembic_compared")


def compare(line, magic):
    """Run one line by `magic` in the current folder and as a process in a copy of it.

    Raises:
        AssertionError: text, exit code or files differ.
    """
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / "alembic.ini").exists()), here)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as twin:
        twin = Path(twin).resolve() / top.name
        shutil.copytree(top, twin)
        with undone() if at_work() else nullcontext():
            wanted, code = process(line, twin / here.relative_to(top))
            theirs = named(project(twin)) | (contents(current()) if at_work() else {})
        with capture_output() as shown:
            magic(line)
        words = [output.data["text/plain"] for output in shown.outputs]
        text = shown.stdout
        ending = re.fullmatch(r"(?:Код завершения|Код завершення): (\d+)", words[0]) if words else None
        assert bool(ending) == bool(words) and (int(ending[1]) if ending else 0) == code, f"{line}: {code}, {words}"
        assert same(text, wanted), f"{line}\n--- shown\n{text}\n--- the process\n{wanted}"
        ours = named(project(top)) | (contents(current()) if at_work() else {})
        assert ours == theirs, f"{line}: files differ: {[n for n in ours | theirs if ours.get(n) != theirs.get(n)]}"
    print(shown.stdout)


def same(text, wanted):
    return in_one_order(sanitize(text)).rstrip() == in_one_order(sanitize(wanted)).rstrip()


def in_one_order(text):
    """`text` with the lists of `init`, `list_templates` and `branches` sorted.

    A process takes the first two from the file system, the last from a set: their order is a matter of chance.
    """
    lists = r"(?:^(?: *(?:Generating|File|->) .*|\w+ - .*)\n)+"
    return re.sub(lists, lambda found: "".join(sorted(found[0].splitlines(True))), text, flags=re.MULTILINE)


def named(files):
    return {sanitize(name): sanitize(text) if isinstance(text, str) else text for name, text in files.items()}


def process(line, folder):
    """What `alembic LINE` writes in a terminal, with short paths and short tracebacks, and its exit code."""
    run = subprocess.run(
        f"alembic {line}", shell=True, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    text = run.stdout.decode("utf-8").replace("\r\n", "\n")
    return short_paths(short_traceback(text, folder), folder), run.returncode & 0xFF


def environment():
    """What a process starts with: `alembic` on its PATH, and the output that %alembic promises."""
    folders = [os.environ.get(WARM), str(Path(sys.executable).parent), os.environ["PATH"]]
    return os.environ | {
        "PATH": os.pathsep.join(filter(None, folders)),
        "PYTHONUNBUFFERED": "1",  # so that output and log come in the order they were written
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # batch mode makes a table's constraints in the order of a set
        "COLUMNS": "80",
        "PYTHON_COLORS": "0",  # a kernel asks for colours, and Python 3.13 colours a traceback
    }


def short_paths(text, folder):
    for root in (str(folder), LIBRARIES):
        text = re.sub(re.escape(root + os.sep) + r"([^\s:'\"]*)", lambda match: match[1].replace(os.sep, "/"), text)
    return text


def short_traceback(text, folder):
    """The last traceback of a text, with the lines of foreign files made one line `…`."""
    start = "Traceback (most recent call last):\n"
    if start not in text:
        return text
    before, last = text[: text.index(start)], text[text.rindex(start) + len(start) :]
    frame = r'  File "(.*?)", (line \d+, in .*)\n((?:    .*\n)*)'  # a SyntaxError names its place without the "in"
    rest = re.sub(rf"^(?:{frame})*", "", last)
    lines = []
    for path, where, source in re.findall(frame, last[: len(last) - len(rest)]):
        if path.startswith(str(folder) + os.sep):
            lines.append(f'  File "{path}", {where}\n{source.splitlines()[0]}\n')
        elif lines[-1:] != ["  …\n"]:
            lines.append("  …\n")
    return before + start + "".join(lines) + rest
