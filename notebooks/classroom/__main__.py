"""The teacher's command: `sudo python3 notebooks/classroom start`, from any folder, with the system's own Python."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (it tells a teacher with an old Python so)
    sys.exit("Потрібен Python 3.11 або новіший.\nНужен Python 3.11 или новее.")

from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # where `classroom` is, in place of this folder
sys.dont_write_bytecode = True  # root's files have no business in the teacher's folder

from classroom.commands import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
