"""Who comes in, and to which place."""

import json
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from visitor import Visitor

from classroom import ClassError, pages, passwords, people
from classroom.people import Refused, admit, forget, key_of
from classroom.settings import LANGUAGES, Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "board").mkdir()
    return Settings(tmp_path, code="abc234", limit=3, teacher=passwords.hashed("the teacher's"))


def refusal(*fields):
    with pytest.raises(Refused) as refused:
        admit(*fields)
    return refused.value.key


# Names


@pytest.mark.parametrize(
    "one, other",
    [
        ("Оленка", " ОЛЕНКА "),
        ("Мар'яна", "мар’яна"),
        ("Marʼyana", "marʹyana".replace("ʹ", "`")),
        ("Алёна", "алена"),
        ("Anna  Maria", "anna\u00a0maria"),
        ("Ｏｌｇａ", "olga"),
        ("Йосип", "И\u0306осип"),
        ("Straße", "STRASSE"),
    ],
)
def test_two_ways_to_type_one_name(one, other):
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    "name, key",
    [
        ("", "name_empty"),
        ("   \u2003 ", "name_empty"),
        ("а" * 200, "name_long"),
        ("../Оля", "name_odd"),
        ("Оля\x00", "name_odd"),
        ("Оля\nПетро\x07", "name_odd"),
        ("\u202eялО", "name_odd"),
        ("Оля\u200b", "name_odd"),
        ("Оля\u00ad", "name_odd"),
        ("<script>alert(1)</script>", "name_odd"),
        ("{{7*7}}", "name_odd"),
        ("=HYPERLINK(1)", "name_odd"),
        ("123", "name_odd"),
        ("-", "name_odd"),
        (".ssh", "name_odd"),
        ("\ud800", "name_odd"),
        ("Oлена", "name_mixed"),  # Latin O
        ("root", "name_kept"),
        ("ROOT", "name_kept"),
        ("admin", "name_kept"),
        ("cl-01", "name_kept"),
        ("cl-teacher", "name_kept"),
        ("ｃｌ-01", "name_kept"),
        ("Вчитель", "name_kept"),
        ("Преподаватель", "name_kept"),
    ],
)
def test_a_name_that_will_not_do(settings, name, key):
    assert refusal(settings, name, "secret1", "abc234") == key
    assert people.read(settings) == {}


@pytest.mark.parametrize("name", ["Оленка", "Лев Толстой", "Anna-Maria", "O’Neill", "李雷", "محمد", "Оля 2", "J. R."])
def test_a_name_of_any_script(settings, name):
    assert admit(settings, name, "secret1", "abc234") == ("cl-01", True)


def test_every_reason_is_said_in_every_language(settings):
    keys = [key for key in pages.WORDS if key.startswith(("name_", "password_", "code_"))]
    assert len(keys) > 12
    for key, words in pages.WORDS.items():
        assert set(words) == set(LANGUAGES) and all(words.values()), key
    assert pages.Page(settings).word("no such key") == pages.WORDS["error_other"]["uk"]


def test_the_page_for_a_hub_that_is_away_says_what_the_hub_would():
    """The proxy shows it as it stands."""
    page = (pages.HERE / "proxy" / "error.html").read_text()
    assert all(sentence in page for sentence in pages.WORDS["error_503"].values())
    assert '<meta http-equiv="refresh" content="4">' in page and "<script" not in page


# Places and passwords


def test_the_first_time_needs_the_code_and_the_second_time_does_not(settings):
    assert refusal(settings, "Оля", "secret1") == "code_empty"
    assert refusal(settings, "Оля", "secret1", "abc235") == "code_wrong"
    assert refusal(settings, "Оля", "five5", "abc234") == "password_short"
    assert refusal(settings, "Оля", "", "abc234") == "password_empty"
    assert refusal(settings, "Оля", "x" * 201, "abc234") == "password_long"
    assert admit(settings, "Оля", "secret1", " ABC234 ", "ru") == ("cl-01", True)
    assert admit(settings, "ОЛЯ ", "secret1") == ("cl-01", False)
    assert people.language_at(settings, "cl-01") == "ru"
    assert people.language_at(settings, "cl-02") == settings.language


def test_a_name_is_its_owners(settings):
    admit(settings, "Оля", "secret1", "abc234")
    assert refusal(settings, "оля", "another", "abc234") == "name_taken"
    assert refusal(settings, "оля", "another") == "password_wrong"
    assert refusal(settings, "оля", "another", "wrong") == "password_wrong"
    assert admit(settings, "оля", "secret1", "wrong") == ("cl-01", False)


def test_the_teacher_needs_the_teachers_password(settings):
    assert admit(settings, "Teacher", "the teacher's") == ("teacher", False)
    assert refusal(settings, "teacher", "secret1", "abc234") == "password_wrong"
    settings.teacher = ""
    assert refusal(settings, "teacher", "secret1", "abc234") == "password_wrong"


def test_an_empty_code_lets_nobody_in(settings):
    settings.code = ""
    assert refusal(settings, "Оля", "secret1", "") == "code_empty"
    assert refusal(settings, "Оля", "secret1", " ") == "code_wrong"


def test_a_full_class(settings):
    for name in ("Аня", "Боря", "Віта"):
        admit(settings, name, "secret1", "abc234")
    assert refusal(settings, "Галя", "secret1", "abc234") == "full"
    assert admit(settings, "Боря", "secret1") == ("cl-02", False)


def test_a_forgotten_password(settings):
    admit(settings, "Оля", "secret1", "abc234", "ru")
    admit(settings, "Петро", "secret1", "abc234")
    assert forget(settings, " оля") == "cl-01"
    assert refusal(settings, "Оля", "secret1") == "code_again"
    assert admit(settings, "Оля", "another", "abc234", "uk") == ("cl-01", True)
    assert people.person_at(settings, "cl-01")["language"] == "ru"
    assert admit(settings, "Петро", "secret1") == ("cl-02", False)
    for name in ("Ніхто", "../x", ""):
        with pytest.raises(people.Nobody):
            forget(settings, name)


def test_two_at_one_moment_never_get_one_place(settings):
    settings.limit = 40
    start = threading.Barrier(20)

    def come(number):
        start.wait()
        return admit(settings, f"Учень {number // 2}", f"secret{number // 2}", "abc234")[0]

    with ThreadPoolExecutor(20) as pool:
        places = list(pool.map(come, range(20)))
    assert len(set(places)) == 10
    assert all(places[number] == places[number + 1] for number in range(0, 20, 2))
    assert len(people.read(settings)) == 10


def test_a_race_for_one_name_has_one_winner(settings):
    start = threading.Barrier(6)

    def come(number):
        start.wait()
        try:
            return admit(settings, "Оля", f"secret{number}", "abc234")[0]
        except Refused as refused:
            return refused.key

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(come, range(6))) == ["cl-01", *["name_taken"] * 5]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"оля": {}}', '{"оля": {"place": 1, "password": ""}}', "\udcff"])
def test_a_damaged_list_is_never_overwritten(settings, text):
    settings.people.write_text(text, errors="surrogateescape")
    with pytest.raises(ClassError):
        admit(settings, "Оля", "secret1", "abc234")
    with pytest.raises(ClassError):
        forget(settings, "Оля")
    assert settings.people.read_text(errors="surrogateescape") == text


def test_nobody_else_reads_passwords(settings):
    admit(settings, "Оля", "secret1", "abc234")
    assert stat.S_IMODE(settings.people.stat().st_mode) == 0o600
    assert "secret1" not in settings.people.read_text()
    assert json.loads((settings.board / "names.json").read_text()) == {"cl-01": {"name": "Оля", "language": "uk"}}


def test_the_boards_folder_cannot_keep_people_out(settings):
    settings.board.rmdir()
    settings.board.write_text("no folder")
    assert admit(settings, "Оля", "secret1", "abc234") == ("cl-01", True)


# Through the real hub


def test_the_form(class_server):
    code = class_server.settings.code
    visitor = Visitor(class_server.url)
    assert visitor.come("Дарина", code="wrong") == "Код класу не той. Перевірте його й введіть ще раз."
    assert visitor.come("Дарина", code="wrong", page="ru") == "Код класса не тот. Проверьте его и введите ещё раз."
    assert visitor.come('"><script>x</script>', code=code).startswith("В імені можуть бути лише")
    assert visitor.form_value("username") == '"><script>x</script>' and "<script" not in visitor.page
    assert visitor.come("Дарина", password="abc", code=code).startswith("Цей пароль закороткий")
    assert visitor.come("Дарина", code=code, language="ru") is None
    assert visitor.open().endswith(f"/user/{visitor.place}/lab/tree/notebooks/ru/00_start.ipynb")
    again = Visitor(class_server.url)
    assert again.come("дарина", password="another", code=code).startswith("Це ім’я вже зайняте")
    assert again.come("ДАРИНА ") is None
    assert again.open().endswith(f"/user/{visitor.place}/lab/tree/notebooks/ru/00_start.ipynb")


def test_a_corrected_password_lets_in_without_restart_and_ends_old_log_ins(class_server):
    code = class_server.settings.code
    old = Visitor(class_server.url)
    assert old.come("Забудько", code=code) is None
    assert old.get("/hub/home").url.endswith("/hub/home")
    assert class_server.command("forget", "забудько").returncode == 0
    new = Visitor(class_server.url)
    assert new.come("Забудько").startswith("Ваш старий пароль скасовано")
    assert new.come("Забудько", password="another", code=code) is None
    assert "/hub/login" in old.get("/hub/home").url
    assert new.get("/hub/home").url.endswith("/hub/home")


def test_wrong_guesses_are_slow_and_right_ones_are_not(class_server):
    code = class_server.settings.code
    owner = Visitor(class_server.url)
    assert owner.come("Терпець", code=code) is None
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda number: Visitor(class_server.url).come("Терпець", f"guess{number}"), range(4)))
    assert time.monotonic() - began >= 3
    assert all(sentence.startswith("Пароль не той") for sentence in said)
    began = time.monotonic()
    assert owner.come("Терпець") is None  # the owner's browser is known
    assert time.monotonic() - began < 1


def test_wrong_codes_are_slow_and_a_right_one_is_not(class_server):
    began = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        wrong = [pool.submit(Visitor(class_server.url).come, f"Гість {letter}", code="zzzzz") for letter in "абвг"]
        time.sleep(0.3)
        assert Visitor(class_server.url).come("Поспішайко", code=class_server.settings.code) is None
        assert time.monotonic() - began < 1.5
        assert all(one.result().startswith("Код класу не той") for one in wrong)
    assert time.monotonic() - began >= 3


def test_the_pages_speak_the_readers_language(class_server):
    visitor = Visitor(class_server.url)
    assert visitor.come("Читачка", code=class_server.settings.code, language="ru") is None
    home = visitor.get("/hub/home").content.decode()
    assert 'lang="ru"' in home and "Вы вошли как Читачка." in home
    assert visitor.get("/hub/admin").status_code == 403
    assert "Эта страница не для вас" in visitor.get("/hub/admin").content.decode()
    stranger = Visitor(class_server.url).get("/hub/nothing").content.decode()
    assert "Такої сторінки тут немає." in stranger and "Такой страницы здесь нет." in stranger
    for path in ("/hub/home", "/hub/token", "/hub/spawn", "/hub/login", "/hub/error/503", "/hub/error/500"):
        page = visitor.get(path)
        if "/user/" not in page.url:
            assert "JupyterHub" not in page.text and "Курс Alembic" in page.content.decode(), path
            assert "script-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_teacher_meets_a_page_of_choices(class_server):
    for begin in ("/hub/login", "/"):
        teacher = Visitor(class_server.url)
        assert teacher.come("Teacher", password=class_server.teacher_password, begin=begin) is None
        page = teacher.get(teacher.goal)
        assert page.url.endswith("/hub/home") and "/services/board/wall" in page.text


def test_a_start_that_fails_says_so_and_can_be_tried_again(class_server):
    settings = class_server.settings
    while (settings.homes / (place := people._free_place(settings, people.read(settings)))).exists():
        admit(settings, f"Гість {place.rpartition('-')[2]}", "secret1", settings.code)  # whose server was started ahead
    (settings.homes / place).write_text("in the way")
    visitor = Visitor(class_server.url)
    assert visitor.come("Невдаха", code=settings.code, language="ru") is None
    page = visitor.get(visitor.goal).content.decode()
    assert "Ваши файлы целы" in page or "Ваши файлы на месте" in page
    assert "Traceback" not in page and "in the way" not in page and str(settings.folder) not in page
    (settings.homes / place).unlink()
    assert visitor.open().endswith("/notebooks/ru/00_start.ipynb")
