"""What may be wrong in a built site without anybody noticing: traps that were met, or that a reader would fall into."""

import gzip
import json
import re
import tarfile

from browser.lite import DISABLED, LANGUAGES, PAGES, TABLE
from browser.python_files import IN_NEED, OWN_FILES
from browser.serve import TYPES

LARGEST = 50_000_000  # bytes
PYTHON = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", *OWN_FILES)
COURSE = ("alembic.ini", "models.py", "data.db", "migrations/env.py", "notebooks/course/__init__.py")
PRETTYTABLE = (3, 12)  # from here on, ipython-sql's tables fail


def faults(site):
    """What is wrong with a site.

    Args:
        site: its folder.

    Returns:
        Sentences, none if nothing is.
    """
    looks = (languages, addresses, pages, python, archive, size, types)
    return [fault for look in looks for fault in look(site)]


def read(path):
    """A JSON file, {} if there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def languages(site):
    """Without jupyterlab_server JupyterLite leaves the language packs out and says nothing."""
    there = read(site / "api" / "translations" / "all.json").get("data", {})
    for language in LANGUAGES:
        data = read(site / f"lab-{language}" / "jupyter-lite.json").get("jupyter-config-data", {})
        plugin = data.get("settingsOverrides", {}).get("@jupyterlab/translation-extension:plugin", {})
        locale = plugin.get("locale", "")
        if not locale.startswith(language):
            yield f"lab-{language}: its menus are in another language: {locale!r}"
        if locale not in there or not (site / "api" / "translations" / f"{locale}.json").is_file():
            yield f"api/translations: no language pack {locale!r}"


def addresses(site):
    """Without a pyodideUrl of the site's own, or with packages of PyPI's, JupyterLite goes to somebody else's host."""
    common = site / "jupyter-lite.json"
    if set(DISABLED) - {*read(common).get("jupyter-config-data", {}).get("disabledExtensions", [])}:
        yield "jupyter-lite.json: the service worker is on"
    for language in LANGUAGES:
        path = site / f"lab-{language}" / "jupyter-lite.json"
        data = read(path).get("jupyter-config-data", {})
        kernel = data.get("litePluginSettings", {}).get("@jupyterlite/pyodide-kernel-extension:kernel", {})
        url = kernel.get("pyodideUrl", "")
        if not url.startswith("./") or not (path.parent / url.partition("?")[0]).is_file():
            yield f"lab-{language}: pyodideUrl is {url!r}"
        if kernel.get("disablePyPIFallback") is not True:
            yield f"lab-{language}: packages are looked for at PyPI"
    for path in (common, *site.glob("lab-*/jupyter-lite.json")):
        for found in sorted(set(re.findall(r'"([^"]*\w+://[^"]*)"', path.read_text(encoding="utf-8")))):
            yield f"{path.relative_to(site).as_posix()}: {found}"


def pages(site):
    """All pages, listed, each text in one piece, and nothing of the teacher's or of a reader's own."""
    for language in LANGUAGES:
        wanted = {f"{name}.ipynb" for name in PAGES} | {f"{name}.pdf" for name in TABLE["cheat_sheets"]}
        listed = {one["name"] for one in read(site / "api/contents" / language / "all.json").get("content", [])}
        there = {path.name for path in (site / "files" / language).glob("*")}
        for where, names in (("api/contents", listed), ("files", there)):
            if names != wanted:
                yield f"{where}/{language}: missing {sorted(wanted - names)}, too many {sorted(names - wanted)}"
        for path in sorted((site / "files" / language).glob("*.ipynb")):
            if in_pieces(read(path)):
                yield f"files/{language}/{path.name}: a text in pieces, on which JupyterLite's outline breaks"


def in_pieces(page):
    """Whether a page has a text that is a list of lines."""
    cells = page.get("cells", [])
    texts = [cell["source"] for cell in cells]
    for output in [output for cell in cells for output in cell.get("outputs", [])]:
        texts += [output.get("text", ""), *output.get("data", {}).values()]
    return any(isinstance(text, list) for text in texts)


def python(site):
    """What the browser starts Python from; the kernel would start without the snapshot too, but slowly."""
    folder = site / "static" / "pyodide"
    yield from (f"static/pyodide: no {name}" for name in PYTHON if not (folder / name).is_file())
    if read(folder / "pyodide-lock.json").get("packages"):
        yield "static/pyodide/pyodide-lock.json: names packages that are not there"
    try:
        with gzip.open(folder / "snapshot.bin") as file:
            if len(file.read(1_000_000)) < 1_000_000:
                yield "static/pyodide/snapshot.bin: too small"
    except OSError as error:
        yield f"static/pyodide/snapshot.bin: {error}"


def archive(site):
    """What the browser's Python finds: packages, the course, no pages of the teacher's."""
    names = set()
    folder = site / "static" / "pyodide"
    for path in (folder / "python.bin", folder / IN_NEED):
        try:
            with tarfile.open(path) as tar:
                names.update(tar.getnames())
        except (OSError, EOFError, tarfile.TarError) as error:
            yield f"static/pyodide/{path.name}: {error}"
    wanted = {f"course/{name}" for name in (*COURSE, *(f"notebooks/{one}/lesson.py" for one in LANGUAGES))}
    yield from (f"static/pyodide, the archives: no {name}" for name in sorted(wanted - names))
    versions = [tuple(map(int, found)) for found in re.findall(r"prettytable-(\d+)\.(\d+)[^/]*-info/", str(names))]
    if not versions or max(versions) >= PRETTYTABLE:
        yield f"static/pyodide, the archives: prettytable {versions}, wanted is one below {PRETTYTABLE}"
    for name in sorted(names):
        if re.search(r"^course/.*(/work/|/teacher\.|\.ipynb_checkpoints|__pycache__)", name):
            yield f"static/pyodide, the archives: {name}"


def size(site):
    """GitHub Pages and a school's network take it."""
    total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    if total >= LARGEST:
        yield f"{total:,} bytes, at most {LARGEST:,} are wanted"


def types(site):
    """A browser starts no module and no WebAssembly of another type."""
    suffixes = {path.suffix for path in site.rglob("*") if path.is_file()}
    yield from (f"*{suffix}: serve.py does not know its type" for suffix in sorted(suffixes - {*TYPES}))
