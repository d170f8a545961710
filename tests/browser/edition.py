"""The site of the browser edition under test: it is built, served, and opened as a learner opens it."""

import re
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from copy import copy
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nbformat import from_dict
from nbval.plugin import IPyNbFile, NbCellError

from author.refresh import NOTEBOOKS

DRIVER = Path(__file__).with_name("in_browser.js")
LIMIT = 300  # seconds for a state to be reached on a busy machine: a page that hangs is to end the test
HOST = "class.test"  # a host without https, as in a class: browsers refuse it what they allow 127.0.0.1


def built(site):
    """Build the site, unless it is there."""
    if not site.exists():
        subprocess.run([sys.executable, NOTEBOOKS / "browser", "build", "--folder", site], check=True)
    return site


@contextmanager
def served(folder):
    """A static server of a folder, as any host is one; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """A static server that does not log."""

    protocol_version = "HTTP/1.1"

    def handle(self):
        with suppress(ConnectionError):  # a browser may go before it has read the answer
            super().handle()

    def log_message(self, *_):
        pass


class Lab:
    """A window with the edition in one language; in_browser.js is its other half.

    `page` is Playwright's, or firefox.py's: it goes to an address and evaluates JavaScript.
    """

    def __init__(self, page, port, language="ru"):
        self.page, self.language = page, language
        self.address = f"http://{HOST}:{port}/alembic/"
        page.add_init_script(path=DRIVER)

    def open(self, name):
        """Open a page of the course in this window; return when its kernel is idle."""
        self.path = f"{self.language}/{name}.ipynb"
        self.page.goto(f"{self.address}lab-{self.language}/index.html?path={self.path}")
        self.cells = self.ask("opened", self.path)
        return self

    def ask(self, verb, *words):
        return self.page.evaluate("(words) => lab.ask(words)", [verb, LIMIT, *words])

    def run(self, number):
        return self.ask("run", self.path, number)

    def execute(self, code):
        """What code prints or shows in the kernel.

        Raises:
            AssertionError: it ended in an error.
        """
        answer = self.ask("execute", self.path, code)
        assert answer["error"] is None, answer["error"]
        return answer["text"]


class Watched(Lab):
    """A window of Chromium, and in `faults` its errors and what it asked of other machines, or of ours in vain."""

    def __init__(self, context, port, language="ru"):
        super().__init__(context.new_page(), port, language)
        self.context, self.faults = context, []
        context.on("request", lambda asked: self.look(asked.url))
        context.on("response", self.look_at_answer)
        context.on("weberror", lambda broken: self.faults.append(f"an error: {broken.error}"))

    def another(self):
        """Another window of the same browser."""
        other = copy(self)
        other.page = self.context.new_page()
        other.page.add_init_script(path=DRIVER)
        return other

    def look(self, url):
        if not url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"a foreign request: {url}")

    def look_at_answer(self, answer):
        # Below api/ JupyterLab asks for what a server would know, as the files in a folder; it does without.
        if answer.status >= 400 and not answer.url.startswith(f"{self.address}api/"):
            self.faults.append(f"{answer.status}: {answer.url}")


class Kernel:
    """What nbval takes for a kernel: the cells of an open page run in the browser, each in its turn."""

    def __init__(self, lab):
        self.lab, self.next, self.messages = lab, 0, []

    def is_alive(self):
        return True

    def execute_cell_input(self, source, allow_stdin=None):
        ran = self.lab.run(self.next)
        assert ran["source"] == source, "the site's page is not the repository's"
        self.next += 1
        self.messages = [message(output["output_type"], output) for output in ran["outputs"]]
        self.messages.append(message("status", {"execution_state": "idle"}))
        return "cell"

    def await_reply(self, *_, **__):
        pass

    await_idle = await_reply

    def get_message(self, *_, **__):
        return self.messages.pop(0)


def message(kind, content):
    if kind == "error":  # named <class 'sqlalchemy.exc.OperationalError'>, by ipykernel only OperationalError
        content = content | {"ename": re.sub(r"<class '(?:.*\.)?(\w+)'>", r"\1", content["ename"])}
    return {"msg_type": kind, "parent_header": {"msg_id": "cell"}, "content": from_dict(content)}


def faults_of(lab, path, session):
    """What nbval says of a page's cells when they are run in a window that has the page open."""
    page = IPyNbFile.from_parent(session, path=path)
    cells = list(page.collect())
    assert len(cells) == lab.cells, "the site's page is not the repository's"
    page.setup_sanitize_files()
    page.kernel = Kernel(lab)
    faults = []
    for cell in cells:
        try:
            cell.runtest()
        except NbCellError as error:
            faults.append(f"{cell.cell.id}: {error}\n{error.inner_traceback}")
    return faults
