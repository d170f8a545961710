"""Exercises of lesson 02: what env.py does for the models, the database's address and the two modes."""

import os
import re
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from ..exercise import Broken, Exercise, NotYet

ENV = Path("migrations", "env.py")
VERSIONS = Path("migrations", "versions")
ADDRESS = "postgresql+psycopg://blog@localhost/blog"
INI = Path("alembic.ini")


def change(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@contextmanager
def database_url(address):
    """Set DATABASE_URL for the commands inside."""
    os.environ["DATABASE_URL"] = address
    try:
        yield
    finally:
        os.environ.pop("DATABASE_URL", None)


def draft(work):
    """What autogenerate puts into upgrade() for the copy's database, as if there were no revisions yet."""
    for file in VERSIONS.glob("*.py"):
        file.unlink()
    with closing(sqlite3.connect("data.db")) as connection:
        connection.execute("DROP TABLE IF EXISTS alembic_version")
        connection.commit()
    try:
        work.alembic("revision --autogenerate -m draft --rev-id draft")
    except Broken as error:
        explain(str(error))
        raise
    return "".join(work.text(file).partition("def downgrade")[0] for file in VERSIONS.glob("*.py"))


def explain(error):
    """Say more of the two errors that the lesson has shown."""
    if "relative import" in error:
        raise NotYet(
            ru="В `migrations/env.py` ещё есть относительный импорт, с точками: Alembic на нём останавливается.",
            uk="У `migrations/env.py` досі є відносний імпорт, із крапками: Alembic на ньому зупиняється.",
        )
    if "does not provide a MetaData" in error:
        raise NotYet(
            ru="В `migrations/env.py` переменная `target_metadata` не получила описание таблиц, `Base.metadata`.",
            uk="У `migrations/env.py` змінна `target_metadata` не отримала опису таблиць, `Base.metadata`.",
        )


BOOKS_MODULE = """from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models import Base


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
"""
LIBRARY = """
CREATE TABLE users (
    id INTEGER NOT NULL, email VARCHAR(200) NOT NULL, name VARCHAR(100) NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id), CONSTRAINT uq_users_email UNIQUE (email)
);
CREATE TABLE books (id INTEGER NOT NULL, title VARCHAR(100) NOT NULL, CONSTRAINT pk_books PRIMARY KEY (id));
INSERT INTO users VALUES (1, 'olena@example.com', 'Олена'), (2, 'timur@example.com', 'Тимур');
INSERT INTO books VALUES (1, 'Кобзар'), (2, 'Каштанка'), (3, 'Solaris');
"""
FOUND = {"users": {"Олена", "Тимур"}, "books": {"Кобзар", "Каштанка", "Solaris"}}


class ForgottenModule(Exercise):
    """Repair it: a relative import, and a module of models that nobody imports, with rows at stake."""

    opens_on = "03"
    hints = {
        "ru": (
            "Запустите `%alembic check` и прочитайте последнюю строку. Исправив одну ошибку, запустите команду снова.",
            "Из `migrations/env.py` нужны два абсолютных импорта: один для `models.py`, другой для `books.py`.",
        ),
        "uk": (
            "Запустіть `%alembic check` і прочитайте останній рядок. Виправивши одну помилку, запустіть команду знову.",
            "У `migrations/env.py` потрібні два абсолютні імпорти: один для `models.py`, другий для `books.py`.",
        ),
    }
    solution = """
replace("migrations/env.py", "from ..models import Base", "from models import Base\\nimport books")
%alembic check
"""
    why = {
        "ru": "Абсолютный импорт находит модуль по имени, а `import books` выполняет модуль, "
        "и модель `Book` попадает в `Base.metadata`.",
        "uk": "Абсолютний імпорт знаходить модуль за іменем, а `import books` виконує модуль, "
        "і модель `Book` потрапляє до `Base.metadata`.",
    }
    wrong = (
        (
            'replace("migrations/env.py", "from ..models import Base", "from ..models import Base\\nimport books")',
            "относительный импорт",
        ),
        ('replace("migrations/env.py", "from ..models", "from models")', "модель `Book`"),
        ('replace("migrations/env.py", "from ..models", "from models")\n%sql DROP TABLE books', "пропала таблица"),
        (
            'replace("migrations/env.py", "from ..models", "from models")\n'
            'replace("migrations/env.py", "target_metadata = Base.metadata", "target_metadata = None")',
            "не получила описание",
        ),
        (
            'replace("migrations/env.py", "from ..models", "from models")\n'
            'replace("migrations/env.py", "            target_metadata=target_metadata,\\n            render",\n'
            '    "            target_metadata=target_metadata, '
            "include_object=lambda o, name, *rest: name != 'books',\\n            render\")",
            "скрыта",
        ),
        (solution + "%sql DELETE FROM books WHERE id = 2", "пропали строки"),
        (solution + 'replace("books.py", "String(100)", "String(50)")', "находит расхождения"),
    )
    right = (
        'replace("migrations/env.py", "from ..models import Base", "from books import Base, Book")',
        'replace("migrations/env.py", "from ..models import Base", "import models, books")\n'
        'replace("migrations/env.py", "= Base.metadata", "= models.Base.metadata")',
        'replace("migrations/env.py", "from ..models", "from models")\n'
        'open("models.py", "a").write("\\n\\nimport books\\n")',
        'replace("migrations/env.py", "from ..models import Base", "from all_models import Base")\n'
        'open("all_models.py", "w").write("from models import Base, User\\nfrom books import Book\\n")',
        solution + '%alembic revision --autogenerate -m "nothing"\n%alembic upgrade head',
    )

    def set_up(self):
        change(ENV, "from models import Base", "from ..models import Base")
        Path("books.py").write_text(BOOKS_MODULE, encoding="utf-8")
        with closing(sqlite3.connect("data.db")) as connection:
            connection.executescript(LIBRARY)

    def check(self, work, answer):
        self.check_rows(work)
        found = draft(work)
        if "drop_table('books'" in found:
            raise NotYet(
                ru="Alembic всё ещё не видит модель `Book`: модуль `books.py` никто не импортирует.",
                uk="Alembic досі не бачить моделі `Book`: модуль `books.py` ніхто не імпортує.",
            )
        if "op." in found:
            raise NotYet(
                ru="Команда `check` ещё находит расхождения: верните таблицам, моделям и `alembic.ini` прежний вид.",
                uk="Команда `check` досі знаходить розбіжності. Виправляти треба лише `env.py`: "
                "таблиці, моделі й `alembic.ini` мають лишитися такими, як були.",
            )
        os.remove("data.db")
        if "'books'" not in draft(work):  # on an empty database: a filter may hide a table, but brings no model
            raise NotYet(
                ru="Расхождений нет лишь потому, что таблица `books` скрыта: модели `Book` Alembic не видит.",
                uk="Розбіжностей немає лише тому, що таблицю `books` приховано: моделі `Book` Alembic не бачить.",
            )

    def check_rows(self, work):
        tables = work.tables()
        for table, column in (("users", "name"), ("books", "title")):
            if table not in tables:
                raise NotYet(
                    ru=f"Из `data.db` пропала таблица `{table}`. Верните её: `reset(1)` начнёт упражнение заново.",
                    uk=f"Із `data.db` зникла таблиця `{table}`. Поверніть її: `reset(1)` почне вправу спочатку.",
                )
            if not FOUND[table] <= {value for (value,) in work.rows(f"SELECT {column} FROM {table}")}:
                raise NotYet(
                    ru=f"Из таблицы `{table}` пропали строки. Верните их: `reset(1)` начнёт упражнение заново.",
                    uk=f"Із таблиці `{table}` зникли рядки. Поверніть їх: `reset(1)` почне вправу спочатку.",
                )


class WhichFiles(Exercise):
    """Predict it: which database files three commands leave behind."""

    opens_on = "03"
    asks = True
    hints = {
        "ru": (
            "О каждой команде спросите: она соединяется с базой? И если да, откуда берёт адрес?",
            "Файл создаёт соединение, а `--sql` обходится без него. Без `DATABASE_URL` адрес берётся из `alembic.ini`.",
        ),
        "uk": (
            "Про кожну команду запитайте: чи під’єднується вона до бази? І якщо так, звідки бере адресу?",
            "Файл створює з’єднання, а `--sql` обходиться без нього. Без `DATABASE_URL` діє адреса з `alembic.ini`.",
        ),
    }
    solution = ["data.db", "second.db"]
    why = {
        "ru": "В офлайн-режиме соединения с базой нет, поэтому нет и `first.db`; `current` создаёт `second.db`, "
        "а `check` — `data.db` по адресу из `alembic.ini`, хотя и завершается с кодом 255.",
        "uk": "В офлайн-режимі з’єднання з базою немає, тому немає й `first.db`; `current` створює `second.db`, "
        "а `check` — `data.db` за адресою з `alembic.ini`, хоч і завершується з кодом 255.",
    }
    wrong = (
        (["first.db", "second.db", "data.db"], "`first.db` лишний"),
        (["data.db"], "вторая команда"),
        (["second.db"], "третья команда"),
        ([], "вторая команда"),
        (["stage.db"], "не может появиться"),
        (2, "список имён"),
        (["second", "data"], "список имён"),
    )
    right = (["second.db", "data.db"], ("data.db", "second.db"), {"second.db", "data.db"}, "data.db, second.db")

    def check(self, work, answer):
        names = self.names(answer)
        for name in sorted(names - {"first.db", "second.db", "data.db"}):
            raise NotYet(
                ru=f"База `{name}` не может появиться: такого адреса нет ни в переменной, ни в `alembic.ini`.",
                uk=f"База `{name}` не може з’явитися: такої адреси немає ні у змінній, ні в `alembic.ini`.",
            )
        if "first.db" in names:
            raise NotYet(
                ru="Файл `first.db` лишний: вспомните, в каком режиме работает первая команда.",
                uk="Файл `first.db` зайвий: згадайте, у якому режимі працює перша команда.",
            )
        if "second.db" not in names:
            raise NotYet(
                ru="Не хватает файла: подумайте, что делает вторая команда, `current`.",
                uk="Бракує одного файлу: подумайте, що робить друга команда, `current`.",
            )
        if "data.db" not in names:
            raise NotYet(
                ru="Не хватает одного файла: третья команда, `check`, тоже соединяется с базой. По какому адресу?",
                uk="Бракує одного файлу: третя команда, `check`, теж під’єднується до бази. За якою адресою?",
            )

    def names(self, answer):
        answer = re.findall(r"[^\s,;]+", answer) if isinstance(answer, str) else answer
        answer = answer if isinstance(answer, (list, tuple, set)) else [answer]
        names = {Path(str(name).strip()).name.lower() for name in answer}
        if not all(name.endswith(".db") for name in names):
            raise NotYet(
                ru='Ответ — список имён файлов `.db` в кавычках, например `["one.db", "two.db"]`.',
                uk='Відповідь — список назв файлів `.db` у лапках, наприклад `["one.db", "two.db"]`.',
            )
        return names


READ = '''
database_url = os.environ.get("DATABASE_URL")
if database_url:
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
'''
SOLUTION = f'''
replace("migrations/env.py", "from logging.config", "import os\\nfrom logging.config")
replace(
    "migrations/env.py",
    "config = context.config\\n",
    """config = context.config
{READ}""",
)
'''
ONLY_ONLINE = """
replace("migrations/env.py", "from logging.config", "import os\\nfrom logging.config")
replace("migrations/env.py", "    connectable = engine", '''    if os.environ.get("DATABASE_URL"):
        config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))
    connectable = engine''')
"""
BOTH_WITHOUT_CONFIG = """
replace("migrations/env.py", "from logging.config", "import os\\nfrom logging.config")
replace("migrations/env.py", '''    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )''', '''    url = os.environ.get("DATABASE_URL") or config.get_main_option("sqlalchemy.url")
    from sqlalchemy import create_engine
    connectable = create_engine(url, poolclass=pool.NullPool)''')
replace("migrations/env.py", '    url = config.get_main_option("sqlalchemy.url")\\n    context',
    '    url = os.environ.get("DATABASE_URL") or config.get_main_option("sqlalchemy.url")\\n    context')
"""


class UrlFromEnvironment(Exercise):
    """Do it: env.py takes the address from DATABASE_URL, a percent sign and all."""

    opens_on = "02"
    hints = {
        "ru": (
            "В уроке это делают строки после `config = context.config`. Не забудьте о знаке `%`.",
            "Прочитайте переменную через `os.environ.get`; если она есть, удвойте `%` и вызовите `set_main_option`.",
        ),
        "uk": (
            "В уроці це роблять рядки після `config = context.config`. Не забудьте про знак `%`.",
            "Прочитайте змінну через `os.environ.get`; якщо вона є, запишіть `%` двічі й викличте `set_main_option`.",
        ),
    }
    solution = SOLUTION
    why = {
        "ru": "Обе функции `env.py` берут адрес из `config`, поэтому одной записи хватает для обоих режимов, "
        "а удвоенный `%` остаётся в адресе процентом.",
        "uk": "Обидві функції `env.py` беруть адресу з `config`, тому одного запису досить для обох режимів, "
        "а подвоєний `%` стає в адресі звичайним знаком відсотка.",
    }
    wrong = (
        ("%alembic current", "не читает"),
        (f'replace("alembic.ini", "sqlite:///%(here)s/data.db", "{ADDRESS}")', "не читает"),
        (SOLUTION.replace('"sqlalchemy.url"', '"url"'), "ключ настройки"),
        ('replace("alembic.ini", "sqlite:///%(here)s/data.db", "${DATABASE_URL}")', "не подставляются"),
        (SOLUTION.replace('.replace("%", "%%")', ""), "останавливает команду"),
        (SOLUTION.replace('replace("%", "%%")', 'replace("%", "")'), "дошёл до базы изменённым"),
        (ONLY_ONLINE, "офлайн-режиме"),
        (SOLUTION.replace('.get("DATABASE_URL")', '["DATABASE_URL"]'), "Без переменной"),
        (SOLUTION + 'replace("alembic.ini", "%(here)s/data.db", "%(here)s/stage.db")', "не появился `data.db`"),
        (BOTH_WITHOUT_CONFIG.replace('URL") or', 'URL", "").replace("%", "%%") or'), "дошёл до базы изменённым"),
    )
    right = (
        BOTH_WITHOUT_CONFIG,
        SOLUTION.replace('.get("DATABASE_URL")', '.get("DATABASE_URL", config.get_main_option("sqlalchemy.url"))'),
        SOLUTION.replace("os.environ.get", "os.getenv"),
    )

    def check(self, work, answer):
        self.check_both_modes(work)
        self.check_percent(work)
        self.check_without_variable(work)

    def check_both_modes(self, work):
        try:
            with database_url("sqlite:///plain.db"):
                work.alembic("current")
        except Broken as error:
            if "DATABASE_URL" in work.text(INI) and re.search("parse SQLAlchemy URL|[Ii]nterpolation", str(error)):
                raise NotYet(
                    ru="В `alembic.ini` переменные окружения не подставляются: читать `DATABASE_URL` должен `env.py`.",
                    uk="В `alembic.ini` змінні середовища не підставляються: `DATABASE_URL` має читати `env.py`.",
                ) from None
            if "psycopg" not in str(error):
                raise
        if not Path("plain.db").exists():
            self.not_from_variable(work)
        with database_url("postgresql+psycopg://blog:secret@localhost/blog"):
            said = work.alembic("upgrade head --sql")
        if "PostgresqlImpl" not in said and "BEGIN" not in said:
            raise NotYet(
                ru="В онлайн-режиме адрес берётся из `DATABASE_URL`, а в офлайн-режиме, с `--sql`, — нет.",
                uk="В онлайн-режимі адресу взято з `DATABASE_URL`, а в офлайн-режимі, з `--sql`, — ні.",
            )

    def not_from_variable(self, work):
        if "DATABASE_URL" not in work.text(ENV):
            raise NotYet(
                ru="Команда `current` не взяла адрес из `DATABASE_URL`: `env.py` эту переменную не читает.",
                uk="Команда `current` не взяла адреси з `DATABASE_URL`: `env.py` цієї змінної не читає.",
            )
        raise NotYet(
            ru="В `env.py` есть `DATABASE_URL`, но `current` соединяется с базой по другому адресу: "
            "проверьте ключ настройки и место этих строк в файле.",
            uk="В `env.py` є `DATABASE_URL`, але `current` під’єднується до бази за іншою адресою: "
            "перевірте ключ налаштування й місце цих рядків у файлі.",
        )

    def check_percent(self, work):
        """SQLAlchemy decodes the name of the file too: %25 is the percent sign itself."""
        try:
            with database_url("sqlite:///p%2540ss.db"):
                work.alembic("current")
            with database_url("postgresql+psycopg://blog:p%40ss@localhost/blog"):
                work.alembic("upgrade head --sql")
        except Broken as error:
            if "interpolation" not in str(error):
                raise
            raise NotYet(
                ru="Адрес со знаком `%` останавливает команду: `env.py` передаёт этот знак в `config` как есть.",
                uk="Адреса зі знаком `%` зупиняє команду: `env.py` передає цей знак у `config` як є.",
            ) from None
        if not Path("p%40ss.db").exists():
            raise NotYet(
                ru="Адрес со знаком `%` дошёл до базы изменённым: посмотрите, что `env.py` делает с этим знаком.",
                uk="Адреса зі знаком `%` дійшла до бази зміненою: подивіться, що `env.py` робить із цим знаком.",
            )

    def check_without_variable(self, work):
        Path("data.db").unlink(missing_ok=True)
        try:
            work.alembic("current")
            work.alembic("upgrade head --sql")
        except Broken as error:
            first = str(error).partition("\n")[0]
            raise NotYet(
                ru=f"Без переменной `DATABASE_URL` команда останавливается: `{first}`.",
                uk=f"Без змінної `DATABASE_URL` команда зупиняється: `{first}`.",
            ) from None
        ini, changed = work.text(INI), work.text(INI).replace("/data.db", "/moved.db")
        Path(INI).write_text(changed, encoding="utf-8")
        work.alembic("current")
        Path(INI).write_text(ini, encoding="utf-8")
        if not Path("data.db").exists() or changed != ini and not Path("moved.db").exists():
            raise NotYet(
                ru="Без переменной `DATABASE_URL` не появился `data.db`: "
                "тогда должен действовать прежний адрес из `alembic.ini`.",
                uk="Без змінної `DATABASE_URL` не з’явився `data.db`: "
                "тоді має діяти та адреса, що була в `alembic.ini`.",
            )


FROM_TEMPLATE = """    context.configure(
        url=url,
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )

    with context.begin_transaction():
"""
CONNECTING = """    from sqlalchemy import create_engine

    connection = create_engine(url, poolclass=pool.NullPool).connect()
    context.configure(connection=connection, target_metadata=target_metadata)

    with connection, context.begin_transaction():
"""
TAGS = '''"""create tags

Revision ID: 0001
Revises:
Create Date: 2026-01-01 12:00:00

"""
from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    tags = op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.execute(tags.insert().values(name="python"))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("tags")
'''


def mended(new):
    """The code of a cell that puts `new` in the place of the function's connecting part."""
    return f"replace('migrations/env.py', '''{CONNECTING}''', '''{new}''')\n"


class OfflineWithoutDatabase(Exercise):
    """Stretch, repair it: an offline function that opens a connection, where there is neither server nor driver."""

    opens_on = "02"
    hints = {
        "ru": (
            "Какая строка функции `run_migrations_offline()` требует базы? Сравните функцию с той, что в начале урока.",
            "В `context.configure` передайте не соединение, а `url=url` и `literal_binds=True`, "
            "из `with` уберите `connection`.",
        ),
        "uk": (
            "Якому рядку функції `run_migrations_offline()` потрібна база? Порівняйте її з тією, що на початку уроку.",
            "Передайте в `context.configure` не з’єднання, а `url=url` і `literal_binds=True`, "
            "а з рядка `with` приберіть `connection`.",
        ),
    }
    solution = mended(FROM_TEMPLATE) + "%alembic upgrade head --sql\n"
    why = {
        "ru": "С `url=url` Alembic узнаёт диалект из адреса и не соединяется с базой, а `literal_binds=True` вписывает "
        "значения в текст SQL.",
        "uk": "З `url=url` Alembic дізнається про діалект з адреси й не під’єднується до бази, а `literal_binds=True` "
        "вписує значення в текст SQL.",
    }
    wrong = (
        ("%alembic upgrade head --sql > migration.sql", "всё ещё нужна база"),
        (f'replace("alembic.ini", "{ADDRESS}", "sqlite:///data.db")', "не для PostgreSQL"),
        (mended(FROM_TEMPLATE.replace("        literal_binds=True,\n", "")), "стоит параметр"),
        (mended(FROM_TEMPLATE.replace("url=url", f'url="{ADDRESS}"')), "вписан в `env.py`"),
        (mended("    return\n    with context.begin_transaction():\n"), "CREATE TABLE tags"),
        (
            solution + 'replace("migrations/env.py", "else:\\n    run_migrations_online()", '
            '"else:\\n    pass")',
            "онлайн-режиме",
        ),
    )
    right = (
        mended(FROM_TEMPLATE.replace('        dialect_opts={"paramstyle": "named"},\n', "")),
        mended("    context.configure(url=url, literal_binds=True)\n    with context.begin_transaction():\n"),
    )

    def set_up(self):
        change(ENV, FROM_TEMPLATE, CONNECTING)
        change(INI, "sqlite:///%(here)s/data.db", ADDRESS)
        self.write_migration()

    def write_migration(self):
        VERSIONS.joinpath("0001_create_tags.py").write_text(TAGS, encoding="utf-8")

    def check(self, work, answer):
        try:
            self.check_sql(work.alembic("upgrade head --sql"))
        except Broken as error:
            if "psycopg" in str(error):
                self.connects()
            raise
        self.move_to_sqlite(work)
        sql = work.alembic("upgrade head --sql")
        if Path("other.db").exists():
            self.connects()
        if "SERIAL" in sql:
            raise NotYet(
                ru="Адрес или диалект вписан в `env.py`, а адрес и в офлайн-режиме нужно брать из `config`.",
                uk="Адресу або діалект вписано в `env.py`, а в офлайн-режимі адресу теж треба брати з `config`.",
            )
        self.check_value(sql)
        self.check_online(work)

    def move_to_sqlite(self, work):
        """Give the copy a database that can be connected to, and the migration as it was."""
        text = re.sub(r"(?m)^sqlalchemy\.url *=.*$", "sqlalchemy.url = sqlite:///other.db", work.text(INI))
        INI.write_text(text, encoding="utf-8")
        for file in VERSIONS.glob("*.py"):
            file.unlink()
        self.write_migration()

    def connects(self):
        raise NotYet(
            ru="Команде с `--sql` всё ещё нужна база: "
            "код офлайн-режима в `env.py` открывает соединение или создаёт движок.",
            uk="Команді з `--sql` досі потрібна база: "
            "код офлайн-режиму в `env.py` відкриває з’єднання або створює `Engine`.",
        ) from None

    def check_sql(self, sql):
        if "CREATE TABLE tags" not in sql or "INSERT INTO tags" not in sql:
            raise NotYet(
                ru="В выводе `upgrade head --sql` нет `CREATE TABLE tags` или `INSERT INTO tags`: "
                "миграция не выполняется или изменена.",
                uk="У виводі `upgrade head --sql` немає `CREATE TABLE tags` або `INSERT INTO tags`: "
                "міграція не виконується або її змінено.",
            )
        if "SERIAL" not in sql:
            raise NotYet(
                ru="SQL получился не для PostgreSQL: верните в `alembic.ini` прежний адрес, "
                "`env.py` возьмёт его оттуда.",
                uk="SQL вийшов не для PostgreSQL: поверніть попередню адресу в `alembic.ini`, `env.py` бере її звідти.",
            )
        self.check_value(sql)

    def check_value(self, sql):
        if "'python'" not in sql:
            raise NotYet(
                ru="В инструкции `INSERT` вместо значения `python` стоит параметр: "
                "вызову `context.configure` не хватает аргумента.",
                uk="В інструкції `INSERT` замість значення `python` стоїть параметр: "
                "виклику `context.configure` бракує аргументу.",
            )

    def check_online(self, work):
        work.alembic("upgrade head")
        if "tags" not in work.tables("other.db"):
            raise NotYet(
                ru="В онлайн-режиме `upgrade head` больше не применяет миграцию: проверьте конец файла `env.py`.",
                uk="В онлайн-режимі `upgrade head` більше не застосовує міграції: перевірте кінець файлу `env.py`.",
            )


EXERCISES = [ForgottenModule, WhichFiles, UrlFromEnvironment, OfflineWithoutDatabase]
