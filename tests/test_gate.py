"""The gate can fail: nbval reports a page whose stored output or code was tampered with."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("notebooks", "ru", "00_start.ipynb")


def tamper_output(cells):
    cells["schema"].outputs[0].data["text/plain"] = "one more table"


def tamper_code(cells):
    cells["rows"].source = "%sql SELECT 1"


TAMPERS = {"intact": lambda cells: None, "output": tamper_output, "code": tamper_code}


def test_nbval_reports_a_tampered_page(tmp_path):
    """One run over a page as it is, with another output, and with other code: the last two fail, in one cell each."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("work", "__pycache__"))
    (tmp_path / "tests").mkdir()
    for name in ("pytest.ini", "tests/sanitize.cfg", "tests/in_memory.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    pages = [(tmp_path / PAGE).with_stem(f"00_{name}") for name in TAMPERS]
    for page, tamper in zip(pages, TAMPERS.values(), strict=True):
        notebook = nbformat.read(ROOT / PAGE, as_version=4)
        lesson = [cell.id for cell in notebook.cells].index("exercises")
        notebook.cells = notebook.cells[:lesson]  # an exercise goes on where the page before has left it
        tamper({cell.id: cell for cell in notebook.cells})
        nbformat.write(notebook, page)
    run = run_nbval(tmp_path, pages)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert run.returncode == 1, run.stdout[-3000:]
    assert re.findall(r"^FAILED \S*00_(\w+)\.ipynb", run.stdout, re.MULTILINE) == ["output", "code"]
    assert f"2 failed, {3 * cells - 2} passed" in run.stdout


def run_nbval(folder, pages):
    """Run nbval, with the settings of README's test command, over pages in a copy of the course."""
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-o", "addopts=", "--nbval", "--nbval-current-env"]
    command += ["--nbval-sanitize-with=tests/sanitize.cfg", *map(str, pages)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")
