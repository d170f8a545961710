"""JupyterHub's configuration for a class; the environment variable ALEMBIC_CLASS names its folder."""

from functools import partial
from pathlib import Path

from classroom import board
from classroom.entrance import Entrance
from classroom.pages import Page
from classroom.settings import Settings
from classroom.spawner import spawner_class

settings = Settings.load()
Spawner = spawner_class()
c = get_config()  # noqa: F821 (JupyterHub gives it to every configuration file)

# The proxy, the hub and the teacher's page are services of their own: each may end and come back beside the others.
c.JupyterHub.bind_url = f"http://127.0.0.1:{settings.port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.hub_port}"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = settings.proxy_api
c.ConfigurableHTTPProxy.auth_token = settings.proxy_token
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.db_url = f"sqlite:///{settings.hub / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(settings.hub / "cookie_secret")

# Who comes in
c.JupyterHub.authenticator_class = Entrance
c.Entrance.settings = settings
c.Authenticator.allow_all = True  # the door gives out places only
c.Authenticator.admin_users = {"teacher"}
c.JupyterHub.admin_access = True

# The hub's own pages: no script in them, so none may run there
c.JupyterHub.template_paths = [str(Path(board.__file__).parents[1] / "pages")]
c.JupyterHub.template_vars = {"page": partial(Page, settings)}
POLICY = "default-src 'self'; script-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'"
c.JupyterHub.tornado_settings = {
    "headers": {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}
}

# Their servers
c.JupyterHub.spawner_class = Spawner
c.Spawner.settings = settings
c.Spawner.cmd = [str(settings.course_python), "-m", "jupyterhub.singleuser"]
c.Spawner.env_keep = []
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120
c.Spawner.poll_interval = 5  # until the hub sees that a server has died, and offers to start it again
c.JupyterHub.implicit_spawn_seconds = 1
c.Spawner.consecutive_failure_limit = 0  # one learner's broken home must not end the hub
c.JupyterHub.concurrent_spawn_limit = 100

# Whom the hub's API obeys
c.JupyterHub.services = [
    {"name": "command", "api_token": settings.command_token},
    board.hub_service(settings),
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", board.REPORT_SCOPE]},
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", board.REPORT_SCOPE]},
    {"name": "command", "scopes": ["admin:users", "admin:servers", "list:users"], "services": ["command"]},
    {"name": board.NAME, "scopes": ["list:users", "read:users:activity", "read:servers"], "services": [board.NAME]},
]
