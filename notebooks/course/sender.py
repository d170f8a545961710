"""Posts a state to an address from a thread of its own: the latest wins, and whatever fails is nobody's trouble."""

import json
import threading
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

PATIENCE = 3  # seconds for each step of a request
PAUSE = 0.5  # seconds between two requests, so that a loop of checks is no flood


class Post:
    """What is to be sent next, and the thread that sends, while there is something to send."""

    lock = threading.Lock()
    latest = thread = None


def send(address, token, state):
    """Send a state soon; one that waits still is dropped, since this one is newer.

    Args:
        address: where to, http or https.
        token: the token of the learner's server.
        state: what json takes.
    """
    with Post.lock:
        Post.latest = address, token, state
        if Post.thread is None or not Post.thread.is_alive():
            Post.thread = threading.Thread(target=send_what_waits, daemon=True)
            Post.thread.start()


def send_what_waits():
    """Send the latest state until there is none; the body of the thread."""
    while True:
        with Post.lock:
            if Post.latest is None:
                Post.thread = None
                return
            waiting, Post.latest = Post.latest, None
        with suppress(Exception):
            post(*waiting)
        time.sleep(PAUSE)


def post(address, token, state):
    """Make one request. No proxy of the environment is asked and no redirect followed: the token is for one address.

    Args:
        address, token, state: as for send().

    Raises:
        OSError, ValueError, http.client.HTTPException: it could not be made.
    """
    place = urlsplit(address)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    with closing(kind(place.hostname, place.port, timeout=PATIENCE)) as connection:
        headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        connection.request("POST", place.path, json.dumps(state).encode(), headers)
        connection.getresponse()
