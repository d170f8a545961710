"""What the browser's Python consists of: packages, the course's files, the snapshot of a Python that has started."""

import gzip
import io
import json
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

from browser import tools
from browser.lite import LANGUAGES
from browser.tools import HERE, ROOT

PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
OWN_FILES = ("ahead.js", "worker.mjs", "start.mjs", "files.mjs", "disk.mjs", "records.mjs")
WORKER = "extensions/@jupyterlite/pyodide-kernel-extension/static/comlink.worker.*.js"  # JupyterLite's
IN_NEED = "imported.bin"  # what the snapshot has in it: fetched where that cannot be used
LEFT_OUT = {"work", ".lab", ".ipynb_checkpoints", "__pycache__"}  # folders
# Nobody imports these in a browser; what Python itself has imported is there all the same.
UNUSED = re.compile(
    r"site/(prompt_toolkit/|IPython/(terminal|testing)/|(alembic|sqlalchemy)/testing/|wcwidth/table_grapheme_overrides/"
    r"|pygments/lexers/(?!(__init__|_mapping|configs|console|python|shell|special|sql|text)\.pyc)"
    r"|[^/]*\.dist-info/(RECORD|WHEEL|INSTALLER|REQUESTED|top_level\.txt|direct_url\.json)$)"
)
QUOTED = ("alembic/script/revision.py",)  # a warning shows the line of source from which it comes, as it does locally
MAKE = HERE / "kernel" / "make.mjs"


def make(target):
    """Fill the folder from which the browser starts Python."""
    pyodide = tools.pyodide()
    for name in PYODIDE_FILES:
        shutil.copyfile(pyodide / name, target / name)
    for name in OWN_FILES:
        shutil.copyfile(HERE / "kernel" / name, target / name)
    worker = next(target.parents[1].glob(WORKER)).relative_to(target.parents[1]).as_posix()
    text = (target / "worker.mjs").read_text(encoding="utf-8").replace("JUPYTERLITE", f"../../{worker}")
    (target / "worker.mjs").write_text(text, encoding="utf-8")
    lock = json.loads((pyodide / "pyodide-lock.json").read_text()) | {"packages": {}}
    (target / "pyodide-lock.json").write_text(json.dumps(lock))
    with tempfile.TemporaryDirectory() as folder:
        site, everything, read = (Path(folder, name) for name in ("site", "all.tar.gz", "read.json"))
        packages(site, pyodide)
        files = package_files(site) | course_files()
        archive(files, everything)
        tools.node(MAKE, "snapshot", pyodide, everything, target / "snapshot.bin", read)
        imported = {f"site/{path.partition('/site-packages/')[2]}" for path in json.loads(read.read_text())}
        archive({name: data for name, data in files.items() if name in imported}, target / IN_NEED)
        rest = {name: data for name, data in files.items() if name not in imported and not UNUSED.match(name)}
        rest |= {f"site/{name}": (tools.packages() / name).read_bytes() for name in QUOTED}
        archive(rest, target / "python.bin")


def packages(folder, pyodide):
    shutil.copytree(tools.packages(), folder)
    own = tools.environment() / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
    for name in ("ipykernel", "pyodide_kernel"):
        shutil.unpack_archive(next(own.glob(f"{name}-*.whl")), folder, "zip")
    for path in sorted(folder.rglob("*"), reverse=True):
        if (
            path.suffix in (".so", ".pyd", ".pyx", ".pxd", ".pyi", ".c", ".typed")
            or path.name in ("bin", "share", "tests")
            and path.is_dir()
        ):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (folder / "piplite").mkdir()
    (folder / "piplite" / "__init__.py").write_text("")
    (folder / "piplite" / "piplite.py").write_text("")
    tools.node(MAKE, "compile", pyodide, folder)


def package_files(folder):
    """{name in the archive: bytes} of the packages."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {f"site/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}


def course_files():
    """The same of what Python finds in /course: no reader's own, nothing of the teacher's, no pictures.

    Of a page the first cell is enough: the helper looks there for its title.
    """
    found = [ROOT / name for name in ("alembic.ini", "data.db", "models.py", "requirements.txt")]
    for top in ("migrations", "notebooks/course", *(f"notebooks/{language}" for language in LANGUAGES)):
        found += sorted(path for path in (ROOT / top).rglob("*") if path.is_file())
    files = {}
    for path in found:
        name = path.relative_to(ROOT)
        if LEFT_OUT & {*name.parts} or name.stem == "teacher" or name.suffix in (".pdf", ".png"):
            continue
        data = path.read_bytes()
        if name.suffix == ".ipynb":
            page = json.loads(data)
            data = json.dumps(page | {"cells": page["cells"][:1]}).encode()
        files[f"course/{name.as_posix()}"] = data
    return files


def archive(files, target):
    """Write {name: bytes} to a tar archive compressed by gzip.

    No file of the site ends in .gz: some hosts would have the browser unpack it, and it would come unpacked.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    target.write_bytes(gzip.compress(buffer.getvalue(), 9, mtime=0))
