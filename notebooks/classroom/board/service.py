"""The service: takes what learners' kernels report, and shows the class to the teacher."""

import asyncio
import hashlib
import os
import re
import secrets
import signal
import sqlite3
import time
from pathlib import Path
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate
from tornado.log import app_log, enable_pretty_logging, gen_log
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from classroom.board import pages, people, reports, table
from classroom.board.store import Store
from classroom.people import TEACHER

MOST = 40  # reports of one place in ten seconds; an honest kernel makes two a second at most
MOST_UNKNOWN = 200  # tokens in ten seconds that the hub is asked about: a flood of wrong ones is no flood of the hub
REMEMBERED = 300  # seconds for which the hub's answer about a token holds
TOKEN = re.compile(r"(?:token|bearer)\s+([\w.~-]{8,512})", re.IGNORECASE)
POLICY = "; ".join(
    ["default-src 'none'"]
    + [f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")]
    + ["base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"]
)


class Places:
    """Whose token is it? The hub knows; its answers are remembered for a while."""

    def __init__(self, hub_auth):
        self.hub_auth, self.known, self.pace = hub_auth, {}, reports.Pace(MOST_UNKNOWN)

    async def of(self, token):
        """The place that a token belongs to.

        Args:
            token: as it was sent.

        Returns:
            The hub's name of a user.

        Raises:
            HTTPError: 403 if it is nobody's, 429 if too many unknown ones have come, 502 if the hub does not answer.
        """
        now, mark = time.monotonic(), hashlib.sha256(token.encode()).digest()
        place, until = self.known.get(mark, (None, 0))
        if now < until:
            return place
        if not self.pace.allows("unknown", now):
            raise HTTPError(429)
        try:
            user = await self.hub_auth.user_for_token(token, use_cache=False, sync=False)
        except HTTPError:
            raise HTTPError(502) from None
        if not user or user.get("kind") != "user":
            raise HTTPError(403)
        if not self.hub_auth.check_scopes(self.hub_auth.access_scopes, user):
            raise HTTPError(403)
        self.known = {mark: held for mark, held in self.known.items() if now < held[1]}
        self.known[mark] = user["name"], now + REMEMBERED
        return user["name"]


class Handler(HubOAuthenticated, RequestHandler):
    """What all addresses have in common: strict headers, and pages in the reader's language also for what fails."""

    own_language = None  # of a learner who has lost their way

    def set_default_headers(self):
        """Let no page be kept, framed, or run anything but the board's own files."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    @property
    def reader(self):
        """Whoever reads, in the language asked for, else their own, else the class's."""
        wanted = (self.get_query_argument("lang", ""), self.own_language, self.settings["language"])
        language = next(one for one in wanted if one in table.LANGUAGES)
        return pages.Reader(language, self.settings["base"], self.hub_auth.base_url)

    def write_error(self, status_code, **about):
        """Say in the reader's language what is wrong; never a stack trace."""
        names = {403: "for_teacher", 404: "not_found", 405: "not_found"}
        if not self._finished:
            self.finish(pages.render("trouble.html", self.reader, name=names.get(status_code, "trouble")))

    def log_exception(self, *error):
        """Only what is the board's own fault is logged: anybody can cause the rest, as often as they like."""
        if not isinstance(error[1], HTTPError):
            super().log_exception(*error)


class TakeReport(Handler):
    """Learners' kernels post here, each with the token of its server."""

    async def post(self):
        """Keep a report: 204. Otherwise 400, 403, 429, or 503 while it cannot be kept."""
        token = TOKEN.fullmatch(self.request.headers.get("Authorization", ""))
        if not token:
            raise HTTPError(403)
        place = await self.settings["places"].of(token[1])
        if not self.settings["pace"].allows(place, time.monotonic()):
            raise HTTPError(429)
        try:
            report = reports.read(self.request.body)
        except ValueError:
            raise HTTPError(400) from None
        try:
            self.settings["store"].take(place, report, time.time())
        except sqlite3.Error as error:
            app_log.error("A report was not kept: %s", error)
            raise HTTPError(503) from None
        self.set_status(204)

    def write_error(self, status_code, **about):
        """A number is enough for a kernel."""
        self.finish()


class TeachersOwn(Handler):
    """What only the teacher sees."""

    async def prepare(self):
        """Let the teacher pass who has logged in with a browser: nobody's token opens a page."""
        if self.request.headers.get("Authorization"):
            raise HTTPError(403)
        user = await self.hub_auth.get_user(self, sync=False)
        if user is None and self.is_page:
            self.redirect(self.get_login_url())
        elif user is None or user.get("name") != TEACHER:
            self.settings["names"].read()
            self.own_language = self.settings["names"].languages.get(user["name"]) if user else None
            raise HTTPError(403)

    is_page = True  # and no part of one, which cannot lead to the log-in

    def everybody(self):
        """The class, those who need help first."""
        now = time.time()
        return people.people(self.settings["store"].standings(now), self.settings["names"].read(), now)

    template = None

    def show(self, **values):
        """Send the handler's template; its script sends the token back, as the hub wants it of scripts."""
        token = self.xsrf_token
        token = token.decode() if isinstance(token, bytes) else token
        self.finish(pages.render(self.template, self.reader, xsrf=token, **values))

    def chosen(self):
        """The lesson asked for: its number, "all", or ""."""
        asked = self.get_query_argument("lesson", "")
        return asked if asked in table.lessons() or asked == "all" else ""


class ShowTable(TeachersOwn):
    """The table: who needs help, who is where, what is solved."""

    template = "board.html"

    def get(self):
        """Show it."""
        chosen = self.chosen() if self.chosen() != "all" else ""
        everybody = self.everybody()
        shown = people.in_lesson(everybody, chosen)
        values = {"chosen": chosen, "totals": people.totals(everybody, time.time()), "everybody": shown}
        self.show(page="", part="table", **values)


class ShowTablePart(ShowTable):
    """The part of the page that changes."""

    template, is_page = "table.html", False


class ShowWall(TeachersOwn):
    """The picture of the class, without names."""

    template = "wall.html"

    def get(self):
        """Show it: the lesson asked for, the whole course, or the lesson that most are in."""
        everybody, chosen = self.everybody(), self.chosen()
        values = {"chosen": chosen, "totals": people.totals(everybody, time.time())}
        self.show(page="wall", part="wall/picture", **values, **pages.picture(everybody, chosen, self.reader))


class ShowWallPart(ShowWall):
    """The picture alone."""

    template, is_page = "picture.html", False


class Download(TeachersOwn):
    """Who solved what, to be kept after the class."""

    def get(self):
        """Send the spreadsheet; the mark at its beginning tells Excel that it is UTF-8."""
        name = time.strftime("class-%Y-%m-%d.csv")
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish("\ufeff" + pages.spreadsheet(self.everybody(), self.reader))


class Static(StaticFileHandler):
    """The style and the script, which everybody may have."""

    def set_extra_headers(self, path):
        """Let nobody take them for anything else."""
        self.set_header("X-Content-Type-Options", "nosniff")


class NotFound(Handler):
    """Any other address."""

    def prepare(self):
        """There is nothing."""
        raise HTTPError(404)


def cookie_secret(folder):
    """The secret that log-ins are signed with; it outlives the service, so that nobody has to log in again."""
    path = folder / "cookie_secret"
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        os.replace(draft, path)
    return path.read_text()


def application(folder, language):
    """The service as tornado knows it.

    Args:
        folder: where it keeps what it knows.
        language: of the pages, if none is asked for.

    Returns:
        The Application.
    """
    hub_auth = HubOAuth.instance()
    prefix = hub_auth.base_url
    addresses = {
        "": ShowTable,
        "table": ShowTablePart,
        "wall": ShowWall,
        "wall/picture": ShowWallPart,
        "class.csv": Download,
        "report": TakeReport,
        "oauth_callback": HubOAuthCallbackHandler,
    }
    return Application(
        [(re.escape(prefix + path), handler) for path, handler in addresses.items()],
        default_handler_class=NotFound,
        static_path=str(pages.HERE / "static"),
        static_url_prefix=url_path_join(prefix, "static/"),
        static_handler_class=Static,
        cookie_secret=cookie_secret(folder),
        log_function=lambda handler: None,
        language=language if language in table.LANGUAGES else table.LANGUAGES[0],
        base=os.environ.get("JUPYTERHUB_BASE_URL", "/"),
        store=Store(folder / "board.sqlite"),
        names=people.Names(folder / "names.json"),
        pace=reports.Pace(MOST),
        places=Places(hub_auth),
    )


class Server(HTTPServer):
    """Answers nobody who has gone: they may have sent thousands of requests over each of thousands of connections."""

    def start_request(self, server_conn, request_conn):
        """Take a request, or end its connection."""
        if request_conn.stream.closed():
            return Gone(request_conn)
        return super().start_request(server_conn, request_conn)


class Gone(HTTPMessageDelegate):
    """Drops what is left of a connection; tornado would take request after request from its memory."""

    def __init__(self, connection):
        self.connection = connection

    def headers_received(self, start_line, headers):
        """Let no further request be read."""
        self.connection.detach()


async def serve():
    """Serve until the process is asked to end."""
    folder = os.environ.get("COURSE_BOARD_FOLDER") or os.path.join(os.environ["ALEMBIC_CLASS"], "board")
    app = application(Path(folder), os.environ.get("COURSE_BOARD_LANGUAGE", ""))
    place = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    limits = {"max_body_size": reports.LARGEST, "max_header_size": 32_768, "max_buffer_size": 131_072}
    server = Server(app, no_keep_alive=True, idle_connection_timeout=60, body_timeout=10, **limits)
    server.listen(place.port, place.hostname)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    server.stop()
    app.settings["store"].close()


def main():
    """Run the service; of what visitors can cause nothing is logged, since it would fill the disk."""
    enable_pretty_logging()
    app_log.setLevel("ERROR")
    gen_log.setLevel("ERROR")
    asyncio.run(serve())


if __name__ == "__main__":
    main()
