"""The helper's verbs on good and bad input, in each language: what a learner sees; bad use gets one sentence."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

COURSE = Path(__file__).resolve().parents[1] / "notebooks" / "course"


@pytest.fixture
def verbs(lesson):
    """The verbs by name, in the folder of lesson 05."""
    import course
    from course import words

    lesson("05")
    return course.load(words.language)


def seen(verb, *words, **options):
    """(text, svg) that a verb shows."""
    with capture_output() as shown:
        verb(*words, **options)
    data = [output.data for output in shown.outputs]
    text = shown.stdout + "".join(part["text/plain"] for part in data)
    return text, "".join(part.get("image/svg+xml", "") for part in data)


def elements(svg, tag):
    return svg.findall(f".//{{*}}{tag}")


def complaint(verb, *words):
    """The one sentence that bad use of a verb is answered with, as a notebook shows it."""
    from course.words import CourseError

    with pytest.raises(CourseError) as error:
        verb(*words)
    (sentence,) = error.value._render_traceback_()
    assert "Traceback" not in sentence and error.value.__cause__ is None
    return sentence


# start


def test_start_makes_the_folder_afresh_and_keeps_what_was_there(lesson):
    folder = lesson("05")
    Path("models.py").write_text("# мой труд", encoding="utf-8")
    assert lesson("05") == folder
    assert "мой труд" not in Path("models.py").read_text(encoding="utf-8")
    assert (folder.parent / "05_before_1" / "models.py").read_text(encoding="utf-8") == "# мой труд"


def test_start_works_from_any_state_of_a_lesson(lesson):
    """A lesson stopped in the middle of a broken project, in another folder, with an open database."""
    import sqlalchemy

    shell, folder = InteractiveShell.instance(), lesson("05")
    engine = shell.user_ns["engine"] = sqlalchemy.create_engine("sqlite:///data.db")
    connection = engine.connect()
    connection.execute(sqlalchemy.text("SELECT 1"))
    connection.close()
    os.environ["DATABASE_URL"] = "sqlite:///other.db"
    shutil.rmtree("migrations")
    Path("sub").mkdir()
    os.chdir("sub")
    assert lesson(5) == folder and Path("migrations/env.py").exists()
    assert "DATABASE_URL" not in os.environ


def test_start_forgets_a_real_projects_database(lesson, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/production.db")
    lesson("05")
    assert "DATABASE_URL" not in os.environ


def test_start_puts_the_environments_commands_on_the_path(lesson, monkeypatch):
    monkeypatch.setenv("PATH", "nothing")
    lesson("00")
    assert shutil.which("alembic")


def test_start_of_a_lesson_that_does_not_exist(verbs, language):
    sentence = complaint(verbs["start"], "99")
    assert "«99»" in sentence and "00, 01" in sentence and {"ru": "нет", "uk": "немає"}[language] in sentence


def test_start_where_the_folder_cannot_be_written(verbs, language, tmp_path, monkeypatch):
    before = Path.cwd()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "file"))
    assert {"ru": "Не удаётся записать", "uk": "Не вдається записати"}[language] in complaint(verbs["start"], "05")
    assert Path.cwd() == before


def test_start_prints_one_line(lesson, capsys):
    lesson("05")
    assert len(capsys.readouterr().out.splitlines()) == 1


# recipe


def test_recipe_makes_a_copy_of_the_project_and_keeps_what_was_there(lesson, verbs):
    folder = lesson("cheatsheet")
    assert not list(folder.iterdir())
    seen(verbs["recipe"], "one")
    Path("models.py").write_text("# мой труд", encoding="utf-8")
    seen(verbs["recipe"], "two", empty=True)
    assert Path.cwd() == folder / "two" and not list(Path.cwd().iterdir())
    seen(verbs["recipe"], "one")
    assert Path.cwd() == folder / "one" and "class User" in Path("models.py").read_text(encoding="utf-8")
    assert (folder / "one_before_1" / "models.py").read_text(encoding="utf-8") == "# мой труд"


def test_recipe_outside_the_cheat_sheet(verbs, language):
    before = sorted(Path.cwd().rglob("*"))
    assert {"ru": "первую ячейку", "uk": "першу клітинку"}[language] in complaint(verbs["recipe"], "one")
    assert sorted(Path.cwd().rglob("*")) == before


# %sql


@pytest.fixture
def sql(verbs):
    from course.query import Query

    return Query(InteractiveShell.instance())


def test_sql_looks_into_data_db(sql):
    assert list(sql("SELECT version_num FROM alembic_version")) == [("0006",)]
    assert [row[0] for row in sql("", "SELECT id FROM users\nORDER BY id")] == [1, 2, 3, 4]


def test_sql_changes_rows_and_shows_nothing_for_it(sql):
    assert sql("UPDATE users SET name = 'x' WHERE id = 1") is None
    assert list(sql("SELECT name FROM users WHERE id = 1")) == [("x",)]


def test_sql_takes_another_database_for_one_cell(sql):
    sql("sqlite:///other.db CREATE TABLE t (a)")
    assert list(sql("sqlite:///other.db SELECT name FROM sqlite_master")) == [("t",)]
    assert list(sql("SELECT count(*) FROM users")) == [(4,)]


def test_sql_keeps_no_connection_open(sql):
    from sql.connection import Connection

    sql("SELECT 1")
    assert not Connection.connections


def test_sql_creates_no_empty_database(sql, language):
    os.remove("data.db")
    assert {"ru": "ещё нет", "uk": "ще немає"}[language] in complaint(sql, "SELECT 1")
    assert not Path("data.db").exists()


def test_sql_shows_the_error_of_a_wrong_query(sql, capsys):
    sql("SELECT nosuch FROM users")
    assert "no such column: nosuch" in capsys.readouterr().out


def run_cell(code):
    """What a cell that a learner runs shows: the text of its outputs and the sentences of its errors."""
    with capture_output() as shown:
        InteractiveShell.instance().run_cell(code)
    return shown.stdout + "\n".join(output.data["text/plain"] for output in shown.outputs)


def test_every_sql_of_a_cell_shows_its_rows(verbs):
    shown = run_cell(
        "%sql SELECT 'first'\nfor name in ('second', 'third'):\n    %sql SELECT :name\n"
        "%sql UPDATE users SET name = name\nrows = %sql SELECT 'kept'\nx = 1"
    )
    assert "first" in shown and "second" in shown and "third" in shown and "kept" not in shown
    assert [tuple(row) for row in InteractiveShell.instance().user_ns["rows"]] == [("kept",)]


def test_the_last_sql_of_a_cell_is_its_result(verbs):
    shell = InteractiveShell.instance()
    assert [tuple(row) for row in shell.run_cell("%sql SELECT 1\n%sql SELECT 2").result] == [(2,)]
    assert [tuple(row) for row in shell.run_cell("%%sql\nSELECT 3").result] == [(3,)]


# the database of DATABASE_URL


@pytest.fixture
def elsewhere(verbs, monkeypatch):
    """DATABASE_URL names stage.db, where no revision is applied; data.db holds all of them."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///stage.db")
    run_cell("%alembic downgrade base")  # creates stage.db
    return verbs


def test_every_verb_looks_at_the_database_of_database_url(elsewhere, sql, language):
    line = {"ru": "Работаем с базой stage.db", "uk": "Працюємо з базою stage.db"}[language]
    assert "0001" not in run_cell("%alembic current")
    assert "base (stage.db)" in seen(elsewhere["draw_history"])[0]
    drawn, _ = seen(elsewhere["draw_schema"])
    assert line in drawn and "alembic_version" in drawn and "users" not in drawn
    shown, _ = seen(sql, "CREATE TABLE only_here (id INTEGER)")
    assert line in shown and "only_here" in seen(elsewhere["draw_schema"])[0]
    run_cell("%alembic upgrade 0001")
    assert "users" in seen(elsewhere["draw_schema"])[0] and "0001" in run_cell("%alembic current")


def test_a_database_that_a_verb_is_given_comes_before_database_url(elsewhere, sql):
    assert "comments" in seen(elsewhere["draw_schema"], "data.db")[0]
    assert list(sql("sqlite:///data.db SELECT count(*) FROM users")) == [(4,)]
    shown, _ = seen(sql, "sqlite:///fresh.db SELECT 1")
    assert "stage.db" not in shown


@pytest.mark.parametrize("address", ["sqlite:///data.db", "sqlite:///{here}/data.db"])
def test_database_url_that_names_data_db_is_worth_no_word(verbs, sql, monkeypatch, address):
    monkeypatch.setenv("DATABASE_URL", address.format(here=Path.cwd().as_posix()))
    assert seen(sql, "UPDATE users SET name = name")[0] == ""
    assert seen(verbs["draw_schema"])[0].startswith("alembic_version")


@pytest.mark.parametrize(
    "address, said",
    [
        ("nosuch://localhost/x", ("Не удаётся подключиться", "Не вдається під’єднатися")),
        ("mysql+mysqldb://user:secret@localhost/x", ("Не удаётся подключиться", "Не вдається під’єднатися")),
        ("stage.db", ("Не удаётся подключиться", "Не вдається під’єднатися")),
        ("sqlite:///nosuch.db", ("nosuch.db ещё нет", "nosuch.db ще немає")),
    ],
    ids=["no such dialect", "no driver", "no address", "no database"],
)
def test_database_url_that_leads_nowhere(verbs, sql, monkeypatch, language, address, said):
    monkeypatch.setenv("DATABASE_URL", address)
    for sentence in (complaint(verbs["draw_schema"]), complaint(sql, "SELECT 1")):
        assert said[language == "uk"] in sentence and "secret" not in sentence
    assert not Path("nosuch.db").exists()


@pytest.mark.parametrize("address", ["nosuch://x SELECT 1", "mysql+mysqldb://x/x SELECT 1"])
def test_sql_with_an_address_that_leads_nowhere(sql, language, address):
    assert {"ru": "Не удаётся подключиться", "uk": "Не вдається під’єднатися"}[language] in complaint(sql, address)


# tree, show, replace


def test_tree(verbs):
    Path("migrations/__pycache__").mkdir()
    text, _ = seen(verbs["tree"], "migrations")
    assert text.splitlines()[:3] == ["migrations/", "├── versions/", "│   ├── 0001_create_users.py"]
    assert text.splitlines()[-1] == "└── script.py.mako" and "__pycache__" not in text


def test_show_gives_the_asked_lines_as_a_code_block(verbs):
    Path("five.py").write_text("one\ntwo\n    three\nfour\nfive\n", encoding="utf-8")
    with capture_output() as shown:
        verbs["show"]("five.py", 2, 3)
    (output,) = shown.outputs
    assert output.data["text/markdown"] == "`five.py`\n\n````python\ntwo\n    three\n````"


def test_a_star_stands_for_a_random_revision_id(verbs, language):
    name = "migrations/versions/1975ea83b712_add_tags.py"
    Path(name).write_text("a = 1\n", encoding="utf-8")
    assert "a = 1" in seen(verbs["show"], "migrations/versions/*_add_tags.py")[0]
    seen(verbs["replace"], "migrations/versions/*_add_tags.py", "a", "b")
    assert Path(name).read_text(encoding="utf-8") == "b = 1\n"
    several = complaint(verbs["replace"], "migrations/versions/*_create_*.py", "a", "b")
    assert "0001_create_users.py, migrations/versions/0002_create_posts.py" in several
    assert {"ru": "несколько файлов", "uk": "кілька файлів"}[language] in several
    assert "*_nosuch.py" in complaint(verbs["show"], "migrations/versions/*_nosuch.py")


def test_show_says_that_a_file_is_empty(verbs, language):
    Path("empty.sql").touch()
    assert {"ru": "пуст", "uk": "порожній"}[language] in seen(verbs["show"], "empty.sql")[0]


def test_replace_changes_the_file_and_shows_the_change(verbs):
    text, _ = seen(verbs["replace"], "models.py", "String(1000)", "String(2000)")
    assert (
        "-    text: Mapped[str] = mapped_column(String(1000))\n+    text: Mapped[str] = mapped_column(String(2000))"
        in text
    )
    assert "String(2000)" in Path("models.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["перший рядок\nдругий рядок\n", "їжа, ёж, 日本\n", "a\n\n\nb"])
def test_replace_keeps_the_rest_of_the_file(verbs, text):
    Path("text.txt").write_text("X" + text, encoding="utf-8")
    seen(verbs["replace"], "text.txt", "X", "YY")
    assert Path("text.txt").read_text(encoding="utf-8") == "YY" + text


@pytest.mark.parametrize(
    "old, said",
    [
        ("nosuch", ("нет такого текста", "немає такого тексту")),
        ("String", ("несколько раз", "кілька разів")),
        ("", ("нет", "немає")),
    ],
)
def test_replace_leaves_the_file_alone_when_the_text_is_not_there_once(verbs, language, old, said):
    before = Path("models.py").read_bytes()
    assert said[language == "uk"] in complaint(verbs["replace"], "models.py", old, "new")
    assert Path("models.py").read_bytes() == before


CHANGES = {  # {what kind of change: (text, old, new)}
    "a line added below": ("a\nb\n", "a\n", "a\nmore\n"),
    "a line added above": ("a\nb\n", "b\n", "more\nb\n"),
    "another text": ("x = .\n", "x = .", "x ="),
    "a shorter text": ("abc\n", "abc", "b"),
    "a deletion": ("a\nb\n", "b\n", ""),
    "windows": ("a\r\nb\r\nc\r\n", "a\nb\n", "a\nmore\nb\n"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_replace_whose_change_is_there_says_so_and_changes_nothing(verbs, kind):
    from course.words import word

    text, old, new = CHANGES[kind]
    Path("text.txt").write_bytes(text.encode())
    seen(verbs["replace"], "text.txt", old, new)
    after = Path("text.txt").read_bytes()
    assert after != text.encode() and after.count(b"\r\n") == after.count(b"\n") * (kind == "windows")
    said, _ = seen(verbs["replace"], "text.txt", old, new)
    key = "already_replaced" if new else "already_deleted"
    assert said == word(key, path="text.txt").replace("`", "") and said.count("\n") == 0
    assert Path("text.txt").read_bytes() == after


def test_replace_that_finds_nothing_to_delete_says_so_and_goes_on(verbs, language):
    said, _ = seen(verbs["replace"], "models.py", "never there", "")
    assert {"ru": "такого текста в нём нет", "uk": "такого тексту в ньому немає"}[language] in said


def test_replace_knows_a_block_again_that_a_later_change_has_parted_from_its_place(verbs):
    block = "class A:\n    x = 1\n    y = 2\n"
    Path("text.py").write_text("first\n", encoding="utf-8")
    for new in ("first\n" + block, "first\nsecond\n", "first\n" + block):
        seen(verbs["replace"], "text.py", "first\n", new)
    assert Path("text.py").read_text(encoding="utf-8") == "first\nsecond\n" + block


def test_replace_makes_a_change_whose_new_text_is_there_by_chance(verbs):
    Path("text.txt").write_text("new and old\n", encoding="utf-8")
    seen(verbs["replace"], "text.txt", "old", "new")
    assert Path("text.txt").read_text(encoding="utf-8") == "new and new\n"


def test_replace_in_a_file_that_cannot_be_written(verbs, language, monkeypatch):
    def refuse(self, mode="r", *words, original=Path.open, **options):
        if "w" in mode:
            raise PermissionError(13, "Permission denied")
        return original(self, mode, *words, **options)

    monkeypatch.setattr(Path, "open", refuse)
    sentence = complaint(verbs["replace"], "models.py", "String(1000)", "String(2000)")
    assert "Permission denied" in sentence and {"ru": "не изменён", "uk": "не змінено"}[language] in sentence


# rewrite

MIGRATION = '''"""add avatar"""

from alembic import op

revision = "0003"


def upgrade() -> None:
    """Upgrade schema."""
    # ### commands auto generated by Alembic - please adjust! ###
    op.add_column("users", "x")
    # ### end Alembic commands ###


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("users", "x")
    # ### end Alembic commands ###
'''
EDITED = (
    MIGRATION.split("    # ###")[0]
    + """    op.a()
    if x:

        op.b()


def downgrade() -> None:
    \"""Downgrade schema.\"""
    op.c()
"""
)
BODIES = {"upgrade": "\n    op.a()\n    if x:\n\n        op.b()\n", "downgrade": "op.c()"}


def test_rewrite_changes_the_bodies_and_nothing_else(verbs, language):
    Path("m.py").write_text(MIGRATION, encoding="utf-8")
    said, _ = seen(verbs["rewrite"], "*m.py", **BODIES)
    assert Path("m.py").read_text(encoding="utf-8") == EDITED
    assert {"ru": "переписали upgrade() и downgrade()", "uk": "переписали upgrade() і downgrade()"}[language] in said
    said, _ = seen(verbs["rewrite"], "m.py", **BODIES)
    assert {"ru": "уже переписан", "uk": "вже переписано"}[language] in said and said.count("\n") == 0
    assert Path("m.py").read_text(encoding="utf-8") == EDITED


def test_rewrite_of_one_function_leaves_the_other_and_the_line_endings(verbs):
    Path("m.py").write_bytes(MIGRATION.replace("\n", "\r\n").encode())
    seen(verbs["rewrite"], "m.py", downgrade=BODIES["downgrade"])
    wanted = MIGRATION.split("    op.drop")[0] + "    op.c()\n"
    assert Path("m.py").read_bytes() == wanted.replace("\n", "\r\n").encode()


FUNCTIONS = {  # {what the function is like: (text, new body, text afterwards)}
    "in one line": ("def upgrade(): pass\n\n\nx = 1\n", "op.a()", "def upgrade():\n    op.a()\n\n\nx = 1\n"),
    "comments first": (
        "def upgrade(\n):\n    # old\n    pass",
        "# new\nop.a()",
        "def upgrade(\n):\n    # new\n    op.a()",
    ),
    "the last of two": ("def upgrade(): 1\ndef upgrade():\n    2\n", "3", "def upgrade(): 1\ndef upgrade():\n    3\n"),
    "to be empty": ("def upgrade():\n    op.a()\n", "", "def upgrade():\n    pass\n"),
    "to hold a comment": ("def upgrade():\n    op.a()\n", "# no", "def upgrade():\n    # no\n    pass\n"),
    "with a BOM": ("\ufeffdef upgrade():\n    op.a()\n", "op.b()", "\ufeffdef upgrade():\n    op.b()\n"),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_rewrite_of_a_function(verbs, kind):
    text, body, after = FUNCTIONS[kind]
    Path("m.py").write_bytes(text.encode())
    seen(verbs["rewrite"], "m.py", upgrade=body)
    assert Path("m.py").read_bytes() == after.encode()


@pytest.mark.parametrize(
    "text, body, said",
    [
        (MIGRATION.replace("def upgrade", "def other"), "op.a()", ("нет функции upgrade()", "немає функції upgrade()")),
        ("x = (\n", "op.a()", ("строке 1 ошибка", "рядку 1 помилка")),
        (MIGRATION, "op.a()\nop.b(", ("upgrade() ошибка, в строке 2", "upgrade() помилка, у рядку 2")),
    ],
)
def test_rewrite_that_cannot_be_done(verbs, language, text, body, said):
    Path("m.py").write_text(text, encoding="utf-8")
    assert said[language == "uk"] in complaint(verbs["rewrite"], "m.py", body)
    assert Path("m.py").read_text(encoding="utf-8") == text


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that is somebody's current one")
def test_tree_in_a_folder_that_has_been_deleted(verbs, language):
    shutil.rmtree(Path.cwd())
    assert {"ru": "больше нет", "uk": "більше немає"}[language] in complaint(verbs["tree"])


@pytest.mark.parametrize(
    "verb, words",
    [
        ("show", ["nosuch.py"]),
        ("replace", ["nosuch.py", "a", "b"]),
        ("rewrite", ["nosuch.py", "a"]),
        ("tree", ["nosuch.py"]),
    ],
)
def test_a_file_that_is_not_there(verbs, language, verb, words):
    sentence = complaint(verbs[verb], *words)
    assert "nosuch.py" in sentence and {"ru": "нет в папке", "uk": "немає в теці"}[language] in sentence


@pytest.mark.parametrize("path", ["data.db", "migrations"])
def test_a_file_that_is_not_text(verbs, language, path):
    assert {"ru": "не текст", "uk": "не текст"}[language] in complaint(verbs["show"], path)


# draw_history


def history(verbs, graph, stamped=(), extra=""):
    """Draw a graph given as "id<parent,parent:label id …" with the database at the revisions `stamped`."""
    shutil.rmtree("migrations/versions")
    Path("migrations/versions").mkdir()
    for item in graph.split():
        id_, parents, label = re.fullmatch(r"(\w+)(?:<([\w,]+))?(?::(\w+))?", item).groups()
        down = tuple(parents.split(",")) if parents else None
        text = f'"""note {id_}"""\nrevision = {id_!r}\ndown_revision = {down!r}\nbranch_labels = {label!r}\n'
        Path(f"migrations/versions/{id_}.py").write_text(text + extra, encoding="utf-8")
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect("data.db")) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.executemany("INSERT INTO alembic_version VALUES (?)", [(id_,) for id_ in stamped])
        connection.commit()
    text, svg = seen(verbs["draw_history"])
    return text.splitlines(), ElementTree.fromstring(svg)


GRAPHS = {
    "chain, at the head": ("a b<a", "b", ["● b note b (head) (data.db)", "● a note a", "● base"]),
    "chain, in the middle": ("a b<a", "a", ["○ b note b (head)", "● a note a (data.db)", "● base"]),
    "chain, before the first": ("a b<a", "", ["○ b note b (head)", "○ a note a", "● base (data.db)"]),
    "two heads, both applied": (
        "a b<a c<a",
        "bc",
        ["● b note b (head) (data.db)", "│ ● c note c (head) (data.db)", "● a note a", "● base"],
    ),
    "a merge": (
        "a b<a c<a d<b,c",
        "d",
        ["● d note d (head) (data.db)", "● │ b note b", "│ ● c note c", "● a note a", "● base"],
    ),
    "two bases and a label": (
        "a:left b:right",
        "",
        ["○ a note a (left) (head)", "│ ○ b note b (right) (head)", "● base (data.db)"],
    ),
    "its file is gone": ("a", "z", ["● z ? (data.db)", "○ a note a (head)", "○ base"]),
    "no revisions": ("", "", ["● base (data.db)"]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_draw_history(verbs, name):
    graph, stamped, lines = GRAPHS[name]
    shown, svg = history(verbs, graph, stamped)
    assert shown == lines
    circles = [(c.get("cx"), c.get("cy")) for c in elements(svg, "circle")]
    assert len(circles) == len(set(circles)) == len(lines)
    ends = {tuple(re.findall(r"[\d.]+", p.get("d"))[:2]) for p in elements(svg, "path") if p.get("stroke-width") == "2"}
    assert ends <= set(circles)


def test_draw_history_of_a_wide_graph_puts_no_edge_through_a_revision(verbs):
    """Three branches, a merge of two, and one that stays open: an edge passes only where no circle lies."""
    _, svg = history(verbs, "a b<a c<a d<a e<b,c f<e g<f,d", "g")
    circles = {(float(c.get("cx")), float(c.get("cy"))) for c in elements(svg, "circle")}
    for path in (p.get("d") for p in elements(svg, "path") if p.get("stroke-width") == "2"):
        numbers = [float(n) for n in re.findall(r"[\d.]+", path)]
        start, lane = (numbers[0], numbers[1]), numbers[6] if "C" in path.split("V")[0] else numbers[0]
        bottom = float(re.findall(r"V([\d.]+)", path)[0])
        assert not [c for c in circles if c[0] == lane and start[1] < c[1] < bottom]


def test_draw_history_leaves_no_folder_where_python_looks_for_modules(verbs):
    """Else `prepend_sys_path`, read for the picture, would hide from later cells that it was emptied or lost."""
    before = sys.path[:]
    verbs["draw_history"]()
    assert sys.path == before


def test_draw_history_without_a_database_shows_no_position(verbs):
    os.remove("data.db")
    text, _ = seen(verbs["draw_history"])
    assert "data.db" not in text and "●" not in text and not Path("data.db").exists()


def test_draw_history_follows_database_url(verbs, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///stage.db")
    shutil.copy("data.db", "stage.db")
    assert "(stage.db)" in seen(verbs["draw_history"])[0]


ONLY_IN_ENV = (
    "config = context.config\n",
    "config = context.config\nconfig.set_main_option('sqlalchemy.url', 'sqlite:///own.db')\n",
)


@pytest.mark.parametrize("address", ["", "sqlalchemy.url = driver://user:pass@localhost/dbname\n"])
def test_draw_history_where_only_env_py_has_the_address(verbs, address):
    settings = re.sub("^sqlalchemy.url.*\n", address, Path("alembic.ini").read_text("utf-8"), flags=re.MULTILINE)
    Path("alembic.ini").write_text(settings, encoding="utf-8")
    env = Path("migrations/env.py")
    env.write_text(env.read_text(encoding="utf-8").replace(*ONLY_IN_ENV), encoding="utf-8")
    shutil.copy("data.db", "own.db")
    assert "(own.db)" in seen(verbs["draw_history"])[0]


def test_draw_history_where_nothing_has_the_address(verbs, language):
    settings = re.sub("^sqlalchemy.url.*\n", "", Path("alembic.ini").read_text("utf-8"), flags=re.MULTILINE)
    Path("alembic.ini").write_text(settings, encoding="utf-8")
    sentence = complaint(verbs["draw_history"])
    assert (
        "KeyError: 'url'" in sentence and {"ru": "не знает, где база", "uk": "не знає, де база"}[language] in sentence
    )


def test_draw_history_of_a_broken_history(verbs, language):
    Path("migrations/versions/0007.py").write_text("revision, down_revision = '0007', 'nope'\n", encoding="utf-8")
    sentence = complaint(verbs["draw_history"])
    assert "nope" in sentence and {"ru": "Не удаётся прочитать", "uk": "Не вдається прочитати"}[language] in sentence


def test_draw_history_where_there_is_no_project(verbs):
    os.remove("alembic.ini")
    assert "alembic.ini" in complaint(verbs["draw_history"])


def test_draw_history_of_a_database_that_cannot_be_reached(verbs, monkeypatch, language):
    monkeypatch.setenv("DATABASE_URL", "nosuch://localhost/x")
    assert {"ru": "Не удаётся подключиться", "uk": "Не вдається під’єднатися"}[language] in complaint(
        verbs["draw_history"]
    )


# draw_schema


def schema(verbs, sql):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect("drawn.db")) as connection:
        connection.executescript(sql)
    text, svg = seen(verbs["draw_schema"], "drawn.db")
    return text, ElementTree.fromstring(svg)


def arrows(svg):
    return len([path for path in elements(svg, "path") if path.get("marker-end")])


def test_draw_schema_of_the_project(verbs):
    text, svg = seen(verbs["draw_schema"])
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in ("email VARCHAR(200) UQ", "avatar_url VARCHAR(300) NULL", "author_id INTEGER FK", "post_id → posts.id"):
        assert line in lines
    assert arrows(ElementTree.fromstring(svg)) == 3


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("", 0),
        ("CREATE TABLE a (id INTEGER PRIMARY KEY, parent REFERENCES a(id))", 1),
        (
            "CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b(id));"
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a(id))",
            2,
        ),
        ("CREATE TABLE a (x, y, PRIMARY KEY (x, y)); CREATE TABLE b (x, y, FOREIGN KEY (x, y) REFERENCES a (x, y))", 2),
        ('CREATE TABLE "<b>&" ("їжа & ёж" TEXT)', 0),
        ("CREATE TABLE a (b REFERENCES nosuch(id))", 0),
    ],
    ids=["no table", "itself", "a ring", "two columns", "names to escape", "a table that is not there"],
)
def test_draw_schema_of_other_databases(verbs, sql, expected):
    _, svg = schema(verbs, sql)
    assert arrows(svg) == expected


def test_draw_schema_cards_do_not_overlap(verbs):
    _, svg = schema(
        verbs, "".join(f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, up REFERENCES t{n // 2}(id));" for n in range(8))
    )
    cards = [
        [float(r.get(k)) for k in ("x", "y", "width", "height")] for r in elements(svg, "rect") if r.get("rx") == "6"
    ]
    assert len(cards) == 8
    for number, (x, y, w, h) in enumerate(cards):
        for x2, y2, w2, h2 in cards[number + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_draw_schema_of_a_database_that_is_not_there(verbs, language):
    assert {"ru": "ещё нет", "uk": "ще немає"}[language] in complaint(verbs["draw_schema"], "nosuch.db")
    assert not Path("nosuch.db").exists()


def test_draw_schema_of_a_file_that_is_no_database(verbs):
    assert "not a database" in complaint(verbs["draw_schema"], "models.py")


# the environment


def test_check_environment_when_all_is_well(verbs, language):
    text, _ = seen(verbs["check_environment"])
    assert "alembic 1." in text and {"ru": "Всё на месте", "uk": "Усе на місці"}[language] in text


def test_check_environment_names_what_is_missing(verbs, language, monkeypatch):
    from course import environment

    monkeypatch.setattr(environment, "NEEDED", ("alembic", "no-such-package"))
    for verb in (verbs["check_environment"], lambda: verbs["start"]("05")):
        sentence = complaint(verb)
        assert "no-such-package" in sentence and ".venv" in sentence


def test_check_environment_names_another_version(verbs, monkeypatch, tmp_path):
    from course import environment

    (tmp_path / "requirements.txt").write_text("alembic==0.1\n")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    assert "0.1" in seen(verbs["check_environment"])[0]


def test_check_environment_on_an_old_python(verbs, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert "3.10" in complaint(verbs["check_environment"])


# words


def test_each_sentence_is_in_both_languages_with_the_same_places_to_fill_in_and_is_used():
    words = json.loads((COURSE / "words.json").read_text(encoding="utf-8"))
    code = "".join(path.read_text(encoding="utf-8") for path in COURSE.glob("*.py"))
    for key, sentences in words.items():
        assert set(sentences) == {"ru", "uk"}
        assert sorted(re.findall(r"\{\w+\}", sentences["ru"])) == sorted(re.findall(r"\{\w+\}", sentences["uk"]))
        rest = re.sub("^(?:stage|exercise)_", "", key)  # tell() puts the one or the other before the rest
        assert f'"{key}"' in code or f'"{rest}"' in code or f'_{rest}"' in code, key
