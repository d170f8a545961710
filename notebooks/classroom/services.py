"""The three services of a class (proxy, hub, teacher's page) and what keeps them alive where there is no systemd.

Each lives in a session of its own and none is another's parent in effect: whichever is killed, the others go on, and so
do the learners' servers. A new supervisor takes over what it finds.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from classroom import accounts, board, environments, systemd
from classroom.settings import write_whole

NAMES = ("proxy", "hub", "board")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOG_LIMIT = 20_000_000
LIVED = 60  # seconds after which a service counts as one that had started well
LONGEST_PAUSE = 30  # seconds before a service that dies at once is started again


def command(settings, name):
    """How a service is started.

    Args:
        settings: the class.
        name: one of NAMES.

    Returns:
        Its command as a list of words.
    """
    package = settings.course / "notebooks" / "classroom"
    if name == "hub":
        return [str(settings.hub_python), "-m", "jupyterhub", "--config", str(package / "hub_config.py")]
    if name == "board":
        return [str(settings.course_python), "-m", "classroom.board"]
    node = environments.node_of(settings) / "bin" / "node"
    words = [node, settings.proxy_program, "--ip", "", "--port", settings.port]
    words += ["--api-ip", "127.0.0.1", "--api-port", settings.proxy_port]
    words += ["--default-target", f"http://127.0.0.1:{settings.hub_port}"]
    words += ["--error-path", package / "pages" / "proxy"]  # a page that waits, also while the hub is away
    if settings.certificate:
        words += ["--ssl-cert", settings.tls / "certificate.pem", "--ssl-key", settings.tls / "key.pem"]
    return [str(word) for word in words]


def surroundings(settings, name):
    """The environment variables of a service: nothing of the teacher's own shell.

    Args:
        settings: the class.
        name: one of NAMES.

    Returns:
        A dictionary.
    """
    found = {"PATH": PATH, "LANG": "C.UTF-8", "ALEMBIC_CLASS": str(settings.folder), "PYTHONDONTWRITEBYTECODE": "1"}
    found["PYTHONPATH"] = str(settings.course / "notebooks")
    if name in ("proxy", "hub"):
        found["CONFIGPROXY_AUTH_TOKEN"] = settings.proxy_token
    if name == "board":
        found |= board.environment(settings)
    return found


def account(settings, name):
    """Which Linux account a service runs as.

    Args:
        settings: the class.
        name: one of NAMES.

    Returns:
        The account's name; the hub needs root to start servers as others.
    """
    return {"hub": "root", "proxy": settings.proxy_account, "board": settings.board_account}[name]


def service_accounts(settings):
    """Make the accounts of proxy and teacher's page, and the folders that they may read or write.

    Args:
        settings: the class.

    Raises:
        ClassError: an account cannot be made.
    """
    for name in ("proxy", "board"):
        words = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        try:
            pwd.getpwnam(account(settings, name))
        except KeyError:
            accounts.run(*words, "--shell", "/usr/sbin/nologin", account(settings, name))
    shutil.chown(settings.board, settings.board_account, settings.board_account)
    shutil.rmtree(settings.tls, ignore_errors=True)
    if settings.certificate:
        settings.tls.mkdir(mode=0o750)
        shutil.chown(settings.tls, 0, settings.proxy_account)
        for name, source in (("certificate.pem", settings.certificate), ("key.pem", settings.key)):
            write_whole(settings.tls / name, Path(source).read_text(encoding="utf-8"), 0o640)
            shutil.chown(settings.tls / name, 0, settings.proxy_account)


def becoming(account):
    """What starts a command as an account without rights, but for listening on a port below 1024.

    Args:
        account: the account's name.

    Returns:
        The words before the command.
    """
    if account == "root":
        return []
    right = "-all,+net_bind_service"
    words = ["setpriv", "--reuid", account, "--regid", account, "--clear-groups", "--no-new-privs"]
    return [*words, f"--inh-caps={right}", f"--ambient-caps={right}", "--"]


def started_at(pid):
    """When a process began: with its number, that names it for good.

    Args:
        pid: its number.

    Returns:
        The kernel's clock ticks as text, None if there is no such process or only its remains.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def running(settings, name):
    """The process of a service.

    Args:
        settings: the class.
        name: one of NAMES, or "supervisor".

    Returns:
        Its number, None if it does not run.
    """
    try:
        pid, began = (settings.run / f"{name}.pid").read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if started_at(pid) == began else None


def remember(settings, name, pid):
    """Keep which process a service is.

    Args:
        settings: the class.
        name: one of NAMES, or "supervisor".
        pid: its number.
    """
    write_whole(settings.run / f"{name}.pid", f"{pid} {started_at(pid)}\n")


def launch(settings, name):
    """Start a service in a session of its own.

    Args:
        settings: the class.
        name: one of NAMES.

    Returns:
        Its process.
    """
    log = settings.logs / f"{name}.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*becoming(account(settings, name)), *command(settings, name)],
            env=surroundings(settings, name),
            cwd=settings.hub if name == "hub" else "/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o022,
        )
    remember(settings, name, process.pid)
    return process


def supervised(settings):
    """Whether somebody keeps this class alive already.

    Args:
        settings: the class.

    Returns:
        True or False.
    """
    if systemd.here():
        return any(systemd.active(settings, name) for name in NAMES)
    try:
        with (settings.run / "supervisor.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def alive(settings, name):
    """Whether a service runs.

    Args:
        settings: the class.
        name: one of NAMES.

    Returns:
        True or False.
    """
    return systemd.active(settings, name) if systemd.here() else running(settings, name) is not None


def restart(settings, name):
    """End a service, so that it comes back with the program of today.

    Args:
        settings: the class.
        name: one of NAMES.
    """
    if systemd.here():
        systemd.control("restart", systemd.unit(settings, name))
    elif pid := running(settings, name):
        os.kill(pid, signal.SIGTERM)  # the supervisor starts it again


def units(settings):
    """What systemd has to know about the services.

    Args:
        settings: the class.

    Returns:
        By service: its command, its environment variables, its account.
    """
    return {name: (command(settings, name), surroundings(settings, name), account(settings, name)) for name in NAMES}


def end(settings):
    """End the services and everything that runs in the accounts of the class; no file is touched.

    Args:
        settings: the class.

    Returns:
        Whether anything had to be ended.
    """
    pids = [pid for name in NAMES if (pid := running(settings, name))]
    uids = accounts_at_work(settings)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            if started_at(pid):
                os.kill(pid, number)
        for uid in uids:
            signal_account(uid, number)
        limit = time.monotonic() + 8
        while time.monotonic() < limit and (any(map(started_at, pids)) or accounts_at_work(settings)):
            time.sleep(0.1)
    return bool(pids or uids)


def accounts_of(settings):
    """The accounts of places and teacher: those whose homes are the class's.

    Args:
        settings: the class.

    Returns:
        They, as pwd has them.
    """
    homes = str(settings.homes)
    return [found for found in pwd.getpwall() if os.path.dirname(found.pw_dir) == homes and found.pw_uid]


def accounts_at_work(settings):
    """The accounts of places and teacher in which something runs.

    Args:
        settings: the class.

    Returns:
        Their numbers, a set.
    """
    ours = {found.pw_uid for found in accounts_of(settings)}
    return {uid for pid in Path("/proc").glob("[0-9]*") if (uid := owner(pid)) in ours}


def owner(process):
    """Whose a process is.

    Args:
        process: its folder in /proc.

    Returns:
        The number of the account, None if the process has ended.
    """
    try:
        return process.stat().st_uid if started_at(process.name) else None
    except FileNotFoundError:
        return None


def signal_account(uid, number):
    """Signal all processes of an account at one blow, so that none can fork its way out.

    Args:
        uid: the account; never root's.
        number: the signal.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setuid(uid)
        if os.getuid() == uid != 0:
            os.kill(-1, number)
    finally:
        os._exit(0)


class Supervisor:
    """Keeps the services alive where there is no systemd: starts what does not run, and again what dies."""

    def __init__(self, settings):
        self.settings = settings
        self.children = {}
        self.launched = dict.fromkeys(NAMES, -LIVED)
        self.pause = dict.fromkeys(NAMES, 0)
        self.ending = False

    def tend(self):
        """Start every service that does not run; one that dies soon again and again waits longer each time."""
        for name in NAMES:
            if child := self.children.get(name):
                child.poll()  # or it would stay as a zombie
            lived = time.monotonic() - self.launched[name]
            if running(self.settings, name) or lived < self.pause[name]:
                continue
            self.pause[name] = 0.5 if lived >= LIVED else min(2 * self.pause[name], LONGEST_PAUSE)
            self.children[name] = launch(self.settings, name)
            self.launched[name] = time.monotonic()

    def stay(self):
        """Tend the services until somebody ends this process with SIGTERM or Ctrl+C, then end them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.finish)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the class outlives the terminal's window
        while not self.ending:
            self.tend()
            time.sleep(0.5)
        end(self.settings)

    def finish(self, *_):
        """End after this round."""
        self.ending = True
