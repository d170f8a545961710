"""A learner's server: the course brought home, JupyterLab in their language, limits on what one mistake can harm."""

import asyncio
import ctypes
import os
import resource
import shutil
import signal
import uuid
from contextlib import suppress
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner, SpawnException, set_user_setuid
from systemdspawner import SystemdSpawner

from classroom import ClassError, accounts, board, hub_common, lab_server, people, services
from classroom.words import word

SYSTEM = ctypes.CDLL(None)
PR_SET_NO_NEW_PRIVS = 38  # su, sudo, crontab, at: no program of root's gives a learner more than they have
MEGABYTE = 2**20
PROCESSES = 512  # threads count: a kernel has 13, a server 6, PostgreSQL some
FILE_SIZE = 200 * MEGABYTE
ADDRESSES = 2048 * MEGABYTE  # of one process; kernels reach 850 MB without using them
MEMORY = 1536 * MEGABYTE  # of one learner's processes together: a server and a dozen kernels of open lessons
GROUPS = Path("/sys/fs/cgroup")
LOG = ".jupyterlab.log"  # in a home: what its server says
RUNTIME = ".run"  # in a home: where a kernel is spoken to
LONGEST_SOCKET = 107  # characters of a path that the system takes for a socket


class PlaceMixin(hub_common.PlaceMixin):
    """What both spawners share."""

    step = "account"

    async def prepare(self):
        """Make the account, bring the course into its home, and choose the language; `step` tells the waiting page."""
        self.step, self.language, self.unused, self.failed_log = "account", "", False, ""
        try:
            self.account = await asyncio.to_thread(accounts.make, self.settings, self.user.name)
        except ClassError as error:
            raise SpawnException(str(error), reason="account", status_code=500) from None
        await asyncio.to_thread(accounts.end_processes, self.account)  # of a server that was killed
        self.step = "course"
        try:
            said = await asyncio.to_thread(accounts.deliver, self.settings, self.account, afresh=True)
            self.log.info("%s: delivered: %s", self.user.name, said)
        except ClassError as error:
            self.log.error("%s", error)  # the course of yesterday is better than none
        self.language = await asyncio.to_thread(people.language_at, self.settings, self.user.name)
        self.default_url = lab_server.first_page(self.language)
        self.step = "server"

    async def answers(self, address):
        """Wait until the server takes connections: the hub, which waits after this, would go on for one that has ended.

        Args:
            address: what start() gives the hub.

        Returns:
            The same.

        Raises:
            SpawnException: the server's process has ended.
            TimeoutError: it takes too long.
        """
        async with asyncio.timeout(self.http_timeout):
            while not await listens(*address):
                if await self.poll() is not None:
                    self.failed_log = self.log_place()
                    said = word("server_ended", place=self.user.name, log=self.failed_log)
                    raise SpawnException(said, reason="server-ended", status_code=500)
                await asyncio.sleep(0.2)
        return address

    @property
    def home(self):
        """The home that this class gives to the place."""
        return self.settings.homes / accounts.account_of(self.settings, self.user.name)

    def get_args(self):
        """The server's options: the hub's and the course's, and kernels that are spoken to over files of the home.

        Free ports of the machine are chosen first and taken later: of a hundred kernels that start together, one finds
        its own taken and does not start.
        """
        ipc = len(f"{self.home}/{RUNTIME}/kernel-{uuid.UUID(int=0)}-ipc-5") <= LONGEST_SOCKET
        over = ["--KernelManager.transport=ipc"] if ipc else []
        return [*super().get_args(), *lab_server.options(self.home, self.language), *over]

    def get_env(self):
        """The server's environment: what it needs and nothing of the hub's own."""
        env = super().get_env()
        programs = self.settings.course_python.parent
        env.update(
            USER=self.account.pw_name,
            LOGNAME=self.account.pw_name,
            HOME=str(self.home),
            SHELL="/bin/bash",
            LANG="C.UTF-8",
            PATH=os.pathsep.join([str(programs), "/usr/local/bin", "/usr/bin", "/bin"]),
            TMPDIR=str(self.home / ".tmp"),
            JUPYTER_RUNTIME_DIR=str(self.home / RUNTIME),
            COURSE_CLASS_URL=board.report_url(self.settings),
        )
        return env


async def listens(host, port):
    """Whether somebody takes connections there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


class ProcessSpawner(PlaceMixin, LocalProcessSpawner):
    """Where there is no systemd: a process with the limits that the system has for processes and their groups."""

    group = None

    async def start(self):
        """Start the server."""
        await self.prepare()
        self.group = memory_group(f"alembic-class-{self.account.pw_name}")
        return await self.answers(await super().start())

    def log_place(self):
        """Where the server's own words are."""
        return str(self.home / LOG)

    async def stop(self, now=False):
        """Stop the server and whatever else the learner has left running; gently, unless nobody has used it yet."""
        if not (now or self.unused):
            await super().stop()
        await asyncio.to_thread(accounts.end_processes, accounts.of(self.settings, self.user.name))
        await super().stop(now=True)
        if self.group:
            with suppress(OSError):  # an ended process may take a moment to leave it
                self.group.rmdir()

    def get_state(self):
        """What a new hub has to know of the process: its number alone may be another's by then."""
        return {**super().get_state(), "began": services.started_at(self.pid)}

    def load_state(self, state):
        """Remember the process, if it is still the same."""
        super().load_state(state)
        if self.pid and services.started_at(self.pid) != state.get("began"):
            self.pid = 0

    def user_env(self, env):
        """What LocalProcessSpawner takes from the account; here get_env() has it from the class."""
        return env

    def make_preexec_fn(self, name):
        """What the new process does before it becomes the learner's server."""
        become, log, group = set_user_setuid(self.account.pw_name), self.home / LOG, self.group

        def preexec():
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)  # whoever started the hub may have had them ignored
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("500")  # when memory runs out, a learner's process ends before the hub
            if group:
                (group / "cgroup.procs").write_text(str(os.getpid()))
            limit(resource.RLIMIT_NPROC, PROCESSES)
            limit(resource.RLIMIT_FSIZE, FILE_SIZE)
            limit(resource.RLIMIT_AS, ADDRESSES)
            limit(resource.RLIMIT_CORE, 0)
            SYSTEM.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            os.umask(0o077)
            become()
            write_to(log)

        return preexec


def memory_group(name):
    """A group whose processes may take MEMORY together.

    Args:
        name: the group's.

    Returns:
        Its folder; None where the system gives none, as in many containers: there each process has its own limit.
    """
    try:
        if (GROUPS / "cgroup.subtree_control").exists():  # the second version
            (GROUPS / "cgroup.subtree_control").write_text("+memory")
            group, most = GROUPS / name, "memory.max"
        else:
            group, most = GROUPS / "memory" / name, "memory.limit_in_bytes"
        group.mkdir(exist_ok=True)
        (group / most).write_text(str(MEMORY))
        return group
    except OSError:
        return None


def limit(what, most):
    """Limit this process and those it starts."""
    resource.setrlimit(what, (most, most))


def write_to(log):
    """Let this process, the learner's by now, write into a file of theirs: the hub's log is none of their business."""
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError:
        file = os.open(os.devnull, os.O_WRONLY)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


class UnitSpawner(PlaceMixin, SystemdSpawner):
    """Where there is systemd: a unit for each server, with memory and processes counted together."""

    process = None  # the unit's main process, and when it began

    async def start(self):
        """Start the server."""
        await self.prepare()
        self.username_template = self.account.pw_name
        self.unit_name = f"alembic-class-server-{self.account.pw_name}.service"
        self.default_shell = "/bin/bash"
        self.mem_limit = MEMORY
        self.unit_extra_properties = confined(self.settings, self.home)
        return await self.answers(await super().start())

    def log_place(self):
        """How its words are shown: systemd keeps them."""
        return f"journalctl --unit {self.unit_name}"

    async def poll(self):
        """Whether the server runs; systemd, which takes a process to ask, is asked when the known one has ended."""
        if self.process and services.started_at(self.process[0]) == self.process[1]:
            return None
        ended = await super().poll()
        self.process = None if ended else await self.main_process()
        return ended

    async def main_process(self):
        """The unit's main process and when it began, None if systemd knows of none."""
        ask = ("systemctl", "show", "--property=MainPID", "--value", self.unit_name)
        asked = await asyncio.create_subprocess_exec(*ask, stdout=asyncio.subprocess.PIPE)
        pid = int((await asked.communicate())[0] or 0)
        began = services.started_at(pid)
        return (pid, began) if began else None


def confined(settings, home):
    """What a learner's unit may take and see.

    Args:
        settings: the class.
        home: the learner's, the only folder that can be written to beside /tmp and /dev/shm.

    Returns:
        Properties of the unit.
    """
    return {
        "MemorySwapMax": "0",
        "TasksMax": str(PROCESSES),
        "LimitFSIZE": str(FILE_SIZE),
        "LimitCORE": "0",
        "CPUWeight": "100",  # whoever computes a lot gets an equal part, not all
        "OOMScoreAdjust": "500",
        "TimeoutStopSec": "10",
        "CollectMode": "inactive-or-failed",  # nothing is left of a server that was killed
        "UMask": "0077",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "ProtectProc": "invisible",  # no neighbour's processes in `ps`
        "ProtectSystem": "strict",
        "ProtectHome": "tmpfs",
        "BindReadOnlyPaths": str(settings.folder),  # a class below /home is seen all the same
        "BindPaths": str(home),
        "ReadWritePaths": str(home),
        "InaccessiblePaths": "-/run/dbus -/run/systemd/private",  # nobody starts units of their own without limits
        "ProtectKernelTunables": "yes",
        "ProtectKernelModules": "yes",
        "ProtectControlGroups": "yes",
        "RestrictNamespaces": "yes",
        "RestrictSUIDSGID": "yes",
        "LockPersonality": "yes",
    }


def spawner_class():
    """The spawner for this machine."""
    return UnitSpawner if Path("/run/systemd/system").exists() and shutil.which("systemd-run") else ProcessSpawner
