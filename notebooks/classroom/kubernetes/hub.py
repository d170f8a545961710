"""JupyterHub's configuration for a class on Kubernetes; values.yaml calls it from the chart's own configuration.

Who comes in is decided as on one machine: classroom.entrance gives everybody a place. Here a place is no Linux account
but a pod with a volume of its own, so accounts.py and spawner.py have no part in it.
"""

import asyncio
from pathlib import Path

from kubespawner import KubeSpawner

from classroom import board, hub_common, lab_server, passwords, people
from classroom.settings import LANGUAGES, Settings

FOLDER = Path("/srv/jupyterhub")  # the volume of the hub's pod


def configure(c, values, folder=FOLDER):
    """Make the chart's hub a class.

    Args:
        c: the chart's configuration, which is changed.
        values: what the chart's values say under custom.class.
        folder: where the class is kept.

    Raises:
        SystemExit: a value is missing or wrong; the sentence is in the hub pod's log.
    """
    settings = the_class(values or {}, folder)
    settings.save()  # every log-in reads it
    settings.hub.mkdir(exist_ok=True)
    settings.board.mkdir(exist_ok=True)
    hub_common.configure(c, settings)
    c.JupyterHub.spawner_class = PodSpawner
    c.Spawner.settings = settings
    for service in c.JupyterHub.services:
        if service["name"] == board.NAME:  # values.yaml gives its address, the chart its token
            service |= board.hub_service(settings) | {key: service[key] for key in ("url", "api_token")}
    c.JupyterHub.load_roles += hub_common.roles()
    c.JupyterHub.tornado_settings = {**c.JupyterHub.tornado_settings, "slow_spawn_timeout": 0}  # as the chart has it


def the_class(values, folder):
    """The class that the values describe.

    Args:
        values: what the chart's values say under custom.class.
        folder: where the class is kept.

    Returns:
        Its settings.

    Raises:
        SystemExit: a value is missing or wrong.
    """
    code, password = str(values.get("code") or ""), str(values.get("teacherPassword") or "")
    if not code:
        raise SystemExit("custom.class.code is missing: put the class code into private.yaml.")
    if len(password) < people.SHORTEST_PASSWORD:
        raise SystemExit(f"custom.class.teacherPassword needs {people.SHORTEST_PASSWORD} characters, in private.yaml.")
    if values.get("language") not in LANGUAGES:
        raise SystemExit(f"custom.class.language is one of {', '.join(LANGUAGES)}.")
    return Settings(
        folder,
        language=values["language"],
        limit=int(values["limit"]),
        code=code,
        teacher=passwords.hashed(password),
    )


class PlaceMixin(hub_common.PlaceMixin):
    """A learner's server that pod.py starts."""

    async def start(self):
        """Start the pod, in the language of who sits at the place; pod.py does the rest there."""
        self.language = await asyncio.to_thread(people.language_at, self.settings, self.user.name)
        self.default_url = lab_server.first_page(self.language)
        return await super().start()

    def get_env(self):
        """What pod.py is told, beside values.yaml's singleuser.extraEnv."""
        return {**super().get_env(), "COURSE_LANGUAGE": self.language}


class PodSpawner(PlaceMixin, KubeSpawner):
    """A learner's server as a pod."""
