"""The house stays one that a reader can hold in mind: no circle of imports, no long function, small exercises."""

import ast
from pathlib import Path

import course

COURSE = Path(course.__file__).parent
EXERCISES = COURSE / "exercises"


def imports(path, root):
    """The files of the package at `root` that a module imports, by its relative imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            names = [base, *(base / alias.name for alias in node.names)]
            found |= {
                file for name in names for file in (name.with_suffix(".py"), name / "__init__.py") if file.is_file()
            }
    return {file for file in found if file.is_relative_to(root)} - {path, root / "__init__.py"}


def circle(root):
    """The files of a circle of imports, [] if there is none."""
    done = set()

    def visit(path, way):
        if path in way:
            return [*way[way.index(path) :], path]
        if path in done:
            return []
        done.add(path)
        return next(filter(None, (visit(file, [*way, path]) for file in sorted(imports(path, root)))), [])

    return next(filter(None, (visit(path, []) for path in sorted(root.rglob("*.py")))), [])


def test_no_import_leads_back():
    assert [path.name for path in circle(COURSE)] == []


def test_a_circle_is_found(tmp_path):
    for name, text in {"a": "from .b import x", "b": "from . import c", "c": "def f():\n    from .a import y"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert {path.stem for path in circle(tmp_path)} == {"a", "b", "c"}


def test_no_function_is_long():
    long = {}
    for path in COURSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 32:
                long[f"{path.name}: {node.name}"] = node.end_lineno - node.lineno + 1
    assert long == {}


def test_an_exercise_is_small():
    sizes = {
        path.parent.name: len(path.read_text(encoding="utf-8").splitlines()) for path in EXERCISES.glob("*/exercise.py")
    }
    assert sum(sizes.values()) / len(sizes) < 40, sorted(sizes.items(), key=lambda item: -item[1])[:8]
