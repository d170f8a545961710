"""The teacher's command: what it makes, what it says, what it answers where it cannot go on."""

import ast
import os
import re
import shutil
import socket
import ssl
import string
import subprocess
import time
from pathlib import Path

import pytest

from classroom import ClassError, accounts, ahead, environments, passwords, services, settings, words
from conftest import COMMAND, ROOT, begin, command, free_port, remove_accounts

HERE = ROOT / "notebooks" / "classroom"
CERTIFICATE = """
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "class.test")])
built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
built = built.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=2))
built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("class.test")]), False)
built = built.sign(key, hashes.SHA256())
private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
open(sys.argv[1], "wb").write(built.public_bytes(serialization.Encoding.PEM))
open(sys.argv[2], "wb").write(key.private_bytes(serialization.Encoding.PEM, *private))
"""


@pytest.fixture
def folder(class_folder):
    """A folder for one more class beside the tests' class, which is gone afterwards."""
    found = class_folder.parent / "other"
    shutil.rmtree(found, ignore_errors=True)
    yield found
    shutil.rmtree(found, ignore_errors=True)


@pytest.fixture
def certificate(class_server, tmp_path):
    """Makes a certificate and its key; returns their paths."""

    def make(name):
        files = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        subprocess.run([class_server.settings.hub_python, "-c", CERTIFICATE, *files], check=True)
        return files

    return make


def refused(*typed, said, **options):
    """Run the command in both languages; it must answer with one sentence of its own and fail."""
    for language, wanted in said.items():
        try:
            done = command(*typed, "--language", language, timeout=60, **options)
        except subprocess.TimeoutExpired:  # it was not refused: a class runs
            command("stop", *typed[1:3])
            raise
        assert done.returncode == 1 and wanted in done.stderr, done.stdout + done.stderr
        assert "Traceback" not in done.stderr and "usage:" not in done.stderr


def test_start_tells_what_the_room_needs(class_server):
    done = class_server.command("start", "--no-ahead")
    assert done.returncode == 0
    assert "уже працює" in done.stdout and class_server.settings.code in done.stdout
    assert re.search(rf"http://[\d.]+:{class_server.settings.port}\n", done.stdout)
    assert "/services/board/" in done.stdout
    assert "паролі йдуть мережею незахищеними" in done.stdout
    assert class_server.teacher_password not in done.stdout, "the password is shown once"
    assert passwords.matches(class_server.teacher_password, class_server.settings.teacher)


def test_a_second_start_changes_no_setting_and_says_so(class_server):
    before = class_server.settings
    assert "спершу зупиніть" in class_server.command("start", "--no-ahead", "--places", "9").stdout
    assert class_server.settings == before


def test_servers_of_all_places_are_started_ahead(class_server):
    class_server.command("start")
    names = {user["name"] for user in ahead.ask(class_server.settings, "GET", "/users?state=ready")[1]}
    assert names >= {class_server.settings.place(number) for number in (1, 2)}


def test_only_root_reads_secrets_and_changes_what_all_use(class_server):
    folder, kept = class_server.folder, class_server.settings
    for path in (folder / "class.json", kept.hub, kept.run, kept.logs):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in (folder, kept.homes):
        assert path.stat().st_mode & 0o777 == 0o711, path
    for top in (kept.course, folder / "env"):
        for path in top.rglob("*"):
            assert path.is_symlink() or (path.stat().st_uid == 0 and not path.stat().st_mode & 0o022), path
    pages = list(kept.course.rglob("teacher.*"))
    assert pages and all(page.stat().st_mode & 0o077 == 0 for page in pages)
    assert kept.proxy_token not in Path(f"/proc/{class_server.pid('proxy')}/cmdline").read_text()


def test_status_tells_of_services_and_places(class_server):
    said = class_server.command("status").stdout
    assert "Хаб: працює" in said and "Проксі: працює" in said
    assert "Місць: 2 заздалегідь, щонайбільше 40" in said
    assert int(re.search(r"Вони займають (\d+) МБ", said)[1]) > 50


def test_the_code_changes_at_once(class_server):
    before = class_server.settings.code
    assert before in class_server.command("code").stdout
    assert class_server.command("code", "весна26").returncode == 0
    assert class_server.settings.code == "весна26"
    assert "від 4 до 20" in class_server.command("code", "a b").stderr
    class_server.command("code", "new")
    assert class_server.settings.code not in (before, "весна26", "new")


def test_forget_names_who_is_there(class_server):
    done = class_server.command("forget", "Хтось", "Чужий")
    assert done.returncode == 1 and "Імені Хтось Чужий у класі немає" in done.stderr


def test_update_brings_a_corrected_page_to_the_class(class_server):
    page = class_server.settings.course / "notebooks" / "uk" / "01_init.ipynb"
    page.write_text("an older one")
    (page.parent / "gone.ipynb").write_text("a page that the course no longer has")
    said = class_server.command("update").stdout
    assert "notebooks/uk/01_init.ipynb" in said and "notebooks/uk/gone.ipynb" in said
    assert page.read_bytes() == (ROOT / page.relative_to(class_server.settings.course)).read_bytes()
    assert not (page.parent / "gone.ipynb").exists()
    home = (
        class_server.settings.homes / class_server.settings.place(1) / "course" / "notebooks" / "uk" / "01_init.ipynb"
    )
    assert home.read_bytes() == page.read_bytes()


def test_an_environment_that_cannot_be_made_leaves_the_old_one(tmp_path):
    words.use("uk")
    pins, target = tmp_path / "pins.txt", tmp_path / "proxy"
    pins.write_text("1")
    environments.make_part(target, [pins], lambda folder: folder.mkdir())
    (target / "made").write_text("before")
    pins.write_text("2")

    def failing(folder):
        folder.mkdir()
        (folder / "half").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        environments.make_part(target, [pins], failing)
    assert (target / "made").read_text() == "before" and not (target / "half").exists()
    assert sorted(os.listdir(tmp_path)) == ["pins.txt", "proxy"]


def test_without_a_network_nothing_half_made_is_left(folder):
    refused(
        "start", "--folder", folder, "--port", free_port(), "--prefix", "tx-",
        said={"uk": "Встановити не вдалося"},
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
    )  # fmt: skip
    assert os.listdir(folder / "env") == []


def test_stop_ends_a_start_that_makes_the_environments(folder):
    words = ["start", "--folder", folder, "--port", free_port(), "--prefix", "tz-", "--language", "uk"]
    process = subprocess.Popen([*map(str, (*COMMAND, *words))], stderr=subprocess.PIPE, text=True)
    while not (folder / "env" / "hub" / "pyvenv.cfg").exists():
        assert process.poll() is None
        time.sleep(0.1)
    assert command("stop", "--folder", folder, "--language", "uk").returncode == 0
    assert "Перервано" in process.communicate(timeout=30)[1]
    assert os.listdir(folder / "env") == []
    assert not subprocess.run(["pgrep", "-f", folder / "env"], capture_output=True).stdout


def test_tls_by_certificate_files(class_server, folder, certificate):
    cert, key = certificate("right")
    folder.mkdir(mode=0o711)
    (folder / "env").symlink_to(class_server.folder / "env")
    port = free_port()
    words = ["--port", port, "--places", 1, "--prefix", "ty-", "--no-ahead", "--cert", cert, "--key", key]
    process, log = begin(folder, *words)
    try:
        assert f"https://class.test:{port}" in log.read_text() and "захищене" in log.read_text()
        trusting = ssl.create_default_context(cafile=cert)
        with trusting.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="class.test") as tls:
            tls.sendall(b"GET /hub/login HTTP/1.0\r\nHost: class.test\r\n\r\n")
            assert b" 200 " in tls.recv(100)
        proxy = services.running(settings.Settings.load(folder), "proxy")
        assert "--ssl-key" in Path(f"/proc/{proxy}/cmdline").read_text()
        assert command("stop", "--folder", folder, "--language", "uk").stdout.startswith("Клас зупинено")
        assert process.wait(10) == 0
        assert command("stop", "--folder", folder, "--language", "uk").stdout.startswith("Клас і так не працює")
    finally:
        command("stop", "--folder", folder)
        remove_accounts("ty-")


def test_certificates_that_will_not_do(class_server, folder, certificate):
    (cert, key), (_, other) = certificate("one"), certificate("two")
    start = ["start", "--folder", folder, "--port", free_port()]
    refused(*start, "--cert", cert, said={"uk": "потрібні обидва файли", "ru": "нужны оба файла"})
    refused(*start, "--cert", cert, "--key", other, said={"uk": "не підходять", "ru": "не подходят"})
    refused(
        *start, "--cert", "/none.pem", "--key", key, said={"uk": "/none.pem не вдається", "ru": "/none.pem не удаётся"}
    )
    assert not (folder / "class.json").exists()


def test_a_port_of_another_program(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = {"uk": f"Порт {port} уже зайняла", "ru": f"Порт {port} уже заняла"}
        refused("start", "--folder", folder, "--port", port, said=said)


@pytest.mark.parametrize(
    ("typed", "uk", "ru"),
    [
        (["--places", "0"], "Місць запускають", "Мест запускают"),
        (["--places", "9", "--limit", "5"], "Місць запускають", "Мест запускают"),
        (["--port", "70000"], "Порт 70000 не годиться", "Порт 70000 не годится"),
        (["--port", "many"], "не зрозуміла", "не поняла"),
        (["--prefix", "ro ot"], "Початок «ro ot»", "Начало «ro ot»"),
        (["--colour"], "не зрозуміла", "не поняла"),
        (["--wheels", "/"], "немає зібраного", "нет собранного"),
    ],
)
def test_options_that_will_not_do(folder, typed, uk, ru):
    refused("start", "--folder", folder, *typed, said={"uk": uk, "ru": ru})


@pytest.mark.parametrize(
    "typed",
    [["--help"], ["start", "--help"], ["load", "-h"], ["forget", "Оля", "--help"], ["wheels", "--help", "--no"]],
)
def test_help_is_given_wherever_it_is_asked_for(typed):
    for language, said in {"uk": "Сервер для класу", "ru": "Сервер для класса"}.items():
        done = command(*typed, "--language", language, timeout=60)
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith(said)


def test_folders_that_will_not_do(tmp_path):
    refused("start", "--folder", "/srv/my class", said={"uk": "не годиться", "ru": "не годится"})
    tmp_path.chmod(0o700)
    refused("start", "--folder", tmp_path / "in", said={"uk": "закрита для інших", "ru": "закрыта для других"})
    refused("start", "--folder", "/proc/class", said={"uk": "не можна писати", "ru": "нельзя писать"})
    for name in ("stop", "status", "update", "code"):
        refused(name, "--folder", tmp_path / "none", said={"uk": "класу ще немає", "ru": "класса ещё нет"})
    (tmp_path / "class.json").write_text('{"port": ')
    refused("status", "--folder", tmp_path, said={"uk": "пошкоджено", "ru": "повреждён"})


def test_whoever_is_not_root_is_told_so(class_folder):
    copy = class_folder.parent / "copy"
    shutil.copytree(HERE, copy / "classroom")
    try:
        typed = ["/usr/bin/python3", copy / "classroom", "start", "--language", "uk"]
        done = subprocess.run(typed, capture_output=True, text=True, user=65534, group=65534, extra_groups=[], cwd="/")
        assert done.stderr.strip() == "Потрібні права root: sudo python3 notebooks/classroom start --language uk"
    finally:
        shutil.rmtree(copy)


def test_a_language_that_nobody_chose_makes_both(folder):
    for locale, languages in (("uk_UA.UTF-8", {"uk"}), ("ru_RU.UTF-8", {"ru"}), ("C.UTF-8", {"uk", "ru"})):
        said = command("status", "--folder", folder, env={"PATH": os.environ["PATH"], "LC_ALL": locale}).stderr
        assert {"uk" if "класу" in said else "", "ru" if "класса" in said else ""} - {""} == languages


def places_in(text):
    """The names of the places of a sentence."""
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def test_every_sentence_is_in_both_languages_and_used():
    used = set()
    for file in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    beginnings = tuple(found for found in used if re.fullmatch("[a-z]+_", found))  # f"service_{name}"
    for key, sentence in words.WORDS.items():
        assert sentence.keys() == set(words.LANGUAGES), key
        assert places_in(sentence["uk"]) == places_in(sentence["ru"]), key
        assert key in used or key.startswith(beginnings), f"{key} is said nowhere"


def test_nothing_is_said_in_english():
    """Every sentence for the teacher has a name in words.toml."""
    raisers = set()
    for file in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ClassError":
                raisers.add(file.name)
    assert raisers == {"words.py", "commands.py"}  # problem(), and what is not understood


def test_an_account_of_somebody_elses_is_left_alone(tmp_path):
    words.use("uk")
    with pytest.raises(ClassError, match="nobody належить не класу.*--prefix"):
        accounts._ensure_account("nobody", tmp_path)
    with pytest.raises(ClassError, match="не дала створити обліковий запис: useradd: .*"):
        accounts.run("useradd", "not a name")


def test_a_damaged_list_of_people_is_told_in_the_teachers_language(class_server):
    file = class_server.settings.people
    before = file.read_bytes() if file.exists() else b"{}"
    try:
        file.write_text("{")
        for typed in (("status",), ("forget", "Оля")):
            done = class_server.command(*typed)
            assert done.returncode == 1 and f"Список людей {file} пошкоджено." in done.stderr
    finally:
        file.write_bytes(before)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "class.json"
    settings.write_whole(file, "before")
    with pytest.raises(UnicodeEncodeError):
        settings.write_whole(file, "half \udcff")
    assert file.read_text() == "before" and os.listdir(tmp_path) == ["class.json"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_names_of_places():
    found = settings.Settings(Path("/srv/x"))
    assert (found.place(7), found.place(123)) == ("cl-07", "cl-123")
    assert found.is_place("cl-07") and not any(map(found.is_place, ("root", "cl-teacher", "cl-07x", "xcl-07", "cl-7")))


def test_no_learners_program_can_take_an_inner_port():
    for port in (80, 443, 8000, 65000):
        found = settings.Settings(Path("/srv/x"), port=port)
        assert len(inner := {found.proxy_port, found.hub_port, found.board_port}) == 3
        assert port not in inner and max(inner) < 1024
