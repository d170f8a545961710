"""%alembic against a real `alembic` process: the same text, the same exit code, the same files."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import alembic
from author.refresh import sanitize
from IPython import get_ipython
from IPython.utils.capture import capture_output
from author.projects import project

LIBRARIES = str(Path(alembic.__file__).parents[1])
compared = []


def watch():
    """From now on run each %alembic line also as a process, on a copy of the lesson's folder, and compare.

    %alembic_alone is %alembic without that.
    """
    from course import lesson_folder

    original = lesson_folder.alembic_magic
    get_ipython().register_magic_function(original, "line", "alembic_alone")

    def both(line):
        compare(line, original)
        compared.append(line)

    lesson_folder.alembic_magic = both


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
        wanted, code = process(line, twin / here.relative_to(top))
        with capture_output() as shown:
            magic(line)
        text = shown.stdout + "".join(output.data["text/plain"] for output in shown.outputs)
        ending = re.search(r"\n?(?:Код завершения|Код завершення): (\d+)\s*$", text)
        assert (int(ending[1]) if ending else 0) == code, f"{line}: exit code {code}, shown {text}"
        text = text[: ending.start()] if ending else text
        assert same(text, wanted), f"{line}\n--- shown\n{text}\n--- the process\n{wanted}"
        ours, theirs = named(project(top)), named(project(twin))
        assert ours == theirs, f"{line}: files differ: {[n for n in ours | theirs if ours.get(n) != theirs.get(n)]}"
    print(shown.stdout)


def same(text, wanted):
    return sanitize(text).rstrip() == sanitize(wanted).rstrip()


def named(files):
    return {sanitize(name): sanitize(text) if isinstance(text, str) else text for name, text in files.items()}


def process(line, folder):
    """What `alembic LINE` writes in a terminal, with short paths and short tracebacks, and its exit code."""
    commands = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": commands + os.pathsep + os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",  # so that output and log come in the order they were written
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "80",
        "PYTHON_COLORS": "0",  # a kernel asks for colours, and Python 3.13 colours a traceback
    }
    run = subprocess.run(
        f"alembic {line}", shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    text = run.stdout.decode("utf-8").replace("\r\n", "\n")
    return short_paths(short_traceback(text, folder), folder), run.returncode & 0xFF


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
