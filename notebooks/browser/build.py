"""Builds the site: JupyterLite (lite.py), Python (python_files.py), the entry page (pages.py); then looks at it."""

import os
import tempfile
import time
from pathlib import Path

from browser import lite, pages, python_files, tools, traps
from browser.words import problem, say

MARK = "built.json"  # in each site: it may be replaced


def run(options):
    """The command `build`."""
    began = time.monotonic()
    try:
        build(options.folder)
    except PermissionError as error:  # Windows: the old site is in use
        raise problem("folder_unusable", folder=options.folder, why=error.strerror) from None
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file())
    seconds = round(time.monotonic() - began)
    say("built", folder=options.folder, size=round(size / 1e6), seconds=seconds, option=options.option)


def build(site):
    """Build a site in a folder; one that is there stays until the new one is whole.

    Raises:
        BrowserError: the folder holds something else, or the site could not be built.
    """
    if not replaceable(site):
        raise problem("folder_foreign", folder=site)
    try:
        site.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(prefix=f".{site.name}.", dir=site.parent)
    except OSError as error:
        raise problem("folder_unusable", folder=site, why=error.strerror) from None
    with beside as folder:
        fresh, work = Path(folder, "site"), Path(folder, "work")
        work.mkdir()
        tools.make()
        say("step_lite")
        lite.make(fresh, work)
        say("step_python")
        (fresh / "static" / "pyodide").mkdir(parents=True, exist_ok=True)
        python_files.make(fresh / "static" / "pyodide")
        pages.make(fresh)
        lite.write(fresh / MARK, {"by": "notebooks/browser"})
        if found := traps.faults(fresh):
            raise problem("trapped", faults="\n".join(f"    {one}" for one in found))
        if site.exists():
            os.rename(site, Path(folder, "before"))
        os.rename(fresh, site)


def replaceable(site):
    """Whether there is nothing in the folder, or what this command has made."""
    if site.is_symlink() or (site.exists() and not site.is_dir()):
        return False
    return not site.exists() or (site / MARK).is_file() or not any(site.iterdir())
