"""What the browser's Python consists of: packages, the course's files, the snapshot of a Python that has started."""

import gzip
import io
import json
import shutil
import tarfile
import tempfile
from pathlib import Path

from browser import tools
from browser.lite import LANGUAGES
from browser.tools import HERE, ROOT

PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
OWN_FILES = ("start.mjs", "files.mjs", "disk.mjs")
LEFT_OUT = {"work", ".lab", ".ipynb_checkpoints", "__pycache__"}  # folders
MAKE = HERE / "kernel" / "make.mjs"


def make(target):
    """Fill the folder from which the browser starts Python."""
    pyodide = tools.pyodide()
    for name in PYODIDE_FILES:
        shutil.copyfile(pyodide / name, target / name)
    for name in OWN_FILES:
        shutil.copyfile(HERE / "kernel" / name, target / name)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text()) | {"packages": {}}
    (target / "pyodide-lock.json").write_text(json.dumps(lock))
    with tempfile.TemporaryDirectory() as folder:
        packages(Path(folder, "site"), pyodide)
        archive(Path(folder, "site"), target / "python.tar.gz")
    tools.node(MAKE, "snapshot", pyodide, target / "python.tar.gz", target / "snapshot.gz")


def packages(folder, pyodide):
    shutil.copytree(tools.packages(), folder)
    own = tools.environment() / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
    for name in ("ipykernel", "pyodide_kernel"):
        shutil.unpack_archive(next(own.glob(f"{name}-*.whl")), folder, "zip")
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.suffix in (".so", ".pyd", ".pyx", ".pxd", ".pyi", ".c", ".typed") or path.name in ("bin", "share", "tests") and path.is_dir():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (folder / "piplite").mkdir()
    (folder / "piplite" / "__init__.py").write_text("")
    (folder / "piplite" / "piplite.py").write_text("")
    tools.node(MAKE, "compile", pyodide, folder)


def course_files():
    """The files of the repository that the browser's Python finds in /course: no reader's own, nothing of the teacher's."""
    found = [ROOT / name for name in ("alembic.ini", "data.db", "models.py", "requirements.txt")]
    for top in ("migrations", "notebooks/course", *(f"notebooks/{language}" for language in LANGUAGES)):
        found += sorted(path for path in (ROOT / top).rglob("*") if path.is_file())
    inside = [(path, path.relative_to(ROOT).parts) for path in found]
    return [path for path, parts in inside if not LEFT_OUT & {*parts} and not path.name.startswith("teacher.")]


def archive(folder, target):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        def add(path, name):
            info = tarfile.TarInfo(name)
            info.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(info, file)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                add(path, f"site/{path.relative_to(folder).as_posix()}")
        for path in course_files():
            name = path.relative_to(ROOT).as_posix()
            if name.endswith(".ipynb"):
                page = json.loads(path.read_text(encoding="utf-8"))
                data = json.dumps(page | {"cells": page["cells"][:1]}).encode()
                info = tarfile.TarInfo(f"course/{name}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            elif not name.endswith((".pdf", ".png")):
                add(path, f"course/{name}")
    target.write_bytes(gzip.compress(buffer.getvalue(), 9, mtime=0))
