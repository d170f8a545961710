"""Fixtures: Chromium without a network, the site of the browser edition."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from edition import HOST, Watched, built, served

OFFLINE = [
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium, as (Playwright's name for it, what to start it with): it finds no other machine."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("install what the test needs: pip install -r tests/browser/requirements.txt", pytrace=False)
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not path:
        pytest.fail("there is no Chromium here: sudo apt install chromium", pytrace=False)
    with sync_playwright() as started:
        yield started.chromium, {"executable_path": path, "args": OFFLINE}


@pytest.fixture(scope="session")
def browser(chromium):
    kind, options = chromium
    opened = kind.launch(**options)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site; the first of several workers builds it."""
    if "ALEMBIC_SITE" in os.environ:
        return Path(os.environ["ALEMBIC_SITE"]).absolute()
    together = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        together = together.parent
    with (together / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return built(together / "site")


@pytest.fixture(scope="session")
def server(site, tmp_path_factory):
    """A static server that has the site in a folder, as a host of many sites has."""
    above = tmp_path_factory.mktemp("host")
    (above / "alembic").symlink_to(site)
    with served(above) as port:
        yield port


@pytest.fixture
def labs(browser, server):
    """Opens windows with storage of their own; at the end nothing may have been asked of another machine."""
    opened = []

    def open_lab(language="ru"):
        opened.append(Watched(browser.new_context(viewport={"width": 1280, "height": 800}), server, language))
        return opened[-1]

    yield open_lab
    faults = [fault for lab in opened for fault in lab.faults]
    for lab in opened:
        lab.context.close()
    assert faults == []
