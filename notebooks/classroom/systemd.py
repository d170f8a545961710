"""The services as units of systemd, where it runs the machine."""

import subprocess
from pathlib import Path

UNITS = Path("/etc/systemd/system")
MARK = Path("/run/systemd/system")


def here():
    """Whether systemd runs this machine.

    Returns:
        True or False.
    """
    return MARK.is_dir()


def unit(settings, name):
    """The name of a service's unit; a second class on the machine has a prefix of its own.

    Args:
        settings: the class.
        name: the service.

    Returns:
        For example "alembic-class-hub.service".
    """
    own = "" if settings.prefix == "cl-" else settings.prefix
    return f"alembic-class-{own}{name}.service"


def control(*words):
    """Run systemctl.

    Args:
        words: its words.

    Returns:
        The finished process, with what it said.
    """
    return subprocess.run(["systemctl", *words], capture_output=True, text=True)


def active(settings, name):
    """Whether a service's unit runs.

    Args:
        settings: the class.
        name: the service.

    Returns:
        True or False.
    """
    return control("is-active", "--quiet", unit(settings, name)).returncode == 0
