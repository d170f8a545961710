"""The form of the code: the linter and the formatter find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACES = ["--config", "tests/ruff.toml", "--no-cache", "notebooks", "tests"]


@pytest.mark.parametrize("command", [["check"], ["format", "--diff"]], ids=["linter", "formatter"])
def test_ruff_finds_nothing(command):
    ruff = [sys.executable, "-m", "ruff", *command, *PLACES]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        mend = f"mend it by: ruff {command[0]} {'--fix ' if command == ['check'] else ''}{' '.join(PLACES)}"
        pytest.fail(f"{done.stdout}{done.stderr}\n{mend}", pytrace=False)
