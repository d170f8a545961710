"""The Linux accounts of the places and what lies in their homes. Standard library only; run as root."""

import fcntl
import os
import pwd
import subprocess
from pathlib import Path

from classroom.words import problem

COMMENT = "Alembic class"  # marks the accounts that are ours


def account_of(settings, user):
    """The Linux account of a user of the hub.

    Args:
        settings: the class.
        user: the name of a place, or "teacher".

    Returns:
        The account's name.

    Raises:
        ClassError: the hub's user is none of the class; no other account is ever used.
    """
    if user == "teacher":
        return settings.teacher_account
    if settings.is_place(user):
        return user
    raise problem("no_place", place=user, prefix=settings.prefix)


def of(settings, user):
    """The account of a user of the hub, which make() has made.

    Args:
        settings: the class.
        user: the name of a place, or "teacher".

    Returns:
        The account as pwd has it.

    Raises:
        ClassError: the hub's user is none of the class.
        KeyError: there is no such account.
    """
    return pwd.getpwnam(account_of(settings, user))


def make(settings, user):
    """Make the account and the home of a hub's user, where they are missing.

    Args:
        settings: the class.
        user: the name of a place, or "teacher".

    Returns:
        The account as pwd has it, with the home that this class gives it.

    Raises:
        ClassError: the account is somebody else's, or cannot be made.
    """
    name = account_of(settings, user)
    home = settings.homes / name
    with open(settings.run / "accounts.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        account = _ensure_account(name, home)
        settings.homes.mkdir(mode=0o711, exist_ok=True)
        settings.homes.chmod(0o711)
        if not home.is_dir():
            home.mkdir(mode=0o700)
        os.chown(home, account.pw_uid, account.pw_gid, follow_symlinks=False)
        home.chmod(0o700)
    return account


def _ensure_account(name, home):
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        run(
            "useradd",
            "--no-create-home",
            "--home-dir",
            home,
            "--user-group",
            "--shell",
            "/bin/bash",
            "--comment",
            COMMENT,
            name,
        )
        return pwd.getpwnam(name)
    if account.pw_gecos.split(",")[0] != COMMENT or account.pw_uid == 0:
        raise problem("account_foreign", account=name)
    if account.pw_dir != str(home):  # an earlier class in another folder
        run("usermod", "--home", home, name)
    return pwd.getpwnam(name)


def run(*command):
    """Run a program that makes or changes an account.

    Args:
        command: its words.

    Raises:
        ClassError: it refuses; what it says is in the sentence.
    """
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise problem("account_refused", said=done.stderr.strip() or f"{command[0]}: {done.returncode}")


def all_of(settings):
    """The accounts of a class that have a home in it.

    Args:
        settings: the class.

    Returns:
        A list of accounts as pwd has them.
    """
    homes = [one for one in pwd.getpwall() if one.pw_dir == str(settings.homes / one.pw_name)]
    return [one for one in homes if settings.is_place(one.pw_name) or one.pw_name == settings.teacher_account]


def end_processes(account):
    """End all processes of an account at once, so that none can start another meanwhile.

    Args:
        account: what make() gave.

    Raises:
        ClassError: they are root's.
    """
    if account.pw_uid == 0:
        raise problem("account_foreign", account=account.pw_name)
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    subprocess.run(
        ["/bin/sh", "-c", "kill -KILL -1"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **who
    )


def deliver(settings, account, afresh=False):
    """Bring the course of today into a home, as its owner: root writes nothing there, where links may wait.

    Args:
        settings: the class.
        account: what make() gave.
        afresh: whether to empty their folder of temporary files, before a server starts.

    Returns:
        What delivery.py says: one line.

    Raises:
        ClassError: the course could not be delivered.
    """
    program = Path(__file__).with_name("delivery.py").read_text(encoding="utf-8")  # the account may not reach the file
    home = settings.homes / account.pw_name
    try:
        done = subprocess.run(
            [settings.course_python, "-I", "-", settings.course, home, *(["afresh"] if afresh else [])],
            input=program,
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            env={"LANG": "C.UTF-8"},
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            umask=0o077,
        )
    except subprocess.TimeoutExpired:
        raise problem("not_delivered_in_time", place=account.pw_name) from None
    if done.returncode:
        said = (done.stderr.strip() or str(done.returncode)).splitlines()[-1]
        raise problem("not_delivered", place=account.pw_name, said=said)
    return done.stdout.strip()
