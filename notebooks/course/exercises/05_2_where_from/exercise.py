"""Find it out: which of eight unnamed revisions adds posts.pinned."""

from ...opening import edit
from ..checks import NotYet, as_revision

ASKS = 1
ADDS_PINNED, TO_COMMENTS = "07be91f3d5c8", "a81e5b0c4d27"
ORDER = ["0001", "0002", "0003", "0004", "0005", "0006", "3f9c21d07be4", TO_COMMENTS, "c40d7e92f1a6", ADDS_PINNED]
ORDER += ["e5d2086ca93b", "91c7a3e04f5d", "5b80f6d1e29a", "d20a94b7c61e"]
POSTS = """    summary: Mapped[str | None] = mapped_column(String(100))
    pinned: Mapped[bool | None]
    slug: Mapped[str | None] = mapped_column(String(100))
"""


def set_up():
    text = "    text: Mapped[str] = mapped_column(String(1000))\n"
    status = '    status: Mapped[str] = mapped_column(String(20), server_default="draft")\n'
    edit("models.py", status, status + POSTS)
    edit("models.py", text, text + "    edited_by: Mapped[str | None] = mapped_column(String(100))\n")


def check(answer):
    revision = as_revision(answer, ORDER)
    if revision == TO_COMMENTS:
        raise NotYet("in_comments", revision=revision)
    if ORDER.index(revision) < ORDER.index(ADDS_PINNED):
        raise NotYet("too_early", revision=revision)
    if ORDER.index(revision) > ORDER.index(ADDS_PINNED):
        raise NotYet("too_late", revision=revision)
