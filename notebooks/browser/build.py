"""Builds the site: JupyterLite, the pages, the entry in both languages; python_files.py adds Python."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # for a while: `python notebooks/browser/build.py FOLDER`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from browser import python_files
from browser import tools
from browser.tools import NOTEBOOKS

LANGUAGES = ("ru", "uk")
# JupyterLite loads these unless it is told that they are there already.
IN_THE_ARCHIVE = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]


def build(site):
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        lite(site, Path(folder))
    static = site / "static" / "pyodide"
    static.mkdir(parents=True, exist_ok=True)
    python_files.make(static)


def lite(site, work):
    contents = work / "contents"
    for language in LANGUAGES:
        (contents / language).mkdir(parents=True)
        for page in (NOTEBOOKS / language).glob("*.ipynb"):
            (contents / language / page.name).write_text(json.dumps(joined(json.loads(page.read_text(encoding="utf-8"))), ensure_ascii=False), encoding="utf-8")
        for page in (NOTEBOOKS / language).glob("*.pdf"):
            shutil.copyfile(page, contents / language / page.name)
    config = {"LiteBuildConfig": {"apps": ["lab"], "no_sourcemaps": True, "contents": [str(contents)], "output_dir": str(site)}}
    (work / "jupyter_lite_config.json").write_text(json.dumps(config))
    tools.run(tools.python(), "-m", "jupyterlite_core.app", "build", cwd=work)
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


if __name__ == "__main__":
    build(Path(sys.argv[1]).absolute())
