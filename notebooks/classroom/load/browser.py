"""A browser's requests: comes in by the form, loads JupyterLab and asks its server what JupyterLab asks.

Which requests those are was read from Chromium's own list, JupyterLab 4.6.
"""

import asyncio
import html
import random
import re
import time
from contextlib import suppress
from urllib.parse import quote

import aiohttp

from classroom.load.kernel import PROTOCOL, Kernel

AT_ONCE = 6  # connections of a browser to one server
SCRIPTS = 68  # files that JupyterLab loads before it shows a page, of some 260
PATIENCE = 300  # seconds until a learner gives up
FIRST = (  # what JupyterLab asks its server when it begins
    *("api/me", "lab/api/settings", "api/kernelspecs", "api/kernels", "api/terminals", "api/sessions", "api/me"),
    *("lab/api/workspaces", "api/kernelspecs", "lab/api/translations", "lsp/status"),
    *("api/contents?content=1&hash=0", "lab/api/workspaces/default", "lab/api/settings?ids_only=true", "api/nbconvert"),
)
AGAIN = ("api/terminals", "lab/api/workspaces", "api/kernels", "api/sessions")  # every ten seconds
REFRESH = re.compile(r'<meta http-equiv="refresh" content="(\d+)[.\d]*(?:;url=([^"]*))?"')
REFUSAL = re.compile(r'class="refusal"[^>]*>(.*?)</p>', re.DOTALL)
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


class PageFailed(Exception):
    """The server did not give what was asked for."""


class Browser:
    """One browser: its cookies, its connections, and how much it has loaded."""

    def __init__(self, url, secure):
        """Open it.

        Args:
            url: where the class is.
            secure: whether a certificate must be of the address's name.
        """
        connector = aiohttp.TCPConnector(limit=0, ssl=secure, keepalive_timeout=3)  # the proxy closes after five
        self.free = asyncio.Semaphore(AT_ONCE)  # websockets do not count, as in a browser
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address that is a number
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        self.session = aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=timeout)
        self.url, self.home, self.language, self.bytes, self.files = url, "", "", 0, 0
        self.kernels, self.listeners = [], []

    async def request(self, method, path, *, wanted=(200,), **options):
        """Ask for something.

        Args:
            method: GET, POST, PUT.
            path: from the root of the class.
            wanted: statuses that are fine.
            options: aiohttp's.

        Returns:
            The answer and its body.

        Raises:
            PageFailed: another status, or no answer.
        """
        for attempts_left in range(AT_ONCE if method == "GET" else 0, -1, -1):
            try:
                async with self.free, self.session.request(method, self.url + path, **options) as answer:
                    body = await answer.read()
                break
            except (aiohttp.ClientError, TimeoutError) as error:
                # Connections kept for the next request may be closed just then: a browser asks again over another.
                if not attempts_left or not isinstance(error, aiohttp.ClientConnectionError):
                    why = str(error) or type(error).__name__
                    raise PageFailed(f"{method} {path.partition('?')[0]}: {why}") from None
        self.bytes, self.files = self.bytes + len(body), self.files + 1
        if answer.status not in wanted:
            raise PageFailed(f"{method} {answer.url.path}: {answer.status} {told(body)}")
        return answer, body

    async def page(self, path):
        """A page of the hub or of JupyterLab; returns the address where it ended and its text."""
        answer, body = await self.request("GET", path, wanted=(200, 424, 503))
        return answer.url.path, body.decode()

    def xsrf(self, path):
        """The token that requests to a path carry."""
        return next((one.value for one in self.session.cookie_jar if (one.key, one["path"]) == ("_xsrf", path)), "")

    async def come_in(self, name, password, code):
        """Fill in the form and wait for JupyterLab.

        Args:
            name, password, code: what is typed.

        Raises:
            PageFailed: the door stays shut, or the server does not start.
        """
        await self.page("/")
        fields = {"username": name, "password": password, "code": code, "_xsrf": self.xsrf("/hub/")}
        answer, body = await self.request("POST", "/hub/login", data=fields, wanted=(200, 403, 424, 503))
        place, text, limit = answer.url.path, body.decode(), time.monotonic() + PATIENCE
        while "/lab/tree/" not in place:
            again = REFRESH.search(text)
            if REFUSAL.search(text) or not again or time.monotonic() > limit:
                raise PageFailed(f"{place}: {told(body)}")
            await asyncio.sleep(int(again[1]))
            place, text = await self.page(html.unescape(again[2]) if again[2] else place)
            body = text.encode()
        self.home, self.language = re.match(r"(/user/[^/]+/)lab/tree/notebooks/(\w+)/", place).groups()
        await self.load_lab(text)

    async def load_lab(self, text):
        """Load what JupyterLab's page needs before it shows anything.

        Args:
            text: the page.
        """
        linked = [html.unescape(one) for one in re.findall(r'<script[^>]* src="([^"]+)"', text)]
        main = next(one for one in linked if "/static/lab/main." in one)
        _, body = await self.request("GET", main)
        folder, rest = main.rpartition("/")[0], [one for one in linked if one != main]
        await self.together([*rest, *(f"{folder}/{one}" for one in scripts(body.decode()))])
        self.listeners.append(asyncio.create_task(self.listen("api/events/subscribe")))
        asked = [*FIRST, "lab/api/build"] if '"buildCheck": true' in text else FIRST
        await self.together([self.home + one for one in asked], wanted=(200, 404))
        known = await self.api("GET", "lab/api/translations")
        for locale in [one for one in known["data"] if one.startswith(self.language)]:
            await self.api("GET", f"lab/api/translations/{locale}")
        await self.request("GET", f"{self.home}lab/api/themes/@jupyterlab/theme-light-extension/index.css")

    async def together(self, paths, **options):
        """Load several files, as many at once as a browser does."""
        await asyncio.gather(*(self.request("GET", path, **options) for path in paths))

    async def api(self, method, path, *, wanted=(200, 201, 204), **options):
        """Ask one's own server's API.

        Args:
            method: GET, POST, PUT.
            path: below the server's address.
            wanted: statuses that are fine.
            options: aiohttp's.

        Returns:
            What was answered: JSON, or None.
        """
        head = {"X-XSRFToken": self.xsrf(self.home)}
        answer, body = await self.request(method, self.home + path, wanted=wanted, headers=head, **options)
        return await answer.json() if body else None

    async def open(self, path):
        """Open a page of the course, as JupyterLab does; returns it.

        Args:
            path: of the notebook, from the course's folder.
        """
        where = f"api/contents/{quote(path)}"
        folder = where.rpartition("/")[0]
        await self.together([f"{self.home}{where}?content=0&hash=0", f"{self.home}{folder}?content=1&hash=0"])
        found = await self.api("GET", f"{where}?type=notebook&content=1&hash=1")
        await self.api("GET", f"{where}/checkpoints")
        return found["content"]

    async def start_kernel(self, path):
        """Start a page's kernel; returns it when it has answered.

        Args:
            path: of the notebook.
        """
        name = path.rpartition("/")[2]
        wanted = {"path": path, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        session = await self.api("POST", "api/sessions", json=wanted)
        channels = f"{self.home}api/kernels/{session['kernel']['id']}/channels"
        try:
            socket = await self.session.ws_connect(self.url + channels, protocols=[PROTOCOL], max_msg_size=0)
        except aiohttp.ClientError as error:
            raise PageFailed(f"websocket: {error}") from None
        if socket.protocol != PROTOCOL:
            raise PageFailed(f"websocket: {socket.protocol!r}")
        self.kernels.append(Kernel(socket))
        if error := (await self.kernels[-1].ask("kernel_info", {})).error:
            raise PageFailed(error)
        return self.kernels[-1]

    async def listen(self, path):
        """Keep a websocket open that nothing is sent over."""
        with suppress(aiohttp.ClientError):  # nobody misses what it would tell
            async for _ in await self.session.ws_connect(self.url + self.home + path):
                pass

    async def save(self, path, page):
        """Save a page.

        Args:
            path: of the notebook.
            page: its content.
        """
        body = {"type": "notebook", "format": "json", "content": page}
        await self.api("PUT", f"api/contents/{quote(path)}", json=body)

    async def keep_looking(self, folder):
        """Ask every ten seconds what JupyterLab asks, until cancelled.

        Args:
            folder: the one in the file browser.
        """
        await asyncio.sleep(random.random() * 10)
        while True:
            await self.together([self.home + one for one in (*AGAIN, f"api/contents/{folder}?content=1&hash=0")])
            await asyncio.sleep(10)

    async def close(self):
        """Close the browser; server and kernels go on."""
        for kernel in self.kernels:
            await kernel.close()
        for task in self.listeners:
            task.cancel()
        await self.session.close()


def scripts(main):
    """As many of JupyterLab's scripts as a browser loads at first, the large one among them.

    Args:
        main: the script that names all others, by number and version.

    Returns:
        Names of files.
    """
    names = dict(re.findall(r'(\d+)===\w\?"(\w+)"', main))
    versions = dict(re.findall(r'\b(\d+):"([0-9a-f]{16,20})"', main))
    some = random.Random(1).sample(sorted(set(versions) - set(names)), min(SCRIPTS, len(versions) - len(names)))
    return [f"{names.get(one, one)}.{versions[one]}.js?v={versions[one]}" for one in (*names, *some) if one in versions]


def told(body):
    """What a page says to a person, or an answer to a program.

    Args:
        body: its bytes.

    Returns:
        One line.
    """
    text = body.decode(errors="replace")
    found = REFUSAL.search(text) or HEADING.search(text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1] if found else text)).split())[:200]
