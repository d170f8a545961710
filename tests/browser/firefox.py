"""Firefox, spoken to by Marionette, which is built into it: Playwright's own Firefox is not to be had from Debian."""

import json
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager

NOWHERE = "127.0.0.1:9"  # a proxy that answers nobody: what is not ours cannot be reached
PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": NOWHERE.partition(":")[0],
    "network.proxy.http_port": 9,
    "network.proxy.ssl": NOWHERE.partition(":")[0],
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1, class.test",
    "network.dns.localDomains": "class.test",
    "marionette.port": 0,  # a free one, which it writes into its profile
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}


class Firefox:
    """A page in Firefox, with the verbs of Playwright's that the tests use."""

    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.stream = self.connection.makefile("rb")
        self.read()  # what it says of itself
        self.number = 0
        self.ask("WebDriver:NewSession", {})
        self.ask("WebDriver:SetTimeouts", {"script": 600_000, "pageLoad": 600_000})
        self.scripts = ""

    def read(self):
        length = b""
        while (digit := self.stream.read(1)) != b":":
            assert digit, "Firefox has ended"
            length += digit
        return json.loads(self.stream.read(int(length)))

    def ask(self, command, parameters):
        self.number += 1
        text = json.dumps([0, self.number, command, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(text), text))
        _, _, error, answer = self.read()
        assert error is None, f"{error['error']}: {error['message']}" if error else ""
        return answer["value"] if isinstance(answer, dict) and "value" in answer else answer

    def add_init_script(self, path):
        self.scripts += path.read_text(encoding="utf-8")

    def goto(self, address):
        self.ask("WebDriver:Navigate", {"url": address})
        self.evaluate(f"() => {{ {self.scripts} }}")

    def evaluate(self, function, argument=None):
        parameters = {"script": f"return ({function})(arguments[0])", "args": [argument], "sandbox": None}
        return self.ask("WebDriver:ExecuteScript", parameters)


def path():
    """Firefox's command, None where it is absent."""
    return next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


@contextmanager
def opened(profile):
    """A page in a Firefox of its own, whose storage is in the folder `profile`."""
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [path(), "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = profile / "MarionetteActivePort"
        while not told.exists() or not told.read_text().strip():
            assert process.poll() is None, "Firefox has not started"
            time.sleep(0.05)
        page = Firefox(int(told.read_text()))
        with closing(page.connection):
            yield page
    finally:
        process.terminate()
        process.wait()
