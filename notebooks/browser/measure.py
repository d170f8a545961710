"""How fast the edition is: a lesson in Chromium beside the same lesson in a local kernel, in one run.

Needs playwright and the course's environment; CHROMIUM names a browser that is not playwright's own.
"""

import json
import os
import tempfile
import threading
import time

from browser.serve import server
from browser.tools import NOTEBOOKS

LESSON = "04_autogenerate"
LANGUAGE = "ru"
OPENED = """() => {
    const page = [...(window.jupyterapp?.shell.widgets("main") ?? [])].find((one) => one.content?.model?.cells);
    return page?.sessionContext.session?.kernel?.status === "idle";
}"""
RUN = """async (n) => {
    const notebook = [...jupyterapp.shell.widgets("main")].find((one) => one.content?.model?.cells).content;
    notebook.activeCellIndex = notebook.widgets.indexOf(notebook.widgets.filter((one) => one.model.type === "code")[n]);
    const began = performance.now();
    await jupyterapp.commands.execute("notebook:run-cell");
    return (performance.now() - began) / 1000;
}"""


def run(options):
    """The command `measure`."""
    site = server(options.folder, 0, "127.0.0.1")
    threading.Thread(target=site.serve_forever, daemon=True).start()
    cells = codes()
    with tempfile.TemporaryDirectory() as profile:
        for visit in ("first visit", "warm cache"):
            ready, seconds = in_browser(site.server_port, profile, len(cells))
            print(
                f"{visit}: kernel {ready:.1f} s, first cell {ready + seconds[0]:.1f} s, all cells {sum(seconds):.1f} s"
            )
    here = locally(cells)
    print(f"local kernel: first cell {here[0]:.1f} s, all cells {sum(here):.1f} s")
    print(f"browser : local = {sum(seconds) / sum(here):.1f}; load average {os.getloadavg()[0]:.1f}")
    site.shutdown()


def codes():
    """The code cells of the lesson."""
    page = json.loads((NOTEBOOKS / LANGUAGE / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"]


def in_browser(port, profile, count):
    """Seconds until the kernel is ready, and of each cell.

    Args:
        port: of the site.
        profile: a folder; with the same again the browser has its cache.
        count: how many cells.
    """
    from playwright.sync_api import sync_playwright

    offline = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox", "--disable-gpu", offline]
        )
        page = context.new_page()
        began = time.monotonic()
        lesson = f"lab-{LANGUAGE}/index.html?path={LANGUAGE}/{LESSON}.ipynb"
        page.goto(f"http://127.0.0.1:{port}/{lesson}", wait_until="commit")
        page.wait_for_function(OPENED, timeout=300_000, polling=50)
        ready = time.monotonic() - began
        seconds = [page.evaluate(RUN, n) for n in range(count)]
        context.close()
    return ready, seconds


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
