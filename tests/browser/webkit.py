"""WebKit, the engine of Safari and of every browser on an iPad, spoken to by WebDriver: Debian has it as WebKitGTK."""

import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from course.server_process import free_port

NOWHERE = "127.0.0.1:9"  # a proxy that answers nobody: what is not ours cannot be reached
PROXY = {"proxyType": "manual", "httpProxy": NOWHERE, "sslProxy": NOWHERE, "noProxy": ["127.0.0.1"]}
EVALUATE = """
const [argument, done] = arguments;
Promise.resolve((FUNCTION)(argument)).then((found) => done([found, null]), (error) => done([null, `${error}`]));
"""
LONG = 600_000  # ms


class WebKit:
    """A page in WebKit, with the verbs of Playwright's that the tests use."""

    def __init__(self, address):
        self.address, self.scripts = address, ""
        options = {"binary": browser(), "args": ["--automation"]}
        wanted = {"webkitgtk:browserOptions": options, "proxy": PROXY, "timeouts": {"script": LONG, "pageLoad": LONG}}
        session = self.ask("/session", {"capabilities": {"alwaysMatch": wanted}})
        self.address += f"/session/{session['sessionId']}"

    def ask(self, path, words, method="POST"):
        request = Request(self.address + path, json.dumps(words).encode(), method=method)
        with urlopen(request, timeout=LONG / 1000) as answer:
            return json.load(answer)["value"]

    def add_init_script(self, path):
        self.scripts += path.read_text(encoding="utf-8")

    def goto(self, address):
        self.ask("/url", {"url": address})
        self.evaluate(f"() => {{ {self.scripts} }}")

    def evaluate(self, function, argument=None):
        script = EVALUATE.replace("FUNCTION", function)
        found, error = self.ask("/execute/async", {"script": script, "args": [argument]})
        assert error is None, error
        return found


def browser():
    """The path of WebKitGTK's small browser, None where it is absent."""
    return next(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.?/MiniBrowser")), None)


def is_there():
    return bool(browser() and shutil.which("WebKitWebDriver") and shutil.which("Xvfb"))


@contextmanager
def opened(folder):
    """A page in a WebKit of its own, whose storage is in `folder`."""
    folder.mkdir()
    with screen(folder) as display:
        port = free_port()
        driver = subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"],
            env=os.environ | {"DISPLAY": display, "HOME": str(folder), "LIBGL_ALWAYS_SOFTWARE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/status", driver)
            page = WebKit(f"http://127.0.0.1:{port}")
            yield page
            with suppress(OSError):  # it may have ended already
                page.ask("", {}, "DELETE")
        finally:
            driver.terminate()
            driver.wait()


@contextmanager
def screen(folder):
    """A screen that nobody sees: the display's name."""
    reading, writing = os.pipe()
    with (folder / "screen.log").open("w") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24"], pass_fds=[writing], stderr=log
        )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{int(told.readline())}"
    finally:
        server.terminate()
        server.wait()


def wait_for(address, process):
    while True:
        assert process.poll() is None, "WebKit's driver has not started"
        with suppress(URLError):
            return urlopen(address).close()
        time.sleep(0.05)
