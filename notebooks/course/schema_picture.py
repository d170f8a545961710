"""draw_schema(): the tables and views of a database as SVG with a text form."""

import re
import warnings

import sqlalchemy as sa

from .database import as_url, connected, database_exists, learners_database
from .svg import BLUE, CHAR, FAINT, INK, LINE, box, line, publish, svg, text
from .words import problem


def draw_schema(path=None):
    """Draw what is really in a database: tables and views, columns, types, keys, and an arrow for each foreign key.

    Args:
        path: an SQLite file, or a SQLAlchemy URL; by default the database of DATABASE_URL, or data.db.
    Raises:
        CourseError: the database does not exist or cannot be reached.
    """
    url = as_url(path if "://" in path else f"sqlite:///{path}") if path else learners_database()
    if not database_exists(url):
        raise problem("no_database", path=path)
    with connected(url) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # a type that SQLAlchemy does not know is shown as "?"
        found = look_at(sa.inspect(connection))
    publish(schema_svg(*found), schema_text(*found))


def look_at(inspector):
    """What the picture shows; a name of another schema than the default one is written whole, "crm.clients".

    Returns:
        {table or view: [(column, type, marks)]}, [(table, column, referred table, referred column)] and
        {view: "VIEW" or "MATERIALIZED VIEW"}.
    """
    schemas, default = [None], inspector.default_schema_name
    if inspector.dialect.name == "postgresql":
        schemas += [name for name in inspector.get_schema_names() if name not in (default, "information_schema")]
    tables, keys, views = {}, [], {}
    for schema in schemas:
        for name in sorted(inspector.get_table_names(schema)):
            tables[whole(schema, name)] = columns(inspector, name, schema)
            keys += [(whole(schema, name), key) for key in inspector.get_foreign_keys(name, schema)]
    for schema in schemas:
        for kind, names in view_names(inspector, schema).items():
            for name in sorted(names):
                tables[whole(schema, name)] = [(*row[:2], "") for row in columns(inspector, name, schema)]
                views[whole(schema, name)] = kind
    arrows = [
        (table, column, target, referred)
        for table, key in keys
        for column, referred in zip(key["constrained_columns"], key["referred_columns"], strict=True)
        if (target := whole(key["referred_schema"], key["referred_table"])) in tables
    ]
    return tables, arrows, views


def whole(schema, name):
    return f"{schema}.{name}" if schema else name


def view_names(inspector, schema):
    found = {"VIEW": inspector.get_view_names(schema)}
    if inspector.dialect.name == "postgresql":
        found["MATERIALIZED VIEW"] = inspector.get_materialized_view_names(schema)
    return found


def columns(inspector, table, schema):
    """[(name, type, marks)] of a table; the marks are PK, FK, UQ, and NULL for a column that may be empty."""
    primary = inspector.get_pk_constraint(table, schema)["constrained_columns"]
    foreign = [name for key in inspector.get_foreign_keys(table, schema) for name in key["constrained_columns"]]
    uniques = [u["column_names"] for u in inspector.get_unique_constraints(table, schema)]
    uniques += [index["column_names"] for index in inspector.get_indexes(table, schema) if index["unique"]]
    found = []
    for column in inspector.get_columns(table, schema):
        name, may_be_empty = column["name"], column["nullable"] and column["name"] not in primary
        marks = {"PK": name in primary, "FK": name in foreign, "UQ": [name] in uniques, "NULL": may_be_empty}
        kind = type_text(column["type"], inspector.dialect)
        found.append((name, kind, " ".join(mark for mark, true in marks.items() if true)))
    return found


def type_text(kind, dialect):
    """A type as the database itself writes it, TIMESTAMP WITH TIME ZONE by PostgreSQL's own short name."""
    if dialect.name == "sqlite":
        return str(kind)
    try:
        text_ = kind.compile(dialect)
    except sa.exc.CompileError:
        return "?"
    text_ = re.sub(r"\b(TIME|TIMESTAMP)(\(\d+\))? WITH TIME ZONE", r"\1TZ\2", text_)
    return text_.replace(" WITHOUT TIME ZONE", "")


def ranks(tables, arrows):
    """{table: column of the picture}: a table stands to the right of those that it refers to."""
    rank = dict.fromkeys(tables, 0)
    for _ in tables:  # a ring of references must not push its tables to the right for ever
        for source, _, target, _ in arrows:
            if source != target and rank[source] <= rank[target] < len(tables) - 1:
                rank[source] = rank[target] + 1
    return {table: sorted(set(rank.values())).index(rank[table]) for table in tables}


def schema_svg(tables, arrows, views):
    """The tables as cards with arrows between them; the arguments are what look_at() returns."""
    rank = ranks(tables, arrows)
    round_about = [a for a in arrows if rank[a[0]] - rank[a[2]] != 1]  # these go above the cards, the others straight
    sizes = {t: [max(map(len, cells)) for cells in zip((t, "", ""), *tables[t], strict=True)] for t in tables}
    shapes, places, left = [], *placed(tables, rank, sizes, views, top=20 + 10 * len(round_about))

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
        shapes += table_card(table, tables[table], places[table], sizes[table], views.get(table))
    return svg(max(left - 40, 120), max((y + high for _, y, _, high in places.values()), default=40) + 16, shapes)


def placed(tables, rank, sizes, views, top):
    """{table: its x, y, width and height}, the tables of one rank below each other, and the x of the next rank."""
    places, left = {}, 24
    for column in sorted(set(rank.values())):
        y, wide = top, 0
        for table in (t for t in tables if rank[t] == column):
            characters = max(sum(sizes[table]), len(table) + len(views.get(table, ""))) + 4
            places[table] = (left, y, characters * CHAR, 34 + 22 * len(tables[table]))
            y, wide = y + places[table][3] + 18, max(wide, places[table][2])
        left += wide + 64
    return places, left


def table_card(table, rows, place, sizes, view):
    """The shapes of one table: its box, its name, a line for each column.

    Args:
        place: x, y, width and height in pixels.
        sizes: the longest name, type and marks, in characters.
        view: what kind of view it is, None for a table.
    """
    x, y, width, height = place
    yield box(x, y, width, height, 6, "#ffffff", LINE, dashed=view)
    yield line(f"M{x:.1f},{y + 28} h{width:.1f}", LINE, 1)
    yield text(x + CHAR, y + 19, table, INK, bold=True)
    if view:
        yield text(x + (len(table) + 3) * CHAR, y + 19, view, BLUE)
    for number, (name, type_, marks) in enumerate(rows):
        at = y + 48 + 22 * number
        yield text(x + CHAR, at, name, INK)
        yield text(x + (sizes[0] + 2) * CHAR, at, type_, FAINT)
        yield text(x + (sizes[0] + sizes[1] + 3) * CHAR, at, marks, BLUE)


def schema_text(tables, arrows, views):
    blocks = []
    for table, rows in tables.items():
        name_width, type_width = (max((len(row[i]) for row in rows), default=0) for i in (0, 1))
        lines = [f"  {name:{name_width}}  {type_:{type_width}}  {marks}".rstrip() for name, type_, marks in rows]
        lines += [f"  {column} → {target}.{referred}" for source, column, target, referred in arrows if source == table]
        blocks.append("\n".join([f"{table}  {views[table]}" if table in views else table, *lines]))
    return "\n\n".join(blocks)
