"""The door: a name, one's own password and, the first time, the class code."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from jupyterhub.utils import new_token
from tornado import web
from traitlets import Any

from classroom import ClassError, people
from classroom.pages import Page
from classroom.people import TEACHER, Refused
from classroom.settings import LANGUAGES, Settings

ONE_AT_A_TIME = ThreadPoolExecutor(1)  # a password takes 50 ms of a core: thirty guesses at once must not take them all
PAUSE = 1  # seconds between two wrong guesses
LONGEST_WAIT = 20  # seconds for the answer to a wrong code
LONGEST_LINE = 5  # guesses at one name that wait for their turn
BROWSER = "class-place"  # a signed cookie: this browser has come in to that place before


@dataclass
class Line:
    """Guesses at one name: each waits for the one before, and a while after a wrong one."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0
    waiting: int = 0


class Patience:
    """Slows down whoever guesses: one password a second for each name, one wrong code a second in all."""

    def __init__(self):
        self.lines = {}
        self.code_free_at = 0

    async def guess(self, name, attempt):
        """Try a password when it is its turn.

        Args:
            name: whose it is; a browser that has been let in before stands in a line of its own, so that nobody else's
                guesses hold it up.
            attempt: what tries it.

        Returns:
            What the attempt gives.

        Raises:
            Refused: by the attempt, or because too many wait already.
        """
        line = self.lines.setdefault(name, Line())
        if line.waiting >= LONGEST_LINE:
            raise Refused("too_many")
        line.waiting += 1
        try:
            async with line.turn:
                await asyncio.sleep(max(0, line.free_at - time.monotonic()))
                try:
                    return await attempt()
                except Refused:
                    line.free_at = time.monotonic() + PAUSE
                    raise
        finally:
            line.waiting -= 1

    async def wrong_code(self):
        """Let the answer to a wrong code wait for its turn; a right one is never held up."""
        now = time.monotonic()
        self.code_free_at = min(max(self.code_free_at, now) + PAUSE, now + LONGEST_WAIT)
        await asyncio.sleep(self.code_free_at - PAUSE - now)


class Entrance(Authenticator):
    """Who may come in, as the hub asks it; the hub's users are places, not names."""

    settings = Any(help="The class.").tag(config=True)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.patience = Patience()

    async def authenticate(self, handler, data):
        """Find or give a place.

        Args:
            handler: the page of entrance; it is told in `refusal` why somebody does not come in.
            data: the fields of its form.

        Returns:
            The hub's user, who is never its administrator; or None.
        """
        name, password, code, language = (data.get(one, "") for one in ("username", "password", "code", "language"))
        try:
            settings = Settings.load(self.settings.folder)  # the teacher may have changed the code
            attempt = partial(self.admit, handler, settings, name, password, code, language)
            place = self.place_of(settings, name)
            if place is not None:
                browser = handler.get_secure_cookie(BROWSER) or b""
                attempt = partial(self.patience.guess, (place, browser.decode() == place), attempt)
            return {"name": await attempt(), "admin": False}
        except Refused as refused:
            handler.refusal = refused.key
            if refused.key == "code_wrong" or (refused.key == "password_wrong" and code):
                await self.patience.wrong_code()
        except (ClassError, OSError, ValueError) as error:
            self.log.critical("Nobody can come in: %s", error)
            handler.refusal = "damaged"
        return None

    @staticmethod
    def place_of(settings, name):
        """The place of somebody who has a password, None for anybody else."""
        key = people.key_of(name)
        known = {TEACHER: {"place": TEACHER, "password": "…"}, **people.read(settings)}.get(key)
        return known["place"] if known and known["password"] else None

    async def admit(self, handler, settings, *fields):
        """Ask people.admit(), which is slow on purpose, beside the hub's own work."""
        place, handler.new_password = await asyncio.get_running_loop().run_in_executor(
            ONE_AT_A_TIME, people.admit, settings, *fields
        )
        return place

    def get_handlers(self, app):
        """The pages that are the door's own."""
        return [("/login", EntrancePage), ("/logout", ExitPage), ("/lessons", LessonsPage)]


class EntrancePage(LoginHandler):
    """The page with the form."""

    refusal = None
    new_password = False

    def page_language(self):
        """The language that the page was asked for in, this time or last time."""
        for wanted in (self.get_query_argument("page", ""), self.get_cookie("class-page", "")):
            if wanted in LANGUAGES:
                return wanted
        return self.authenticator.settings.language

    async def get(self):
        """Show the form."""
        wanted = self.get_query_argument("page", "")
        if wanted in LANGUAGES:
            self.set_cookie(
                "class-page", wanted, path=self.hub.base_url, expires_days=90, httponly=True, samesite="Lax"
            )
        await super().get()

    def _render(self, login_error=None, username=None, **rest):
        if login_error and not self.refusal:
            self.refusal = "form_old"  # the hub's own complaints at this form are about its age
        language = self.page_language()
        kept = {one: self.get_body_argument(one, "") for one in ("username", "code", "language")}
        return self.render_template(
            "login.html",
            page=Page(self.authenticator.settings, languages=[language]),
            other=next(one for one in LANGUAGES if one != language),
            refusal=self.refusal,
            username=kept["username"][:200],
            code="" if self.refusal == "code_wrong" else kept["code"][:100],
            code_missing=(self.refusal or "").startswith("code_"),
            lessons=kept["language"] if kept["language"] in LANGUAGES else language,
            left="left" in self.request.query_arguments,
            next=self.get_argument("next", ""),
            xsrf=self.xsrf_token.decode(),
        )

    async def post(self):
        """Let somebody in, or show the form again with the reason why not."""
        fields = ("username", "password", "code", "language")
        user = await self.login_user({one: self.get_body_argument(one, "", strip=one != "password") for one in fields})
        if user is None:
            self.set_status(403)
            self.finish(await self._render(login_error="refused"))
            return
        self._jupyterhub_user = user
        self.set_secure_cookie(
            BROWSER, user.name, path=self.hub.base_url, expires_days=90, httponly=True, samesite="Lax"
        )
        await use_language(self, user, unused=self.new_password)
        self.redirect(self.get_next_url(user))

    async def auth_to_user(self, authenticated, user=None):
        """End the log-ins of whoever used the place by an older password.

        Args:
            authenticated: what the door has answered.
            user: the hub's user, if it is known.

        Returns:
            The hub's user.
        """
        user = await super().auth_to_user(authenticated, user)
        if self.new_password:
            user.orm_user.cookie_id = new_token()
            for token in [one for one in user.orm_user.api_tokens if one.session_id]:
                self.db.delete(token)
            self.db.commit()
        return user


class ExitPage(LogoutHandler):
    """Leaving: the server goes on, so that the next log-in finds everything as it was."""

    async def render_logout_page(self):
        """Go to the form, which says that everything is kept."""
        self.redirect(f"{self.hub.base_url}login?left")


class LessonsPage(BaseHandler):
    """Start one's server anew, in the language chosen."""

    @web.authenticated
    async def post(self):
        """Change the language, stop the server and start it again."""
        user, language = self.current_user, self.get_body_argument("language", "")
        settings = self.authenticator.settings
        if language in LANGUAGES and user.name != TEACHER:
            await asyncio.to_thread(people.choose_language, settings, user.name, language)
        await stop_server(self, user)
        self.redirect(f"{self.hub.base_url}spawn")


async def use_language(handler, user, unused):
    """Stop a server that was started before anybody sat there, if it is in the other language.

    Args:
        handler: the page of entrance.
        user: who came in.
        unused: whether the server has been nobody's so far.
    """
    language = people.language_at(handler.authenticator.settings, user.name)
    while user.spawner.pending == "spawn" and user.spawner.language != language:
        await asyncio.sleep(0.2)
    if user.spawner.ready and user.spawner.language != language:
        user.spawner.unused = unused
        await stop_server(handler, user)


async def stop_server(handler, user):
    """Stop a user's server, if it runs, and wait until it has.

    Args:
        handler: any page of the hub.
        user: whose server.
    """
    if user.spawner.ready:
        await handler.stop_single_user(user)
    while user.spawner.pending == "stop":
        await asyncio.sleep(0.2)
