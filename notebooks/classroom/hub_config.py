"""JupyterHub's configuration for a class; the environment variable ALEMBIC_CLASS names its folder."""

from classroom import board, hub_common, words
from classroom.settings import Settings
from classroom.spawner import spawner_class

settings = Settings.load()
words.use(settings.spoken)  # what is wrong is said in its log in the teacher's language
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

hub_common.configure(c, settings)

# Their servers
c.JupyterHub.spawner_class = Spawner
c.Spawner.settings = settings
c.Spawner.cmd = [str(settings.course_python), "-m", "jupyterhub.singleuser"]
c.Spawner.env_keep = []
c.Spawner.poll_interval = 5  # until the hub sees that a server has died, and offers to start it again

# Whom the hub's API obeys
c.JupyterHub.services = [
    {"name": "command", "api_token": settings.command_token},
    board.hub_service(settings),
]
c.JupyterHub.load_roles = [
    *hub_common.roles(),
    {"name": "command", "scopes": ["admin:users", "admin:servers", "list:users"], "services": ["command"]},
]
