"""Bring the course into a learner's home, as the learner: what they changed stays, what they did not is renewed.

    python delivery.py COURSE HOME [afresh]

`afresh` also empties the folder of temporary files: nothing of the learner's runs then.
It runs on its own (it is handed to Python as text), needs only the standard library, and looks at nothing in the home
but the places of the course's own files: whatever else lies there cannot disturb it.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import sys
import time
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

AT_THE_ROOT = {"README.md", "alembic.ini", "models.py", "data.db", "requirements.txt", "migrations", "notebooks"}
NOT_DELIVERED = {"__pycache__", ".ipynb_checkpoints", "work", "tests", "author", "browser", "classroom", "decks"}
MACHINERY = {"lesson.py", "lab.py", ".lab"}  # with notebooks/course: what must be as the teacher has it


def main():
    source, home = Path(sys.argv[1]), Path(sys.argv[2])
    if not (source / "notebooks" / "course").is_dir():
        sys.exit(f"{source}: there is no course here")
    make_temporary(home / ".tmp", "afresh" in sys.argv[3:])
    done = Delivery(source, home).run()
    print(", ".join(f"{word} {count}" for word, count in done.items()) or "nothing new")


def make_temporary(folder, afresh):
    """Make the folder that TMPDIR names; without it, temporary files would go among everybody's."""
    state = look(folder)
    if state and not stat.S_ISDIR(state.st_mode):
        put_aside(folder)
    elif state and afresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)


class Delivery:
    """One delivery: where from, where to, and what was delivered before."""

    def __init__(self, source, home):
        self.source, self.target = source, home / "course"
        self.manifest = home / ".course-delivered.json"
        self.lock = home / ".course-delivered.lock"
        self.done = {}

    def run(self):
        """Deliver everything; returns how many files were written, kept and so on, by word."""
        with held(self.lock):
            before = read_manifest(self.manifest)
            after = {}
            for path in delivered_files(self.source):
                after[path] = (self.source / path).stat().st_size, digest(self.source / path)
                try:
                    self.bring(path, before.get(path), after[path])
                except OSError:  # one place of theirs that cannot be written does not keep the rest from them
                    after[path] = before.get(path, (0, ""))
                    self.count("failed")
            for path in before.keys() - after.keys():
                self.take_back(path, before[path])
            if after != before:
                write(self.manifest, json.dumps(after).encode())
        return self.done

    def bring(self, path, before, now):
        """Let one file be as the course has it, unless the learner has changed it."""
        goal = self.target / path
        self.make_folder(goal.parent)
        state = look(goal)
        if is_same(goal, state, now):
            return
        if state is None or is_same(goal, state, before):
            word = "new" if state is None else "renewed"
        elif is_machinery(path) or not stat.S_ISREG(state.st_mode):
            put_aside(goal)
            word = "mended"
        elif now == before:
            return  # theirs, and nothing new from the teacher
        else:
            goal, word = self.beside(goal), "beside"
        write(goal, (self.source / path).read_bytes())
        self.count(word)

    def count(self, word):
        self.done[word] = self.done.get(word, 0) + 1

    def beside(self, goal):
        """A free name beside a file, as 01_init.new.ipynb."""
        number = ""
        while look(found := goal.with_name(f"{goal.stem}.new{number}{goal.suffix}")):
            number = (number or 1) + 1
        return found

    def take_back(self, path, before):
        """Remove what the course has no more, if the learner has not changed it."""
        goal = self.target / path
        if is_same(goal, look(goal), before):
            goal.unlink()

    def make_folder(self, folder):
        """Make a folder, moving aside whatever else has its name."""
        steps = [
            self.target,
            *(self.target.joinpath(*parts) for parts in growing(folder.relative_to(self.target).parts)),
        ]
        for step in steps:
            state = look(step)
            if state and not stat.S_ISDIR(state.st_mode):
                put_aside(step)
                state = None
            if state is None:
                step.mkdir()
            elif state.st_mode & 0o700 != 0o700:
                step.chmod(0o700)


def growing(parts):
    return [parts[: count + 1] for count in range(len(parts))]


def delivered_files(source):
    """The course's files that learners get, as paths with /: no teacher's pages, no tests, no authors' tools."""
    found = []
    for folder, folders, files in os.walk(source):
        here = Path(folder).relative_to(source)
        folders[:] = sorted(name for name in folders if name not in NOT_DELIVERED)
        if not here.parts:
            folders[:] = [name for name in folders if name in AT_THE_ROOT]
            files = [name for name in files if name in AT_THE_ROOT]
        found += [(here / name).as_posix() for name in sorted(files) if not name.startswith("teacher.")]
    return found


def is_machinery(path):
    parts = PurePosixPath(path).parts
    return parts[:2] == ("notebooks", "course") or (len(parts) > 2 and parts[2] in MACHINERY)


def look(path):
    """What is there, links not followed; None if nothing is."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_same(path, state, known):
    """Whether a file is a plain one of a known size and digest; a huge one is not read for that."""
    if state is None or known is None or not stat.S_ISREG(state.st_mode) or state.st_size != known[0]:
        return False
    try:
        return digest(path) == known[1]
    except OSError:
        return False


def digest(path):
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path):
    """What was delivered before; nothing, if the list is damaged: then every file that differs counts as theirs."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            known = json.loads(file.read(1_000_000))
        return {path: (int(size), str(sum_)) for path, (size, sum_) in known.items() if is_plain(path)}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def is_plain(path):
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def put_aside(path):
    """Rename what is in the way, as lesson.mine.py."""
    number = ""
    while look(found := path.with_name(f"{path.stem}.mine{number}{path.suffix}")):
        number = (number or 1) + 1
    path.rename(found)


def write(path, content):
    """Write a file whole or not at all, in place of whatever has its name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        if (state := look(path)) and stat.S_ISDIR(state.st_mode):
            put_aside(path)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def held(path):
    """Let two deliveries wait for each other, five seconds at most; the lock is the learner's, who may break it."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError:
        yield
        return
    try:
        for _ in range(50):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        yield
    finally:
        os.close(lock)


if __name__ == "__main__":
    main()
