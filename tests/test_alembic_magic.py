"""%alembic is the terminal's `alembic`: each kind of redirect and of failure, word for word."""

import io
import logging
import os
import shutil
import sys
from pathlib import Path

import pytest
from alembic.runtime.migration import MigrationContext
from IPython.utils.capture import capture_output

from course.attempts import attempts_of
from learner import Learner
from real_process import WARM, compare

LINES = [
    "current > out.txt",
    "history >> models.py",
    "history>out.txt",
    'history > "two words.txt"',
    "upgrade 0004:head --sql > up.sql",
    "downgrade 0006:0001 --sql",
    "upgrade nosuch > out.txt",
    "upgrade nosuch",
    "nosuch",
    "upgrade",
    "",
    "--version",
    "-q history",
    "history --verbose",
    "--raiseerr upgrade nosuch",
    "-c other.ini current",
    "-x tenant=a current",
    'revision -m "two words"',
    'revision -m "a > b" --rev-id 0007',
    'revision -m "їжа и ёж" --rev-id 0007',
    "revision --autogenerate -m nothing --rev-id 0007",
    "edit nosuch",
    "stamp base",
    "check",
    "init migrations",
    "init other",
    "merge 0005 0006",
]


@pytest.fixture
def project(lesson, monkeypatch):
    folder = lesson("05")
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    return folder


NEW = {*LINES[::4], "syntax error", "exit with a number", "same id twice"}  # the sample that a new process runs


@pytest.fixture
def some_forked(request, warm, monkeypatch):
    """Fork the processes, but for the sample: test_alembic_lines.py shows that a fork does what a new process does."""
    case = request.node.callspec.params
    monkeypatch.setenv(WARM, "" if case.get("line", case.get("what")) in NEW else warm)


@pytest.mark.parametrize("language", ["ru"], indirect=True)
@pytest.mark.parametrize("line", LINES)
def test_redirects_and_failures(line, project, some_forked):
    from course.terminal import alembic_magic

    compare(line, alembic_magic)


BROKEN = {
    "syntax error": ("models.py", "class User(Base:\n"),
    "exit with a text": ("models.py", "import sys\nsys.exit('no')\n"),
    "exit with a number": ("models.py", "import sys\nsys.exit(3)\n"),
    "missing import": ("models.py", "import nosuch\n"),
    "chained errors": ("models.py", "try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('x') from e\n"),
    "unknown parent": ("migrations/versions/0007_x.py", "revision, down_revision = '0007', 'nope'\n"),
    "same id twice": ("migrations/versions/0006_x.py", "revision, down_revision = '0006', '0005'\n"),
    "no downgrade": ("migrations/versions/0007_x.py", "revision, down_revision = '0007', '0006'\n"),
    "a change of folder and of the environment": ("models.py", "import os\nos.chdir('..')\nos.environ['A'] = 'b'\n"),
}


@pytest.mark.parametrize("language", ["ru"], indirect=True)
@pytest.mark.parametrize("what", BROKEN)
def test_a_learners_broken_file(what, project, some_forked):
    from course.terminal import alembic_magic

    file, text = BROKEN[what]
    Path(file).write_text(text, encoding="utf-8")
    compare("upgrade head", alembic_magic)
    if file != "models.py":
        compare("history", alembic_magic)  # it reads the revisions, but neither env.py nor the models
    assert Path.cwd() == project and "A" not in os.environ


@pytest.mark.parametrize("language", ["ru"], indirect=True)
def test_a_module_is_read_again_after_a_change(project):
    """Catches a stale models.py: a kernel that has imported it must not hide the new one."""
    import importlib

    from course.terminal import Screen, run

    sys.path.insert(0, "")
    try:
        importlib.import_module("models")
        models = Path("models.py")
        models.write_text(models.read_text(encoding="utf-8").replace("String(300)", "String(301)"), encoding="utf-8")
        screen = Screen()
        assert run(["check"], screen, screen) == 255 and "avatar_url" in screen.getvalue()
        assert importlib.import_module("models").User.avatar_url.type.length == 301
    finally:
        sys.path.remove("")
        sys.modules.pop("models", None)


@pytest.mark.parametrize("language", ["ru"], indirect=True)
def test_logging_and_path_are_put_back(project):
    from course.terminal import Screen, run

    own = logging.getLogger("own.logger")
    own.setLevel(logging.DEBUG)
    before = (logging.root.handlers[:], logging.root.level, sys.path[:], dict(os.environ))
    run(["current"], Screen(), Screen())
    assert before == (logging.root.handlers, logging.root.level, sys.path, dict(os.environ))
    assert not own.disabled and own.level == logging.DEBUG


@pytest.fixture
def log():
    """What the handlers write that a learner's command.upgrade() leaves in the kernel, with SQL in the log."""
    log, loggers = io.StringIO(), [logging.getLogger(name) for name in ("alembic", "sqlalchemy.engine")]
    handler = logging.StreamHandler(log)
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield log
    for logger in loggers:
        assert handler in logger.handlers and logger.level == logging.INFO
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize("language", ["ru"], indirect=True)
@pytest.mark.parametrize("line", ["draw_history()", "%alembic check", "check()", "reset()"])
def test_handlers_that_a_learner_has_left_write_nothing(lesson, log, line):
    learner = Learner("03.1")
    learner.run(attempts_of(learner.exercise.folder).solution)
    learner.run(line)
    assert log.getvalue() == ""
    MigrationContext.configure(dialect_name="sqlite")
    assert "Context impl" in log.getvalue()


@pytest.mark.parametrize(
    "line, said",
    [
        ("history > nosuch/out.txt", ("не выполнена", "не виконано")),
        ("history >", ("имя файла", "назва файлу")),
        ("history > a > b", ("имя файла", "назва файлу")),
        ('revision -m "open', ("Кавычка", "Лапки")),
    ],
)
def test_a_line_that_no_shell_would_run_gets_one_sentence(line, said, lesson, language):
    from course.terminal import alembic_magic
    from course.words import CourseError

    folder = lesson("05")
    files = sorted(folder.rglob("*"))
    with pytest.raises(CourseError, match=said[language == "uk"]):
        alembic_magic(line)
    assert sorted(folder.rglob("*")) == files


@pytest.mark.parametrize(
    "line, said",
    [
        ("upgrad head", ("там опечатка", "там одрук")),
        ("upgrade head # применить", ("комментариев не бывает", "коментарів не буває")),
        ("revision -m “two words”", ("типографские кавычки", "друкарські лапки")),
        ("-c nosuch.ini current > out.sql", ("в конце файла out.sql", "наприкінці файлу out.sql")),
        ("-c nosuch.ini upgrade head --sql >> out.sql", ("в конце файла out.sql", "наприкінці файлу out.sql")),
    ],
)
def test_a_failure_is_explained_under_the_exit_code(line, said, lesson, language):
    from course.terminal import alembic_magic

    lesson("05")
    with capture_output() as shown:
        alembic_magic(line)
    code, reason = [output.data["text/plain"] for output in shown.outputs]
    assert code[-1].isdigit() and said[language == "uk"] in reason


@pytest.mark.parametrize(
    "line", ["upgrade nosuch", "check", "history > out.txt", "upgrade nosuch > out.sql", "--help", "downgrade -9"]
)
def test_a_failure_that_speaks_for_itself_gets_no_more_words(line, lesson):
    from course.terminal import alembic_magic

    lesson("05")
    with capture_output() as shown:
        alembic_magic(line)
    assert len(shown.outputs) <= 1


# Where %alembic does otherwise than a terminal


@pytest.mark.parametrize(
    "line, revision",
    [
        ("revision --rev-id 0006", "0006"),
        ('revision -m "again" --rev-id=0001', "0001"),
        ("revision --autogenerate -m again --rev-id 0003 > out.txt", "0003"),
        ("merge heads -m again --rev-id 0002", "0002"),
        ("-c alembic.ini revision --rev-id other", "other"),
    ],
)
def test_a_revision_that_exists_is_not_created_again(line, revision, lesson, language, capsys):
    """A terminal overwrites its file and makes it its own parent: "Self-loop is detected"."""
    from course.terminal import alembic_magic

    folder = lesson("05")
    (folder / "out.txt").touch()
    (folder / "migrations/versions/0007_renamed.py").write_text("revision, down_revision = 'other', '0006'\n")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    capsys.readouterr()
    alembic_magic(line)
    (said,) = capsys.readouterr().out.splitlines()
    assert {"ru": f"Ревизия {revision} уже есть", "uk": f"Ревізія {revision} уже є"}[language] in said
    assert "migrations/versions/" in said
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("language", ["ru"], indirect=True)
def test_a_new_revision_whose_id_begins_like_another_is_created(project):
    from course.terminal import alembic_magic

    compare("revision -m new --rev-id 000", alembic_magic)


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that is somebody's current one")
def test_a_folder_that_has_been_deleted_gets_one_sentence(lesson, language):
    from course.terminal import alembic_magic
    from course.words import CourseError

    shutil.rmtree(lesson("05"))
    with pytest.raises(CourseError, match={"ru": "больше нет", "uk": "більше немає"}[language]):
        alembic_magic("current")


@pytest.mark.parametrize("language", ["ru"], indirect=True)
def test_init_lists_files_in_the_order_of_their_names(project, capsys):
    from course.terminal import alembic_magic

    alembic_magic("init other")
    names = [line.split("/")[-1].split(" ")[0] for line in capsys.readouterr().out.splitlines() if "Generating" in line]
    assert names == sorted(names) and len(names) == 3
