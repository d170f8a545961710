"""Temporary files of the tests lie in memory where the system has a folder for that.

SQLite waits at each commit until the disk has written: on a disk the attempts of the exercises take twice the time.
"""

import os
import shutil
import tempfile

MEMORY = "/dev/shm"
ENOUGH = 2**30  # bytes; a whole run leaves about a tenth of it, and a container may have very little


def keep_temporary_files_in_memory():
    """Let tempfile, pytest's tmp_path and the processes that tests start use the folder, if there is room."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY
