"""For pytest: lessons under test work in a temporary folder, so that nobody's work is touched."""

import os
import tempfile

from in_memory import keep_temporary_files_in_memory

keep_temporary_files_in_memory()
work_root = tempfile.TemporaryDirectory(prefix="course_", ignore_cleanup_errors=True)
os.environ["COURSE_WORK"] = work_root.name
