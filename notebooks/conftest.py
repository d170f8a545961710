"""For pytest: lessons under test work in temporary folders, so that nobody's work is touched."""

import os
import tempfile

import pytest

from in_memory import keep_temporary_files_in_memory

keep_temporary_files_in_memory()
work_root = tempfile.TemporaryDirectory(prefix="course_", ignore_cleanup_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Give each page a folder of its own, before its kernel starts: exercises go on where a page has left them."""
    os.environ["COURSE_WORK"] = os.path.join(work_root.name, item.path.stem)
