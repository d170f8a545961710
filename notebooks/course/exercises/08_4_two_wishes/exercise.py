"""Do it: rename a column and add one that is never empty, keeping the rows."""

import re

from ...checking import Work
from ...frame import TEMPORARY
from ..checks import NotYet, at_head, columns_are, models_agree, new_revisions, one_head
from ..project import (
    FIRST,
    THEIRS,
    applied_files_kept,
    end_of_stage_3,
    has_columns,
    looked_at,
    models_as_ordered,
    project_found,
    put_rows,
    rows_as_opened,
    rows_kept,
    serves_other_databases,
    walked,
)

STAGE = True
NOT_BEGUN = ("no_new_revision",)
MAY_CHANGE = {"files": ["*"], "data.db": ["*"]}


def set_up():
    schema = Work().schema()
    if not set(FIRST) <= set(schema):
        raise NotYet("first_tables_missing")
    if has_columns(schema, 3):
        put_rows("data.db", FIRST)
        return
    try:
        rows_kept(Work().all_rows())
    except NotYet:
        revision, _ = looked_at(lambda work: end_of_stage_3(walked(work)))
        if not revision:
            raise NotYet("first_tables_missing") from None
        half = Work().position() == [revision]
        raise NotYet("tables_half_changed" if half else "rows_need_old_tables", revision=revision) from None


def check(work):
    project_found()
    applied_files_kept(work)
    if len(work.heads()) > 1:
        one_head(work)
    way = walked(work)
    revision, first = end_of_stage_3(way)
    if not revision:
        raise NotYet("first_tables_missing")
    new_revisions(work, after=revision)
    not_half_applied(work, way, revision)
    at_head(work)
    tables_as_wished(work, first)
    rows_kept(work.all_rows(), opened=rows_as_opened(work))
    models_as_ordered(work, 4)
    models_agree(work, defaults=False)
    serves_other_databases(work, revision, revision, first)


def not_half_applied(work, way, revision):
    """A database that stands below the head has the tables that it should have there."""
    position, now = work.position(), work.schema()
    if len(position) > 1 or position == [one_head(work)] or THEIRS in work.history() or position[0] not in way:
        return
    wanted = way[position[0]]
    for table in [*wanted, *now]:
        if wanted.get(table) != now.get(table):
            key = "temporary_table" if table.startswith(TEMPORARY) else "half_applied"
            raise NotYet(key, database="data.db", table=table, position=position[0], revision=revision)


def tables_as_wished(work, first):
    """The tables are those of stage 3, but for the two wishes."""
    now = work.schema()
    later = ["people", "email"] if THEIRS in work.history() else ["people"]
    for table, parts in first.items():
        wanted = {re.sub(r"\bprice\b", "price_per_night", part): text for part, text in parts.items()}
        columns_are(table, wanted, now.get(table, {}), free=later)
    people = now["bookings"].get("people")
    if not people:
        raise NotYet("part_missing", table="bookings", part="people")
    if not re.match(r"(BIG|SMALL)?INT(EGER)? NOT NULL", people):
        raise NotYet("part_differs", table="bookings", part="people", wanted="INTEGER NOT NULL", found=people)
