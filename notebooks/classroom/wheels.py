"""`wheels FOLDER`: collects, where there is a network, what class server and laptops need to be set up without one."""

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from classroom import environments, words
from classroom.words import problem, say

LINUX = [f"manylinux{one}" for one in ("1", "2010", "2014", "_2_17", "_2_24", "_2_27", "_2_28")]  # Debian 11 and later
SYSTEMS = {  # what pip calls their wheels, and what they answer to the conditions in requirements.txt
    "windows": (["win_amd64"], {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"}),
    "mac-arm": (["macosx_14_0_arm64"], {"sys_platform": "darwin", "platform_machine": "arm64"}),
    "mac-intel": (["macosx_13_0_x86_64"], {"sys_platform": "darwin", "platform_machine": "x86_64"}),
    "linux": ([f"{one}_x86_64" for one in LINUX], {"sys_platform": "linux", "platform_machine": "x86_64"}),
    "linux-arm": (
        [f"{one}_aarch64" for one in LINUX],
        {"sys_platform": "linux", "platform_machine": "aarch64"},
    ),
}
USUAL = ("windows", "mac-arm", "mac-intel", "linux")
PLATFORM_SYSTEM = {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# pip reads the conditions behind `;` as of the machine that it runs on; its own part that reads them can do better.
NEEDED = """
import json, sys
from pip._vendor.packaging.requirements import Requirement
environment = json.loads(sys.argv[1])
for line in sys.stdin.read().splitlines():
    line = line.partition(" #")[0].strip()
    if line and not line.startswith("#"):
        found = Requirement(line)
        if found.marker is None or found.marker.evaluate(environment):
            print(f"{found.name}{found.specifier}")
"""


def run(options):
    """Fill a folder: wheels, the proxy, the course, and a README that says what to do with them.

    Args:
        options: what the teacher typed.

    Raises:
        ClassError: a system or Python is not known, or something could not be downloaded.
    """
    systems, pythons = options.systems or USUAL, options.pythons or PYTHONS
    if set(systems) - set(SYSTEMS) or set(pythons) - set(PYTHONS):
        raise problem("wheels_for_what", systems=" ".join(SYSTEMS), pythons=" ".join(PYTHONS))
    target = options.target.absolute()
    try:
        (target / "wheels").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise problem("folder_unusable", folder=target, why=error.strerror) from None
    with tempfile.TemporaryDirectory() as folder:
        python = fresh_python(Path(folder, "venv"))
        for system in systems:
            for version in pythons:
                collect(python, target / "wheels", system, version)
            say("collected", system=system, size=size_of(target))
        pack_proxy(python, Path(folder), target)
    copy_for_learners(target / "course")
    write_readme(target / "README.txt", pythons)
    say("wheels_ready", folder=target, size=size_of(target))


def write_readme(file, pythons):
    """Say what to do with the folder, in each language of the course.

    Args:
        file: where.
        pythons: the versions that wheels were collected for.
    """
    values = {"pythons": ", ".join(sorted(pythons))}
    text = "\n\n".join(words.WORDS["wheels_readme"][language].strip().format(**values) for language in words.LANGUAGES)
    file.write_text(f"{text}\n", encoding="utf-8-sig")  # Windows' Notepad takes it for what it is


def fresh_python(folder):
    """A Python with a pip, which the system's own may lack.

    Args:
        folder: where to make it.

    Returns:
        Its path.
    """
    environments.run([sys.executable, "-m", "venv", folder])
    return next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists())


def collect(python, target, system, version):
    """Download the wheels for one system and one Python; what is there already is not fetched again.

    Args:
        python: one with pip.
        target: the folder for wheels.
        system: a key of SYSTEMS.
        version: for example "3.12".

    Raises:
        ClassError: something could not be downloaded.
    """
    platforms, answers = SYSTEMS[system]
    answers = {**answers, "python_version": version, "python_full_version": f"{version}.0", "extra": ""}
    answers |= {"platform_system": PLATFORM_SYSTEM[answers["sys_platform"]], "implementation_name": "cpython"}
    answers |= {"os_name": answers.get("os_name", "posix"), "platform_python_implementation": "CPython"}
    files = [environments.ROOT / "requirements.txt"]
    files += [environments.HERE / "requirements.txt"] if system.startswith("linux") else []  # a class server
    pins = "\n".join(file.read_text(encoding="utf-8") for file in files)
    command = [python, "-c", NEEDED, json.dumps(answers)]
    done = subprocess.run(command, input=pins, capture_output=True, text=True, check=True)
    pip = ["-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    pip += ["--dest", target, "--find-links", target, "--python-version", version]
    pip += [word for platform in platforms for word in ("--platform", platform)]
    environments.run([python, *pip, *sorted(set(done.stdout.split()))])


def pack_proxy(python, folder, target):
    """Install the proxy by Node's npm and pack it; it is the same for every system.

    Args:
        python: one with pip.
        folder: where files may lie for the moment.
        target: where the archive goes.

    Raises:
        ClassError: something could not be downloaded.
    """
    pin = next(
        line for line in (environments.HERE / "requirements.txt").read_text().splitlines() if line.startswith("nodejs")
    )
    environments.run([python, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", pin])
    done = subprocess.run([python, "-c", environments.NODE], capture_output=True, text=True, check=True)
    environments.proxy(folder / "proxy", Path(done.stdout.strip()), None)
    with tarfile.open(target / environments.PROXY_ARCHIVE, "w:gz") as archive:
        archive.add(folder / "proxy" / "node_modules", "node_modules")


def copy_for_learners(target):
    """Copy what a learner needs on a laptop: the course without the teacher's pages.

    Args:
        target: where to; an older copy is replaced.
    """
    shutil.rmtree(target, ignore_errors=True)
    for source in environments.course_files():
        path = source.relative_to(environments.ROOT)
        if not source.name.startswith("teacher.") and path.parts[:2] != ("notebooks", "classroom"):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / path)


def size_of(folder):
    """How much lies in a folder.

    Args:
        folder: the folder.

    Returns:
        Megabytes.
    """
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 10**6
