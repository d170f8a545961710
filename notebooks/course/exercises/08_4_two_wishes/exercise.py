"""Do it: rename a column and add one that is never empty, keeping the rows."""

from ...checking import Work
from ...frame import TEMPORARY
from .. import project
from ..checks import NotYet, new_revisions, one_head, same_rows, settings_found

STAGE = True
NOT_BEGUN = ("no_new_revision",)


def set_up():
    work, rows = Work(), project.customer(3)[1]
    if not set(rows) <= set(work.schema()):
        raise NotYet("first_tables_missing")
    if project.has_columns(work.schema(), 3):
        project.put_rows("data.db", rows)
        return
    try:
        same_rows(project.customer(4)[1], work.all_rows(), "customers_row_gone")
    except NotYet:
        revision, _ = project.looked_at(lambda work: project.end_of_stage_3(project.walked(work)))
        if not revision:
            raise NotYet("first_tables_missing") from None
        half = work.position() == [revision]
        raise NotYet("tables_half_changed" if half else "rows_need_old_tables", revision=revision) from None


def check(work):
    settings_found()
    project.applied_files_kept(work)
    one_head(work)
    way = project.walked(work)
    revision, first = project.end_of_stage_3(way)
    if not revision:
        raise NotYet("first_tables_missing")
    new_revisions(work, after=revision)
    not_half_applied(work, way, revision)
    project.as_ordered(work, 4)
    project.serves_other_databases(work, revision, revision, first)


def not_half_applied(work, way, revision):
    """A database below the head has the tables that it should have there."""
    (position, *others), now = work.position(), work.schema()
    if others or position in work.heads() or position not in way or project.THEIRS in way:
        return
    for table in [*way[position], *now]:
        if way[position].get(table) != now.get(table):
            key = "temporary_table" if table.startswith(TEMPORARY) else "half_applied"
            raise NotYet(key, database="data.db", table=table, position=position, revision=revision)
