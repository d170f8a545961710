"""The door: a name, one's own password and, the first time, the class code."""

import asyncio
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.login import LoginHandler
from traitlets import Any

from classroom import ClassError, people
from classroom.people import Refused
from classroom.settings import LANGUAGES, Settings

ONE_AT_A_TIME = ThreadPoolExecutor(1)  # a password takes 50 ms of a core: thirty guesses at once must not take them all
PAUSE = 1  # seconds between two wrong guesses


class Entrance(Authenticator):
    """Who may come in, as the hub asks it; the hub's users are places, not names."""

    settings = Any(help="The class.").tag(config=True)

    async def authenticate(self, handler, data):
        """Find or give a place.

        Args:
            handler: the page of entrance; it is told in `refusal` why somebody does not come in.
            data: the fields of its form.

        Returns:
            The hub's user, or None.
        """
        settings = Settings.load(self.settings.folder)  # the teacher may have changed the code
        fields = [data.get(field, "") for field in ("username", "password", "code", "language")]
        try:
            return await asyncio.get_running_loop().run_in_executor(ONE_AT_A_TIME, people.admit, settings, *fields)
        except Refused as refused:
            handler.refusal = refused.key
        except ClassError as error:
            self.log.critical("%s", error)
            handler.refusal = "damaged"
        return None

    def get_handlers(self, app):
        """The pages that are the door's own."""
        return [("/login", EntrancePage)]


class EntrancePage(LoginHandler):
    """The page with the form."""

    refusal = None
