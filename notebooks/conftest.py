"""For pytest: lessons under test work in a temporary folder, so that nobody's work is touched."""

import os
import tempfile

work_root = tempfile.TemporaryDirectory(prefix="course_", ignore_cleanup_errors=True)
os.environ["COURSE_WORK"] = work_root.name
