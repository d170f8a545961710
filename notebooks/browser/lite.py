"""JupyterLite's part of the site: a copy of the lab application for each language, the pages, the settings."""

import json
import shutil
import tomllib

from browser import tools
from browser.tools import NOTEBOOKS

TABLE = tomllib.loads((NOTEBOOKS / "course" / "course.toml").read_text(encoding="utf-8"))
LANGUAGES = tuple(TABLE["languages"])
PAGES = tuple(
    [row["file"] for row in TABLE["lesson"]] + TABLE["cheat_sheets"]
)  # no books: their answers are the teacher's
NAME = "alembic-course"  # of what a browser keeps
# JupyterLite loads these unless it is told that they are there already.
IN_THE_ARCHIVE = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]
DISABLED = [
    "@jupyterlite/application-extension:service-worker-manager",
    "@jupyterlite/application-extension:clear-browser-data",  # a slip in the menu would delete the reader's work
]
# What the kernel says of itself: a page that says something else counts as changed as soon as it is opened.
METADATA = {
    "kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"},
    "language_info": {
        "codemirror_mode": {"name": "python", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.8",
    },
}
AUTOSAVE = {"@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 10}}  # seconds; nothing goes over a network
ON_SERVER = {f"{row['file']}.ipynb" for row in TABLE["lesson"] if row["part"] == 3} | {"cheatsheet_postgresql.ipynb"}
LEFT_OVER = ("doc", "lab", "service-worker.js", "rspack.config*.js")
OLD_FONTS = ("build/*.eot", "build/*.ttf", "build/fa-*.svg", "build/fa-*.woff")  # browsers with WebAssembly read .woff2
# Libraries of diagrams (Mermaid and ELK, Vega), of their formulas and of the terminal: no page has any, and a tenth of
# the site is theirs. A part is known by a word that is often in it; small ones are what JupyterLab calls them by.
DIAGRAMS = {"elk": 400, "langium": 50, "cytoscape": 5, "vega": 15, "xterm": 50, "katex": 12, "mermaid": 10}
SMALL = 60_000  # bytes


def make(site, work):
    """Build it.

    Args:
        site: the folder to fill.
        work: a folder for what is needed meanwhile.
    """
    lay_out(work / "contents")
    config = {"apps": ["lab"], "no_sourcemaps": True, "contents": [str(work / "contents")], "output_dir": str(site)}
    write(work / "jupyter_lite_config.json", {"LiteBuildConfig": config})
    tools.run(tools.python(), "-m", "jupyterlite_core.app", "build", cwd=work)
    (site / "lab" / "favicon.ico").rename(site / "favicon.ico")  # where every browser asks for it
    for_all(site)
    for language in LANGUAGES:
        for_one(site, language)
        only_to_read(site, language)
    for name in (*LEFT_OVER, *OLD_FONTS):
        for path in site.glob(name):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in site.glob("build/*.js"):
        text = path.read_text(encoding="utf-8").lower()
        its_own = len(text) > SMALL and not path.name.startswith("jlab_core")
        if its_own and any(text.count(word) >= often for word, often in DIAGRAMS.items()):
            path.unlink()


def lay_out(contents):
    """The folders that a reader finds in JupyterLite: the pages and their printed sheets, nothing of a reader's own."""
    for language in LANGUAGES:
        (contents / language).mkdir(parents=True)
        for name in PAGES:
            page = read(NOTEBOOKS / language / f"{name}.ipynb")
            write(contents / language / f"{name}.ipynb", joined(page))
        for name in TABLE["cheat_sheets"]:
            shutil.copyfile(NOTEBOOKS / language / f"{name}.pdf", contents / language / f"{name}.pdf")


def joined(page):
    """A page with each text in one piece: JupyterLite shows files as they are, and its outline breaks on lists."""
    for cell in page["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = "".join(output["text"])
            for kind, data in output.get("data", {}).items():
                if isinstance(data, list):
                    output["data"][kind] = "".join(data)
    page["metadata"] |= METADATA
    return page


def only_to_read(site, language):
    """Nobody can work with a page of PostgreSQL here: what its cells say in a browser must not replace its outputs."""
    path = site / "api" / "contents" / language / "all.json"
    listing = read(path)
    for item in listing["content"]:
        item["writable"] = item["name"] not in ON_SERVER
    write(path, listing)


def for_all(site):
    """Settings of both languages."""
    options = read(site / "jupyter-lite.json")
    data = options["jupyter-config-data"]
    data |= {f"{kind}StorageName": NAME for kind in ("contents", "settings", "workspaces")}
    data["exposeAppInBrowser"] = True  # for page/page.js
    data["faviconUrl"] = "./favicon.ico"
    # A layout that is kept would open the lessons of the time before, each with its own Python, of either language.
    data |= {"enableMemoryStorage": True, "workspacesStorageDrivers": ["memoryStorageDriver"]}
    data["disabledExtensions"] = [*data.get("disabledExtensions", []), *DISABLED]
    write(site / "jupyter-lite.json", options)


def for_one(site, language):
    """The lab application of a language: JupyterLite knows by "lab" at the beginning that ?path= is to be opened."""
    lab = site / f"lab-{language}"
    shutil.copytree(site / "lab", lab)
    options = read(lab / "jupyter-lite.json")
    kernel = {
        "pyodideUrl": f"./../static/pyodide/start.mjs?language={language}",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": IN_THE_ARCHIVE},
    }
    options["jupyter-config-data"] |= {
        "appUrl": f"/lab-{language}",
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        "settingsOverrides": read(NOTEBOOKS / language / ".lab" / "overrides.json") | AUTOSAVE,
    }
    write(lab / "jupyter-lite.json", options)


def read(path):
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, data):
    """Write a JSON file."""
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
