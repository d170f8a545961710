"""Find it out: which of the changed files go into the commit of a release."""

import re

from ..checks import NotYet, as_names

ASKS = 1
COMMITTED = {"models.py", "requirements.txt", "compose.yaml", ".env.example", "0007_add_posts_subtitle.py"}
LEFT_OUT = {".env", "before.dump", "data.db", "__pycache__"}


def check(answer):
    paths = {name.rstrip("/\\") for name in as_names(answer)} - {"M", "??"}
    names = {re.sub(r"^.*[/\\]|^0007$", "", path) or "0007_add_posts_subtitle.py" for path in paths}
    if unknown := names - COMMITTED - LEFT_OUT:
        raise NotYet("not_in_the_list", name=min(unknown))
    if wrong := names & LEFT_OUT:
        raise NotYet("secret" if ".env" in wrong else "not_for_git", name=min(wrong))
    if left := COMMITTED - names:
        raise NotYet("left_out", count=len(left))
