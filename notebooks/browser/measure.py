"""How fast the edition is: a lesson in Chromium beside the same lesson in the laptop edition, in one run.

Needs playwright and the course's environment; CHROMIUM names a browser that is not playwright's own.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from browser.serve import server
from browser.tools import NOTEBOOKS
from course.server_process import free_port

LESSON = "04_autogenerate"
LANGUAGE = "ru"
PAGE = "[...(window.jupyterapp?.shell.widgets('main') ?? [])].find((one) => one.content?.model?.cells)"
OPENED = f"() => {PAGE}?.sessionContext.session?.kernel?.status === 'idle'"
RUN = f"""async (n) => {{
    const notebook = {PAGE}.content;
    notebook.activeCellIndex = notebook.widgets.indexOf(notebook.widgets.filter((one) => one.model.type === "code")[n]);
    const began = performance.now();
    await jupyterapp.commands.execute("notebook:run-cell");
    return (performance.now() - began) / 1000;
}}"""
EXECUTE = f"""async (code) => {{
    const began = performance.now();
    await {PAGE}.sessionContext.session.kernel.requestExecute({{ code }}).done;
    return (performance.now() - began) / 1000;
}}"""


def run(options):
    """The command `measure`."""
    site = server(options.folder, 0, "127.0.0.1")
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{site.server_port}/lab-{LANGUAGE}/index.html?path={LANGUAGE}/{LESSON}.ipynb"
    cells = codes()
    with tempfile.TemporaryDirectory() as profile:
        for visit in ("first visit", "warm cache"):
            kernel, here = in_browser(address, profile, lambda page: [page.evaluate(RUN, n) for n in range(len(cells))])
            print(f"{visit}: kernel {kernel:.1f} s, first cell {kernel + here[0]:.1f} s")
        _, alone = in_browser(address, profile, lambda page: [page.evaluate(EXECUTE, code) for code in cells * 2])
    with laptop() as address, tempfile.TemporaryDirectory() as profile:
        _, there = in_browser(address, profile, lambda page: [page.evaluate(RUN, n) for n in range(len(cells))])
    local = locally(cells * 2)
    for what, ours, theirs in (
        ("in JupyterLab", here, there),
        ("kernel alone, while JupyterLab still draws the page", alone[: len(cells)], local[: len(cells)]),
        ("kernel alone, after that", alone[len(cells) :], local[len(cells) :]),
    ):
        seconds = f"{sum(ours):.1f} s, laptop edition {sum(theirs):.1f} s"
        print(f"all cells, {what}: {seconds}: {sum(ours) / sum(theirs):.1f} times")
    print(f"load average {os.getloadavg()[0]:.1f}")
    site.shutdown()


def codes():
    """The code cells of the lesson."""
    page = json.loads((NOTEBOOKS / LANGUAGE / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"]


def in_browser(address, profile, use):
    """Seconds until the kernel of the page is ready, and what `use` finds out with the page.

    Args:
        profile: a folder; with the same again the browser has its cache.
    """
    from playwright.sync_api import sync_playwright

    offline = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox", "--disable-gpu", offline]
        )
        page = context.new_page()
        began = time.monotonic()
        page.goto(address, wait_until="commit")
        page.wait_for_function(OPENED, timeout=300_000, polling=50)
        ready = time.monotonic() - began
        found = use(page)
        context.close()
    return ready, found


@contextmanager
def laptop():
    """The laptop edition's JupyterLab, as README starts it; yields the address of the lesson."""
    port = free_port()
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--IdentityProvider.token=", f"--port={port}"]
    command = [sys.executable, "-m", "jupyter", "lab", "--config", NOTEBOOKS / LANGUAGE / "lab.py", *options]
    with tempfile.TemporaryDirectory() as work:
        env = os.environ | {"COURSE_WORK": work}
        lab = subprocess.Popen(command, cwd=NOTEBOOKS.parent, env=env, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/api")
            yield f"http://127.0.0.1:{port}/lab/tree/notebooks/{LANGUAGE}/{LESSON}.ipynb"
        finally:
            lab.terminate()
            lab.wait()


def wait_for(address):
    while True:
        try:
            return urlopen(address)
        except URLError:
            time.sleep(0.1)


def locally(cells):
    """Seconds of each cell in a kernel of this Python; its work goes into a folder of its own."""
    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory() as work:
        env = os.environ | {"COURSE_WORK": work}
        manager, client = start_new_kernel(kernel_name="python3", cwd=str(NOTEBOOKS / LANGUAGE), env=env)
        try:
            seconds = []
            for code in cells:
                began = time.monotonic()
                client.execute_interactive(code, allow_stdin=False, output_hook=lambda message: None)
                seconds.append(time.monotonic() - began)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return seconds
