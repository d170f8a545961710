"""A class made by the teacher's own command, in a folder, ports and accounts of its own; it is gone after the tests.

Making the environments takes most of the time. ALEMBIC_CLASS_TESTS names a folder in which they are kept between runs.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from classroom.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, ROOT / "notebooks" / "classroom"]
LONGEST = 400  # seconds for a first start on a slow network


@dataclass
class ClassServer:
    """A class that runs."""

    folder: Path
    teacher_password: str
    process: subprocess.Popen | None = None

    @property
    def settings(self):
        """What class.json says now."""
        return Settings.load(self.folder)

    @property
    def url(self):
        """Where a browser comes in."""
        return f"http://127.0.0.1:{self.settings.port}"

    def command(self, *words):
        """The teacher's command on this class; returns the finished process."""
        return command(*words, "--folder", self.folder, "--language", "uk")

    def pid(self, name):
        """The process of a service or of the supervisor, None if it does not run."""
        from classroom import services

        return services.running(self.settings, name)


def command(*words, timeout=LONGEST, **options):
    """The teacher's command; returns the finished process."""
    return subprocess.run([*map(str, (*COMMAND, *words))], capture_output=True, text=True, timeout=timeout, **options)


def free_port():
    """The first of four ports in a row that nobody uses."""
    for port in range(20000 + secrets.randbelow(20000), 60000, 4):
        try:
            for number in range(port, port + 4):
                with socket.socket() as found:
                    found.bind(("", number))
        except OSError:
            continue
        return port
    raise AssertionError("no free ports")


def begin(folder, *words):
    """Run `start` until it says that the class is open; returns the process and what it said."""
    log = folder.parent / f"{folder.name}.said"
    with log.open("w") as output:
        started = [*map(str, (*COMMAND, "start", "--folder", folder, "--language", "uk", *words))]
        process = subprocess.Popen(started, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    limit = time.monotonic() + LONGEST
    while "Зупинити:" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < limit, log.read_text()
        time.sleep(0.1)
    return process, log


def remove_accounts(prefix):
    """Delete the Linux accounts of a class."""
    for account in pwd.getpwall():
        if account.pw_name.startswith(prefix):
            subprocess.run(["userdel", account.pw_name], capture_output=True)


@pytest.fixture(scope="session")
def class_folder():
    """An empty folder that learners' accounts can go through, with the environments if they were kept."""
    kept = os.environ.get("ALEMBIC_CLASS_TESTS")
    top = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="class", dir="/srv"))
    top.mkdir(parents=True, exist_ok=True)
    top.chmod(0o711)
    folder = top / "class"
    for name in ("board", "class.json", "course", "homes", "hub", "logs", "run", "tls"):
        found = folder / name
        found.unlink(missing_ok=True) if found.is_file() else shutil.rmtree(found, ignore_errors=True)
    yield folder
    if not kept:
        shutil.rmtree(top, ignore_errors=True)


@pytest.fixture(scope="session")
def class_server(class_folder):
    """The class that all tests share; a test that ends something waits until it is back."""
    if os.geteuid():
        pytest.skip("the class server needs root")
    prefix = f"t{secrets.token_hex(2)}-"
    words = ["--port", free_port(), "--places", 2, "--limit", 40, "--prefix", prefix]
    process, log = begin(class_folder, *words)
    password = log.read_text().split("teacher з паролем ")[1].split()[0]
    server = ClassServer(class_folder, password, process)
    yield server
    server.command("stop")
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    remove_accounts(prefix)
