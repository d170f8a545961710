"""The gate can fail: nbval reports a page whose stored output or code was tampered with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = "00_start.ipynb"


def tamper_output(notebook):
    cell = next(cell for cell in notebook.cells if cell.get("id") == "schema")
    cell.outputs[0].data["text/plain"] = "one more table"


def tamper_code(notebook):
    cell = next(cell for cell in notebook.cells if cell.get("id") == "rows")
    cell.source = "%sql SELECT 1"


@pytest.mark.parametrize(
    "tamper, failed", [(lambda notebook: None, 0), (tamper_output, 1), (tamper_code, 1)], ids=["intact", "output", "code"]
)
def test_nbval_reports_a_tampered_page(tamper, failed, tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("work", "__pycache__"))
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pytest.ini", tmp_path)
    path = tmp_path / "notebooks" / "ru" / PAGE
    notebook = nbformat.read(path, as_version=4)
    tamper(notebook)
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-o", "addopts=", "--nbval", "--nbval-current-env"]
    command += ["--nbval-sanitize-with=tests/sanitize.cfg", str(path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == failed, run.stdout[-3000:]
    assert ("1 failed" in run.stdout) == bool(failed)
