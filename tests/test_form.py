"""The form of the code: linter and formatter, no circle of imports, no long function."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUFF = [sys.executable, "-m", "ruff"]
SETTINGS = ["--config", "tests/ruff.toml", "--no-cache", "notebooks", "tests"]
OURS = [path for path in (ROOT / "notebooks").rglob("*.py") if not {"start", "work"} & set(path.parts)]
LINES = 32  # a function's most, its docstring left out


@pytest.mark.parametrize("command", [["check"], ["format", "--diff"]], ids=["linter", "formatter"])
def test_ruff_finds_nothing(command):
    done = subprocess.run([*RUFF, *command, *SETTINGS], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        mend = f"mend it by: ruff {command[0]} {'--fix ' if command == ['check'] else ''}{' '.join(SETTINGS)}"
        pytest.fail(f"{done.stdout}{done.stderr}\n{mend}", pytrace=False)


def module(path):
    """A file's name as a module: "course.exercises.checks"."""
    parts = path.relative_to(ROOT / "notebooks").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, modules):
    """The modules of ours that a file imports, those inside its functions too."""
    package = module(path).split(".") if path.name == "__init__.py" else module(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                if name in modules or base in modules:
                    yield name if name in modules else base


def test_no_module_imports_itself_by_way_of_others():
    files = {module(path): path for path in OURS}
    graph = {name: set(imported(path, files)) - {name} for name, path in files.items()}
    while leaves := [name for name, others in graph.items() if not others & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert {name: others & graph.keys() for name, others in graph.items()} == {}


def test_functions_are_short():
    long = []
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                if (lines := node.end_lineno - body[0].lineno + 1) > LINES:
                    long.append(f"{path.relative_to(ROOT).as_posix()}, {node.name}: {lines} lines")
    assert long == []
