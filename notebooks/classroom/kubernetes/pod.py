"""What a learner's pod runs: brings the course into the home, which is a volume, and becomes JupyterLab's server.

The hub's environment variable COURSE_LANGUAGE says which of the course's languages opens. Standard library only.
"""

import os
import subprocess
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parents[3]
IDLE_KERNEL = 3 * 60 * 60  # seconds until a kernel ends that nobody is connected to


def main():
    """Deliver, then become the server; the course of yesterday is better than no server."""
    home = Path.home()
    delivery = subprocess.run([sys.executable, "-I", COURSE / "notebooks" / "classroom" / "delivery.py", COURSE, home])
    if delivery.returncode:
        print("The course was not delivered; the server starts with what the home has.", file=sys.stderr, flush=True)
    os.chdir(home)
    os.execvp("jupyterhub-singleuser", ["jupyterhub-singleuser", *options(home), *sys.argv[1:]])


def options(home):
    """The server's options: JupyterLab as the course opens it.

    Args:
        home: the learner's.

    Returns:
        A list of words.
    """
    return [
        f"--config={home}/course/notebooks/{os.environ['COURSE_LANGUAGE']}/lab.py",
        "--LanguageServerManager.autodetect=False",
        f"--MappingKernelManager.cull_idle_timeout={IDLE_KERNEL}",
    ]


if __name__ == "__main__":
    main()
