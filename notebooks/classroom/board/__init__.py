"""The teacher's page and the picture for the wall: a service of the hub that learners' kernels report to.

This file needs nothing but the standard library: it tells the command, the hub and the learners' servers what the
service wants of them. The service itself is run by the learners' Python, which has the course's packages and
JupyterHub's: `python -m classroom.board`, with PYTHONPATH=<course>/notebooks and environment(settings), as an
account that has no rights.
"""

NAME = "board"
PREFIX = f"/services/{NAME}/"


def environment(settings):
    """What the service is told, all by environment variables, as JupyterHub tells its own services.

    Args:
        settings: the class, a classroom.settings.Settings.

    Returns:
        {variable: value}; the token in it is secret.
    """
    return {
        "JUPYTERHUB_SERVICE_NAME": NAME,
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": settings.board_url,
        "JUPYTERHUB_CLIENT_ID": f"service-{NAME}",
        "JUPYTERHUB_API_URL": settings.hub_api,
        "JUPYTERHUB_API_TOKEN": settings.board_token,
        "COURSE_BOARD_FOLDER": str(settings.board),
        "COURSE_BOARD_LANGUAGE": settings.language,
    }


def hub_service(settings):
    """The service as the hub's configuration names it, an entry of c.JupyterHub.services.

    Args:
        settings: the class, a classroom.settings.Settings.

    Returns:
        The entry.
    """
    return {
        "name": NAME,
        "url": settings.board_url,
        "api_token": settings.board_token,
        "oauth_client_id": f"service-{NAME}",
        "oauth_redirect_uri": f"{PREFIX}oauth_callback",
        "oauth_no_confirm": True,
        "display": False,
    }


def report_url(settings):
    """Where learners' kernels report to: their COURSE_CLASS_URL.

    It is the service's own port, which needs no certificate and works while the proxy is being started.

    Args:
        settings: the class, a classroom.settings.Settings.

    Returns:
        The address.
    """
    return f"{settings.board_url}{PREFIX}report"


# A learner's server may report with its own token if its role has this scope; learners see nothing of the page with it.
REPORT_SCOPE = f"access:services!service={NAME}"
