"""The services as units of systemd, where it runs the machine."""

import subprocess
from pathlib import Path

from classroom.settings import write_whole
from classroom.words import problem

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


def journal(settings):
    """Where the services' words are.

    Args:
        settings: the class.

    Returns:
        The command that shows them.
    """
    return f"journalctl -u {unit(settings, '*')}"


def text(settings, name, command, account):
    """A unit file.

    Args:
        settings: the class.
        name: the service.
        command: how it is started, a list of words.
        account: which Linux account it runs as.

    Returns:
        The text of the file; secrets are in a file of root's that it names.
    """
    sections = {
        "Unit": {"Description": f"Alembic class: {name}", "After": "network.target", "StartLimitIntervalSec": 0},
        "Service": {
            "ExecStart": " ".join(map(quoted, command)),
            "EnvironmentFile": secrets_file(settings, name),
            "User": account,
            "WorkingDirectory": settings.hub if name == "hub" else "/",
            "Restart": "always",
            "RestartSec": 1,
            "UMask": "0022",
            # The learners' servers are units of their own; what else a killed hub leaves belongs to a learner too.
            **({"KillMode": "process"} if name == "hub" else confined(settings, name)),
        },
        "Install": {"WantedBy": "multi-user.target"},
    }
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key}={value}" for key, value in values.items()), ""]
    return "\n".join(lines)


def quoted(word):
    """A word of a command as systemd reads it.

    Args:
        word: the word.

    Returns:
        The word in quotes, with the signs that systemd would replace kept.
    """
    return in_quotes(word).replace("%", "%%").replace("$", "$$")


def in_quotes(text):
    """A text as a file of environment variables has it.

    Args:
        text: any text of one line.

    Returns:
        The text in quotes.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def confined(settings, name):
    """What proxy and teacher's page need not do.

    Args:
        settings: the class.
        name: the service.

    Returns:
        Settings of the unit.
    """
    found = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "tmpfs", "PrivateTmp": "yes"}
    found["BindReadOnlyPaths"] = settings.folder  # a class below /home is seen all the same
    if name == "board":
        found["ReadWritePaths"] = found["BindPaths"] = settings.board
    found["AmbientCapabilities"] = found["CapabilityBoundingSet"] = "CAP_NET_BIND_SERVICE"
    return found


def secrets_file(settings, name):
    """Where a unit finds its environment variables.

    Args:
        settings: the class.
        name: the service.

    Returns:
        The file, which root alone reads.
    """
    return settings.run / f"{name}.env"


def install(settings, units, folder=UNITS):
    """Write the units, start them, and let them come back with the machine.

    Args:
        settings: the class.
        units: by service, its command, environment variables and account.
        folder: where units live.

    Raises:
        ClassError: systemd refuses.
    """
    for name, (command, surroundings, account) in units.items():
        variables = "".join(f"{key}={in_quotes(value)}\n" for key, value in surroundings.items())
        write_whole(secrets_file(settings, name), variables)
        write_whole(folder / unit(settings, name), text(settings, name, command, account), 0o644)
    names = [unit(settings, name) for name in units]
    for words in (["daemon-reload"], ["enable", "--quiet", *names], ["restart", *names]):
        if (done := control(*words)).returncode:
            raise problem("systemd_refuses", said=done.stderr.strip())


def remove(settings, names, folder=UNITS):
    """Stop the units and take them away.

    Args:
        settings: the class.
        names: of the services.
        folder: where units live.
    """
    found = [unit(settings, name) for name in names if (folder / unit(settings, name)).exists()]
    if found:
        control("disable", "--now", "--quiet", *found)
        control("reset-failed", *found)  # the proxy calls being stopped a failure
        for name in found:
            (folder / name).unlink()
        control("daemon-reload")
