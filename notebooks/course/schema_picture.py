"""draw_schema(): the tables of a database as SVG with a text form."""

import sqlalchemy as sa

from .database import as_url, connected, database_exists, learners_database
from .svg import BLUE, CHAR, FAINT, INK, LINE, box, line, publish, svg, text
from .words import problem


def draw_schema(path=None):
    """Draw the tables that are really in a database: columns, types, keys, and an arrow for each foreign key.

    Args:
        path: an SQLite file, or a SQLAlchemy URL; by default the database of DATABASE_URL, or data.db.
    Raises:
        CourseError: the database does not exist or cannot be reached.
    """
    url = as_url(path if "://" in path else f"sqlite:///{path}") if path else learners_database()
    if not database_exists(url):
        raise problem("no_database", path=path)
    with connected(url) as connection:
        inspector = sa.inspect(connection)
        tables = {name: columns(inspector, name) for name in sorted(inspector.get_table_names())}
        arrows = [
            (table, column, key["referred_table"], referred)
            for table in tables
            for key in inspector.get_foreign_keys(table)
            for column, referred in zip(key["constrained_columns"], key["referred_columns"], strict=True)
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
    """The tables as cards with arrows between them.

    Args:
        tables: {table: [(column, type, marks)]}.
        arrows: [(table, column, referred table, referred column)].
    """
    rank = ranks(tables, arrows)
    round_about = [a for a in arrows if rank[a[0]] - rank[a[2]] != 1]  # these go above the cards, the others straight
    sizes = {t: [max(map(len, cells)) for cells in zip((t, "", ""), *tables[t], strict=True)] for t in tables}
    shapes, places, left = [], *placed(tables, rank, sizes, top=20 + 10 * len(round_about))

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


def placed(tables, rank, sizes, top):
    """{table: its x, y, width and height}, the tables of one rank below each other, and the x of the next rank."""
    places, left = {}, 24
    for column in sorted(set(rank.values())):
        y, wide = top, 0
        for table in (t for t in tables if rank[t] == column):
            places[table] = (left, y, (sum(sizes[table]) + 4) * CHAR, 34 + 22 * len(tables[table]))
            y, wide = y + places[table][3] + 18, max(wide, places[table][2])
        left += wide + 64
    return places, left


def table_card(table, rows, place, sizes):
    """The shapes of one table: its box, its name, a line for each column.

    Args:
        place: x, y, width and height in pixels.
        sizes: the longest name, type and marks, in characters.
    """
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
