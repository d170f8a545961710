"""`start`: makes the class, starts its services and tells the teacher what the room needs to know."""

import fcntl
import os
import re
import signal
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from classroom import accounts, ahead, environments, passwords, services, systemd, telling, words
from classroom.commands import the_class
from classroom.settings import Settings, new_code
from classroom.words import problem, say

KEPT = ("language", "port", "places", "limit", "prefix")  # options that the class keeps


def run(options):
    """Make and start the class; without systemd, stay and keep it alive.

    Args:
        options: what the teacher typed.

    Raises:
        ClassError: something that the teacher can mend.
    """
    options.folder = options.folder.absolute()
    check_folder(options.folder)
    with only_once(options.folder) as lock:
        settings = the_class(options) if (options.folder / "class.json").exists() else Settings(options.folder)
        if not lock or systemd.here() and services.supervised(settings):
            again(settings, options)
            return
        services.remember(settings, "supervisor", os.getpid())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, environments.give_up)
        before = replace(settings)
        change(settings, options)
        if settings != before:  # what a killed supervisor left would not know
            services.end(settings)
        check(settings, options)
        make(settings, options)
        password = teachers_password(settings) if options.new_teacher_password or not settings.teacher else ""
        settings.save()
        if systemd.here():
            systemd.install(settings, services.units(settings))
            fcntl.flock(lock, fcntl.LOCK_UN)  # the units keep the class alive; a `stop` and a new `start` need not wait
            opened(settings, password, options)
        else:
            threading.Thread(target=opened, args=(settings, password, options), daemon=True).start()
            services.Supervisor(settings).stay()
            ahead.stopping.set()
            say("stopped")


def again(settings, options):
    """What a second `start` does: it tells where the class is.

    Args:
        settings: the class.
        options: what the teacher typed.

    Raises:
        ClassError: the first `start` has not come so far.
    """
    if not settings.teacher:
        raise problem("is_starting")
    password = ""
    if options.new_teacher_password:
        password = teachers_password(settings)
        settings.save()
    say("runs_already")
    wanted = [name for name in KEPT if getattr(options, name) not in (None, getattr(settings, name))]
    if wanted or options.cert or options.no_tls:
        say("stop_to_change")
    telling.tell(settings, password)
    if not options.no_ahead and services.alive(settings, "hub"):  # after a restart of the machine there are none yet
        ahead.start_servers(settings)


def check_folder(folder):
    """See that learners' accounts can reach a folder, and that its name disturbs no program.

    Args:
        folder: where the class is to live.

    Raises:
        ClassError: they cannot, or it does.
    """
    if not re.fullmatch(r"[A-Za-z0-9/._-]+", str(folder)):
        raise problem("folder_odd", folder=folder)
    for parent in folder.resolve().parents:
        if parent.exists() and not (parent.is_dir() and parent.stat().st_mode & 0o001):
            raise problem("folder_hidden", folder=folder, parent=parent)


@contextmanager
def only_once(folder):
    """Hold the lock of whoever keeps the class alive.

    Args:
        folder: the class's.

    Yields:
        The lock, None if somebody else has it.

    Raises:
        ClassError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run").mkdir(mode=0o700, exist_ok=True)
        file = (folder / "run" / "supervisor.lock").open("a")
    except OSError as error:
        raise problem("folder_unusable", folder=folder, why=error.strerror) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file = None
        yield file


def change(settings, options):
    """Take over what the teacher typed.

    Args:
        settings: the class.
        options: what the teacher typed.
    """
    if not settings.teacher and len(words.chosen) == 1:
        settings.language = words.chosen[0]
    settings.spoken = options.language or settings.spoken
    for name in KEPT:
        if getattr(options, name) is not None:
            setattr(settings, name, getattr(options, name))
    if options.limit is None and (options.places or not settings.teacher):
        settings.limit = min(2 * settings.places, 400)
    if options.no_tls:
        settings.certificate = settings.key = ""
    if options.cert or options.key:
        settings.certificate, settings.key = (
            str(path.absolute()) if path else "" for path in (options.cert, options.key)
        )


def check(settings, options):
    """Find out what would not work, before anything is made.

    Args:
        settings: the class.
        options: what the teacher typed.

    Raises:
        ClassError: the first thing that the teacher has to mend.
    """
    check_numbers(settings)
    if bool(settings.certificate) != bool(settings.key):
        raise problem("half_a_certificate")
    if settings.certificate:
        check_certificate(settings)
    environments.python_for_all()
    if options.wheels and not (options.wheels / environments.PROXY_ARCHIVE).exists():
        raise problem("no_wheels", folder=options.wheels)
    ports = [("proxy", settings.port), ("proxy", settings.proxy_port)]
    ports += [("hub", settings.hub_port), ("board", settings.board_port)]
    for name, port in ports:
        if not services.running(settings, name) and not is_free(port):
            raise problem("port_taken", port=port, other=settings.port + 1)


def check_numbers(settings):
    """See that ports, places and the prefix of the accounts make sense.

    Args:
        settings: the class.

    Raises:
        ClassError: one does not.
    """
    if not 1 <= settings.port <= 65000:
        raise problem("wrong_port", port=settings.port)
    if not 1 <= settings.places <= settings.limit <= 400:
        raise problem("wrong_places", places=settings.places, limit=settings.limit)
    if not re.fullmatch(r"[a-z][a-z0-9]{0,9}-", settings.prefix):
        raise problem("wrong_prefix", prefix=settings.prefix)


def check_certificate(settings):
    """See that certificate and key can be read and belong together.

    Args:
        settings: the class.

    Raises:
        ClassError: they cannot or do not.
    """
    for path in (settings.certificate, settings.key):
        try:
            Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise problem("certificate_unreadable", file=path) from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.certificate, settings.key, lambda: "")
    except (ssl.SSLError, OSError):
        raise problem("certificate_wrong", cert=settings.certificate, private=settings.key) from None


def is_free(port):
    """Whether nobody listens on a port.

    Args:
        port: its number.

    Returns:
        True or False.
    """
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that has just been closed is free
        with suppress(OSError):
            found.bind(("", port))
            return True
    return False


def make(settings, options):
    """Make folders, accounts, environments and the copy of the course.

    Args:
        settings: the class.
        options: what the teacher typed.

    Raises:
        ClassError: something could not be made.
    """
    modes = {"course": 0o755, "env": 0o755, "homes": 0o711, "hub": 0o700, "board": 0o750, "logs": 0o700, "run": 0o700}
    settings.folder.chmod(0o711)
    for name, mode in modes.items():
        (settings.folder / name).mkdir(exist_ok=True)
        (settings.folder / name).chmod(mode)
    settings.save()
    environments.make(settings, options.wheels)
    environments.copy_course(settings)
    services.service_accounts(settings)
    accounts.make(settings, "teacher")


def teachers_password(settings):
    """Give the teacher a new password.

    Args:
        settings: the class; it keeps the hash alone.

    Returns:
        The password, to be shown once.
    """
    password = "-".join(new_code(4) for _ in range(3))
    settings.teacher = passwords.hashed(password)
    return password


def opened(settings, password, options):
    """Wait until the class answers, tell the teacher about it and start the servers of its places.

    Args:
        settings: the class.
        password: the teacher's, if it is new.
        options: what the teacher typed.
    """
    if not ahead.wait_until_open(settings):
        say("does_not_answer", where=systemd.journal(settings) if systemd.here() else settings.logs)
        return
    telling.tell(settings, password, here=not systemd.here())
    if not options.no_ahead:
        ahead.start_servers(settings)
