"""Predict it: what four counts show after a downgrade to 0003 and an upgrade to head."""

from ...opening import sql
from ..checks import NotYet, as_numbers

ASKS = 4
LEFT = {"comments": 0, "avatars": 3, "titles": 4, "drafts": 0}


def set_up():
    sql("UPDATE users SET avatar_url = 'https://example.com/' || id || '.png' WHERE id < 4")
    sql("UPDATE posts SET status = 'draft' WHERE id > 2")


def check(answer):
    numbers = as_numbers(answer, ASKS)
    for (what, left), number in zip(LEFT.items(), numbers, strict=True):
        if number != left:
            raise NotYet(f"other_{what}", number=number)
