"""What the hub of a class has on one machine (hub_config.py) and on Kubernetes (kubernetes/hub.py) alike."""

from functools import partial
from pathlib import Path

from traitlets import Any, HasTraits, Unicode

from classroom import board, pages
from classroom.entrance import Entrance
from classroom.people import TEACHER

POLICY = "default-src 'self'; script-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'"
HEADERS = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}


class PlaceMixin(HasTraits):
    """What every spawner tells the door and the waiting page. `settings` is the class."""

    settings = Any(help="The class.").tag(config=True)
    language = Unicode("", help="The language that this server was started in.")
    step = "server"  # of those that the waiting page shows
    unused = False  # whether nobody has sat there since it was started
    failed_log = ""  # where it is written why the last start failed

    def get_state(self):
        """What a new hub has to know of a server that goes on running."""
        return {**super().get_state(), "language": self.language}

    def load_state(self, state):
        """Remember a server that went on running while the hub was away."""
        super().load_state(state)
        self.language = state.get("language", "")


def configure(c, settings):
    """Set who comes in, the hub's own pages and what its API allows.

    Args:
        c: JupyterHub's configuration, which is changed.
        settings: the class.
    """
    c.JupyterHub.authenticator_class = Entrance
    c.Entrance.settings = settings
    c.Authenticator.allow_all = True  # the door gives out places only
    # No admin: a learner's own server shows what pages it likes, and a script in one, opened by the teacher, could do
    # in the hub whatever the teacher may. So the teacher may see the board, and nothing else that learners may not.

    # The hub's own pages: no script in them, so none may run there
    c.JupyterHub.template_paths = [str(Path(pages.__file__).parent)]
    c.JupyterHub.template_vars = {"page": partial(pages.Page, settings)}
    c.JupyterHub.tornado_settings = {"headers": HEADERS}
    c.JupyterHub.implicit_spawn_seconds = 1
    c.JupyterHub.default_url = first_page

    c.Spawner.start_timeout = 300
    c.Spawner.http_timeout = 120
    c.Spawner.consecutive_failure_limit = 0  # one learner's broken home must not end the hub
    c.JupyterHub.concurrent_spawn_limit = 100
    c.JupyterHub.last_activity_interval = 5  # seconds until a proxy that came back knows the servers


def first_page(handler):
    """Where somebody gets who has come in.

    Args:
        handler: a page of the hub's.

    Returns:
        The teacher's page of choices; empty for the hub's own way, which is to one's JupyterLab.
    """
    is_teacher = handler.current_user and handler.current_user.name == TEACHER
    return f"{handler.hub.base_url}home" if is_teacher else ""


def roles():
    """What learners, their servers and the teacher's page may ask of the hub's API.

    Returns:
        Entries for c.JupyterHub.load_roles.
    """
    return [
        {"name": "user", "scopes": ["self", board.REPORT_SCOPE]},
        {"name": "server", "scopes": ["users:activity!user", "access:servers!server", board.REPORT_SCOPE]},
        {
            "name": board.NAME,
            "scopes": ["list:users", "read:users:activity", "read:servers"],
            "services": [board.NAME],
        },
    ]
