"""Repair it: put one's own revision, applied nowhere, after the colleague's; no merge."""

from ..checks import (
    NotYet,
    at_head,
    column_filled,
    joined_as_before,
    listed,
    new_revisions,
    one_head,
    way_back,
    worked_example,
)

MINE = "migrations/versions/0007a*.py"
MAY_CHANGE = {"files": [MINE, "models.py", "alembic.ini"], "data.db": ["comments.size", "messages"]}


def check(work):
    merges = [revision for revision, parents in work.history().items() if len(parents) > 1]
    if merges:
        raise NotYet("merged", merges=listed(sorted(merges)))
    one_head(work)
    new_revisions(work, after="0007b")
    at_head(work)
    column_filled(work, "comments.size", "length(text)", revision="0007b")
    before, after = worked_example(work, then="upgrade heads")
    joined_as_before(work, before, after)
    _, theirs = worked_example(work, then="upgrade 0007b")
    way_back(work, "0007b", free=["messages"], wanted=work.schema(theirs))
