"""draw_history(): the revision graph as SVG with a text form."""

import os
from unittest import mock

from alembic.util import to_tuple

from .database import as_url, database_positions
from .svg import BLUE, CARD, CHAR, FAINT, GREEN, INK, LINE, box, line, publish, svg, text
from .terminal import project_settings, read_history, run_env
from .words import problem

ROW, LANE = 36, 26  # pixels: height of a row, width of a lane


def draw_history(*databases):
    """Draw the revision graph, newest on top: filled where the database has been, a label where it is now.

    Args:
        databases: names of several databases beside each other, each to have its label; by default the project's one.
    Raises:
        CourseError: alembic.ini or a revision cannot be read, or the database cannot be reached.
    """
    if not os.path.exists("alembic.ini"):
        raise problem("no_file", path="alembic.ini")
    try:
        script, revisions = read_history()
        heads = script.get_heads()
    except Exception as error:  # a learner's revision file may fail in any way
        raise problem("no_history", reason=f"{type(error).__name__}: {error}") from None
    found = [where_the_database_is(name) for name in databases or [None]]
    positions = [id_ for _, ids in found for id_ in ids]
    parents = {revision.revision: to_tuple(revision.down_revision, default=("base",)) for revision in revisions}
    lost = [id_ for id_ in dict.fromkeys(positions) if id_ not in ("base", *parents)]  # applied, but the file is gone
    rows = [(id_, "?") for id_ in lost] + [(r.revision, r.doc) for r in revisions] + [("base", "")]
    labels = {id_: [] for id_, _ in rows}
    for revision in revisions:
        names = to_tuple(getattr(revision.module, "branch_labels", None), default=())
        labels[revision.revision] = [(name, FAINT) for name in names] + [("head", INK)] * (revision.revision in heads)
    for url, ids in found:
        for id_ in ids:
            labels[id_].append((os.path.basename(url.database or "database"), GREEN))
    graph = (rows, *lanes(rows, parents), reachable(positions, parents), labels)
    publish(history_svg(*graph), history_text(*graph))


def where_the_database_is(name=None):
    """The URL of the project's database, as env.py finds it, and the revisions that the database is at.

    On PostgreSQL env.py is asked even if the address is known: it may have chosen another table for the position.

    Args:
        name: a database beside that of DATABASE_URL or alembic.ini, in place of it.
    Raises:
        CourseError: it has no address, or cannot be reached.
    """
    address, url = os.environ.get("DATABASE_URL") or project_settings().get_main_option("sqlalchemy.url"), None
    if address and not address.startswith("driver://"):  # `alembic init` writes that one in place of an address
        url = as_url(address)
        url = url.set(database=name) if name else url
        if url.get_backend_name() != "postgresql":
            return url, database_positions(url)
    try:
        return as_env_finds_it(url)
    except (Exception, SystemExit) as error:  # a learner's env.py may fail in any way
        if url is None:
            raise problem("no_address", reason=f"{type(error).__name__}: {error}") from None
        return url, database_positions(url)


def as_env_finds_it(url):
    """The URL and the revisions of the database to which env.py connects, DATABASE_URL being `url`, if it is known."""
    given = {"DATABASE_URL": url.render_as_string(hide_password=False)} if url else {}
    found = []
    with mock.patch.dict(os.environ, given):
        run_env(lambda context: found.append((context.connection.engine.url, context.get_current_heads())))
    url, positions = found[0]
    return url, sorted(positions) or ["base"]


def reachable(start, parents):
    """The revisions in `start` and all their ancestors."""
    found, ahead = set(), list(start)
    while ahead:
        if (id_ := ahead.pop()) not in found:
            found.add(id_)
            ahead.extend(parents.get(id_, ()))
    return found


def lanes(rows, parents):
    """Give each revision a lane (column) and each edge the lane that it runs in, as `git log --graph` does.

    Returns:
        {revision: (lane, row)} and a list of (child, lane, parent).
    """
    waiting, places, edges = [], {}, []  # waiting[lane] is the revision that the lane leads to

    def free_lane():
        if None not in waiting:
            waiting.append(None)
        return waiting.index(None)

    for row, (id_, _) in enumerate(rows):
        mine = [lane for lane, target in enumerate(waiting) if target == id_]
        places[id_] = (mine[0] if mine else free_lane(), row)
        for lane in mine:
            waiting[lane] = None
        for number, parent in enumerate(parents.get(id_, ())):
            lane = free_lane() if number else places[id_][0]
            waiting[lane] = parent
            edges.append((id_, lane, parent))
    return places, edges


def history_svg(rows, places, edges, applied, labels):
    """The graph as SVG; the arguments are those of history_text()."""

    def x_of(lane):
        return 24 + lane * LANE

    def y_of(id_):
        return 26 + places[id_][1] * ROW

    shapes = []
    for child, lane, parent in edges:
        x1, x, x2 = x_of(places[child][0]), x_of(lane), x_of(places[parent][0])
        y1, y2, half = y_of(child), y_of(parent), ROW / 2
        bend_out = f"C{x1},{y1 + half} {x},{y1} {x},{y1 + half}" if x != x1 else ""
        bend_in = f"C{x},{y2} {x2},{y2 - half} {x2},{y2}" if x != x2 else f"V{y2}"
        shapes.append(line(f"M{x1},{y1} {bend_out} V{y2 - half} {bend_in}", LINE, 2))
    left, width = x_of(max(lane for lane, _ in places.values()) + 1), 0
    for id_, message in rows:
        x, y, right = x_of(places[id_][0]), y_of(id_), left + (len(id_) + len(message) + 2) * CHAR
        radius, fill = (3, LINE) if id_ == "base" else (7, BLUE if id_ in applied else CARD)
        shapes.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="{LINE}" stroke-width="2"/>')
        shapes.append(text(left, y + 5, id_, INK, bold=id_ != "base"))
        shapes.append(text(left + (len(id_) + 1) * CHAR, y + 5, message, INK))
        for label, color in labels[id_]:
            wide = len(label) * CHAR + 16
            shapes.append(box(right, y - 11, wide, 22, 11, color))
            shapes.append(text(right + 8, y + 5, label, "#ffffff"))
            right += wide + 8
        width = max(width, right)
    return svg(width + 16, len(rows) * ROW + 16, shapes)


def history_text(rows, places, edges, applied, labels):
    """The graph in characters: ● applied, ○ not applied, │ a lane that passes by.

    Args:
        rows: [(revision, message)], the newest first.
        places, edges: see lanes().
        applied: the revisions that the database has been through.
        labels: {revision: [(label, color)]}.
    """
    lines = []
    for row, (id_, message) in enumerate(rows):
        marks = {lane: "│" for child, lane, parent in edges if places[child][1] < row < places[parent][1]}
        marks[places[id_][0]] = "●" if id_ in applied else "○"
        graph = [marks.get(lane, " ") for lane in range(max(marks) + 1)]
        lines.append(" ".join([*graph, id_, *[message] * bool(message), *(f"({label})" for label, _ in labels[id_])]))
    return "\n".join(lines)
