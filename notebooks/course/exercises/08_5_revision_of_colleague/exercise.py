"""Repair it: a colleague's revision makes a second head."""

import zlib
from pathlib import Path

from .. import project
from ..checks import NotYet, ancestors, settings_found
from ..project import THEIRS

STAGE = True
NOT_BEGUN = ("several_heads",)
FILE = f"{THEIRS}_add_owners_email.py"
TEMPLATE = Path(__file__).with_name("their_revision.txt")
PLACEHOLDER = f'revision, down_revision = "{THEIRS}", None\ndef upgrade(): pass\ndef downgrade(): pass\n'


def set_up():
    settings_found()
    if missing := project.looked_at(their_place):
        folder, parent = missing
        (Path(folder) / FILE).write_text(their_text(parent), encoding="utf-8", newline="\n")


def put_right():
    """Take the colleague's file away, however it was changed, so that set_up() brings it as he wrote it."""
    for path in Path().rglob("*.py"):
        if f'revision = "{THEIRS}"\n' in path.read_text(encoding="utf-8", errors="replace"):
            path.unlink()


def their_text(parent):
    """The colleague's file. Its date depends on the parent, so that a file that was put after another one is known."""
    number = f"{zlib.crc32(parent.encode()) % 10**6:06}"
    return TEMPLATE.read_text(encoding="utf-8").format(parent=parent, number=number)


def their_place(work):
    """(folder, parent) for the colleague's file, whose revision follows stage 3; None if it is there."""
    try:
        if THEIRS in work.history():
            return None
    except NotYet as fault:
        if fault.places.get("revision") != THEIRS:
            raise
    folders = [path.parent for path in sorted(Path().rglob("*.py")) if "\ndown_revision" in work.text(path)]
    if not folders:
        raise NotYet("wishes_first")
    (folders[0] / FILE).write_text(PLACEHOLDER, encoding="utf-8")  # so that a merge that names it can be read
    history, way = work.history(), project.walked(work)
    way.pop(THEIRS, None)
    parent, _ = project.end_of_stage_3(way)
    if not any(parent in ancestors(history, revision) for revision in history):
        raise NotYet("wishes_first")
    return folders[0].as_posix(), parent


def check(work):
    settings_found()
    parent = theirs_unchanged(work)
    mine = my_last(work, parent)
    project.applied_files_kept(work)
    project.as_ordered(work, 5)
    _, schema_below = project.end_of_stage_3(project.walked(work))
    learners = work.schema()
    with project.another_database(work):
        project.comes_to_head(work, THEIRS, learners)
    project.serves_other_databases(work, mine, parent, schema_below)


def theirs_unchanged(work):
    """The colleague's file is there as he wrote it; returns its parent."""
    try:
        history = work.history()
    except NotYet as fault:
        raise NotYet("their_file_missing") if fault.places.get("revision") == THEIRS else fault from None
    if THEIRS not in history:
        raise NotYet("their_file_missing")
    (script,) = [script for script in work.scripts() if script.revision == THEIRS]
    if work.text(script.path).strip() not in {their_text(parent).strip() for parent in history}:
        raise NotYet("their_file_changed", file=Path(script.path).name)
    return history[THEIRS][0]


def my_last(work, parent):
    """The learner's last revision before the merge; the first one stands after the same as the colleague's."""
    history = work.history()
    mine = [revision for revision in history if revision != THEIRS and THEIRS not in ancestors(history, revision)]
    if not [revision for revision in mine if history[revision] == (parent,)]:
        raise NotYet("mine_moved", parent=parent)
    return mine[0]
