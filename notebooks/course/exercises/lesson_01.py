"""Exercises of lesson 01: the migration environment, the database's URL, the place of alembic.ini, the template."""

import os
import re
import runpy
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.config import Config
from sqlalchemy.dialects import sqlite

from ..exercise import Broken, Exercise, NotYet
from ..terminal import readable_paths

PRODUCTS = [(1, "tea"), (2, "кава"), (3, "чай")]
VERSIONS = Path("migrations", "versions")
PLACEHOLDERS = ("message", "up_revision", "down_revision", "create_date", "imports", "branch_labels", "depends_on")
PLACEHOLDERS += ("upgrades", "downgrades")


def edit(path, old, new):
    """Put `new` where `old` stands, for set_up."""
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def check_environment(folder):
    """alembic.ini in the current folder leads to the migration environment in `folder`."""
    if not Path("alembic.ini").is_file():
        raise NotYet(
            ru="В корне проекта нет файла `alembic.ini`. Корень — это папка упражнения.",
            uk="У корені проєкту немає файлу `alembic.ini`. Корінь — це тека вправи.",
        )
    if not Path(folder, "env.py").is_file():
        raise NotYet(
            ru=f"В папке `{folder}` нет окружения миграций: там должен лежать `env.py`.",
            uk=f"У теці `{folder}` немає середовища міграцій: там має лежати `env.py`.",
        )
    try:
        place = Config("alembic.ini", toml_file="pyproject.toml").get_alembic_option("script_location")
    except Exception as error:  # a learner's settings may fail in any way
        raise Broken(f"alembic.ini: {error}") from None
    if not place or absolute(place) != absolute(folder):
        raise NotYet(
            ru=f"Alembic ищет окружение миграций не в папке `{folder}`: проверьте `script_location` в `alembic.ini`.",
            uk=f"Alembic шукає середовище міграцій не в теці `{folder}`: перевірте `script_location` в `alembic.ini`.",
        )


def absolute(path):
    """A path as text, from the root, with / between its parts."""
    return os.path.normpath(os.path.join(os.getcwd(), path)).replace(os.sep, "/")


def check_database(work, name):
    """`alembic current`, run beside alembic.ini, opens the database `name` there."""
    found = re.search(r"^sqlalchemy\.url[ \t]*[=:][ \t]*(.*)$", work.text("alembic.ini"), re.MULTILINE)
    url = found[1].strip() if found else ""
    path = url.partition(":///")[2].partition("?")[0].replace("%(here)s", os.getcwd())
    if f"{absolute('.')}/" not in f"{absolute(path)}/":  # before the command makes a file there
        raise NotYet(
            ru=f"Путь в адресе `{url}` не зависит от того, где лежит `alembic.ini`, или ведёт за пределы этой папки. "
            "Начните путь с `%(here)s`.",
            uk=f"Шлях в адресі `{url}` не залежить від того, де лежить `alembic.ini`, або веде за межі цієї теки. "
            "Починайте шлях із `%(here)s`.",
        )
    try:
        opened = opens(work, name, ".")
    except Broken:
        if not url.startswith("driver://"):
            raise
        raise NotYet(
            ru="В `alembic.ini` осталась заготовка адреса: впишите в `sqlalchemy.url` адрес базы.",
            uk="В `alembic.ini` лишився зразок адреси: впишіть у `sqlalchemy.url` адресу бази.",
        ) from None
    if not opened:
        raise NotYet(
            ru=f"Команда `current` открыла не `{name}` рядом с `alembic.ini`. Сейчас адрес такой: `{url}`.",
            uk=f"Команда `current` відкрила не `{name}` поруч з `alembic.ini`. Зараз адреса така: `{url}`.",
        )


def check_elsewhere(work, name, folder):
    """The same command, run from a folder of the project, opens the same database."""
    try:
        opened = opens(work, name, folder)
    except Broken:
        raise NotYet(
            ru=f"В корне проекта `current` работает, а из папки `{folder}` — нет: "
            "какой-то путь в `alembic.ini` начинается не с `%(here)s`.",
            uk=f"У корені проєкту `current` працює, а з теки `{folder}` — ні: "
            "якийсь шлях в `alembic.ini` починається не з `%(here)s`.",
        ) from None
    if not opened:
        raise NotYet(
            ru=f"Из папки `{folder}` команда `current` открыла другой файл: путь в адресе базы относительный.",
            uk=f"З теки `{folder}` команда `current` відкрила інший файл: шлях в адресі бази відносний.",
        )


def opens(work, name, folder):
    """Whether `current`, run from `folder`, opens the database `name` beside alembic.ini."""
    Path(name).unlink(missing_ok=True)
    root = Path.cwd()
    settings = [f"-c ../{file}" for file in ("alembic.ini", "pyproject.toml") if Path(file).is_file() and folder != "."]
    os.chdir(folder)
    try:
        work.alembic(" ".join([*settings, "current"]))
    finally:
        os.chdir(root)
    return Path(name).exists()


class OwnNames(Exercise):
    """Do it: a migration environment in a folder of another name, with a database of another name."""

    opens_on = "01"
    hints = {
        "ru": (
            "Имя папки передают команде `init`, а адрес базы записан в `alembic.ini`, в `sqlalchemy.url`.",
            "Выполните `alembic init schema_changes`, потом замените заготовку адреса так же, как в уроке, "
            "но с файлом `shop.db`: три косые черты и `%(here)s`.",
        ),
        "uk": (
            "Назву теки отримує команда `init`, а адресу бази записано в `alembic.ini`, у ключі `sqlalchemy.url`.",
            "Виконайте `alembic init schema_changes`, потім замініть зразок адреси так само, як в уроці, "
            "але з файлом `shop.db`: три скісні риски й `%(here)s`.",
        ),
    }
    solution = """
%alembic init schema_changes
replace("alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///%(here)s/shop.db")
%alembic current
"""
    why = {
        "ru": "`init` записала имя папки в `script_location`, а `%(here)s` в начале пути — это папка `alembic.ini`.",
        "uk": "`init` записала назву теки в `script_location`, а `%(here)s` на початку шляху — це тека `alembic.ini`.",
    }
    wrong = (
        ("%alembic init migrations", "В папке `schema_changes` нет окружения"),
        ("%alembic init migrations\n%alembic init schema_changes", "проверьте `script_location`"),
        ("%alembic init schema_changes", "осталась заготовка"),
        (solution.replace("%(here)s/shop", "shop"), "путь в адресе базы относительный"),
        (solution.replace("shop", "data"), "открыла не `shop.db`"),
        (solution.replace("%(here)s/shop.db", "%(here)s/schema_changes/shop.db"), "открыла не `shop.db`"),
        (solution.replace("%(here)s/shop.db", ":memory:"), "открыла не `shop.db`"),
        (solution.replace("%(here)s", "/no_such_folder"), "не зависит от того"),
        (
            solution + 'from pathlib import Path\nPath("alembic.ini").rename("schema_changes/alembic.ini")',
            "нет файла `alembic.ini`",
        ),
        (solution + 'replace("alembic.ini", "%(here)s/schema", "schema")', "начинается не с `%(here)s`"),
    )
    right = (
        "%alembic init migrations\nfrom pathlib import Path\n"
        'Path("migrations").rename("schema_changes")\n'
        'replace("alembic.ini", "%(here)s/migrations", "%(here)s/schema_changes")\n'
        'replace("alembic.ini", "driver://user:pass@localhost/dbname", "sqlite+pysqlite:///%(here)s/shop.db")',
        solution.replace("init", "init -t pyproject"),
    )

    def check(self, work, answer):
        check_environment("schema_changes")
        check_database(work, "shop.db")
        check_elsewhere(work, "shop.db", "schema_changes")


class RepairUrl(Exercise):
    """Repair it: a database URL with three faults in it."""

    opens_on = "02"
    hints = {
        "ru": (
            "Запустите `%alembic current` и прочитайте ошибку снизу. После каждой правки запускайте команду снова.",
            "Диалект называется `sqlite`, косых черт три, а путь к `data.db` начинается с `%(here)s`.",
        ),
        "uk": (
            "Запустіть `%alembic current` і прочитайте помилку знизу вгору. "
            "Після кожної правки запускайте команду знову.",
            "Діалект називається `sqlite`, скісних рисок три, а шлях до `data.db` починається з `%(here)s`.",
        ),
    }
    solution = """
replace("alembic.ini", "sqlite3://data.db", "sqlite:///%(here)s/data.db")
%alembic current
"""
    why = {
        "ru": "Диалект называется `sqlite`, путь идёт после третьей черты, а `%(here)s` — это папка `alembic.ini`.",
        "uk": "Діалект називається `sqlite`, шлях іде після третьої риски, а `%(here)s` — це тека `alembic.ini`.",
    }
    wrong = (
        (solution.replace("%(here)s/", ""), "путь в адресе базы относительный"),
        (solution.replace("/%(here)s/data.db", ""), "открыла не `data.db`"),
        (solution.replace("%(here)s", "%(here)s/migrations"), "открыла не `data.db`"),
        (solution.replace("%(here)s", "/no_such_folder"), "не зависит от того"),
        ('from pathlib import Path\nPath("data.db").unlink()' + solution, "нет таблицы `products`"),
        (solution + "%sql DELETE FROM products WHERE id = 2", "изменились строки"),
    )
    right = (
        solution.replace('"sqlite:///', '"sqlite+pysqlite:///'),
        'from pathlib import Path\nsettings = Path("alembic.ini")\n'
        'settings.write_text(settings.read_text().replace("sqlite3://", "sqlite:///%(here)s/"))',
    )

    def set_up(self):
        edit("alembic.ini", "sqlite:///%(here)s/data.db", "sqlite3://data.db")
        with closing(sqlite3.connect("data.db")) as connection:
            connection.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL)")
            connection.executemany("INSERT INTO products VALUES (?, ?)", PRODUCTS)
            connection.commit()

    def check(self, work, answer):
        if "products" not in work.tables():
            raise NotYet(
                ru="В `data.db` рядом с `alembic.ini` больше нет таблицы `products`. Начните заново: `reset(2)`.",
                uk="У `data.db` поруч з `alembic.ini` більше немає таблиці `products`. Почніть спочатку: `reset(2)`.",
            )
        if not set(PRODUCTS) <= set(work.rows("SELECT id, name FROM products")):
            raise NotYet(
                ru="В таблице `products` изменились строки, а менять надо только адрес. Начните заново: `reset(2)`.",
                uk="У таблиці `products` змінилися рядки, а міняти треба лише адресу. Почніть спочатку: `reset(2)`.",
            )
        check_environment("migrations")
        check_database(work, "data.db")
        check_elsewhere(work, "data.db", "migrations")


class MisplacedIni(Exercise):
    """Repair it: alembic.ini lies in migrations/ and was bent to work there."""

    opens_on = "02"
    hints = {
        "ru": (
            "Место `alembic.ini` — в корне проекта. Что будет значить `%(here)s`, когда файл окажется там?",
            "Перенесите `migrations/alembic.ini` в корень, а в `script_location` допишите после `%(here)s` папку: "
            "`%(here)s/migrations`.",
        ),
        "uk": (
            "Місце `alembic.ini` — у корені проєкту. Що означатиме `%(here)s`, коли файл опиниться там?",
            "Перенесіть `migrations/alembic.ini` до кореня, а в `script_location` допишіть після `%(here)s` теку: "
            "`%(here)s/migrations`.",
        ),
    }
    solution = """
from pathlib import Path

Path("migrations/alembic.ini").rename("alembic.ini")
replace("alembic.ini", "script_location = %(here)s", "script_location = %(here)s/migrations")
%alembic current
"""
    why = {
        "ru": "`%(here)s` — папка самого `alembic.ini`. Файл теперь в корне, и путь от него идёт в `migrations`.",
        "uk": "`%(here)s` — тека самого `alembic.ini`. Файл тепер у корені, і шлях від нього веде до `migrations`.",
    }
    wrong = (
        ("%alembic -c migrations/alembic.ini current", "нет файла `alembic.ini`"),
        ('import shutil\nshutil.move("migrations/alembic.ini", "alembic.ini")', "проверьте `script_location`"),
        ("%alembic init alembic", "проверьте `script_location`"),
        (solution.replace("%(here)s/migrations", "migrations/env.py"), "проверьте `script_location`"),
        (solution + 'Path("migrations/env.py").rename("env.py")', "нет окружения"),
        (solution + 'import shutil\nshutil.copy("alembic.ini", "migrations")', "второй `alembic.ini`"),
        (solution + 'replace("alembic.ini", "s/data.db", "s/migrations/data.db")', "открыла не `data.db`"),
    )
    right = (
        solution.replace("%(here)s/migrations", "migrations"),
        "from pathlib import Path\nimport shutil\n%alembic init new\n"
        "shutil.rmtree('new')\nPath('migrations/alembic.ini').unlink()\n"
        "replace('alembic.ini', '%(here)s/new', '%(here)s/migrations')\n"
        "replace('alembic.ini', 'driver://user:pass@localhost/dbname', 'sqlite:///data.db')",
    )

    def set_up(self):
        edit("alembic.ini", "script_location = %(here)s/migrations", "script_location = %(here)s")
        shutil.move("alembic.ini", "migrations/alembic.ini")

    def check(self, work, answer):
        check_environment("migrations")
        if Path("migrations", "alembic.ini").is_file():
            raise NotYet(
                ru="В папке `migrations` остался второй `alembic.ini`. Оставьте только тот, что в корне.",
                uk="У теці `migrations` лишився другий `alembic.ini`. Залиште тільки той, що в корені.",
            )
        check_database(work, "data.db")


class OwnTemplate(Exercise):
    """Do it, a stretch: the template gives every new migration file a first line and an import."""

    opens_on = "02"
    hints = {
        "ru": (
            "Шаблон файла миграции — `migrations/script.py.mako`. Сообщение Alembic ставит на место `${message}`.",
            "В начало шаблона добавьте строку `# Shop: ${message}`, а после `import sqlalchemy as sa` — второй импорт.",
        ),
        "uk": (
            "Шаблон файлу міграції — `migrations/script.py.mako`. Повідомлення Alembic ставить на місце `${message}`.",
            "На початок шаблону додайте рядок `# Shop: ${message}`, а після `import sqlalchemy as sa` — другий імпорт.",
        ),
    }
    solution = r'''
template = "migrations/script.py.mako"
replace(template, '"""${message}', '# Shop: ${message}\n"""${message}')
replace(template, "import sqlalchemy as sa", "import sqlalchemy as sa\nfrom sqlalchemy.dialects import sqlite")
%alembic revision -m "add price"
'''
    why = {
        "ru": "Из этого шаблона Alembic делает каждый новый файл, а на место `${message}` ставит сообщение.",
        "uk": "З цього шаблону Alembic створює кожен новий файл, а на місце `${message}` ставить повідомлення.",
    }
    wrong = (
        (
            '%alembic revision -m "add price" --rev-id 0001\n'
            + solution.replace('"migrations/script.py.mako"', '"migrations/versions/0001_add_price.py"')
            .replace("${message}", "add price").rpartition("%alembic")[0],
            "нет строки, которая начинается с `# Shop:`",
        ),
        (solution.replace("# Shop", "## Shop"), "нет строки, которая начинается с `# Shop:`"),
        (solution.replace("# Shop: ${message}", "# Shop: add price"), "не сообщение этой ревизии"),
        (solution.replace('# Shop: ${message}\\n"""${message}', '"""${message}\\n\\n# Shop: ${message}'), "не первая"),
        (solution.replace("import sqlite", "import mysql"), "нет имени `sqlite`"),
        (solution.replace('"import sqlalchemy as sa\\nfrom', '"from'), "больше нет имени `sa`"),
        (
            solution.replace('${message}\\n"""', '${message}\\nfrom sqlalchemy.dialects import sqlite\\n"""'),
            "больше не видит",
        ),
        (
            solution.replace('"import sqlalchemy as sa"', "'${imports if imports else \"\"}'")
            .replace('"import sqlalchemy as sa\\nfrom', '"from'),
            "больше нет `imports`",
        ),
        (
            solution.replace("import sqlite", "import no_such_name")
            + 'replace(template, "no_such_name", "sqlite")',
            "не загружается",
        ),
    )
    right = (
        solution.replace("from sqlalchemy.dialects import", "import sqlalchemy.dialects.sqlite as").rpartition("%")[0],
        solution.replace('# Shop: ${message}\\n', '<% title = message %>\\\\\\n#Shop:  ${title}\\n'),
    )

    def check(self, work, answer):
        check_environment("migrations")
        spoilt = take_away_spoilt(work)
        before = set(Path().rglob("*.py"))
        work.alembic('revision -m "rename shelf"')
        (file,) = set(Path().rglob("*.py")) - before
        check_header(work.text(file), "rename shelf")
        check_module(runpy.run_path(str(file)), "rename shelf")
        template = work.text("migrations/script.py.mako")
        for name in PLACEHOLDERS:
            if not re.search(rf"\b{name}\b", template):
                raise NotYet(
                    ru=f"В шаблоне больше нет `{name}`, и это значение не попадёт в новые файлы. Верните его.",
                    uk=f"У шаблоні більше немає `{name}`, і це значення не потрапить у нові файли. Поверніть його.",
                )
        if spoilt:
            raise NotYet(
                ru=f"Шаблон готов, но созданный раньше файл в `migrations/versions` не загружается: {spoilt}. "
                "Удалите его.",
                uk=f"Шаблон готовий, але створений раніше файл у `migrations/versions` не завантажується: {spoilt}. "
                "Видаліть його.",
            )


def take_away_spoilt(work):
    """The error of the learner's earlier migration files, which are then removed from this copy; "" if they load."""
    try:
        work.history()
    except Broken as error:
        for file in VERSIONS.glob("*.py"):
            file.unlink()
        return f"`{readable_paths(str(error))}`"
    return ""


def check_header(text, message):
    header = re.search(r"^#[ \t]*Shop:(.*)", text, re.MULTILINE)
    if not header:
        raise NotYet(
            ru="В новом файле миграции нет строки, которая начинается с `# Shop:`. "
            "Добавьте её в шаблон; две решётки подряд в Mako — комментарий, в файл он не попадает.",
            uk="У новому файлі міграції немає рядка, який починається з `# Shop:`. "
            "Додайте його до шаблону; дві решітки поспіль у Mako — коментар, до файлу він не потрапляє.",
        )
    if header.start():
        raise NotYet(
            ru="Строка `# Shop:` в новом файле есть, но она не первая.",
            uk="Рядок `# Shop:` у новому файлі є, але він не перший.",
        )
    if header[1].strip() != message:
        raise NotYet(
            ru=f"После `# Shop:` в новом файле не сообщение этой ревизии (`{message}`), а `{header[1].strip()}`.",
            uk=f"У новому файлі після `# Shop:` стоїть не повідомлення ревізії (`{message}`), а `{header[1].strip()}`.",
        )


def check_module(names, message):
    """`names` of the loaded migration file: the import is there, Alembic still finds the message."""
    if names.get("sqlite") is not sqlite:
        raise NotYet(
            ru="В новом файле нет имени `sqlite`: добавьте в шаблон `from sqlalchemy.dialects import sqlite`.",
            uk="У новому файлі немає імені `sqlite`: додайте до шаблону `from sqlalchemy.dialects import sqlite`.",
        )
    for name in ("op", "sa", "upgrade", "downgrade"):
        if name not in names:
            raise NotYet(
                ru=f"В новом файле миграции больше нет имени `{name}`, которое давал прежний шаблон. Верните его.",
                uk=f"У новому файлі міграції більше немає імені `{name}`, яке давав попередній шаблон. Поверніть його.",
            )
    if not (names["__doc__"] or "").startswith(message):
        raise NotYet(
            ru="Сообщение в тройных кавычках Alembic больше не видит: перед ним может стоять только комментарий.",
            uk="Повідомлення в потрійних лапках Alembic більше не бачить: перед ним може стояти лише коментар.",
        )


EXERCISES = [OwnNames, RepairUrl, MisplacedIni, OwnTemplate]
