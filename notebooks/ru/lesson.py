"""What every lesson imports: names the language, hands on the helper's verbs."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import course  # noqa: E402

verbs = course.load("ru")
globals().update(verbs)
__all__ = list(verbs)
