"""Exercises of lesson 06: SQL instead of a connection."""

import os
import re
import shutil
import sqlite3
import tempfile
from contextlib import chdir, closing, contextmanager
from itertools import zip_longest
from pathlib import Path

import sqlalchemy as sa

from ..exercise import Broken, Exercise, NotYet
from ..lesson_folder import open_lesson
from ..terminal import Screen, run

POSTGRESQL = "postgresql+psycopg://blog@localhost/blog"
INI = """
replace("alembic.ini", "sqlite:///%(here)s/data.db", "postgresql://blog@localhost/blog")
%alembic upgrade 0001:0004 --sql > forward.sql
%alembic downgrade 0004:0001 --sql > back.sql
"""
SLUG_FILE = "migrations/versions/0007_add_posts_slug.py"
DRAFT = "INSERT INTO posts (id, author_id, title, body, status) VALUES (9, 3, NULL, 'Ще без назви.', 'draft')"
REFUSE = f"""
replace("{SLUG_FILE}", "import op", "import context, op\\nfrom alembic.util import CommandError")
replace("{SLUG_FILE}", "    op.add_column", '''    if context.is_offline_mode():
        raise CommandError("0007 reads rows")
    op.add_column''')
%alembic upgrade head
"""
BY_HAND = f"""
replace("{SLUG_FILE}", '    op.add_column', '''    if context.is_offline_mode():
        op.create_table(
            "new_posts",
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("author_id", sa.Integer(), nullable=False),
            sa.Column("title", sa.String(200)),
            sa.Column("body", sa.Text(), nullable=False),
            sa.Column("status", sa.String(20), server_default="published", nullable=False),
            sa.Column("slug", sa.String(50), nullable=False),
            sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_posts_author_id_users"),
        )
        op.execute("INSERT INTO new_posts SELECT *, author_id || '-' || id FROM posts")
        op.drop_table("posts")
        op.rename_table("new_posts", "posts")
        return
    op.add_column''')
replace("{SLUG_FILE}", "import op", "import context, op")
"""
SLUG = '''"""add posts.slug

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-20 12:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("posts", sa.Column("slug", sa.String(50), nullable=True))
    posts = op.get_bind().execute(sa.text("SELECT id, author_id FROM posts")).fetchall()
    for id, author_id in posts:
        op.execute(f"UPDATE posts SET slug = '{author_id}-{id}' WHERE id = {id}")
    with op.batch_alter_table("posts") as batch_op:
        batch_op.alter_column("slug", existing_type=sa.String(50), nullable=False)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("posts", "slug")
'''


def alembic(line, url=None):
    """(exit code, standard output, log) of a command in the current folder, on its own database or on another."""
    out, log, before = Screen(), Screen(), os.environ.pop("DATABASE_URL", None)
    try:
        os.environ.update({"DATABASE_URL": url} if url else {})
        return run(line.split(), out, log), out.getvalue(), log.getvalue()
    finally:
        os.environ.pop("DATABASE_URL", None)
        os.environ.update({"DATABASE_URL": before} if before else {})


@contextmanager
def untouched_project():
    """The finished project beside the learner's, as the current folder; gives its path."""
    folder = Path(Path(tempfile.mkdtemp(dir=".")).name)
    with chdir(folder):
        open_lesson("05")
        yield folder


def saved_sql(work, path):
    """The text of a saved script; NotYet if there is none."""
    others = [p.name for p in sorted(Path().glob("*.sql")) if p.name not in ("change.sql", "forward.sql", "back.sql")]
    if not Path(path).is_file() and others:
        raise NotYet(
            ru=f"Файла `{path}` в папке упражнения нет, зато есть `{others[0]}`: проверьте имя файла.",
            uk=f"Файлу `{path}` в теці вправи немає, зате є `{others[0]}`: перевірте назву файлу.",
        )
    if not Path(path).is_file():
        raise NotYet(ru=f"В папке упражнения нет файла `{path}`.", uk=f"У теці вправи немає файлу `{path}`.")
    script = work.text(path).removeprefix("\ufeff")
    if "\0" in script or "\ufffd" in script:
        raise NotYet(
            ru=f"Файл `{path}` сохранён не в UTF-8: запишите его командой `%alembic … > {path}` в блокноте.",
            uk=f"Файл `{path}` збережено не в UTF-8: запишіть його командою `%alembic … > {path}` у блокноті.",
        )
    if not script.strip():
        raise NotYet(
            ru=f"Файл `{path}` пуст: проверьте, верен ли диапазон и что команда вывела на экран.",
            uk=f"Файл `{path}` порожній: перевірте, чи правильний діапазон і що команда вивела на екран.",
        )
    refuse_messages(script, path)
    return script


def refuse_messages(script, path):
    """NotYet if Alembic's messages are in a script."""
    failed = re.search(r"^FAILED: .*", script, flags=re.MULTILINE)
    if failed:
        raise NotYet(
            ru=f"Команда завершилась ошибкой, и сообщение попало в файл `{path}`: `{failed[0]}`.",
            uk=f"Команда завершилася помилкою, і повідомлення потрапило у файл `{path}`: `{failed[0]}`.",
        )
    if re.search(r"^(?:INFO|WARNI|ERROR|Traceback)\b", script, flags=re.MULTILINE):
        raise NotYet(
            ru=f"В файл `{path}` попал журнал Alembic: в нём должен быть только SQL.",
            uk=f"У файл `{path}` потрапив журнал Alembic: у ньому має бути лише SQL.",
        )


def refuse_whole_history(script, path):
    if re.search(r"CREATE TABLE\W+(?:alembic_version|users)\b", script, flags=re.IGNORECASE):
        raise NotYet(
            ru=f"В файле `{path}` вся история, с самой первой ревизии: задайте начало диапазона.",
            uk=f"У файлі `{path}` уся історія, від найпершої ревізії: задайте початок діапазону.",
        )


def execute(script, path):
    """What the database says against a script, "" if nothing."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            connection.executescript(script)
        except sqlite3.Error as error:
            return str(error)
    return ""


def schema(work, path):
    """{table: {part: description}}: columns, keys and unique constraints."""
    with work.opened(path) as engine:
        inspector = sa.inspect(engine)
        return {t: parts(inspector, t) for t in inspector.get_table_names() if t != "alembic_version"}


def parts(inspector, table):
    found = {"PRIMARY KEY": ", ".join(inspector.get_pk_constraint(table)["constrained_columns"]) or "—"}
    for column in inspector.get_columns(table):
        default = f" DEFAULT {column['default']}" if column["default"] else ""
        found[column["name"]] = f"{column['type']}{default}{'' if column['nullable'] else ' NOT NULL'}"
    for key in inspector.get_foreign_keys(table):
        columns = ", ".join(key["constrained_columns"])
        found[f"FOREIGN KEY {columns} → {key['referred_table']}"] = ", ".join(key["referred_columns"])
    for unique in inspector.get_unique_constraints(table):
        found[f"UNIQUE {', '.join(unique['column_names'])}"] = "UNIQUE"
    return found


def compare(work, wanted, path, after):
    """NotYet at the first difference between two databases; `after` is the command or file that made the second."""
    want, got = schema(work, wanted), schema(work, path)
    for table in sorted({*want, *got}):
        if table not in got:
            raise NotYet(
                ru=f"После `{after}` в базе нет таблицы `{table}`.",
                uk=f"Після `{after}` у базі немає таблиці `{table}`.",
            )
        if table not in want:
            raise NotYet(
                ru=f"После `{after}` в базе есть лишняя таблица `{table}`.",
                uk=f"Після `{after}` у базі є зайва таблиця `{table}`.",
            )
        for part in sorted({*want[table], *got[table]}):
            compare_part(table, part, want[table].get(part), got[table].get(part), after)
        for column in work.tables(wanted)[table]:
            query = f'SELECT "{column}" FROM "{table}" ORDER BY id'
            if work.rows(query, wanted) != work.rows(query, path):
                raise NotYet(
                    ru=f"После `{after}` в столбце `{column}` таблицы `{table}` не те значения.",
                    uk=f"Після `{after}` у стовпці `{column}` таблиці `{table}` не ті значення.",
                )


def compare_part(table, part, want, got, after):
    if want == got:
        return
    if got is None:
        raise NotYet(
            ru=f"После `{after}` в таблице `{table}` нет `{part}`.",
            uk=f"Після `{after}` у таблиці `{table}` немає `{part}`.",
        )
    if want is None:
        raise NotYet(
            ru=f"После `{after}` в таблице `{table}` есть лишнее: `{part}`.",
            uk=f"Після `{after}` у таблиці `{table}` є зайве: `{part}`.",
        )
    raise NotYet(
        ru=f"После `{after}` описание `{part}` в таблице `{table}` другое: нужно `{want}`, а есть `{got}`.",
        uk=f"Після `{after}` опис `{part}` у таблиці `{table}` інший: потрібно `{want}`, а є `{got}`.",
    )


class CountRevisions(Exercise):
    """Predict it: how many revisions a range gives, though the database is elsewhere."""

    asks = True
    hints = {
        "ru": (
            "Подключается ли Alembic к базе, когда задан ключ `--sql`?",
            "`0002:head` значит: из состояния `0002` к вершине. Какие ревизии для этого надо применить?",
        ),
        "uk": (
            "Чи з’єднується Alembic із базою, коли задано параметр `--sql`?",
            "`0002:head` означає: база вже на `0002`, її треба перевести на вершину. Які ревізії слід застосувати?",
        ),
    }
    solution = 4
    why = {
        "ru": "Начало пути задано в команде, а не взято из базы: после `0002` идут `0003`, `0004`, `0005` и `0006`.",
        "uk": "Початок шляху задано в команді, а не взято з бази: після `0002` ідуть `0003`, `0004`, `0005` і `0006`.",
    }
    wrong = (
        (6, "без диапазона"),
        (2, "где стоит `data.db`"),
        (5, "уже находится"),
        (3, "до конца"),
        ("0003", "до конца"),
        (True, "целым числом"),
        ([3, 4, 5, 6], "целым числом"),
    )
    right = ("4", 4.0)

    def set_up(self):
        alembic("downgrade 0004")

    def check(self, work, answer):
        text = "" if isinstance(answer, bool) else str(answer).strip().removesuffix(".0")
        if not text.isdecimal():
            raise NotYet(ru="Ответ должен быть одним целым числом.", uk="Відповідь має бути одним цілим числом.")
        number = int(text)
        if number == 6:
            raise NotYet(
                ru="Столько ревизий вышло бы без диапазона, а в команде есть начало пути.",
                uk="Стільки ревізій вийшло б без діапазону, а в команді задано початок шляху.",
            )
        if number in (0, 2):
            raise NotYet(
                ru="Неважно, где стоит `data.db`: с ключом `--sql` Alembic к базе не подключается.",
                uk="Неважливо, на якій ревізії `data.db`: з параметром `--sql` Alembic із базою не з’єднується.",
            )
        if number == 5:
            raise NotYet(
                ru="Начало диапазона — ревизия, на которой база уже находится, применять её не нужно.",
                uk="Початок діапазону — ревізія, на якій база вже перебуває, застосовувати її не треба.",
            )
        if number != 4:
            raise NotYet(
                ru="Перечислите ревизии, которые надо применить, чтобы пройти от начала диапазона до конца.",
                uk="Перелічіть ревізії, які треба застосувати, щоб пройти від початку діапазону до кінця.",
            )


class SaveChange(Exercise):
    """Do it: save the SQL that takes a database from 0003 to head."""

    hints = {
        "ru": (
            "Нужны три вещи сразу: ключ `--sql`, диапазон и знак `>`.",
            "Слева от двоеточия стоит ревизия рабочей базы, справа — `head`; имя файла пишут после `>`.",
        ),
        "uk": (
            "Потрібні три речі разом: параметр `--sql`, діапазон і знак `>`.",
            "Ліворуч від двокрапки стоїть ревізія робочої бази, праворуч — `head`; назву файлу пишуть після `>`.",
        ),
    }
    solution = """
%alembic upgrade 0003:head --sql > change.sql
show("change.sql")
"""
    why = {
        "ru": "Диапазон `0003:head` даёт только недостающие ревизии, а `>` записывает в файл SQL без журнала.",
        "uk": "Діапазон `0003:head` дає лише ті ревізії, яких бракує, а `>` записує у файл SQL без журналу.",
    }
    wrong = (
        ("%alembic downgrade 0003", "нет файла"),
        ("%alembic upgrade 0003:head --sql > upgrade.sql", "зато есть `upgrade.sql`"),
        ("%alembic upgrade 0003:head > change.sql", "завершилась ошибкой"),
        ("%alembic upgrade head:0003 --sql > change.sql", "пуст"),
        ("%alembic upgrade head --sql > change.sql", "вся история"),
        ("%alembic downgrade 0006:0003 --sql > change.sql", "SQL отката"),
        ("%alembic upgrade 0002:head --sql > change.sql", "duplicate column name"),
        ("%alembic upgrade 0004:head --sql > change.sql", "`comments` не появилась"),
        ("%alembic upgrade 0003:0005 --sql > change.sql", "стоит на `0005`"),
        ("with open('change.sql', 'w') as file:\n    file.write('INFO  [alembic] Running upgrade')", "журнал"),
        (
            solution + "with open('change.sql', 'a') as file:\n    file.write('DELETE FROM posts WHERE id = 2;')",
            "не те значения",
        ),
    )
    right = (
        "%alembic upgrade 0003:0006 --sql > change.sql",
        "%alembic upgrade 0003:0004 --sql > change.sql\n%alembic upgrade 0004:head --sql >> change.sql",
        """from pathlib import Path
Path("change.sql").write_text('''create table comments (id integer not null constraint pk_comments primary key,
post_id integer not null constraint fk_comments_post_id_posts references posts (id),
author_id integer not null constraint fk_comments_author_id_users references users (id), text varchar(1000) not null);
alter table posts rename header to title;
alter table posts add status varchar(20) default 'published' not null;
update alembic_version set version_num = '0006';''')""",
    )

    def check(self, work, answer):
        script = saved_sql(work, "change.sql")
        refuse_whole_history(script, "change.sql")
        if "-- Running downgrade" in script:
            raise NotYet(
                ru="В файле `change.sql` SQL отката, а нужен путь вперёд.",
                uk="У файлі `change.sql` записано SQL для відкочування, а потрібен шлях уперед.",
            )
        if re.search(r"\bSERIAL\b", script):
            raise NotYet(
                ru="В файле `change.sql` SQL для PostgreSQL: уберите переменную `DATABASE_URL` и повторите команду.",
                uk="Файл `change.sql` — для PostgreSQL: приберіть змінну `DATABASE_URL` і повторіть команду.",
            )
        with untouched_project() as project:
            alembic("downgrade 0003")
            shutil.copyfile("data.db", "changed.db")
            alembic("upgrade head")
        self.apply(work, script, project / "changed.db")
        compare(work, project / "data.db", project / "changed.db", "change.sql")

    def apply(self, work, script, database):
        error = execute(script, database)
        if "duplicate column" in error or "already exists" in error:
            raise NotYet(
                ru=f"В файле `change.sql` есть то, что база на `0003` уже прошла, или путь записан дважды: `{error}`.",
                uk=f"У файлі `change.sql` є зміни, які база на `0003` вже має, або шлях записано двічі: `{error}`.",
            )
        if error:
            raise NotYet(
                ru=f"База на `0003` не смогла выполнить файл `change.sql`: `{error}`.",
                uk=f"База на `0003` не змогла виконати файл `change.sql`: `{error}`.",
            )
        if "comments" not in work.tables(database):
            raise NotYet(
                ru="После `change.sql` таблица `comments` не появилась: путь должен начинаться с `0003`.",
                uk="Після `change.sql` таблиця `comments` не з’явилася: шлях має починатися з `0003`.",
            )
        position = ", ".join(work.position(database))
        if position != "0006":
            raise NotYet(
                ru=f"После `change.sql` база стоит на `{position}`, а вершина истории — `0006`.",
                uk=f"Після `change.sql` база стоїть на `{position}`, а вершина історії — `0006`.",
            )


class ForPostgresql(Exercise):
    """Do it: the way forward and the way back as SQL for PostgreSQL."""

    hints = {
        "ru": (
            "Диалект Alembic узнаёт из адреса базы, а адрес берёт из `DATABASE_URL`. "
            "Сервер не нужен, подойдёт адрес из урока.",
            "Одна команда — `upgrade 0001:0004`, вторая — `downgrade 0004:0001`, обе с `--sql` и с `>`.",
        ),
        "uk": (
            "Діалект Alembic визначає за URL, а URL бере з `DATABASE_URL`. Сервер для `--sql` не потрібен.",
            "Одна команда — `upgrade 0001:0004`, друга — `downgrade 0004:0001`, обидві з `--sql` і з `>`.",
        ),
    }
    solution = """
import os

os.environ["DATABASE_URL"] = "postgresql+psycopg://blog@localhost/blog"
%alembic upgrade 0001:0004 --sql > forward.sql
%alembic downgrade 0004:0001 --sql > back.sql
del os.environ["DATABASE_URL"]
"""
    why = {
        "ru": "Адрес PostgreSQL меняет диалект, а при откате первой в диапазоне стоит более новая ревизия.",
        "uk": "URL PostgreSQL змінює діалект, а для відкочування першою в діапазоні стоїть новіша ревізія.",
    }
    wrong = (
        ("%alembic upgrade 0001:0004 --sql > forward.sql", "не для PostgreSQL"),
        (solution.replace("> back.sql", "> x.sql"), "зато есть `x.sql`"),
        (solution.replace("upgrade 0001:0004", "upgrade head"), "вся история"),
        (solution.replace("upgrade 0001:0004", "upgrade 0001:head"), "`0001` → `0006`"),
        (solution.replace("downgrade 0004:0001", "downgrade 0004:0003"), "`0004` → `0003`"),
        (solution.replace("downgrade 0004:0001", "upgrade 0001:0004"), "нужен откат"),
        (solution.replace("> back.sql", "> forward.sql"), "SQL отката"),
        (INI, "остался адрес PostgreSQL"),
        (solution.replace('del os.environ["DATABASE_URL"]', ""), "всё ещё задана"),
    )
    right = (
        solution.replace("+psycopg", ""),
        solution.replace("0004:0001 --sql", "0004:0003 --sql").replace(
            "del ", "%alembic downgrade 0003:0001 --sql >> back.sql\ndel "
        ),
        INI + 'replace("alembic.ini", "postgresql://blog@localhost/blog", "sqlite:///%(here)s/data.db")',
    )

    def check(self, work, answer):
        with untouched_project():
            forward = alembic("upgrade 0001:0004 --sql", POSTGRESQL)[1]
            back = alembic("downgrade 0004:0001 --sql", POSTGRESQL)[1]
        self.compare(saved_sql(work, "forward.sql"), forward, "forward.sql")
        self.compare(saved_sql(work, "back.sql"), back, "back.sql")
        if re.search(r"^sqlalchemy\.url\s*=\s*postgresql", work.text("alembic.ini"), flags=re.MULTILINE):
            raise NotYet(
                ru="В `alembic.ini` остался адрес PostgreSQL: команды без `--sql` больше не дойдут до `data.db`.",
                uk="В `alembic.ini` лишився URL PostgreSQL: команди без `--sql` більше не дійдуть до `data.db`.",
            )
        if "DATABASE_URL" in work.environment:
            raise NotYet(
                ru="Переменная `DATABASE_URL` всё ещё задана: следующая команда пойдёт к PostgreSQL. Уберите её.",
                uk="Змінну `DATABASE_URL` досі задано: наступна команда піде до PostgreSQL. Приберіть її.",
            )
        work.alembic("current")

    def compare(self, script, wanted, path):
        refuse_whole_history(script, path)
        self.compare_way(way(script), way(wanted), path)
        if not re.search(r"\bBEGIN;.*\bCOMMIT;", script, flags=re.DOTALL | re.IGNORECASE):
            raise NotYet(
                ru=f"SQL в файле `{path}` — не для PostgreSQL: в нём нет `BEGIN` и `COMMIT`. Какой адрес вы задали?",
                uk=f"SQL у файлі `{path}` — не для PostgreSQL: у ньому немає `BEGIN` і `COMMIT`. Який URL ви задали?",
            )
        for line, want in zip_longest(statements(script), statements(wanted), fillvalue="—"):
            if line != want:
                raise NotYet(
                    ru=f"SQL в файле `{path}` не тот, что дают миграции проекта: нужно `{want}`, а есть `{line}`.",
                    uk=f"SQL у файлі `{path}` не той, що дають наші міграції: потрібно `{want}`, а є `{line}`.",
                )

    def compare_way(self, got, want, path):
        back = want[0] > want[-1]
        if got and not back and got[0] > got[-1]:
            raise NotYet(
                ru=f"В файле `{path}` SQL отката, а нужен путь вперёд.",
                uk=f"У файлі `{path}` записано SQL для відкочування, а потрібен шлях уперед.",
            )
        if got and back and got[0] < got[-1]:
            raise NotYet(
                ru=f"В файле `{path}` путь вперёд, а нужен откат.",
                uk=f"У файлі `{path}` записано шлях уперед, а потрібен шлях назад.",
            )
        if got and got != want:
            raise NotYet(
                ru=f"Путь в файле `{path}`: `{got[0]}` → `{got[-1]}`, а нужен `{want[0]}` → `{want[-1]}`.",
                uk=f"Шлях у файлі `{path}`: `{got[0]}` → `{got[-1]}`, а потрібен `{want[0]}` → `{want[-1]}`.",
            )


def way(script):
    """The revisions that a script passes, first to last."""
    steps = re.findall(r"SET version_num='(\w+)' WHERE alembic_version.version_num = '(\w+)'", script)
    return [before for _, before in steps] + [after for after, _ in steps[-1:]]


def statements(script):
    """The SQL of a script without comments, transactions and spaces that mean nothing."""
    lines = re.sub(r"--.*", "", script).split(";")
    clean = [re.sub(r"\s+", " ", re.sub(r"\s*([(),=])\s*", r"\1", line)).strip() for line in lines]
    return [line for line in clean if line and line.upper() not in ("BEGIN", "COMMIT")]


class WithoutReading(Exercise):
    """Repair it (stretch): a migration that reads rows and uses batch mode must work offline and online alike."""

    hints = {
        "ru": (
            "Начните с чтения строк: пусть одна инструкция `UPDATE` заполнит столбец в самой базе.",
            "Хватит `UPDATE posts SET slug = author_id || '-' || id`. Для `copy_from` опишите `posts` целиком: столбцы "
            "покажет `draw_schema()`, имена ключей — файл ревизии `0002`, значение по умолчанию — файл `0006`.",
        ),
        "uk": (
            "Спершу позбудьтеся читання рядків: нехай одна інструкція `UPDATE` заповнить стовпець у самій базі.",
            "Досить `UPDATE posts SET slug = author_id || '-' || id`. Для `copy_from` опишіть `posts` цілком: стовпці "
            "покаже `draw_schema()`, назви ключів — файл ревізії `0002`, значення за замовчуванням — файл `0006`.",
        ),
    }
    solution = '''
replace("migrations/versions/0007_add_posts_slug.py",
"""    posts = op.get_bind().execute(sa.text("SELECT id, author_id FROM posts")).fetchall()
    for id, author_id in posts:
        op.execute(f"UPDATE posts SET slug = '{author_id}-{id}' WHERE id = {id}")
    with op.batch_alter_table("posts") as batch_op:
""",
"""    op.execute("UPDATE posts SET slug = author_id || '-' || id")
    posts = sa.Table(
        "posts",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), server_default="published", nullable=False),
        sa.Column("slug", sa.String(50), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_posts_author_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
    )
    with op.batch_alter_table("posts", copy_from=posts) as batch_op:
""")
%alembic upgrade 0006:head --sql
'''
    why = {
        "ru": "Значения составляет сама база, а таблица описана в `copy_from`: спрашивать у базы больше не надо.",
        "uk": "Значення складає сама база, а таблицю описано в `copy_from`: питати в бази більше не треба.",
    }
    wrong = (
        ("%alembic upgrade head", "читает строки"),
        (f"import os\nos.remove('{SLUG_FILE}')", "нет в истории"),
        (solution.replace(", copy_from=posts", ""), "пакетный режим"),
        (REFUSE, "отказывается"),
        (solution.replace('op.execute("UPDATE', '("UPDATE'), "остался `NULL`"),
        (solution.replace("'-' || id", "'-' || id WHERE id < 5"), "остался `NULL`"),
        (solution.replace("author_id || '-' || id", "id || '-' || author_id"), "не те значения"),
        (solution.replace("        sa.ForeignKey", "        # "), "нет `FOREIGN KEY"),
        (solution.replace(', name="fk_posts_author_id_users"', ""), "потерял имя"),
        (solution.replace('        sa.Column("slug"', "        # "), "нет столбца `slug`"),
        (solution.replace('        sa.Column("body"', "        # "), "нет `body`"),
        (solution.replace(', server_default="published"', ""), "описание `status`"),
    )
    right = (solution + "%alembic upgrade head", solution.replace(', name="pk_posts"', ""), BY_HAND)

    def set_up(self):
        Path(SLUG_FILE).write_text(SLUG, encoding="utf-8")

    def check(self, work, answer):
        if work.heads() == ["0006"]:
            raise NotYet(
                ru="Миграции `0007` нет в истории: верните её файл или начните заново: `reset(4)`.",
                uk="Міграції `0007` немає в історії: поверніть її файл або почніть вправу спочатку.",
            )
        with untouched_project() as project:
            execute(DRAFT, "data.db")
            shutil.copyfile("data.db", "before.db")
            Path(SLUG_FILE).write_text(SLUG, encoding="utf-8")
            alembic("upgrade head")
        before, wanted = project / "before.db", project / "data.db"
        shutil.copyfile(before, "offline.db")
        shutil.copyfile(before, "data.db")
        self.refuse_error(execute(self.offline_sql(work), "offline.db"))
        compare(work, wanted, "offline.db", "upgrade 0006:head --sql")
        self.keep_name(work, "offline.db", "upgrade 0006:head --sql")
        try:
            work.alembic("upgrade head")
        except Broken as error:
            self.refuse_null(str(error))
            raise
        compare(work, wanted, "data.db", "upgrade head")
        self.keep_name(work, "data.db", "upgrade head")
        work.alembic("downgrade 0006")
        compare(work, before, "data.db", "downgrade 0006")

    def keep_name(self, work, path, after):
        ((created,),) = work.rows("SELECT sql FROM sqlite_master WHERE name = 'posts'", path)
        if "fk_posts_author_id_users" not in created:
            raise NotYet(
                ru=f"После `{after}` внешний ключ таблицы `posts` потерял имя `fk_posts_author_id_users`.",
                uk=f"Після `{after}` зовнішній ключ таблиці `posts` втратив назву `fk_posts_author_id_users`.",
            )

    def offline_sql(self, work):
        code, script, log = alembic("upgrade 0006:head --sql")
        if "'NoneType' object" in log:
            raise NotYet(
                ru="С ключом `--sql` миграция останавливается: она читает строки, а на `SELECT` ответить некому.",
                uk="З параметром `--sql` міграція зупиняється: вона читає рядки, а на `SELECT` відповісти нікому.",
            )
        if "batch mode with dialect" in log:
            raise NotYet(
                ru="Строк миграция не читает, но пакетный режим спрашивает у базы, какие столбцы есть в `posts`.",
                uk="Рядків міграція не читає, але пакетний режим питає в бази, які стовпці має `posts`.",
            )
        if "KeyError: 'slug'" in log:
            raise NotYet(
                ru="В описании для `copy_from` нет столбца `slug`, а к этому шагу он в таблице уже есть.",
                uk="В описі для `copy_from` немає стовпця `slug`, а на цьому кроці він у таблиці вже є.",
            )
        if code == 255 and any("is_offline_mode" in work.text(p) for p in Path("migrations/versions").glob("*.py")):
            raise NotYet(
                ru="С ключом `--sql` миграция отказывается работать, а нужно, чтобы она напечатала весь SQL.",
                uk="З параметром `--sql` міграція відмовляється працювати, а треба, щоб вона надрукувала весь SQL.",
            )
        if code:
            work.alembic("upgrade 0006:head --sql")
        return script

    def refuse_error(self, error):
        self.refuse_null(error)
        if error:
            raise NotYet(
                ru=f"SQL, который печатает `upgrade 0006:head --sql`, база не смогла выполнить: `{error}`.",
                uk=f"SQL, який друкує `upgrade 0006:head --sql`, база не змогла виконати: `{error}`.",
            )

    def refuse_null(self, error):
        if "NOT NULL constraint failed" in error:
            raise NotYet(
                ru="В столбце `slug` остался `NULL`: заполнить надо все строки, сколько бы постов ни было в базе.",
                uk="У стовпці `slug` лишився `NULL`: заповнити треба всі рядки, хоч скільки дописів буде в базі.",
            )


EXERCISES = [CountRevisions, SaveChange, ForPostgresql, WithoutReading]
