"""Exercises of lesson 04: autogenerate."""

import re
import runpy
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from ..exercise import Broken, Exercise, NotYet

MODELS = "from_models.db"  # made in the copy that is checked, from models.py alone
EMAILS = {f"{name}@example.com" for name in ("olena", "timur", "andrij", "julia")}
BEFORE = {
    "users": {"id", "email", "name", "avatar_url"},
    "posts": {"id", "author_id", "title", "body", "status"},
    "comments": {"id", "post_id", "author_id", "text"},
}


def edit(path, old, new):
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def in_models(work, table):
    """{column: SQLAlchemy's description} of a table as the models alone would make it; MODELS is made on the way."""
    Path(MODELS).unlink(missing_ok=True)
    try:
        metadata = runpy.run_path("models.py")["Base"].metadata
        metadata.create_all(sa.create_engine(f"sqlite:///{MODELS}", poolclass=sa.NullPool))
    except Exception as error:  # the learner's module may fail in any way
        raise Broken(f"{type(error).__name__}: {error}") from None
    return work.tables(MODELS).get(table, {})


def step(work, line):
    """A step of the check itself; if it fails, the learner sees which."""
    try:
        work.alembic(line)
    except Broken as error:
        raise Broken(f"alembic {line}\n\n{error}") from None


def no_file_is_lost(work):
    for id_ in sorted({"0006", *work.position()} - {"base", *work.history()}):
        raise NotYet(
            ru=f"Файла ревизии `{id_}` нет, а база её уже применила: верните файл.",
            uk=f"Файлу ревізії `{id_}` немає, а база її вже застосувала: поверніть файл.",
        )


def rows_are_kept(work, number):
    tables = work.tables()
    for name in tables:
        if name.startswith("_alembic_tmp_"):
            raise NotYet(
                ru=f"Неудачная попытка оставила в базе таблицу `{name}`. Удалите её: `%sql DROP TABLE {name}`.",
                uk=f"Невдала спроба лишила в базі таблицю `{name}`. Видаліть її: `%sql DROP TABLE {name}`.",
            )
    for name in BEFORE:
        ids = {1, 2, 3, 4} - {id_ for (id_,) in work.rows(f"SELECT id FROM {name}")} if name in tables else {1}
        if ids or name == "users" and EMAILS - {email for (email,) in work.rows("SELECT email FROM users")}:
            raise NotYet(
                ru=f"В таблице `{name}` нет строк, которые были в начале: база потеряла данные. "
                f"Начните заново: `reset({number})`.",
                uk=f"У таблиці `{name}` немає рядків, які були на початку: база втратила дані. "
                f"Почніть спочатку: `reset({number})`.",
            )


def new_revision_exists(work, changed):
    """Whether one line of history goes on after 0006; `changed`: whether the database has the change already."""
    heads = work.heads()
    if len(heads) > 1:
        raise NotYet(
            ru=f"У истории две вершины: {', '.join(heads)}. Новая ревизия должна идти после `0006`.",
            uk=f"Історія має дві вершини: {', '.join(heads)}. Нова ревізія має йти після `0006`.",
        )
    if heads == ["0006"] and changed:
        raise NotYet(
            ru="База изменена, но после `0006` нет новой ревизии. Изменение должна внести новая миграция, "
            "а не SQL вручную и не правка применённого файла.",
            uk="Базу змінено, але після `0006` немає нової ревізії. Зміну має внести нова міграція, "
            "а не SQL вручну й не правка застосованого файлу.",
        )
    if heads == ["0006"]:
        raise NotYet(
            ru="После `0006` нет новой ревизии: базу менять нечему. Файлы `0001`–`0006` уже применены, их не правят.",
            uk="Після `0006` немає нової ревізії, тому базу не змінено. Файли `0001`–`0006` уже застосовано, "
            "їх не правлять.",
        )


def revision_is_applied(work, changed, number):
    new_revision_exists(work, changed)
    position, heads = ", ".join(work.position()), work.heads()
    if [position] == heads:
        return
    if changed:
        raise NotYet(
            ru=f"База уже изменена, хотя она на ревизии `{position}`: её изменили в обход миграции, или `upgrade` "
            f"прервала ошибка. Начните заново: `reset({number})`.",
            uk=f"Базу вже змінено, хоча вона на ревізії `{position}`: її змінила не міграція, або `upgrade` "
            f"перервала помилка. Почніть спочатку: `reset({number})`.",
        )
    step(work, "upgrade head")
    raise NotYet(
        ru=f"Ревизия `{heads[0]}` не применена: база на `{position}`.",
        uk=f"Ревізію `{heads[0]}` не застосовано: база на `{position}`.",
    )


def models_agree(work, again=False):
    """`again`: after a downgrade and an upgrade in the copy, so that only the migration can be at fault."""
    try:
        work.alembic("check")
    except Broken as error:
        if "New upgrade operations" not in str(error):
            raise
        found = re.search(r"None, '(\w+)', (?:Column\()?'(\w+)'", str(error))
        place = f" (`{'.'.join(found.groups())}`)" if found else ""
    else:
        return
    if again:
        raise NotYet(
            ru=f"После отката до `0006` и нового `upgrade head` модели и база расходятся{place}: "
            "проверьте `upgrade()`.",
            uk=f"Після відкочування до `0006` і нового `upgrade head` моделі й база розходяться{place}: "
            "перевірте `upgrade()`.",
        )
    raise NotYet(
        ru=f"Модели и база расходятся{place}: подробности покажет `%alembic check`.",
        uk=f"Моделі й база розходяться{place}: подробиці покаже `%alembic check`.",
    )


def defaults_agree(work, table, column):
    defaults = [tables[column]["default"] for tables in (in_models(work, table), work.tables()[table])]
    if len({str(default).strip("()'\"") for default in defaults}) > 1:
        raise NotYet(
            ru=f"Значение по умолчанию у `{table}.{column}` в модели и в базе разное: `check` этого не видит.",
            uk=f"Значення за замовчуванням у `{table}.{column}` в моделі й у базі різне: `check` цього не бачить.",
        )


def way_back(work, number):
    step(work, "downgrade 0006")
    tables = work.tables()
    for name, columns in BEFORE.items():
        for column in sorted(columns ^ set(tables.get(name, ()))):
            raise NotYet(
                ru=f"После отката до `0006` таблица `{name}` не стала прежней из-за столбца `{column}`: "
                "проверьте `downgrade()`.",
                uk=f"Після відкочування до `0006` таблиця `{name}` не стала такою, як була, через стовпець "
                f"`{column}`: перевірте `downgrade()`.",
            )
    rows_are_kept(work, number)


class AddPhone(Exercise):
    """Do it: add the column phone to users, in the model, in the history and in the database."""

    hints = {
        "ru": (
            "Порядок тот же, что для `avatar_url`: модель, `revision --autogenerate`, проверка файла, `upgrade head`.",
            "В класс `User` добавьте строку `phone: Mapped[str | None] = mapped_column(String(20))`. Черновик "
            "автогенерации здесь можно применить и без правки.",
        ),
        "uk": (
            "Порядок як для `avatar_url`: модель, `revision --autogenerate`, перевірка файлу, `upgrade head`.",
            "До класу `User` додайте рядок `phone: Mapped[str | None] = mapped_column(String(20))`. Чернетку "
            "автогенерації тут можна застосувати й без правок.",
        ),
    }
    model = '''
replace(
    "models.py",
    "    avatar_url: Mapped[str | None] = mapped_column(String(300))\\n",
    """    avatar_url: Mapped[str | None] = mapped_column(String(300))
    phone: Mapped[str | None] = mapped_column(String(20))
""",
)
'''
    revision = '%alembic revision --autogenerate -m "add users.phone" --rev-id 0007\n'
    solution = model + revision + "%alembic upgrade head\n"
    why = {
        "ru": "Автогенерация увидела в модели столбец, которого нет в базе, и написала обе функции; `upgrade` привёл "
        "базу к моделям.",
        "uk": "Автогенерація побачила в моделі стовпець, якого немає в базі, і написала обидві функції; `upgrade` "
        "привів базу до моделей.",
    }
    by_hand = """
%alembic revision -m "phone" --rev-id c0ffee
replace("migrations/versions/c0ffee_phone.py", 'Upgrade schema.\"""\\n    pass',
        'Upgrade schema.\"""\\n    op.add_column("users", sa.Column("phone", sa.String(20)))')
"""
    empty_way_back = model + by_hand + "%alembic upgrade head\n"
    wrong = (
        (model, "нет новой ревизии: базу менять нечему"),
        (model + revision, "не применена: база на `0006`"),
        ("%sql ALTER TABLE users ADD COLUMN phone VARCHAR(20)", "есть в базе, но его нет в модели"),
        (model + "%sql ALTER TABLE users ADD COLUMN phone VARCHAR(20)", "База изменена, но после `0006` нет"),
        (model + revision + "%alembic stamp head", "столбца `phone` в базе нет"),
        (empty_way_back, "таблица `users` не стала прежней"),
        (solution.replace("String(20)", "String(30)"), "`VARCHAR(30)`"),
    )
    right = (
        model
        + by_hand
        + """
replace("migrations/versions/c0ffee_phone.py", 'Downgrade schema.\"""\\n    pass',
        'Downgrade schema.\"""\\n    op.drop_column("users", "phone")')
%alembic upgrade head
""",
    )

    def check(self, work, answer):
        no_file_is_lost(work)
        rows_are_kept(work, 1)
        changed = "phone" in work.tables()["users"]
        self.look_at_model(in_models(work, "users").get("phone"), changed)
        revision_is_applied(work, changed, 1)
        if not changed:
            raise NotYet(
                ru="Новая ревизия отмечена как применённая, но столбца `phone` в базе нет: `upgrade()` его не добавил. "
                "Сделайте шаг назад и исправьте файл.",
                uk="Нову ревізію позначено як застосовану, але стовпця `phone` у базі немає: `upgrade()` його не "
                "додала. Зробіть крок назад і виправте файл.",
            )
        models_agree(work)
        way_back(work, 1)
        step(work, "upgrade head")
        models_agree(work, again=True)
        rows_are_kept(work, 1)

    def look_at_model(self, phone, in_base):
        if phone is None and in_base:
            raise NotYet(
                ru="Столбец `phone` есть в базе, но его нет в модели `User`: автогенерация предложит его удалить.",
                uk="Стовпець `phone` є в базі, але його немає в моделі `User`: автогенерація запропонує його видалити.",
            )
        if phone is None:
            raise NotYet(
                ru="В модели `User` ещё нет столбца `phone`: начните с `models.py`.",
                uk="У моделі `User` ще немає стовпця `phone`: почніть із `models.py`.",
            )
        if str(phone["type"]) != "VARCHAR(20)":
            raise NotYet(
                ru=f"В модели у `phone` тип `{phone['type']}`, а нужна строка до 20 символов, `String(20)`.",
                uk=f"У моделі `phone` має тип `{phone['type']}`, а потрібен рядок до 20 символів, `String(20)`.",
            )
        if not phone["nullable"]:
            raise NotYet(
                ru="В модели столбец `phone` не может быть пустым, а по условию может.",
                uk="У моделі стовпець `phone` не може бути порожнім, а за умовою вправи може.",
            )


class CountOperations(Exercise):
    """Predict it: how many operations `check` finds for five changes of the models."""

    asks = True
    hints = {
        "ru": (
            "Сверьте каждое из пяти изменений с таблицей урока: что автогенерация видит, а что нет.",
            "`CHECK` и `server_default` не видны вовсе, а переименование выглядит как удаление одного столбца "
            "и добавление другого.",
        ),
        "uk": (
            "Звірте кожну з п’яти змін із таблицею уроку: що автогенерація бачить, а чого ні.",
            "`CHECK` і `server_default` не видно зовсім, а перейменування має вигляд видалення одного стовпця "
            "й додавання іншого.",
        ),
    }
    solution = 4
    why = {
        "ru": "Переименование — это две операции, индекс и длина — по одной, а `CHECK` и `server_default` "
        "автогенерация не видит.",
        "uk": "Перейменування — це дві операції, індекс і довжина — по одній, а `CHECK` і `server_default` "
        "автогенерація не бачить.",
    }
    wrong = ((3, "переименование"), (5, "не видит"), (6, "не видит"), ("four", "целое число"))
    right = ("4",)

    def set_up(self):
        edit("models.py", "    name: Mapped[str]", "    full_name: Mapped[str]")
        check = 'Text, CheckConstraint("length(body) > 0", name="not_empty")'
        edit("models.py", "mapped_column(Text)", f"mapped_column({check})")
        edit("models.py", 'server_default="published"', 'server_default="draft"')
        edit("models.py", 'ForeignKey("posts.id")', 'ForeignKey("posts.id"), index=True')
        edit("models.py", "String(1000)", "String(2000)")
        edit("models.py", "import ForeignKey", "import CheckConstraint, ForeignKey")

    def check(self, work, answer):
        text = str(answer).strip()
        if not re.fullmatch(r"\d+", text):
            raise NotYet(
                ru="Ответ — целое число, например `check(2, 9)`.", uk="Відповідь — ціле число, наприклад `check(2, 9)`."
            )
        if int(text) < self.solution:
            raise NotYet(
                ru="`check` найдёт больше: вспомните, как для автогенерации выглядит переименование.",
                uk="`check` знайде більше: пригадайте, який вигляд має для автогенерації перейменування.",
            )
        if int(text) > self.solution:
            raise NotYet(
                ru="`check` найдёт меньше: часть этих изменений автогенерация не видит.",
                uk="`check` знайде менше: частини цих змін автогенерація не бачить.",
            )


DRAFT = '''"""rename avatar, add state

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-20 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '0007'
down_revision: Union[str, Sequence[str], None] = '0006'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # ### commands auto generated by Alembic - please adjust! ###
    with op.batch_alter_table('comments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('state', sa.String(length=20), nullable=False))

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('photo_url', sa.String(length=300), nullable=True))
        batch_op.drop_column('avatar_url')

    # ### end Alembic commands ###


def downgrade() -> None:
    """Downgrade schema."""
    # ### commands auto generated by Alembic - please adjust! ###
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('avatar_url', sa.VARCHAR(length=300), nullable=True))
        batch_op.drop_column('photo_url')

    with op.batch_alter_table('comments', schema=None) as batch_op:
        batch_op.drop_column('state')

    # ### end Alembic commands ###
'''


class MendDraft(Exercise):
    """Repair it: a draft that fails on a filled table and, once it runs, loses the data of a renamed column."""

    hints = {
        "ru": (
            "Ошибку покажет `upgrade`, но это только половина дела: прочитайте и то, что черновик делает с `users`.",
            "Столбцу `state` дайте `server_default`, и в модели тоже. Для `users` вместо двух операций нужна одна: "
            "`op.alter_column` с `new_column_name`, и в `downgrade()` тоже.",
        ),
        "uk": (
            "Помилку покаже `upgrade`, але це лише половина справи: прочитайте й те, що чернетка робить із `users`.",
            "Стовпцю `state` дайте `server_default`, і в моделі теж. Для `users` замість двох операцій потрібна одна: "
            "`op.alter_column` з `new_column_name`, і в `downgrade()` теж.",
        ),
    }
    file = 'draft = "migrations/versions/0007_rename_avatar_add_state.py"\n'
    model = '''replace(
    "models.py",
    "state: Mapped[str] = mapped_column(String(20))",
    'state: Mapped[str] = mapped_column(String(20), server_default="visible")',
)
'''
    state = '''replace(draft, "nullable=False", 'server_default="visible", nullable=False')
'''
    up = '''replace(
    draft,
    """    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('photo_url', sa.String(length=300), nullable=True))
        batch_op.drop_column('avatar_url')
""",
    """    op.alter_column("users", "avatar_url", new_column_name="photo_url")
""",
)
'''
    down = '''replace(
    draft,
    """    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('avatar_url', sa.VARCHAR(length=300), nullable=True))
        batch_op.drop_column('photo_url')
""",
    """    op.alter_column("users", "photo_url", new_column_name="avatar_url")
""",
)
'''
    steps = '''replace(
    draft,
    """nullable=False))
""",
    """nullable=True))
    op.execute("UPDATE comments SET state = 'visible'")
    with op.batch_alter_table("comments") as batch_op:
        batch_op.alter_column("state", existing_type=sa.String(20), nullable=False)
""",
)
'''
    upgrade = "%alembic upgrade head\n"
    solution = file + model + state + up + down + upgrade
    why = {
        "ru": "`server_default` заполнил столбец в старых строках, а `alter_column` в обе стороны "
        "переименовывает столбец с адресами, не трогая данных.",
        "uk": "`server_default` заповнив стовпець у наявних рядках, а `alter_column` перейменовує інший стовпець "
        "в обидва боки й не зачіпає його даних.",
    }
    wrong = (
        (file + model + state + upgrade, "в `photo_url` нет адресов"),
        (file + model + state + up + upgrade, "откат до `0006` их теряет"),
        (file + state + up + down + upgrade, "Значение по умолчанию"),
        (file + model + state + up + down, "не применена: база на `0006`"),
        (file + model + "%alembic stamp head", "столбца `photo_url` в базе нет"),
        (file + 'import os; os.remove(draft)', "нет новой ревизии: базу менять нечему"),
        ("%sql ALTER TABLE users RENAME COLUMN avatar_url TO photo_url", "База уже изменена"),
        (solution.replace("visible", "hidden"), "`visible`"),
    )
    right = (
        file + steps + up + down + upgrade,
        file
        + model
        + """import os; os.remove(draft)
%alembic revision -m "state" --rev-id aa
replace("migrations/versions/aa_state.py", 'Upgrade schema.\\"\\"\\"\\n    pass', 'Upgrade schema.\\"\\"\\"\\n'
        '    op.add_column("comments", sa.Column("state", sa.String(20), server_default="visible", nullable=False))')
replace("migrations/versions/aa_state.py", 'Downgrade schema.\\"\\"\\"\\n    pass',
        'Downgrade schema.\\"\\"\\"\\n    op.drop_column("comments", "state")')
%alembic revision -m "photo" --rev-id bb
replace("migrations/versions/bb_photo.py", 'Upgrade schema.\\"\\"\\"\\n    pass',
        'Upgrade schema.\\"\\"\\"\\n    op.alter_column("users", "avatar_url", new_column_name="photo_url")')
replace("migrations/versions/bb_photo.py", 'Downgrade schema.\\"\\"\\"\\n    pass',
        'Downgrade schema.\\"\\"\\"\\n    op.alter_column("users", "photo_url", new_column_name="avatar_url")')
%alembic upgrade head
""",
    )

    def set_up(self):
        edit("models.py", "avatar_url: Mapped", "photo_url: Mapped")
        text = "    text: Mapped[str] = mapped_column(String(1000))\n"
        edit("models.py", text, text + "    state: Mapped[str] = mapped_column(String(20))\n")
        Path("migrations/versions/0007_rename_avatar_add_state.py").write_text(DRAFT, encoding="utf-8")
        with closing(sqlite3.connect("data.db")) as connection:
            avatar = "'https://example.com/' || substr(email, 1, instr(email, '@') - 1) || '.png'"
            connection.execute(f"UPDATE users SET avatar_url = {avatar}")
            connection.commit()

    def check(self, work, answer):
        no_file_is_lost(work)
        rows_are_kept(work, 3)
        self.look_at_models(work)
        tables = work.tables()
        missing = [c for t, c in (("users", "photo_url"), ("comments", "state")) if c not in tables[t]]
        revision_is_applied(work, len(missing) < 2, 3)
        for column in missing:
            raise NotYet(
                ru=f"Ревизия отмечена как применённая, но столбца `{column}` в базе нет: `upgrade()` его не добавил. "
                "Начните заново: `reset(3)`.",
                uk=f"Ревізію позначено як застосовану, але стовпця `{column}` у базі немає: `upgrade()` його не "
                "додала. Почніть спочатку: `reset(3)`.",
            )
        self.look_at_rows(work, "")
        models_agree(work)
        defaults_agree(work, "comments", "state")
        way_back(work, 3)
        if not self.addresses_are_kept(work, "avatar_url"):
            raise NotYet(
                ru="Сейчас адреса на месте, но откат до `0006` их теряет: исправьте `downgrade()`.",
                uk="Зараз адреси на місці, але після відкочування до `0006` їх немає: виправте `downgrade()`.",
            )
        step(work, "upgrade head")
        models_agree(work, again=True)
        self.look_at_rows(work, "again")

    def look_at_models(self, work):
        users, comments = in_models(work, "users"), in_models(work, "comments")
        faults = {
            "photo_url": "photo_url" not in users,
            "avatar_url": "avatar_url" in users,
            "state": comments.get("state", {"nullable": True})["nullable"],
        }
        for column in (column for column, fault in faults.items() if fault):
            raise NotYet(
                ru="Модели должны остаться такими, как задумал коллега: `photo_url` вместо `avatar_url` и обязательный "
                f"`state`. Посмотрите на столбец `{column}`.",
                uk="Моделі мають лишитися такими, як задумав колега: `photo_url` замість `avatar_url` і обов’язковий "
                f"`state`. Подивіться на стовпець `{column}`.",
            )

    def addresses_are_kept(self, work, column):
        found = dict(work.rows(f"SELECT email, {column} FROM users"))
        return all(found[email] == f"https://example.com/{email.split('@')[0]}.png" for email in EMAILS)

    def look_at_rows(self, work, again):
        if not self.addresses_are_kept(work, "photo_url") and again:
            raise NotYet(
                ru="В `data.db` адреса есть, но `upgrade()` их теряет: после отката и нового `upgrade` их нет.",
                uk="У `data.db` адреси є, але `upgrade()` їх втрачає: після відкочування й нового `upgrade` їх немає.",
            )
        if not self.addresses_are_kept(work, "photo_url"):
            raise NotYet(
                ru="Адреса аватаров потеряны: в `photo_url` нет адресов, которые были в `avatar_url`. Начните "
                "заново: `reset(3)`, и исправьте миграцию до `upgrade`.",
                uk="Адреси аватарів втрачено: у `photo_url` немає адрес, які були в `avatar_url`. Почніть "
                "спочатку, `reset(3)`, і виправте міграцію до `upgrade`.",
            )
        if {state for (state,) in work.rows("SELECT state FROM comments WHERE id < 5")} != {"visible"}:
            raise NotYet(
                ru="Не у всех четырёх комментариев `state` равен `visible`: проверьте, чем его заполняет `upgrade()`.",
                uk="Не в усіх чотирьох коментарів `state` дорівнює `visible`: перевірте, чим його заповнює "
                "`upgrade()`.",
            )


def takes(status, path="data.db"):
    """Whether a database takes a post of such a status; the post is taken back."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            connection.execute("INSERT INTO posts (author_id, title, body, status) VALUES (1, '', '', ?)", [status])
        except sqlite3.IntegrityError:
            return False
        except sqlite3.Error as error:
            raise Broken(str(error)) from None
        return True


class WriteCheck(Exercise):
    """Stretch, repair it: a CHECK that the model has and autogenerate does not see, put into the database by hand."""

    hints = {
        "ru": (
            "Автогенерация напишет два `pass`. Создайте ревизию и заполните обе функции сами.",
            "В `upgrade()` ограничение добавьте, в `downgrade()` удалите, оба раза внутри "
            '`with op.batch_alter_table("posts") as batch_op:`. Условие перепишите из модели.',
        ),
        "uk": (
            "Автогенерація напише два `pass`. Створіть ревізію й заповніть обидві функції самі.",
            "В `upgrade()` обмеження додайте, у `downgrade()` видаліть, обидва рази всередині "
            '`with op.batch_alter_table("posts") as batch_op:`. Умову перепишіть із моделі.',
        ),
    }
    created = """
%alembic revision -m "check posts.status" --rev-id 0007
file = "migrations/versions/0007_check_posts_status.py"
"""
    up = '''
replace(
    file,
    \'\'\'Upgrade schema."""
    pass\'\'\',
    \'\'\'Upgrade schema."""
    with op.batch_alter_table("posts") as batch_op:
        batch_op.create_check_constraint(op.f("ck_posts_status"), "status IN ('draft', 'published')")\'\'\',
)
'''
    down = '''
replace(
    file,
    \'\'\'Downgrade schema."""
    pass\'\'\',
    \'\'\'Downgrade schema."""
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_constraint(op.f("ck_posts_status"))\'\'\',
)
'''
    upgrade = "%alembic upgrade head\n"
    solution = created + up + down + upgrade
    why = {
        "ru": "Пакетный режим скопировал таблицу вместе с новым ограничением; автогенерация его не видит, "
        "поэтому обе функции написаны вручную.",
        "uk": "Пакетний режим скопіював таблицю разом із новим обмеженням; автогенерація його не бачить, "
        "тому обидві функції написано вручну.",
    }
    wrong = (
        ('%alembic revision --autogenerate -m "check"\n%alembic upgrade head', "принимает пост со статусом"),
        (created + up + upgrade, "осталось после отката до `0006`"),
        (created + up + down, "не применена: база на `0006`"),
        (solution.replace("('draft', 'published')", "('published')"), "отвергает пост со статусом `draft`"),
        (
            solution.replace("('draft', 'published')", "('draft', 'published', 'archived')"),
            "принимает пост со статусом",
        ),
        (
            'replace("models.py", "IN (\'draft\', \'published\')", "IN (\'draft\', \'published\', \'secret\')")\n'
            + solution,
            "Из модели",
        ),
    )
    right = (
        solution.replace("status IN ('draft', 'published')", "status = 'draft' OR status = 'published'")
        .replace('"ck_posts_status"', '"known_status"')
        .replace("--rev-id 0007", "--rev-id beef")
        .replace("0007_", "beef_"),
    )

    def set_up(self):
        edit(
            "models.py",
            'mapped_column(String(20), server_default="published")',
            """mapped_column(
        String(20),
        CheckConstraint("status IN ('draft', 'published')", name="status"),
        server_default="published",
    )""",
        )
        edit("models.py", "import ForeignKey", "import CheckConstraint, ForeignKey")

    def check(self, work, answer):
        no_file_is_lost(work)
        rows_are_kept(work, 4)
        in_models(work, "posts")
        if self.odd_one(MODELS):
            raise NotYet(
                ru="Из модели `Post` пропало ограничение, или оно стало другим. Верните прежнее.",
                uk="Обмеження в моделі `Post` зникло або стало іншим: воно має лишитися таким, як було.",
            )
        odd = self.odd_one("data.db")
        revision_is_applied(work, not takes("secret"), 4)
        self.look_at_base(odd)
        models_agree(work)
        defaults_agree(work, "posts", "status")
        way_back(work, 4)
        if not takes("secret"):
            raise NotYet(
                ru="Ограничение осталось после отката до `0006`: проверьте `downgrade()`.",
                uk="Обмеження лишилося після відкочування до `0006`: перевірте `downgrade()`.",
            )
        step(work, "upgrade head")
        if self.odd_one("data.db"):
            raise NotYet(
                ru="После отката до `0006` и нового `upgrade head` ограничения нет: его добавили в обход `upgrade()`.",
                uk="Після відкочування до `0006` і нового `upgrade head` обмеження немає: його додала не функція "
                "`upgrade()`.",
            )
        models_agree(work, again=True)
        rows_are_kept(work, 4)

    def odd_one(self, path):
        """A status that the database takes and must not, or does not take and must; None if all is well."""
        wanted = dict.fromkeys(("secret", "", "archived", "DRAFT"), False) | {"draft": True, "published": True}
        return next((status for status, right in wanted.items() if takes(status, path) != right), None)

    def look_at_base(self, odd):
        if odd in ("draft", "published"):
            raise NotYet(
                ru=f"База отвергает пост со статусом `{odd}`: в условии его забыли.",
                uk=f"База відхиляє допис зі статусом `{odd}`: в умові його забули.",
            )
        if odd is not None:
            raise NotYet(
                ru=f"Ревизия применена, но база принимает пост со статусом «{odd}»: ограничения `CHECK` в ней нет "
                "или условие не то.",
                uk=f"Ревізію застосовано, але база приймає допис зі статусом «{odd}»: обмеження `CHECK` у ній немає "
                "або умова не та.",
            )


EXERCISES = [AddPhone, CountOperations, MendDraft, WriteCheck]
