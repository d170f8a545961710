"""Reading a PostgreSQL database whole: schemas, tables, views, types, functions, grants, rows, position.

A database is named, and looked for on the server that PGHOST and its like lead to.
"""

import re
from contextlib import contextmanager

from .database import STRING, plain_sql, quoted
from .guard import Watch, our_own, real_name
from .strangers import Column, add_rows, words_of_checks

USERS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
NOT_SYSTEMS = "c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace,"
NOT_SYSTEMS += " 'information_schema'::regnamespace)"
NO_EXTENSIONS = "NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = {}.oid AND e.deptype = 'e')"
RELATIONS = f"""
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispopulated, pg_get_userbyid(c.relowner), current_user,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END,
           (SELECT refobjid FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {USERS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {NO_EXTENSIONS.format("c")}
    ORDER BY n.nspname <> 'public', n.nspname, c.oid"""
COLUMNS = f"""
    SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), t.typnamespace = 'pg_catalog'::regnamespace,
           a.attnotnull, coalesce(v.convalidated, true), a.attidentity, a.attgenerated,
           pg_get_expr(d.adbin, d.adrelid, true), l.collname
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_constraint v ON v.conrelid = a.attrelid AND v.contype = 'n' AND v.conkey = ARRAY[a.attnum]
    LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
    WHERE {NOT_SYSTEMS} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum"""
CONSTRAINTS = f"""
    SELECT o.conrelid, o.contype, pg_get_constraintdef(o.oid, true)
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid WHERE {NOT_SYSTEMS} ORDER BY o.oid"""
INDEXES = f"""
    SELECT i.indrelid, i.indisunique, i.indisvalid, i.indpred IS NULL AND i.indexprs IS NULL,
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k),
           pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE {NOT_SYSTEMS} AND NOT i.indisprimary ORDER BY i.indexrelid"""
TRIGGERS = """
    SELECT tgrelid, tgname, pg_get_triggerdef(oid, true) || CASE tgenabled WHEN 'D' THEN ' DISABLED' ELSE '' END
    FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"""
GRANTS = f"""
    SELECT c.oid, c.relname, c.relkind, '', (aclexplode(c.relacl)).*, c.relowner FROM pg_class c WHERE {NOT_SYSTEMS}
    UNION ALL SELECT c.oid, c.relname, c.relkind, a.attname, (aclexplode(a.attacl)).*, c.relowner
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE {NOT_SYSTEMS} AND a.attacl IS NOT NULL"""
TYPES = f"""
    SELECT n.nspname, t.typname, t.typtype, format_type(t.typbasetype, t.typtypmod),
           ARRAY(SELECT enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE {USERS} AND t.typtype IN ('e', 'd') AND {NO_EXTENSIONS.format("t")} ORDER BY 1, 2"""
FUNCTIONS = f"""
    SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {USERS} AND p.prokind IN ('f', 'p') AND {NO_EXTENSIONS.format("p")} ORDER BY 1, 2, 3"""
SCHEMAS = f"""
    SELECT n.nspname, pg_get_userbyid(a.grantee), a.grantee, a.privilege_type, n.nspowner
    FROM pg_namespace n LEFT JOIN LATERAL aclexplode(n.nspacl) a ON true WHERE {USERS} ORDER BY 1, 2, 4"""
DEFAULT_PRIVILEGES = """
    SELECT coalesce(n.nspname, ''), CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END,
           CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
           WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END, a.privilege_type
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
    WHERE a.grantee <> d.defaclrole ORDER BY 1, 2, 3, 4"""
EXTENSIONS = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
ROLE_NAMES = "SELECT oid, rolname FROM pg_roles"
VERSION_TABLES = f"""
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {USERS} AND c.relkind = 'r' AND (SELECT array_agg(attname::text) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) = ARRAY['version_num']"""
OF_TABLES = COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS, GRANTS, ROLE_NAMES
OF_OTHERS = TYPES, FUNCTIONS, EXTENSIONS, SCHEMAS, DEFAULT_PRIVILEGES


connections = {}  # {database: a connection to it}, while a check runs


class PostgresDatabase:
    """A database of the server, as the checks look at it; while a check runs its name may stand for that of a copy."""

    def __init__(self, name):
        self.name = name

    @property
    def url(self):
        return f"postgresql+psycopg:///{real_name(self.name)}"

    def connect(self):
        """A new connection, whose statements are transactions of their own."""
        with our_own():
            return new_connection(real_name(self.name))

    @contextmanager
    def connected(self):
        """Give a connection like a new one; while a check runs, one of before, whose process at the server is warm."""
        place = real_name(self.name)
        with our_own():
            connection = connection_kept(place) or new_connection(place)
        try:
            yield connection
        finally:
            keep_or_close(connection, place)

    def schema(self):
        """{table or view: {part: description}}, the parts as database.describe() names them.

        A table of another schema than public is `crm.clients`. What is no table has a name that says what it is:
        "TYPE mood", "FUNCTION f(x integer)", "SCHEMA crm", "SEQUENCE s", "EXTENSION e", "DEFAULT PRIVILEGES".
        """
        with self.connected() as connection:
            return describe(connection)

    def all_rows(self):
        """{table: [{column: value}]}, the version table left out."""
        with self.connected() as connection:
            relations, versions = answers(connection, RELATIONS, VERSION_TABLES)
            names = [tuple(row[1:3]) for row in relations if row[3] in "rp" and tuple(row[1:3]) not in versions]
            found = answers(connection, *(f"SELECT * FROM {in_sql(*name)}" for name in names), row_factory=dict_row())
            return {label(*name): rows for name, rows in zip(names, found, strict=True)}

    def rows(self, query):
        with self.connected() as connection:
            return connection.execute(query).fetchall()

    def position(self):
        """The revisions in the version table, wherever it is: ["base"] before the first."""
        with self.connected() as connection:
            (names,) = answers(connection, VERSION_TABLES)
            found = answers(connection, *(f"SELECT version_num FROM {in_sql(*name)}" for name in names))
            return sorted({row[0] for rows in found for row in rows}) or ["base"]

    def add_strangers(self, values=None):
        """See strangers.add_strangers(); a table comes after those that its foreign keys lead to."""
        with self.connected() as connection:
            add_strangers(connection, values)

    def run(self, script):
        """Run SQL, each statement as psql would; psycopg.Error where the server refuses one."""
        with self.connected() as connection:
            connection.execute(script)
            return connection.info.transaction_status.name == "IDLE"

    def constraint_names(self):
        """{table: {name: kind}} of the foreign keys and CHECKs that have a name, which a description does not tell."""
        query = """SELECT n.nspname, c.relname, o.conname, o.contype FROM pg_constraint o JOIN pg_class c
            ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE o.contype IN ('c', 'f')"""
        found = {}
        for schema, table, name, kind in self.rows(query):
            found.setdefault(label(schema, table), {})[name] = "CHECK" if kind == "c" else "FOREIGN KEY"
        return found


def new_connection(place):
    import psycopg

    return psycopg.connect(dbname=place, autocommit=True, prepare_threshold=None)


def connection_kept(place):
    """A connection from before; None where there is none, or the server has ended it."""
    import psycopg

    if connection := connections.pop(place, None):
        try:
            connection.execute("SELECT 1")
            return connection
        except psycopg.Error:
            connection.close()
    return None


def keep_or_close(connection, place):
    """While a check runs keep a connection, as good as new: no lock and no setting stays."""
    if Watch.copies and connection.info.transaction_status.name == "IDLE":
        connection.execute("DISCARD ALL")
        connections[place] = connection
    else:
        connection.close()


def close_connections():
    while connections:
        connections.popitem()[1].close()


def label(schema, name):
    return name if schema == "public" else f"{schema}.{name}"


def in_sql(schema, name):
    return f"{quoted(schema)}.{quoted(name)}"


def dict_row():
    from psycopg.rows import dict_row

    return dict_row


def answers(connection, *queries, row_factory=None):
    """The rows of several queries, asked at once: each question on its way costs time."""
    cursor = connection.cursor(row_factory=row_factory) if row_factory else connection.cursor()
    cursor.execute("; ".join(["SET search_path TO public", *queries]))
    return [cursor.fetchall() for _ in queries if cursor.nextset()]


def describe(connection):
    """See PostgresDatabase.schema()."""
    relations, versions, *of_tables = answers(connection, RELATIONS, VERSION_TABLES, *OF_TABLES)
    found, by_oid = {}, {}
    for oid, schema, name, kind, populated, owner, me, view, owning in relations:
        if (schema, name) in versions:
            continue
        parts = by_oid[oid] = by_oid.get(owning, {})
        if owning:
            continue
        found[f"SEQUENCE {label(schema, name)}" if kind == "S" else label(schema, name)] = parts
        if kind in "rp":
            parts["PRIMARY KEY"] = "—"
        else:
            word = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}[kind]
            parts[word] = f"{plain_sql(view or word)}{'' if populated else ' WITH NO DATA'}"
        if owner != me:
            parts["OWNER"] = owner
    for oid, part, text in parts_of_tables(*of_tables):
        if oid in by_oid:
            add(by_oid[oid], part, text)
    for parts in by_oid.values():
        if "PRIMARY KEY" in parts:
            parts["PRIMARY KEY"] = parts.pop("PRIMARY KEY")  # after the columns, as in SQLite
    return found | dict(other_objects(*answers(connection, *OF_OTHERS)))


def add(parts, part, text):
    """Add a part; where there are two of the same name, as a broken index and its repetition, both are told."""
    known = set(parts[part].split(", ")) - {"—"} if part in parts else set()
    parts[part] = ", ".join(sorted(known | {text})) if known else text


def parts_of_tables(columns, constraints, indexes, triggers, grants, roles):
    """(oid of the relation, part, description) of all columns, keys, constraints, indexes, triggers and grants."""
    for oid, name, *column in columns:
        yield oid, name, column_text(*column)
    for oid, kind, text in constraints:
        if part := constraint_part(kind, text):
            yield oid, *part
    for oid, *index in indexes:
        yield oid, *index_part(*index)
    for oid, name, text in triggers:
        yield oid, f"TRIGGER {name}", plain_sql(text)
    names = dict(roles) | {0: "PUBLIC"}
    found = {}
    for oid, relation, kind, column, _, grantee, privilege, _, owner in grants:
        if grantee != owner:
            place = f" ON {relation}" if kind == "S" else f" ({column})" if column else ""
            found.setdefault((oid, f"GRANT {names.get(grantee)}{place}"), []).append(privilege)
    for (oid, part), privileges in sorted(found.items()):
        yield oid, part, ", ".join(sorted(privileges))


def column_text(kind, builtin, required, valid, identity, generated, default, collation):
    kind = short_type(kind) if builtin else kind
    text = f"{kind} COLLATE {collation}" if collation else kind
    text += (" NOT NULL" if valid else " NOT NULL NOT VALID") if required else ""
    if identity:
        return f"{text} GENERATED {'ALWAYS' if identity == 'a' else 'BY DEFAULT'} AS IDENTITY"
    if generated:
        return f"{text} GENERATED ({plain_sql(default)})"
    return f"{text} DEFAULT {plain_default(default)}" if default and default != "NULL" else text


def short_type(kind):
    """A type as SQLAlchemy writes it: VARCHAR(20) for character varying(20)."""
    return kind.replace("character varying", "varchar").replace("character", "char").upper()


def plain_default(text):
    """A default without its type, the quotes around it, and the name of its sequence."""
    if text.startswith("nextval("):
        return "nextval"
    if text == "now()":
        return "CURRENT_TIMESTAMP"
    if string := re.fullmatch(r"'((?:[^']|'')*)'(?:::[^']+)?", text):
        return string[1] or "''"
    return without_types(text).upper() if "'" not in text else without_types(text)


def without_types(sql):
    """SQL without the `::type` that PostgreSQL writes after each value."""
    pieces = STRING.split(sql)
    names = r"::(?:character varying|double precision|timestamp with(?:out)? time zone|[\w.\"]+)(?:\(\d+\))?(?:\[\])*"
    return "".join(piece if number % 2 else re.sub(names, "", piece) for number, piece in enumerate(pieces))


def constraint_part(kind, text):
    """(part, description) of a constraint that is no index and no NOT NULL; None of those."""
    if kind == "p":
        return "PRIMARY KEY", text.partition("(")[2].rpartition(")")[0].replace('"', "")
    if kind == "f":
        columns, target, referred, rest = re.fullmatch(
            r"FOREIGN KEY \((.*?)\) REFERENCES (.*?)\((.*?)\)(.*)", text
        ).groups()
        return f"FOREIGN KEY {columns} → {target}".replace('"', ""), f"{referred}{rest}".replace('"', "")
    if kind == "c":
        inside, rest = re.fullmatch(r"CHECK \((.*)\)((?: NO INHERIT| NOT VALID| NOT ENFORCED)*)", text, re.S).groups()
        plain = re.sub(r"= ANY \(ARRAY\[(.*?)\]\)", r"IN (\1)", without_types(inside))
        return f"CHECK ({plain_sql(plain)})", f"CHECK{rest}"
    return (plain_sql(text), "EXCLUDE") if kind == "x" else None


def index_part(unique, valid, plain, columns, text):
    """(part, description): a unique constraint and a unique index of the same columns are the same."""
    state = " NULLS NOT DISTINCT" if "NULLS NOT DISTINCT" in text else ""
    state += "" if valid else " INVALID"
    if unique and plain:
        return f"UNIQUE {', '.join(sorted(columns))}".replace('"', ""), f"UNIQUE{state}"
    tail = text.partition(" USING ")[2]
    simple = re.fullmatch(r"btree \(([^()]*)\)", tail)
    names = simple[1].replace('"', "") if simple else plain_sql(without_types(tail))
    return f"{'UNIQUE ' if unique else ''}INDEX {names}", f"INDEX{state}"


def other_objects(types, functions, extensions, schemas, default_privileges):
    """(what it is and its name, its parts) of all that is neither a table nor a view."""
    for schema, name, kind, base, values in types:
        parts = {"VALUES": ", ".join(values)} if kind == "e" else {"DOMAIN": short_type(base)}
        yield f"TYPE {label(schema, name)}", parts
    for schema, name, arguments, text in functions:
        yield f"FUNCTION {label(schema, name)}({arguments})", {"FUNCTION": plain_sql(text)}
    for (name,) in extensions:
        yield f"EXTENSION {name}", {"EXTENSION": "EXTENSION"}
    found = {}
    for schema, role, grantee, privilege, owner in schemas:
        if schema != "public":
            found.setdefault(f"SCHEMA {schema}", {"SCHEMA": "SCHEMA"})
        if grantee is not None and grantee != owner and not (schema == "public" and not grantee):
            parts = found.setdefault(f"SCHEMA {schema}", {"SCHEMA": "SCHEMA"})
            add_privilege(parts, f"GRANT {role if grantee else 'PUBLIC'}", privilege)
    for schema, role, objects, privilege in default_privileges:
        parts = found.setdefault(f"DEFAULT PRIVILEGES {schema}".strip(), {})
        add_privilege(parts, f"GRANT {role} ON {objects}", privilege)
    yield from found.items()


def add_privilege(parts, part, privilege):
    parts[part] = f"{parts[part]}, {privilege}" if part in parts else privilege


# Rows that nobody could foresee

FOR_STRANGERS = f"""
    SELECT n.nspname, c.relname, a.attname, upper(format_type(a.atttypid, a.atttypmod)), a.attnotnull,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)),
           (SELECT ARRAY[ln.nspname, l.relname, r.attname] FROM pg_constraint o
            JOIN pg_attribute r ON r.attrelid = o.confrelid AND r.attnum = o.confkey[array_position(o.conkey, a.attnum)]
            JOIN pg_class l ON l.oid = r.attrelid JOIN pg_namespace ln ON ln.oid = l.relnamespace
            WHERE o.conrelid = c.oid AND o.contype = 'f' AND a.attnum = ANY (o.conkey) LIMIT 1),
           ARRAY(SELECT enumlabel::text FROM pg_enum e WHERE e.enumtypid = a.atttypid),
           (SELECT string_agg(pg_get_constraintdef(o.oid, true), ' ') FROM pg_constraint o
            WHERE o.conrelid = c.oid AND o.contype = 'c')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {USERS} AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attidentity <> 'a' AND a.attgenerated = '' ORDER BY c.oid, a.attnum"""


def add_strangers(connection, values):
    found = {}
    for schema, name, column, kind, required, primary, unique, link, enum, checks in connection.execute(FOR_STRANGERS):
        plain = re.sub(r"= ANY \(ARRAY\[(.*?)\](?:::[\w ]+\[\])?\)", r"IN (\1)", without_types(checks or ""))
        allowed = tuple(enum or words_of_checks(plain).get(column, ()))
        table = in_sql(schema, name), label(schema, name)
        link = (in_sql(*link[:2]), quoted(link[2])) if link else ()
        more = (required, primary, link, allowed, unique)
        found.setdefault(table, []).append(Column(column, kind, *more))
    done, versions = set(), [in_sql(*name) for name in answers(connection, VERSION_TABLES)[0]]
    for _ in found:  # at most as many rounds as there are tables
        for (name, table), columns in found.items():
            links = {column.link[0] for column in columns if column.link}
            if name not in versions and name not in done and links <= done | {name}:
                add_rows(connection, table, name, columns, values or {}, "%s")
                done.add(name)
