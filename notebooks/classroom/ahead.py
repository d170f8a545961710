"""Starts the servers of the places before the lesson: thirty that start at once would keep everybody waiting."""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from classroom.words import say

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy of the environment
FOR_A_SERVER = 200_000_000  # bytes of memory
FOR_THE_REST = 700_000_000
LONGEST = 300  # seconds for a server
TRIES = 2  # of a server that ends at once

stopping = threading.Event()  # the class ends: nothing more is to be started


def ask(settings, method, path, body=None, timeout=30):
    """Ask the hub's API.

    Args:
        settings: the class.
        method: GET, POST or DELETE.
        path: below /hub/api.
        body: what to send as JSON.
        timeout: seconds.

    Returns:
        Status and what was answered, as a pair; of a refusal its sentence, if it has one; status 0 if nobody answers.
    """
    data = None if body is None else json.dumps(body).encode()
    head = {"Authorization": f"token {settings.command_token}", "Content-Type": "application/json"}
    request = urllib.request.Request(settings.hub_api + path, data, head, method=method)
    try:
        with DIRECT.open(request, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        with suppress(OSError, ValueError, AttributeError):
            return error.code, json.loads(error.read()).get("message")
        return error.code, None
    except (OSError, ValueError):
        return 0, None


def wait_until_open(settings, seconds=90):
    """Wait until the hub answers through the proxy and has found its routes.

    Args:
        settings: the class.
        seconds: how long at most.

    Returns:
        Whether it answers.
    """
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and not stopping.is_set():
        if ask(settings, "GET", "/users?limit=1")[0] == 200 and answers(settings, "/hub/health"):
            return True
        time.sleep(0.3)
    return False


def answers(settings, path):
    """Whether the proxy brings a page.

    Args:
        settings: the class.
        path: the page's.

    Returns:
        True or False; with a certificate always True, for its name is not 127.0.0.1.
    """
    if settings.certificate:
        return True
    try:
        with DIRECT.open(f"http://127.0.0.1:{settings.port}{path}", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def memory_free():
    """How much memory new processes may take.

    Returns:
        Bytes.
    """
    with open("/proc/meminfo", encoding="ascii") as file:
        found = dict(line.split(":") for line in file)
    return 1024 * int(found["MemAvailable"].split()[0])


def start_servers(settings):
    """Start the servers of all places, as many as the memory holds, a few at a time.

    Args:
        settings: the class.
    """
    names = [settings.place(number) for number in range(1, settings.places + 1)]
    ask(settings, "POST", "/users", {"usernames": names})
    status, ready = ask(settings, "GET", "/users?state=ready")
    there = {user["name"] for user in ready} if status == 200 else set()
    missing = [name for name in names if name not in there]
    room = max(0, (memory_free() - FOR_THE_REST) // FOR_A_SERVER)
    if room < len(missing):
        say("memory_for", room=room, missing=len(missing))
    missing = missing[:room]
    if missing:
        Row(settings, missing).start()


class Row:
    """Servers that are started one after the other, with what is told about them."""

    def __init__(self, settings, names):
        self.settings, self.names = settings, names
        self.ready, self.began, self.lock = 0, time.monotonic(), threading.Lock()

    def start(self):
        """Start them all and tell how it went."""
        say("starting_ahead", count=len(self.names))
        with ThreadPoolExecutor(1 + (os.cpu_count() or 1)) as pool:
            failed = len(self.names) - sum(pool.map(self.one, self.names))
        if stopping.is_set():
            return
        say("started_ahead", ready=self.ready, seconds=round(time.monotonic() - self.began))
        if failed:
            say("not_started", failed=failed)

    def one(self, name):
        """Start a server and wait until it is ready.

        Args:
            name: its place.

        Returns:
            Whether it is.
        """
        limit, tries = time.monotonic() + LONGEST, 0
        while time.monotonic() < limit and tries < TRIES and not stopping.is_set():
            status, user = ask(self.settings, "GET", f"/users/{name}")
            server = user.get("servers", {}).get("", {}) if status == 200 else {}
            if server.get("ready"):
                self.count()
                return True
            if not server.get("pending"):
                status, said = ask(self.settings, "POST", f"/users/{name}/server")
                tries += status == 500
                if tries == TRIES and said:
                    print(f"  {said}", flush=True)
            stopping.wait(0.5)
        return False

    def count(self):
        """Tell about every tenth."""
        with self.lock:
            self.ready += 1
            if self.ready % 10 == 0 and self.ready < len(self.names):
                say("ready_so_far", ready=self.ready, count=len(self.names))
