"""Serves the site to a room: static files over HTTP, each compressed once, so that thirty learners wait for less."""

import errno
import gzip
import os
import re
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from browser.words import problem, say
from classroom.telling import room_addresses

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".ipynb": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".bin": "application/octet-stream",  # start.mjs unpacks these itself: no Content-Encoding
    ".zip": "application/zip",
    ".whl": "application/zip",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".eot": "application/vnd.ms-fontobject",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
PACKED = {".bin", ".zip", ".whl", ".pdf", ".png", ".woff", ".woff2"}  # nothing to gain from compressing them
HASHED = re.compile(r"\.[0-9a-f]{7,}\.\w+$")  # other content gets another name: never ask for it again


class Files:
    """The files of a site in memory, as they are and compressed."""

    def __init__(self, site):
        self.site, self.kept, self.lock = site.resolve(), {}, threading.Lock()

    def path(self, asked):
        """The file or folder that an address names, None if it leads out of the site."""
        found = (self.site / unquote(asked).lstrip("/")).resolve()
        return found if found.is_relative_to(self.site) else None

    def get(self, path):
        """A file's (tag, content, compressed content or None); read anew when it has changed."""
        told = path.stat()
        tag = f'W/"{told.st_mtime_ns:x}-{told.st_size:x}"'
        with self.lock:  # thirty first visitors wait for one compression
            if self.kept.get(path, ("",))[0] != tag:
                data = path.read_bytes()
                less = None if path.suffix in PACKED else gzip.compress(data, 6, mtime=0)
                self.kept[path] = (tag, data, less if less and len(less) < len(data) else None)
            return self.kept[path]


class Handler(BaseHTTPRequestHandler):
    """Answers with a file of the site."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds for which a silent connection is kept
    server_version, sys_version = "course", ""

    def __init__(self, files, *arguments):
        self.files = files
        super().__init__(*arguments)

    def do_GET(self):  # noqa: N802 (http.server's name)
        """Send a file."""
        asked = urlsplit(self.path)
        try:
            path = self.files.path(asked.path)
            if path and path.is_dir():
                if not asked.path.endswith("/"):
                    query = f"?{asked.query}" if asked.query else ""
                    place = f"{asked.path.rpartition('/')[2]}/{query}"
                    return self.answer(HTTPStatus.MOVED_PERMANENTLY, {"Location": place})
                path /= "index.html"
            tag, data, less = self.files.get(path)
        except (OSError, ValueError, AttributeError):  # AttributeError: it leads out of the site
            return self.answer(HTTPStatus.NOT_FOUND)
        forever = "public, max-age=31536000, immutable"
        head = {"ETag": tag, "Vary": "Accept-Encoding"}
        head["Cache-Control"] = forever if HASHED.search(path.name) else "no-cache"
        if self.headers.get("If-None-Match") == tag:
            return self.answer(HTTPStatus.NOT_MODIFIED, head)
        head["Content-Type"] = TYPES.get(path.suffix, "application/octet-stream")
        if less and "gzip" in self.headers.get("Accept-Encoding", ""):
            return self.answer(HTTPStatus.OK, head | {"Content-Encoding": "gzip"}, less)
        return self.answer(HTTPStatus.OK, head, data)

    do_HEAD = do_GET  # noqa: N815

    def answer(self, status, head=(), data=b""):
        """Send status, headers and content."""
        self.send_response(status)
        for name, value in dict(head).items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *arguments):
        """Be silent: the terminal shows the addresses."""


class Server(ThreadingHTTPServer):
    """A room comes at once, and some go in the middle of an answer."""

    request_queue_size = 512
    allow_reuse_address = os.name != "nt"  # there it would let two programs have one port

    def handle_error(self, request, client_address):
        """Be silent about whoever has gone."""


def server(site, port, host=""):
    """A server of a site, for serve_forever().

    Args:
        site: the folder that `build` made.
        port: where it listens, 0 for a free one.
        host: the address it listens at, all of them without it.

    Raises:
        BrowserError: it cannot listen there.
    """
    try:
        return Server((host, port), partial(Handler, Files(site)))
    except OverflowError:
        raise problem("wrong_port", port=port) from None
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            raise problem("port_forbidden", port=port) from None
        raise problem("port_taken", port=port, other=port + 1) from None


def run(options):
    """The command `serve`."""
    from browser.build import MARK

    if not (Path(options.folder) / MARK).is_file():
        raise problem("no_site", folder=options.folder, option=options.option)
    if not 0 < options.port < 65536:
        raise problem("wrong_port", port=options.port)
    with server(options.folder, options.port) as serving:
        port = "" if options.port == 80 else f":{options.port}"
        found = [f"http://{host}{port}" for host in room_addresses()]
        say("serving", addresses="\n".join(f"    {one}" for one in found))
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            say("stopped")
