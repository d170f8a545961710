"""draw_history() and draw_schema(): SVG with a text form.

A picture brings its own light card: a notebook shows SVG as an image, which knows nothing of the page's theme.
"""

import os
from contextlib import contextmanager
from html import escape

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import to_tuple
from IPython.display import display

from .terminal import read_history
from .words import problem

INK, FAINT, LINE, CARD, BLUE, GREEN = "#1f2933", "#52606d", "#7b8794", "#f8fafc", "#2563eb", "#047857"
ROW, LANE, CHAR = 36, 26, 7.9  # pixels: height of a row, width of a lane, width of a character


def draw_history():
    """Draw the revision graph, newest on top: filled where the database has been, a label where it is now.

    Raises:
        CourseError: alembic.ini or a revision cannot be read, or the database cannot be reached.
    """
    if not os.path.exists("alembic.ini"):
        raise problem("no_file", path="alembic.ini")
    config = Config("alembic.ini")
    try:
        script, revisions = read_history()
        heads = script.get_heads()
    except Exception as error:  # a learner's revision file may fail in any way
        raise problem("no_history", reason=f"{type(error).__name__}: {error}") from None
    url = sa.make_url(os.environ.get("DATABASE_URL") or config.get_main_option("sqlalchemy.url"))  # as env.py does
    positions = database_positions(url)
    parents = {revision.revision: to_tuple(revision.down_revision, default=("base",)) for revision in revisions}
    lost = [id_ for id_ in positions if id_ != "base" and id_ not in parents]  # applied, but the file is gone
    rows = [(id_, "?") for id_ in lost] + [(r.revision, r.doc) for r in revisions] + [("base", "")]
    labels = {id_: [] for id_, _ in rows}
    for revision in revisions:
        names = to_tuple(getattr(revision.module, "branch_labels", None), default=())
        labels[revision.revision] = [(name, FAINT) for name in names] + [("head", INK)] * (revision.revision in heads)
    for id_ in positions:
        labels[id_].append((os.path.basename(url.database or "database"), GREEN))
    graph = (rows, *lanes(rows, parents), reachable(positions, parents), labels)
    publish(history_svg(*graph), history_text(*graph))


def database_positions(url):
    """The revisions a database is at: one or several, ["base"] before the first, none if there is no database."""
    if not database_exists(url):
        return []
    with connected(url) as connection:
        return sorted(MigrationContext.configure(connection).get_current_heads()) or ["base"]


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
    """The graph in characters: ● applied, ○ not applied, │ a lane that passes by."""
    lines = []
    for row, (id_, message) in enumerate(rows):
        marks = {lane: "│" for child, lane, parent in edges if places[child][1] < row < places[parent][1]}
        marks[places[id_][0]] = "●" if id_ in applied else "○"
        graph = [marks.get(lane, " ") for lane in range(max(marks) + 1)]
        lines.append(" ".join([*graph, id_, *[message] * bool(message), *(f"({label})" for label, _ in labels[id_])]))
    return "\n".join(lines)


def draw_schema(path="data.db"):
    """Draw the tables that are really in a database: columns, types, keys, and an arrow for each foreign key.

    Args:
        path: an SQLite file, or a SQLAlchemy URL.
    Raises:
        CourseError: the database does not exist or cannot be reached.
    """
    url = sa.make_url(path if "://" in path else f"sqlite:///{path}")
    if not database_exists(url):
        raise problem("no_database", path=path)
    with connected(url) as connection:
        inspector = sa.inspect(connection)
        tables = {name: columns(inspector, name) for name in sorted(inspector.get_table_names())}
        arrows = [
            (table, column, key["referred_table"], referred)
            for table in tables
            for key in inspector.get_foreign_keys(table)
            for column, referred in zip(key["constrained_columns"], key["referred_columns"])
            if key["referred_table"] in tables
        ]
    publish(schema_svg(tables, arrows), schema_text(tables, arrows))


def columns(inspector, table):
    """[(name, type, marks)] of a table; the marks are PK, FK, UQ, and NULL for a column that may be empty."""
    primary = inspector.get_pk_constraint(table)["constrained_columns"]
    foreign = [name for key in inspector.get_foreign_keys(table) for name in key["constrained_columns"]]
    uniques = [u["column_names"] for u in inspector.get_unique_constraints(table)]
    uniques += [index["column_names"] for index in inspector.get_indexes(table) if index["unique"]]
    found = []
    for column in inspector.get_columns(table):
        name, may_be_empty = column["name"], column["nullable"] and column["name"] not in primary
        marks = {"PK": name in primary, "FK": name in foreign, "UQ": [name] in uniques, "NULL": may_be_empty}
        found.append((name, str(column["type"]), " ".join(mark for mark, true in marks.items() if true)))
    return found


def ranks(tables, arrows):
    """{table: column of the picture}: a table stands to the right of those that it refers to."""
    rank = dict.fromkeys(tables, 0)
    for _ in tables:  # a ring of references must not push its tables to the right for ever
        for source, _, target, _ in arrows:
            if source != target and rank[source] <= rank[target] < len(tables) - 1:
                rank[source] = rank[target] + 1
    return {table: sorted(set(rank.values())).index(rank[table]) for table in tables}


def schema_svg(tables, arrows):
    rank = ranks(tables, arrows)
    round_about = [a for a in arrows if rank[a[0]] - rank[a[2]] != 1]  # these go above the cards, the others straight
    sizes = {t: [max(map(len, cells)) for cells in zip((t, "", ""), *tables[t])] for t in tables}
    left, top, places, shapes = 24, 20 + 10 * len(round_about), {}, []
    for column in sorted(set(rank.values())):
        y, wide = top, 0
        for table in (t for t in tables if rank[t] == column):
            places[table] = (left, y, (sum(sizes[table]) + 4) * CHAR, 34 + 22 * len(tables[table]))
            y, wide = y + places[table][3] + 18, max(wide, places[table][2])
        left += wide + 64

    def row_of(table, column):
        return places[table][1] + 43 + 22 * [name for name, _, _ in tables[table]].index(column)

    for arrow in arrows:
        source, column, target, referred = arrow
        x1, y1 = places[source][0], row_of(source, column)
        x2, y2 = places[target][0] + places[target][2] + 9, row_of(target, referred)
        path = f"M{x1:.1f},{y1} C{x1 - 32:.1f},{y1} {x2 + 23:.1f},{y2} {x2:.1f},{y2}"
        if arrow in round_about:
            lane = round_about.index(arrow)
            out, high, into = x1 - 12 - 6 * lane, 12 + 10 * lane, x2 + 11 + 6 * lane
            path = f"M{x1:.1f},{y1} H{out:.1f} V{high} H{into:.1f} V{y2} H{x2:.1f}"
        shapes.append(line(path, BLUE, 1.5, 'marker-end="url(#arrow)"'))
    for table in tables:
        shapes += table_card(table, tables[table], places[table], sizes[table])
    return svg(max(left - 40, 120), max((y + high for _, y, _, high in places.values()), default=40) + 16, shapes)


def table_card(table, rows, place, sizes):
    x, y, width, height = place
    yield box(x, y, width, height, 6, "#ffffff", LINE)
    yield line(f"M{x:.1f},{y + 28} h{width:.1f}", LINE, 1)
    yield text(x + CHAR, y + 19, table, INK, bold=True)
    for number, (name, type_, marks) in enumerate(rows):
        at = y + 48 + 22 * number
        yield text(x + CHAR, at, name, INK)
        yield text(x + (sizes[0] + 2) * CHAR, at, type_, FAINT)
        yield text(x + (sizes[0] + sizes[1] + 3) * CHAR, at, marks, BLUE)


def schema_text(tables, arrows):
    blocks = []
    for table, rows in tables.items():
        name_width, type_width = (max(len(row[i]) for row in rows) for i in (0, 1))
        lines = [f"  {name:{name_width}}  {type_:{type_width}}  {marks}".rstrip() for name, type_, marks in rows]
        lines += [f"  {column} → {target}.{referred}" for source, column, target, referred in arrows if source == table]
        blocks.append("\n".join([table, *lines]))
    return "\n\n".join(blocks)


def text(x, y, words, color, bold=False):
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" fill="{color}"{weight} xml:space="preserve">{escape(words)}</text>'


def line(path, color, width, more=""):
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}" {more}/>'


def box(x, y, width, height, radius, fill, stroke="none"):
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}"/>'


def svg(width, height, shapes):
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" \
font-family="Consolas, Menlo, 'DejaVu Sans Mono', monospace" font-size="13">
<marker id="arrow" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
<path d="M0,0 L8,4 L0,8 z" fill="{BLUE}"/></marker>
{box(0.5, 0.5, width - 1, height - 1, 8, CARD, LINE)}
{chr(10).join(shapes)}
</svg>"""


def publish(picture, words):
    display({"image/svg+xml": picture, "text/plain": words}, raw=True)


def database_exists(url):
    """Whether connecting would find a database, rather than create an empty file."""
    return url.get_backend_name() != "sqlite" or os.path.exists(url.database or "")


@contextmanager
def connected(url):
    """A connection that leaves no open file behind.

    Raises:
        CourseError: the database cannot be reached.
    """
    try:
        with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise problem("no_connection", reason=getattr(error, "orig", None) or error) from None
