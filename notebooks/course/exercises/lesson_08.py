"""The final project: flats to rent. Six stages of one work in the lesson's own folder."""

import os
import shutil
import sqlite3
import zlib
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import to_list, to_tuple

from ..exercise import Broken, Exercise, NotYet
from ..terminal import Screen, like_a_new_process

# What the customer asks for: {table: {column: its kind}}.
FIRST = {
    "owners": {"id": int, "name": str, "phone": str},
    "flats": {"id": int, "owner_id": int, "address": str, "price": int},
    "bookings": {"id": int, "flat_id": int, "guest": str, "arrival": date, "departure": date},
}
KINDS = {int: (int, float, Decimal), str: (str,), date: (date,)}
LINKS = {"owner_id": "owners.id", "flat_id": "flats.id"}
MAY_BE_EMPTY = {"price", "price_per_night", "email"}
# The rows that stage 4 puts into the database, in the order of the columns in FIRST.
ROWS = {
    "owners": [(101, "Оксана", "555-0101"), (102, "Марат", "555-0102")],
    "flats": [(201, 101, "вул. Садова, 5", 900), (202, 102, "ул. Речная, 12", 750), (203, 102, "Lake Street, 3", None)],
    "bookings": [
        (301, 201, "Марія", "2026-07-01", "2026-07-08"),
        (302, 201, "Антон", "2026-07-08", "2026-07-10"),
        (303, 202, "Emma", "2026-07-03", "2026-07-04"),
        (304, 203, "Юлия", "2026-08-15", "2026-08-29"),
    ],
}
THEIRS = "7b2e4c91d0a3"
THEIR_FILE = f"{THEIRS}_add_owners_email.py"
SERVER = "server_of_check.db"


def due(stage):
    """{table: {column: its kind}} after a stage."""
    tables = {table: dict(columns) for table, columns in FIRST.items()}
    if stage >= 4:
        tables["flats"]["price_per_night"] = tables["flats"].pop("price")
        tables["bookings"]["people"] = int
    if stage >= 5:
        tables["owners"]["email"] = str
    return tables


def reached(work, stage):
    """A stage, or the later one that the project is already at when the check of an earlier one is run again."""
    history = work.history()
    if THEIRS in history:
        return max(stage, 5)
    return max(stage, 4) if len(history) > 1 and "price_per_night" in work.tables().get("flats", {}) else stage


def ready(work):
    """Refuse a folder without alembic.ini, or a database elsewhere: the check would change it."""
    if not Path("alembic.ini").is_file():
        raise NotYet(
            ru="В папке проекта нет файла `alembic.ini`: окружение миграций создают прямо в ней.",
            uk="У теці проєкту немає файлу `alembic.ini`: середовище міграцій створюють у ній самій.",
        )
    try:
        url = sa.make_url(Config("alembic.ini").get_main_option("sqlalchemy.url"))
    except Exception:  # alembic itself will say what is wrong with it, unless env.py has another
        return
    file = Path(url.database or "")
    if url.drivername.startswith("sqlite") and file.is_absolute() and file.resolve().parent != Path.cwd():
        raise NotYet(
            ru="В `sqlalchemy.url` полный путь или другая папка: пусть папку с `alembic.ini` подставит Alembic.",
            uk="У `sqlalchemy.url` повний шлях або інша тека: теку з `alembic.ini` має підставити Alembic.",
        )


def models_seen():
    """{table: sqlalchemy.Table} of the models that env.py hands to autogenerate; None if it hands on none."""
    seen = []

    def look_only(revision, context):
        seen.append(context.opts["target_metadata"])
        return []

    try:
        with like_a_new_process([]), redirect_stdout(Screen()), redirect_stderr(Screen()):
            config = Config("alembic.ini")
            script = ScriptDirectory.from_config(config)
            with EnvironmentContext(config, script, fn=look_only, dont_mutate=True):
                script.run_env()
    except Exception as error:  # a learner's env.py or models may fail in any way
        raise Broken(f"{type(error).__name__}: {error}") from None
    if not seen or seen[0] is None:
        return None
    return {table.name: table for metadata in to_list(seen[0]) for table in metadata.tables.values()}


def models_as_ordered(work, stage):
    """Refuse models that lack a table or column of the customer's list, or have it otherwise."""
    models = models_seen()
    if models is None:
        raise NotYet(
            ru="Автогенерация не видит ни одной модели: `target_metadata` в `env.py` всё ещё `None`.",
            uk="Автогенерація не бачить жодної моделі: `target_metadata` в `env.py` досі `None`.",
        )
    for table, columns in due(reached(work, stage)).items():
        if table not in models:
            raise NotYet(
                ru=f"Автогенерация не видит таблицу `{table}`: нет модели с таким `__tablename__` "
                "или `env.py` её не импортирует.",
                uk=f"Автогенерація не бачить таблиці `{table}`: немає моделі з таким `__tablename__` "
                "або `env.py` її не імпортує.",
            )
        found = models[table].columns.keys()
        for name in [name for name in columns if name not in found]:
            raise NotYet(
                ru=f"В модели таблицы `{table}` нет столбца `{name}`.",
                uk=f"У моделі таблиці `{table}` немає стовпця `{name}`.",
            )
        for name in [name for name in found if name not in columns]:
            raise NotYet(
                ru=f"Столбца `{name}` в таблице `{table}` заказчик не просит: уберите его из модели.",
                uk=f"Стовпця `{name}` у таблиці `{table}` замовник не просить: приберіть його з моделі.",
            )
        for name, kind in columns.items():
            type_as_ordered(models[table].columns[name], kind)
            key_as_ordered(models[table].columns[name])


def type_as_ordered(column, kind):
    """Refuse a column of a model that keeps something else, or is empty where it must not be."""
    name = f"{column.table.name}.{column.name}"
    try:
        right = column.type.python_type in KINDS[kind]
    except NotImplementedError:
        right = False
    if not right:
        raise NotYet(
            ru=f"Тип столбца `{name}` в модели — `{column.type!r}`, а заказчик просит другой.",
            uk=f"Тип стовпця `{name}` в моделі — `{column.type!r}`, а замовник просить інший.",
        )
    if column.nullable and column.name not in MAY_BE_EMPTY:
        raise NotYet(
            ru=f"Столбец `{name}` в модели может быть пустым, а заказчик этого не хочет.",
            uk=f"Стовпець `{name}` у моделі може бути порожнім, а замовник цього не хоче.",
        )
    if not column.nullable and column.name in MAY_BE_EMPTY:
        raise NotYet(
            ru=f"Столбец `{name}` в модели не может быть пустым, а у заказчика может.",
            uk=f"Стовпець `{name}` у моделі не може бути порожнім, а в замовника може.",
        )


def key_as_ordered(column):
    """Refuse a primary key other than id, and a foreign key that is not there."""
    name, target = f"{column.table.name}.{column.name}", LINKS.get(column.name)
    if column.primary_key != (column.name == "id"):
        raise NotYet(
            ru=f"Проверьте в модели столбец `{name}`: первичный ключ в каждой таблице — `id`, и только он.",
            uk=f"Перевірте в моделі стовпець `{name}`: первинний ключ у кожній таблиці — `id`, і тільки він.",
        )
    if target and target not in [key.target_fullname for key in column.foreign_keys]:
        raise NotYet(
            ru=f"Столбцу `{name}` в модели нужен внешний ключ на `{target}`.",
            uk=f"Стовпцю `{name}` у моделі потрібен зовнішній ключ на `{target}`.",
        )


def at_one_head(work):
    """Refuse a history of no head or several, and a data.db that is not there."""
    heads, position = work.heads(), work.position() or ["base"]
    if not heads:
        raise NotYet(ru="В проекте нет ни одной ревизии.", uk="У проєкті немає жодної ревізії.")
    if len(heads) > 1:
        raise NotYet(
            ru=f"Вершин в истории несколько: `{', '.join(heads)}`. Нужна одна.",
            uk=f"Вершин в історії кілька: `{', '.join(heads)}`. Потрібна одна.",
        )
    if position != heads:
        raise NotYet(
            ru=f"Вершина истории — `{heads[0]}`, а `data.db` не на ней: база на `{', '.join(position)}`.",
            uk=f"Вершина історії — `{heads[0]}`, а `data.db` не на ній: база на `{', '.join(position)}`.",
        )


def no_drift(work):
    """Refuse a data.db that is not as the models say."""
    try:
        work.alembic("check")
    except Broken as error:
        if "New upgrade operations detected" not in str(error):
            raise
        raise NotYet(
            ru=f"Модели и `data.db` расходятся, `alembic check` отвечает так: `{error}`",
            uk=f"Моделі й `data.db` розходяться, `alembic check` відповідає так: `{error}`",
        ) from None


def shape(work, path="data.db"):
    """{table: its columns, foreign keys and indexes}, to compare two databases."""
    links = """SELECT "from", "table" FROM pragma_foreign_key_list('{}') ORDER BY 1"""
    indexes = """SELECT "unique", (SELECT group_concat(name) FROM pragma_index_info(i.name))
                 FROM pragma_index_list('{}') i ORDER BY 2"""
    return {
        table: (
            sorted((name, str(c["type"]), c["nullable"], c["primary_key"]) for name, c in columns.items()),
            [work.rows(query.format(table), path) for query in (links, indexes)],
        )
        for table, columns in work.tables(path).items()
    }


def difference(one, other):
    """The first table that is not equal in two shapes, or None."""
    return next((table for table in {**one, **other} if one.get(table) != other.get(table)), None)


def same_from_scratch(work):
    """Refuse a history that builds other tables on an empty database than data.db has."""
    here = shape(work)
    os.replace("data.db", "kept_by_check.db")
    work.alembic("upgrade head")
    table = difference(here, shape(work))
    os.replace("kept_by_check.db", "data.db")
    if table:
        raise NotYet(
            ru=f"На пустой базе ревизии строят не такую таблицу `{table}`, как в `data.db`: базу меняли мимо ревизий "
            "или исправили уже применённую ревизию.",
            uk=f"На порожній базі ревізії будують не таку таблицю `{table}`, як у `data.db`: базу змінювали "
            "в обхід ревізій або виправили вже застосовану ревізію.",
        )


def lost(work, price, path="data.db"):
    """(table, row, what stands in its place) of the customer's first row that is not as it was, or None."""
    for table, rows in ROWS.items():
        columns = ", ".join(FIRST[table]).replace("price", price)
        for row in rows:
            found = work.rows(f"SELECT {columns} FROM {table} WHERE id = {row[0]}", path)
            if found != [row]:
                return table, row, found[0] if found else None
    return None


def rows_kept(work):
    """Refuse a data.db that has lost something of the customer's rows."""
    table, row, found = lost(work, "price_per_night") or (None, None, None)
    if table and found is None:
        raise NotYet(
            ru=f"В таблице `{table}` нет строки заказчика `{row}`. Чтобы вернуть её, откатите базу к таблицам "
            "этапа 3, запустите `reset(4)` и снова примените миграции.",
            uk=f"У таблиці `{table}` немає рядка замовника `{row}`. Щоб повернути його, відкотіть базу до таблиць "
            "етапу 3, запустіть `reset(4)` і знову застосуйте міграції.",
        )
    if table:
        raise NotYet(
            ru=f"Данные заказчика потеряны: в таблице `{table}` было `{row}`, а стало `{found}`. Откатите базу "
            "к таблицам этапа 3, верните строки вызовом `reset(4)`, исправьте миграцию "
            "и примените её снова.",
            uk=f"Дані замовника втрачено: у таблиці `{table}` було `{row}`, а стало `{found}`. Відкотіть базу "
            "до таблиць етапу 3, поверніть рядки викликом `reset(4)`, виправте міграцію "
            "й застосуйте її знову.",
        )


def insert_rows(path, later=False):
    """Put the customer's rows into a database, or put them right; `later`: into the tables of stages 4 and 5."""
    with closing(sqlite3.connect(path, timeout=1)) as connection, connection:
        for table, rows in ROWS.items():
            names = list(FIRST[table])
            if later and table == "flats":
                names[names.index("price")] = "price_per_night"
            if later and table == "bookings":
                names, rows = [*names, "people"], [(*row, 1) for row in rows]
            anew = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
            values = f"({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            connection.executemany(f"INSERT INTO {table} {values} ON CONFLICT (id) DO UPDATE SET {anew}", rows)


def columns_here():
    """The columns of data.db in the current folder, as "table.column"."""
    if not Path("data.db").is_file():
        return set()
    query = "SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
    with closing(sqlite3.connect("data.db", timeout=1)) as connection:
        return {name for (name,) in connection.execute(query)}


def their_revision(parent):
    """The colleague's file. Its date depends on the parent: so a file that has been put after another one is known."""
    return f'''"""add owners.email

Revision ID: {THEIRS}
Revises: {parent}
Create Date: 2026-05-14 18:20:07.{zlib.crc32(parent.encode()) % 10**6:06}

"""
import sqlalchemy as sa
from alembic import op

revision = "{THEIRS}"
down_revision = "{parent}"


def upgrade() -> None:
    op.add_column("owners", sa.Column("email", sa.String(200), nullable=True))


def downgrade() -> None:
    op.drop_column("owners", "email")
'''


class Stage(Exercise):
    """A stage of the project: all of them work in the lesson's folder, which is empty at first."""

    opens_on = "00"
    stage_of_lesson = True


class Environment(Stage):
    """Do it: an environment of migrations whose database is data.db beside alembic.ini."""

    hints = {
        "ru": (
            "Окружение создаёт `alembic init`; адрес базы записан в `alembic.ini`.",
            "Запись `%(here)s` в адресе означает папку, где лежит `alembic.ini`. Перед записью стоит `sqlite:///`.",
        ),
        "uk": (
            "Середовище створює `alembic init`; адресу бази записано в `alembic.ini`.",
            "Запис `%(here)s` в адресі означає теку, де лежить `alembic.ini`. Перед цим записом стоїть `sqlite:///`.",
        ),
    }
    solution = """
%alembic init migrations
replace("alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///%(here)s/data.db")
"""
    why = {
        "ru": "Путь начинается с папки самого `alembic.ini`, поэтому база одна, откуда бы ни запустили команду.",
        "uk": "Шлях починається з теки самого `alembic.ini`, тому база одна, хоч би звідки запустили команду.",
    }
    wrong = (
        ("%alembic init migrations", "всё ещё заготовка"),
        (solution + "import os\nos.rename('alembic.ini', 'migrations/alembic.ini')", "нет файла `alembic.ini`"),
        (solution.replace("%(here)s/", ""), "в другом месте"),
        (solution.replace("data.db", "flats.db"), "не появился файл `data.db`"),
        ("import os" + solution.replace('%(here)s/data.db"', '" + os.getcwd() + "/data.db"'), "полный путь"),
        ("import os\nos.mkdir('flats')\nos.chdir('flats')" + solution + "os.chdir('..')", "нет файла `alembic.ini`"),
    )
    right = (
        solution.replace("init migrations", "init alembic"),
        solution.replace("sqlite:///", "sqlite+pysqlite:///"),
        "%alembic init migrations\n"
        'replace("migrations/env.py", "config = context.config\\n", """config = context.config\n'
        "from pathlib import Path\n"
        "database = Path(config.config_file_name).resolve().with_name('data.db').as_posix()\n"
        """config.set_main_option("sqlalchemy.url", "sqlite:///" + database)\n\"\"\")""",
    )

    def check(self, work, answer):
        ready(work)
        try:
            work.alembic("current")
        except Broken:
            if "= driver://user:pass@localhost/dbname" in work.text("alembic.ini"):
                raise NotYet(
                    ru="В `alembic.ini` на месте адреса базы всё ещё заготовка.",
                    uk="В `alembic.ini` на місці адреси бази досі заготовка.",
                ) from None
            raise
        if not Path("data.db").is_file():
            raise NotYet(
                ru="После `alembic current` в папке проекта не появился файл `data.db`: проверьте адрес базы.",
                uk="Після `alembic current` у теці проєкту не з’явився файл `data.db`: перевірте адресу бази.",
            )
        self.same_database_from_elsewhere(work)

    def same_database_from_elsewhere(self, work):
        home = Path.cwd()
        os.remove("data.db")
        shutil.copytree(".", "elsewhere", ignore=shutil.ignore_patterns("elsewhere", "*.db", "alembic.ini"))
        os.chdir("elsewhere")
        work.alembic("-c ../alembic.ini current")
        os.chdir(home)
        if not Path("data.db").is_file():
            raise NotYet(
                ru="Если запустить команду из другой папки, база появится в другом месте, не рядом с `alembic.ini`.",
                uk="Якщо запустити команду з іншої теки, база з’явиться в іншому місці, не поруч з `alembic.ini`.",
            )


MODELS = """
from datetime import date

from sqlalchemy import Date, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(20))


class Flat(Base):
    __tablename__ = "flats"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    address: Mapped[str] = mapped_column(String(200))
    price: Mapped[int | None]


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    flat_id: Mapped[int] = mapped_column(ForeignKey("flats.id"))
    guest: Mapped[str] = mapped_column(String(100))
    arrival: Mapped[date]
    departure: Mapped[date]
""".lstrip()

PLAIN_MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
owners = sa.Table(
    "owners",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("phone", sa.String, nullable=False, unique=True),
)
flats = sa.Table(
    "flats",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.ForeignKey(owners.c.id), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("price", sa.Numeric(10, 2)),
)
bookings = sa.Table(
    "bookings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("flat_id", sa.Integer, sa.ForeignKey("flats.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("guest", sa.String(100), nullable=False),
    sa.Column("arrival", sa.Date, nullable=False),
    sa.Column("departure", sa.Date, nullable=False),
)
""".lstrip()


class Models(Stage):
    """Do it: models of the three tables, seen by autogenerate."""

    hints = {
        "ru": (
            "Три класса в `models.py`, по одному на таблицу, и две правки в `env.py`: импорт и `target_metadata`.",
            "Вспомните модели `User` и `Post` из урока 04: внешний ключ — это `ForeignKey`, а `int | None` разрешает "
            "пустое значение. Что видит автогенерация, покажет `alembic check`.",
        ),
        "uk": (
            "Три класи в `models.py`, по одному на таблицю, і дві правки в `env.py`: імпорт і `target_metadata`.",
            "Згадайте моделі `User` і `Post` з уроку 04: зовнішній ключ — це `ForeignKey`, а `int | None` дозволяє "
            "порожнє значення. Що бачить автогенерація, покаже `alembic check`.",
        ),
    }
    solution = f'''
from pathlib import Path

Path("models.py").write_text("""{MODELS}""", encoding="utf-8")
replace("migrations/env.py", "target_metadata = None", "from models import Base\\n\\ntarget_metadata = Base.metadata")
'''
    why = {
        "ru": "Классы описывают таблицы, а `env.py` отдаёт их описание автогенерации.",
        "uk": "Класи описують таблиці, а `env.py` віддає їхній опис автогенерації.",
    }
    wrong = (
        (solution.split("replace(")[0], "ни одной модели"),
        (solution.replace('__tablename__ = "bookings"', '__tablename__ = "booking"'), "не видит таблицу `bookings`"),
        (solution.replace("    departure: Mapped[date]\n", ""), "нет столбца `departure`"),
        (solution.replace("price: Mapped", "price_per_night: Mapped"), "нет столбца `price`"),
        (solution.replace("phone: Mapped[str]", "email: Mapped[str]\n    phone: Mapped[str]"), "не просит"),
        (solution.replace("departure: Mapped[date]", "departure: Mapped[str]"), "Тип столбца `bookings.departure`"),
        (solution.replace("int | None", "int"), "`flats.price` в модели не может быть пустым"),
        (solution.replace("phone: Mapped[str]", "phone: Mapped[str | None]"), "`owners.phone` в модели может"),
        (solution.replace('[int] = mapped_column(ForeignKey("flats.id"))', "[int]"), "внешний ключ на `flats.id`"),
    )
    right = (
        solution.replace(MODELS, PLAIN_MODELS).replace("import Base\\n", "import metadata\\n").replace("= Base.", "= "),
        solution.replace('"models.py"', '"flats.py"').replace("from models", "from flats"),
        solution.replace("= Base.metadata", "= [Base.metadata]"),
    )

    def check(self, work, answer):
        ready(work)
        models_as_ordered(work, 2)


class FirstTables(Stage):
    """Do it: the tables made by migrations, with a way back."""

    hints = {
        "ru": (
            "Модели готовы, поэтому черновик миграции напишет автогенерация. Прочитайте его и примените.",
            "Нужны `alembic revision --autogenerate -m …`, `alembic upgrade head` и `alembic check`. Путь назад "
            "проверьте командами `downgrade base` и `upgrade head`: строк в базе ещё нет, терять нечего.",
        ),
        "uk": (
            "Моделі готові, тому чернетку міграції напише автогенерація. Прочитайте її та застосуйте.",
            "Потрібні `alembic revision --autogenerate -m …`, `alembic upgrade head` і `alembic check`. Шлях назад "
            "перевірте командами `downgrade base` і `upgrade head`: рядків у базі ще немає, втрачати нічого.",
        ),
    }
    solution = """
%alembic revision --autogenerate -m "create tables" --rev-id 0001
%alembic upgrade head
"""
    why = {
        "ru": "Автогенерация нашла в моделях три таблицы, которых нет в базе, а `upgrade` создал их.",
        "uk": "Автогенерація знайшла в моделях три таблиці, яких немає в базі, а `upgrade` створив їх.",
    }
    _create_all = """
import sqlalchemy
from models import Base
Base.metadata.create_all(sqlalchemy.create_engine("sqlite:///data.db", poolclass=sqlalchemy.NullPool))
"""
    _empty_downgrade = """
from pathlib import Path
file = Path("migrations/versions/0001_create_tables.py")
head, _ = file.read_text(encoding="utf-8").split("def downgrade")
file.write_text(head + "def downgrade():\\n    pass\\n", encoding="utf-8")
"""
    wrong = (
        (_create_all, "ни одной ревизии"),
        (solution.splitlines()[1], "`data.db` не на ней"),
        (solution.replace("--autogenerate ", ""), "нет таблицы `owners`"),
        (solution.replace("upgrade", "stamp"), "нет таблицы `owners`"),
        (_create_all + solution, "мимо ревизий"),
        (solution + _empty_downgrade, "осталась таблица"),
        (solution + 'replace("models.py", "String(20)", "String(30)")', "modify_type"),
    )
    right = (
        solution.replace(" --rev-id 0001", "").replace("create tables", "таблицы"),
        solution + "%sql INSERT INTO owners (name, phone) VALUES ('Ivan', '1')",
        solution + '%alembic revision -m "nothing"\n%alembic upgrade head',
    )

    def check(self, work, answer):
        ready(work)
        models_as_ordered(work, 3)
        at_one_head(work)
        for table in FIRST:
            if table not in work.tables():
                raise NotYet(
                    ru=f"База на вершине истории, но в ней нет таблицы `{table}`.",
                    uk=f"База на вершині історії, але в ній немає таблиці `{table}`.",
                )
        no_drift(work)
        same_from_scratch(work)
        work.alembic("downgrade base")
        for table in work.tables():
            raise NotYet(
                ru=f"После `downgrade base` осталась таблица `{table}`: проверьте `downgrade()`.",
                uk=f"Після `downgrade base` лишилася таблиця `{table}`: перевірте `downgrade()`.",
            )
        work.alembic("upgrade head")


class Wishes(Stage):
    """Do it: rename a column and add one that is never empty, keeping the rows."""

    hints = {
        "ru": (
            "Автогенерация переименования не видит, а столбцу `NOT NULL` нужно значение для тех строк, что уже есть.",
            'Для столбца цены — `op.alter_column("flats", "price", new_column_name="price_per_night")`, для нового — '
            '`op.add_column` с `server_default="1"`. Измените и модели, а в `downgrade()` верните прежние таблицы.',
        ),
        "uk": (
            "Автогенерація перейменування не бачить, а стовпцю `NOT NULL` потрібне значення для наявних рядків.",
            'Для стовпця ціни — `op.alter_column("flats", "price", new_column_name="price_per_night")`, для нового — '
            '`op.add_column` із `server_default="1"`. Змініть і моделі, а в `downgrade()` поверніть попередні таблиці.',
        ),
    }
    _models = """
replace("models.py", "    price: Mapped", "    price_per_night: Mapped")
replace(
    "models.py",
    "    departure: Mapped[date]\\n",
    '''    departure: Mapped[date]
    people: Mapped[int] = mapped_column(server_default="1")
''',
)
"""
    _revision = """
%alembic revision -m "price per night and people" --rev-id 0002
replace(
    "migrations/versions/0002_price_per_night_and_people.py",
    '''    \"""Upgrade schema.\"""
    pass''',
    '''    \"""Upgrade schema.\"""
    op.alter_column("flats", "price", new_column_name="price_per_night")
    op.add_column("bookings", sa.Column("people", sa.Integer(), server_default="1", nullable=False))''',
)
replace(
    "migrations/versions/0002_price_per_night_and_people.py",
    '''    \"""Downgrade schema.\"""
    pass''',
    '''    \"""Downgrade schema.\"""
    op.drop_column("bookings", "people")
    op.alter_column("flats", "price_per_night", new_column_name="price")''',
)
%alembic upgrade head
"""
    solution = (_models + _revision).replace("\n\n", "\n")
    why = {
        "ru": "`op.alter_column` меняет только имя, и цены остаются; `server_default` заполняет старые строки.",
        "uk": "`op.alter_column` змінює лише ім’я, тож ціни лишаються; `server_default` заповнює наявні рядки.",
    }
    _by_sql = """
%sql ALTER TABLE flats RENAME COLUMN price TO price_per_night
%sql ALTER TABLE bookings ADD COLUMN people INTEGER DEFAULT 1 NOT NULL
"""
    _autogenerated = """
%alembic revision --autogenerate -m "wishes" --rev-id 0002
%alembic upgrade head
"""
    _three_steps = """
    with op.batch_alter_table("flats") as batch_op:
        batch_op.alter_column("price", new_column_name="price_per_night")
    op.add_column("bookings", sa.Column("people", sa.Integer(), nullable=True))
    op.execute("UPDATE bookings SET people = 1")
    with op.batch_alter_table("bookings") as batch_op:
        batch_op.alter_column("people", existing_type=sa.Integer(), nullable=False)
"""
    _upgrade = """
    op.alter_column("flats", "price", new_column_name="price_per_night")
    op.add_column("bookings", sa.Column("people", sa.Integer(), server_default="1", nullable=False))
"""
    _copied = _upgrade.replace(
        '''op.alter_column("flats", "price", new_column_name="price_per_night")''',
        '''op.add_column("flats", sa.Column("price_per_night", sa.Integer(), nullable=True))
    op.execute("UPDATE flats SET price_per_night = price")
    op.drop_column("flats", "price")''',
    )
    _back = '''    op.drop_column("bookings", "people")
    op.alter_column("flats", "price_per_night", new_column_name="price")'''
    _back_without_prices = '''    op.drop_column("bookings", "people")
    op.drop_column("flats", "price_per_night")
    op.add_column("flats", sa.Column("price", sa.Integer(), nullable=True))'''
    _applied_edited = """
replace("migrations/versions/0001_create_tables.py", "'price'", "'price_per_night'")
replace(
    "migrations/versions/0001_create_tables.py",
    "sa.Column('departure', sa.Date(), nullable=False),",
    "sa.Column('departure', sa.Date(), nullable=False), sa.Column('people', sa.Integer(), nullable=False),",
)
"""
    wrong = (
        (_models, "нет столбца `price_per_night`"),
        (solution.replace("%alembic upgrade head", ""), "`data.db` не на ней"),
        (_models + _autogenerated, "Данные заказчика потеряны"),
        (_models + _by_sql, "мимо ревизий"),
        (_revision, "В модели таблицы `flats` нет"),
        (_models + _applied_edited + "%alembic downgrade base\n%alembic upgrade head", "нет строки заказчика"),
        (_models + _applied_edited + _by_sql, "Путь назад"),
        (solution.replace('server_default="1", nullable=False', "nullable=True"), "`people` может быть пустым"),
        (solution.replace('"1"', '"0"'), "`people` стоит `0`"),
        (solution.replace(_back, "    pass"), "Путь назад"),
        (solution.replace(_back, _back_without_prices), "цены теряются"),
        (solution + "%sql DELETE FROM bookings WHERE id = 304", "нет строки заказчика"),
    )
    right = (
        solution.replace(_upgrade.strip("\n"), _three_steps.strip("\n")).replace('n(server_default="1")', "n()"),
        solution.replace(_upgrade.strip("\n"), _copied.strip("\n")),
        solution.replace(" --rev-id 0002", " --rev-id abcd").replace("0002_", "abcd_"),
        solution + '%alembic revision -m "nothing"\n%alembic upgrade head',
    )

    def set_up(self):
        with suppress(sqlite3.Error):  # stage 3 may not be done, or the database be in use: the check will say so
            columns = columns_here()
            if "flats.price" in columns and "flats.price_per_night" not in columns:
                insert_rows("data.db")

    def check(self, work, answer):
        ready(work)
        at_one_head(work)
        self.wishes_fulfilled(work)
        rows_kept(work)
        for booking, people in work.rows("SELECT id, people FROM bookings WHERE id BETWEEN 301 AND 304"):
            if str(people) != "1":
                raise NotYet(
                    ru=f"В прежней брони `{booking}` в столбце `people` стоит `{people}`, а нужна единица.",
                    uk=f"У старому бронюванні `{booking}` у стовпці `people` стоїть `{people}`, а потрібна одиниця.",
                )
        models_as_ordered(work, 4)
        no_drift(work)
        same_from_scratch(work)
        self.way_back(work)

    def wishes_fulfilled(self, work):
        tables = work.tables()
        for table, column in (("flats", "price_per_night"), ("bookings", "people")):
            if column not in tables.get(table, {}):
                raise NotYet(
                    ru=f"В `data.db` у таблицы `{table}` нет столбца `{column}`.",
                    uk=f"У `data.db` таблиця `{table}` не має стовпця `{column}`.",
                )
        if "price" in tables["flats"]:
            raise NotYet(
                ru="В таблице `flats` кроме `price_per_night` остался и столбец `price`.",
                uk="У таблиці `flats`, крім `price_per_night`, лишився і стовпець `price`.",
            )
        if tables["bookings"]["people"]["nullable"]:
            raise NotYet(
                ru="В `data.db` столбец `people` может быть пустым, а заказчик этого не хочет.",
                uk="У `data.db` стовпець `people` може бути порожнім, а замовник цього не хоче.",
            )

    def way_back(self, work):
        """Go down the history until the tables are as they were before, and up again."""
        for revision in [*work.history(), "base"]:
            work.alembic(f"downgrade {revision}")
            tables = work.tables()
            if "price" in tables.get("flats", {}) and "people" not in tables.get("bookings", {}):
                break
        else:
            raise NotYet(
                ru="Путь назад не ведёт к прежним таблицам: откат должен вернуть `price` и убрать `people`.",
                uk="Шлях назад не веде до попередніх таблиць: відкочування має повернути `price` і прибрати `people`.",
            )
        there = lost(work, "price")
        work.alembic("upgrade head")
        if there or lost(work, "price_per_night"):
            raise NotYet(
                ru="При откате или новом `upgrade` цены теряются или меняются другие данные: проверьте `downgrade()`.",
                uk="Під час відкочування або нового `upgrade` зникають ціни чи інші дані: перевірте `downgrade()`.",
            )


class Colleague(Stage):
    """Repair it: a colleague's revision makes a second head."""

    hints = {
        "ru": (
            "Что случилось, покажет `draw_history()`. Соединить две вершины — дело одной команды.",
            "Создайте слияние командой `alembic merge heads -m …`, примените его и допишите `email` в модель таблицы "
            "`owners`.",
        ),
        "uk": (
            "Що сталося, покаже `draw_history()`. З’єднати дві вершини — справа однієї команди.",
            "Створіть злиття командою `alembic merge heads -m …`, застосуйте його й допишіть `email` у модель таблиці "
            "`owners`.",
        ),
    }
    _model = """
replace(
    "models.py",
    "    phone: Mapped[str] = mapped_column(String(20))\\n",
    '''    phone: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(200))
''',
)
"""
    _merge = """
%alembic merge heads -m "merge wishes and email" --rev-id 0003
%alembic upgrade head
"""
    solution = (_merge + _model).replace("\n\n", "\n")
    why = {
        "ru": "У слияния два родителя, поэтому обе ревизии остаются на своих местах, а вершина снова одна.",
        "uk": "У злиття дві попередні ревізії, тому обидві лишаються на своїх місцях, а вершина знову одна.",
    }
    _their_path = f'"migrations/versions/{THEIR_FILE}"'
    _moved = f"""
%alembic downgrade 0001
replace("migrations/versions/0002_price_per_night_and_people.py", "Revises: 0001", "Revises: {THEIRS}")
replace("migrations/versions/0002_price_per_night_and_people.py", "None] = '0001'", "None] = '{THEIRS}'")
%alembic upgrade head
"""
    wrong = (
        ("%alembic upgrade heads", "Вершин в истории несколько"),
        ("%alembic merge heads -m merge", "`data.db` не на ней"),
        (f"import os\nos.remove({_their_path})", "нет файла Тимура"),
        (f"""
from pathlib import Path
text = Path({_their_path}).read_text(encoding="utf-8")
Path({_their_path}).write_text(text.replace("0001", "0002"), encoding="utf-8")
%alembic upgrade head
""" + _model, "изменён"),
        (_moved + _model, "переставлена"),
        (_merge.replace("upgrade", "stamp") + _model, "нет столбца `email`"),
        (_merge, "нет столбца `email`"),
        (solution + "%sql UPDATE flats SET price_per_night = NULL", "потеряны"),
    )
    right = (
        solution.replace("merge heads", f"merge {THEIRS} 0002"),
        "%alembic upgrade heads" + solution,
        f"import os\nos.rename({_their_path}, {_their_path}.replace('_add', '_new'))" + solution,
        _model + _merge.replace(" --rev-id 0003", ""),
    )

    def set_up(self):
        with suppress(Exception):  # stage 4 may not be done, and a learner's files may fail in any way
            if not {"flats.price_per_night", "bookings.people"} <= columns_here():
                return
            with like_a_new_process([]):
                script = ScriptDirectory.from_config(Config("alembic.ini"))
                (mine,) = [script.get_revision(head) for head in script.get_heads()]
            parents = to_tuple(mine.down_revision, default=())
            if parents and not self.their_file():
                Path(mine.path).with_name(THEIR_FILE).write_text(their_revision(parents[0]), encoding="utf-8")

    def their_file(self):
        return next(Path().rglob(f"{THEIRS}*.py"), None)

    def check(self, work, answer):
        ready(work)
        self.theirs_is_unchanged(work)
        at_one_head(work)
        parents = work.history()
        if not [id_ for id_ in parents if id_ != THEIRS and set(parents[id_]) & set(parents[THEIRS])]:
            raise NotYet(
                ru="Ваша ревизия переставлена, а она уже есть на сервере заказчика. Откатите базу "
                "к таблицам этапа 3, верните ревизии прежний `down_revision` и соедините ветки иначе.",
                uk="Вашу ревізію переставлено, а вона вже є на сервері замовника. Відкотіть базу "
                "до таблиць етапу 3, поверніть ревізії попередній `down_revision` і з’єднайте гілки інакше.",
            )
        if "email" not in work.tables().get("owners", {}):
            raise NotYet(
                ru="База отмечена последней ревизией, но в таблице `owners` нет столбца `email`.",
                uk="Базу позначено останньою ревізією, але в таблиці `owners` немає стовпця `email`.",
            )
        rows_kept(work)
        models_as_ordered(work, 5)
        no_drift(work)
        same_from_scratch(work)

    def theirs_is_unchanged(self, work):
        file = self.their_file()
        if not file:
            raise NotYet(
                ru="В проекте нет файла Тимура: запустите `reset(5)`, а перед этим удалите слияние, если оно есть.",
                uk="У проєкті немає файлу Тимура: запустіть `reset(5)`, а перед цим видаліть злиття, якщо воно є.",
            )
        if work.text(file).strip() not in {their_revision(parent).strip() for parent in work.history()}:
            raise NotYet(
                ru=f"Файл Тимура `{file.name}` изменён, а он уже есть у других: верните его прежний текст.",
                uk=f"Файл Тимура `{file.name}` змінено, а він уже є в інших: поверніть його попередній текст.",
            )


class ForTheAdministrator(Stage):
    """Do it: SQL of the whole history, and of the way back."""

    hints = {
        "ru": (
            "SQL печатает ключ `--sql`, в файл его направляет `>`. Для отката назовите оба конца пути.",
            "Откат: `alembic downgrade head:REVISION --sql > rollback.sql`, здесь `REVISION` — последняя ревизия "
            "этапа 3. Если мешает пакетный режим, пишите в миграции `op.add_column` без него или дайте `copy_from`.",
        ),
        "uk": (
            "SQL друкує параметр `--sql`, у файл його спрямовує `>`. Для відкочування назвіть обидва кінці шляху.",
            "Відкочування: `alembic downgrade head:REVISION --sql > rollback.sql`, тут `REVISION` — остання ревізія "
            "етапу 3. Якщо заважає пакетний режим, пишіть у міграції `op.add_column` без нього або дайте `copy_from`.",
        ),
    }
    solution = """
%alembic upgrade head --sql > upgrade.sql
%alembic downgrade head:0001 --sql > rollback.sql
"""
    why = {
        "ru": "Базу никто не спрашивает: `upgrade` без начала пути берёт всю историю, `downgrade` просит оба конца.",
        "uk": "Базу ніхто не питає: `upgrade` без початку шляху бере всю історію, `downgrade` просить обидва кінці.",
    }
    wrong = (
        (solution.splitlines()[1], "Файла `rollback.sql`"),
        (solution.splitlines()[2], "Файла `upgrade.sql`"),
        (solution.replace("upgrade head", "upgrade 0001:head"), "`upgrade.sql` не выполняется"),
        (solution.replace("upgrade head", "upgrade 0002"), "не такая"),
        (solution.replace("downgrade head:0001", "downgrade head:0002"), "`rollback.sql` не возвращает"),
        (solution.replace("downgrade head:0001", "downgrade head:base"), "`rollback.sql` не возвращает"),
        (solution.replace("downgrade head:0001", "upgrade 0001:head"), "`rollback.sql` не выполняется"),
        (
            'replace("alembic.ini", "sqlite:///%(here)s/data.db", "postgresql://")'
            + solution
            + 'replace("alembic.ini", "postgresql://", "sqlite:///%(here)s/data.db")',
            "для PostgreSQL",
        ),
        (solution + """
from pathlib import Path
lines = Path("upgrade.sql").read_text(encoding="utf-8").splitlines()
Path("upgrade.sql").write_text("\\n".join(l for l in lines if "(version_num) VALUES" not in l), encoding="utf-8")
""", "не отметил"),
        (solution + """
from pathlib import Path
lines = Path("rollback.sql").read_text(encoding="utf-8").splitlines()
Path("rollback.sql").write_text("\\n".join(l for l in lines if "alembic_version" not in l), encoding="utf-8")
""", "отметка о ревизии"),
    )
    right = (
        solution.replace("head:0001", "0003:0001"),
        "%alembic upgrade 0001 --sql > upgrade.sql"
        + solution.replace("upgrade head --sql >", "upgrade 0001:head --sql >>"),
    )

    def check(self, work, answer):
        ready(work)
        at_one_head(work)
        Path(SERVER).unlink(missing_ok=True)
        self.upgrade_makes_the_same(work)
        insert_rows(SERVER, later=True)
        self.rollback_takes_back(work)

    def upgrade_makes_the_same(self, work):
        if "SERIAL" in work.text("upgrade.sql"):
            raise NotYet(
                ru="Скрипт `upgrade.sql` написан для PostgreSQL, а на сервере SQLite.",
                uk="Скрипт `upgrade.sql` написано для PostgreSQL, а на сервері SQLite.",
            )
        self.execute(work, "upgrade.sql")
        if table := difference(shape(work), shape(work, SERVER)):
            raise NotYet(
                ru=f"После `upgrade.sql` на сервере не такая таблица `{table}`, как в `data.db`.",
                uk=f"Після `upgrade.sql` на сервері не така таблиця `{table}`, як у `data.db`.",
            )
        if any(work.rows(f"SELECT id FROM {table}", SERVER) for table in FIRST):
            raise NotYet(
                ru="Скрипт `upgrade.sql` переносит на сервер строки из `data.db`, а нужны только таблицы.",
                uk="Скрипт `upgrade.sql` переносить на сервер рядки з `data.db`, а потрібні лише таблиці.",
            )
        if work.position(SERVER) != work.heads():
            raise NotYet(
                ru="Скрипт `upgrade.sql` создал таблицы, но не отметил в базе последнюю ревизию.",
                uk="Скрипт `upgrade.sql` створив таблиці, але не позначив у базі останню ревізію.",
            )

    def rollback_takes_back(self, work):
        self.execute(work, "rollback.sql")
        tables = work.tables(SERVER)
        for table, columns in FIRST.items():
            if set(tables.get(table, ())) != set(columns):
                raise NotYet(
                    ru=f"Скрипт `rollback.sql` не возвращает таблицу `{table}` к виду, который был после этапа 3.",
                    uk=f"Скрипт `rollback.sql` не повертає таблицю `{table}` до вигляду, який був після етапу 3.",
                )
        if fault := lost(work, "price", SERVER):
            table, row, found = fault
            raise NotYet(
                ru=f"После `rollback.sql` данные изменились: в таблице `{table}` было `{row}`, а стало `{found}`.",
                uk=f"Після `rollback.sql` дані змінилися: у таблиці `{table}` було `{row}`, а стало `{found}`.",
            )
        os.replace(SERVER, "data.db")
        if work.position() != work.heads():
            with suppress(Broken):
                work.alembic("upgrade head")
                return
        raise NotYet(
            ru="После `rollback.sql` отметка о ревизии не подходит к таблицам: `upgrade head` их уже не обновит.",
            uk="Після `rollback.sql` позначка ревізії не відповідає таблицям: `upgrade head` їх уже не оновить.",
        )

    def execute(self, work, name):
        """Do the administrator's work."""
        if not Path(name).is_file():
            raise NotYet(ru=f"Файла `{name}` в папке проекта нет.", uk=f"Файлу `{name}` у теці проєкту немає.")
        if "\0" in work.text(name):
            raise NotYet(
                ru=f"Файл `{name}` записан не в кодировке UTF-8: создайте его через `%alembic`.",
                uk=f"Файл `{name}` записано не в кодуванні UTF-8: створіть його через `%alembic`.",
            )
        if "\nFAILED: " in "\n" + work.text(name):
            raise NotYet(
                ru=f"Команда, которая писала `{name}`, остановилась с ошибкой: причина в конце файла.",
                uk=f"Команда, яка писала `{name}`, зупинилася з помилкою: причина наприкінці файлу.",
            )
        try:
            with closing(sqlite3.connect(SERVER)) as connection:
                connection.executescript(work.text(name))
        except (sqlite3.Error, ValueError) as error:
            raise NotYet(
                ru=f"Скрипт `{name}` не выполняется, SQLite отвечает так: `{error}`.",
                uk=f"Скрипт `{name}` не виконується, SQLite відповідає так: `{error}`.",
            ) from None


EXERCISES = [Environment, Models, FirstTables, Wishes, Colleague, ForTheAdministrator]
