"""Somebody at a browser: comes in by the form, opens JupyterLab, runs cells over the kernel's websocket."""

import html
import json
import re
import time
import uuid

import requests
import websocket


class Visitor:
    """One browser with its cookies."""

    def __init__(self, url):
        self.url, self.place = url, None
        self.session = requests.Session()
        self.session.trust_env = False  # the machine's own proxy leads elsewhere

    def get(self, path, **options):
        """Open a page."""
        return self.session.get(self.url + path, timeout=60, **options)

    def come(self, name, password="secret1", code="", language="", page="uk", begin="/hub/login"):
        """Send the form of entrance.

        Returns:
            What is said on the page when the visitor does not come in; None when they do.
        """
        address = self.get(begin).url if begin != "/hub/login" else f"{self.url}/hub/login"
        self.get(f"/hub/login?page={page}", allow_redirects=False)
        fields = {"username": name, "password": password, "code": code, "language": language, "_xsrf": self.xsrf()}
        answer = self.session.post(address, fields, allow_redirects=False, timeout=90)
        answer.encoding = "utf-8"
        self.page = answer.text
        if answer.status_code == 302:
            self.goal = answer.headers["Location"]
            return None
        found = re.search(r'class="refusal"[^>]*>(.*?)</p>', self.page)
        assert found, (answer.status_code, self.page[-2000:])
        return html.unescape(found[1])

    def xsrf(self, path="/hub/"):
        """The token that a form of this path carries."""
        return next(one.value for one in self.session.cookies if one.name == "_xsrf" and one.path == path)

    def form_value(self, field):
        """What the form shows in a field after a refusal."""
        tag = re.search(rf'<input[^>]*name="{field}"[^>]*>', self.page)[0]
        return html.unescape(re.search(r'value="([^"]*)"', tag)[1])

    def open(self, seconds=90):
        """Wait for JupyterLab; returns the address at which it is open."""
        limit = time.monotonic() + seconds
        while True:
            answer = self.get(self.goal)
            if "/lab/tree/" in answer.url and answer.ok:
                self.place = answer.url.split("/user/")[1].split("/")[0]
                return answer.url
            assert time.monotonic() < limit, (answer.url, answer.status_code, answer.text[-1500:])
            time.sleep(0.3)

    def api(self, method, path, **options):
        """Ask one's own server's API."""
        head = {"X-XSRFToken": self.xsrf(f"/user/{self.place}/")}
        url = f"{self.url}/user/{self.place}/api/{path}"
        return self.session.request(method, url, headers=head, timeout=60, **options)

    def kernel(self):
        """Start a kernel."""
        answer = self.api("POST", "kernels", json={"name": "python3"})
        assert answer.status_code == 201, answer.text
        return Kernel(self, answer.json()["id"])

    def run(self, code, seconds=60):
        """Run one cell in a kernel of its own; returns what it printed, with errors."""
        kernel = self.kernel()
        try:
            return kernel.run(code, seconds)
        finally:
            self.api("DELETE", f"kernels/{kernel.id}")


class Kernel:
    """A kernel of the visitor's."""

    def __init__(self, visitor, number):
        self.visitor, self.id = visitor, number

    def connect(self):
        """A websocket to the kernel, for one cell: the server closes one that answers no ping for a while."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.visitor.session.cookies)
        path = f"/user/{self.visitor.place}/api/kernels/{self.id}/channels"
        url = self.visitor.url.replace("http", "ws", 1) + path
        return websocket.create_connection(
            url, cookie=cookies, timeout=60, origin=self.visitor.url, http_no_proxy=["*"]
        )

    def run(self, code, seconds=60):
        """Run a cell; returns what it printed, with errors."""
        self.socket, number = self.connect(), uuid.uuid4().hex
        head = {"msg_id": number, "msg_type": "execute_request", "session": "v", "username": "v", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
        message = {"header": head, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(message))
        said, limit = [], time.monotonic() + seconds
        while True:
            assert time.monotonic() < limit, f"the cell takes more than {seconds} s: {''.join(said)}"
            self.socket.settimeout(seconds)
            answer = json.loads(self.socket.recv())
            if answer["parent_header"].get("msg_id") != number:
                continue
            content = answer["content"]
            if answer["msg_type"] == "stream":
                said.append(content["text"])
            elif answer["msg_type"] == "execute_result":
                said.append(content["data"].get("text/plain", ""))
            elif answer["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}")
            elif answer["msg_type"] == "status" and content["execution_state"] == "idle":
                self.socket.close()
                return "".join(said)
