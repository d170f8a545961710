"""The command of the browser edition: `python notebooks/browser build`, from any folder, with the system's Python."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (it tells whoever has an old Python so)
    sys.exit("Потрібен Python 3.11 або новіший.\nНужен Python 3.11 или новее.")

from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # where `browser` and `course` are, in place of this folder

from browser.commands import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
