"""Lay out the folder that repo2docker makes the learners' image from: python image.py FOLDER

repo2docker takes its settings from a folder `binder` at the top of what it builds. Ours lies beside this file, so that
the repository's own top stays as it is; this script brings both together. Standard library only.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LEFT_OUT = ("tests", "notebooks/author", "notebooks/browser")


def main(words):
    """Do what the command line says.

    Args:
        words: its words: the folder.

    Returns:
        What went wrong as a sentence, None if nothing did.
    """
    if len(words) != 1:
        return "Say where to: python notebooks/classroom/kubernetes/image.py FOLDER"
    folder = Path(words[0])
    if folder.exists():
        return f"{folder} exists already: name a folder that is to be made."
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return "The image is made of the files that git knows: run this in a clone, with git installed."
    lay_out(folder)
    print(f"{folder} is ready for jupyter-repo2docker; README.md beside this script has the whole line.")
    return None


def lay_out(folder):
    """Copy what belongs into the image, as it lies here, committed or not.

    Args:
        folder: what is made.
    """
    for path in filter(belongs, known_files()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    shutil.copytree(HERE / "binder", folder / "binder")


def known_files():
    """The files that git has here, and new ones that it does not ignore.

    Returns:
        Their paths as text, relative to the repository.
    """
    listed = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def belongs(path):
    """Whether a file is for learners' pods: every learner can read the image, so the teacher's pages are not in it.

    Args:
        path: relative to the repository, with /.

    Returns:
        True or False.
    """
    name = path.rpartition("/")[2]
    hidden = path.startswith(".") or name.startswith((".git", "teacher."))
    return not hidden and not any(path.startswith(f"{folder}/") for folder in LEFT_OUT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
