"""What the learner has solved, in a file that outlives the kernel, and progress()."""

import errno
import json
import os
import time
from contextlib import contextmanager, suppress
from itertools import count

from . import browser, contents, words
from .exercises import all_exercises, load_exercise
from .places import NOTEBOOKS, shown, work_folder
from .words import problem, say, word

LONGEST_WAIT = 2  # seconds for another kernel that holds the lock; what it does takes a millisecond


@contextmanager
def alone():
    """Let no other kernel read or write what is solved meanwhile.

    The system frees the lock when its process ends, however that ends. Where there are no locks, or a process that was
    stopped holds it, one goes on without.
    """
    held = None
    with suppress(OSError, ImportError):
        held = os.open(work_folder(".progress.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + LONGEST_WAIT
        while not locked(held) and time.monotonic() < until:
            time.sleep(0.01)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def locked(file):
    """Try to lock an open file; False if another process holds it.

    Raises:
        OSError, ImportError: there are no locks here; a browser's kernel has an empty fcntl.
    """
    try:
        try:
            from fcntl import LOCK_EX, LOCK_NB, flock
        except ImportError:
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            flock(file, LOCK_EX | LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


def stored():
    """The keys in the file of what is solved, as it is at this moment.

    Raises:
        OSError, ValueError, TypeError, KeyError, RecursionError: it cannot be read.
    """
    path = work_folder("progress.json")
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))["solved"]
    except FileNotFoundError:
        return set()
    if not all(isinstance(key, str) for key in keys):
        raise TypeError
    return set(keys)


def solved():
    """The keys of the exercises that the learner has solved.

    Raises:
        CourseError: the file cannot be read.
    """
    with alone():
        return solved_so_far()


def solved_so_far():
    """The same for those who hold the lock."""
    try:
        return stored()
    except OSError as error:
        raise problem("progress_unreadable", reason=error.strerror) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        put_spoilt_file_aside(work_folder("progress.json"))
        return set()


def put_spoilt_file_aside(path):
    kept = next(p for n in count(1) if not (p := path.with_name(f"progress_spoilt_{n}.json")).exists())
    os.replace(path, kept)
    say(word("progress_spoilt", path=shown(kept)))


def remember(key):
    """Store that an exercise is solved.

    Raises:
        CourseError: the file cannot be written.
    """
    with suppress(OSError):  # store() tells what cannot be written
        work_folder().mkdir(parents=True, exist_ok=True)  # an answer may come before any folder was opened
    with alone():
        store(solved_so_far() | {key})  # read again: another kernel may have stored something since


def forget_stages_solved(lesson):
    """Take away the marks of a project's stages when it is begun anew; those of other exercises stay.

    Returns:
        whether there were any.
    Raises:
        CourseError: the file cannot be written.
    """
    with alone():
        known = solved_so_far()
        here = {key for key in known & set(all_exercises()) if key.startswith(f"{lesson}.")}
        stages = {key for key in here if load_exercise(key).STAGE}
        if stages:
            store(known - stages)
    return bool(stages)


def store(keys):
    path = work_folder("progress.json")
    draft = path.with_name(f"progress.{os.getpid()}.tmp")
    try:
        draft.write_text(json.dumps({"solved": sorted(keys)}), encoding="utf-8")
        os.replace(draft, path)  # in one step, so that the file is whole at any moment
    except OSError as error:
        raise problem("progress_unreadable", reason=error.strerror) from None


def solved_of_lesson(lesson):
    """(how many exercises of a lesson are solved, how many there are)."""
    keys = [key for key in all_exercises() if key.startswith(f"{lesson}.")]
    return len(solved() & set(keys)), len(keys)


def progress():
    """Show what is solved of each lesson, as a table with bars, and of the whole course."""
    done = solved()
    lines, total = ["| № | | | |", "|---|---|---|---|"], [0, 0]
    for lesson in contents.lessons():
        marks = [key in done for key in all_exercises() if key.startswith(f"{lesson}.")]
        if browser.HERE and contents.on_postgresql(lesson) and not any(marks):
            continue  # they cannot be solved there
        total = [total[0] + sum(marks), total[1] + len(marks)]
        bar = "".join("■" if mark else "□" for mark in marks)
        if marks:
            lines.append(f"| {lesson} | {title(lesson)} | {bar} | {sum(marks)}/{len(marks)} |")
    say("\n".join(lines))
    say(word("solved_of_course", solved=total[0], all=total[1]))


def title(lesson):
    """The heading of a lesson's page."""
    page = NOTEBOOKS / words.language / f"{contents.lessons()[lesson].file}.ipynb"
    source = json.loads(page.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(source).splitlines()[0].strip("# ")
