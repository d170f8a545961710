"""What a learner's pod runs: brings the course into the home, which is a volume, and becomes JupyterLab's server.

The environment variable COURSE_LANGUAGE, which the hub sets, says in which language. Standard library only.
"""

import os
import subprocess
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parents[3]
sys.path[0] = str(COURSE / "notebooks")  # where `classroom` is, in place of this folder

from classroom import lab_server  # noqa: E402


def main():
    """Deliver, then become the server; the course of yesterday is better than no server."""
    home = Path.home()
    delivery = COURSE / "notebooks" / "classroom" / "delivery.py"
    if subprocess.run([sys.executable, "-I", delivery, COURSE, home, "afresh"]).returncode:
        print("The course was not delivered; the server starts with what the home has.", file=sys.stderr, flush=True)
    os.environ["TMPDIR"] = str(home / ".tmp")
    os.chdir(home)
    words = ["jupyterhub-singleuser", *lab_server.options(home, os.environ["COURSE_LANGUAGE"]), *sys.argv[1:]]
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
