"""The teacher's page through the real hub: reports get there, only the teacher sees it, nobody can break it."""

import json
import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from visitor import Visitor

PAGES = ("", "table", "wall", "wall/picture", "class.csv")
NAME = 'Оленка <b>"Ї"</b> & Co'
SOLVE = """
import os
os.chdir(os.path.expanduser("~/course/notebooks/ru"))
from lesson import *
start("06")
exercise("06.1")
check(1)
"""


@pytest.fixture(scope="module")
def board(class_server):
    """The address of the board."""
    return f"{class_server.url}/services/board/"


@pytest.fixture(scope="module")
def teacher(class_server):
    """A browser in which the teacher has logged in."""
    visitor = Visitor(class_server.url)
    assert visitor.come("teacher", class_server.teacher_password) is None
    assert visitor.get("/services/board/").status_code == 200
    return visitor


@pytest.fixture(scope="module")
def learner(class_server):
    """A learner whose JupyterLab is open, with a kernel and the token of the server."""
    visitor = Visitor(class_server.url)
    assert visitor.come("Оленка Б", code=class_server.settings.code, language="ru") is None
    visitor.open()
    visitor.cells = visitor.kernel()
    visitor.token = visitor.cells.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    return visitor


def wait_for(what, seconds=30):
    """What something gives, as soon as it gives anything."""
    limit = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.2)
    return found


def row(teacher, name):
    """The row of the table in which a name stands, "" if there is none."""
    html = teacher.get("/services/board/table").text
    return next((one for one in html.split("<tr class=")[1:] if name in one), "")


def report(board, token, **changes):
    """Send a report; returns the status of the answer."""
    state = {"language": "uk", "lesson": "05", "exercise": "05.1", "tries": 0, "hints": 0, "said": "", "solved": []}
    return post(board, json.dumps(state | changes), token)


def post(board, body, token):
    head = {"Authorization": f"token {token}"}
    try:
        return requests.post(f"{board}report", body, headers=head, timeout=30, proxies={"http": ""}).status_code
    except requests.ConnectionError:  # what is too long is not read to its end
        return 0


def test_what_a_learner_does_is_on_the_page_within_seconds(learner, teacher):
    assert "Ще не почато" in wait_for(lambda: row(teacher, "Оленка Б"))
    learner.cells.run(SOLVE)
    tried = wait_for(lambda: (found := row(teacher, "Оленка Б")) and "06.1." in found and found, 10)
    assert ">1</td>" in tried.replace("\n", "") and "Пока не получилось" in tried
    learner.cells.run("check(4)")
    solved = wait_for(lambda: (found := row(teacher, "Оленка Б")) and "1/4" in found and found, 10)
    assert "✓ виконано" in solved and "Верно!" in solved


def test_the_teacher_sees_all_pages_in_both_languages(teacher):
    for path in PAGES:
        answer = teacher.get(f"/services/board/{path}?lang=ru")
        assert answer.status_code == 200, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    answer.encoding = "utf-8-sig"
    assert answer.text.startswith("Место;Имя;Решено;") and "Оленка Б" in answer.text
    assert "Класс сейчас" in teacher.get("/services/board/?lang=ru").text
    assert "Клас зараз" in teacher.get("/services/board/").text  # the class's language


@pytest.mark.parametrize("path", PAGES)
def test_a_learner_sees_nothing_of_it(learner, board, path):
    answer = learner.get(f"/services/board/{path}")
    assert answer.status_code == 403
    if path == "":
        assert "только учитель" in answer.text  # in the learner's own language
    assert "Оленка" not in answer.text
    with_token = {"Authorization": f"token {learner.token}"}
    answer = requests.get(board + path, headers=with_token, timeout=30, allow_redirects=False, proxies={"http": ""})
    assert answer.status_code == 403 and "Оленка" not in answer.text


def test_a_stranger_is_led_to_the_entrance(class_server):
    stranger = Visitor(class_server.url)
    assert "/hub/login" in stranger.get("/services/board/").url
    assert stranger.get("/services/board/table").status_code == 403


def test_an_administrators_token_opens_no_page_either(class_server, board):
    head = {"Authorization": f"token {class_server.settings.command_token}"}
    assert requests.get(board, headers=head, timeout=30, proxies={"http": ""}).status_code == 403


def test_forged_reports_change_nothing(learner, teacher, board):
    report(board, learner.token, solved=["06.1"], said="справжнє")
    before = row(teacher, "Оленка Б")
    assert "справжнє" in before
    for token in ("", "x", "0" * 32, "../../etc", "ї" * 20):
        assert post(board, b"{}", token.encode("utf-8").decode("latin-1")) == 403
    assert teacher.session.post(f"{board}report", "{}", timeout=30).status_code == 403  # a cookie is no token
    for body in (b"", b"\0\xff", b"[" * 16_000, b'{"language": "uk", "solved": ' + b"9" * 9_000 + b"}"):
        assert post(board, body, learner.token) == 400
    assert post(board, b"x" * 5_000_000, learner.token) in (0, 400, 413, 503)  # 503 is the proxy's
    assert teacher.get("/services/board/report").status_code == 405
    assert row(teacher, "Оленка Б") == before


def test_a_learner_speaks_for_nobody_else(learner, teacher, board):
    rows = teacher.get("/services/board/table").text.count("<tr class=")
    assert report(board, learner.token, place="teacher", name="teacher", said="<script>alert(1)</script>") == 204
    html = teacher.get("/services/board/table").text
    assert html.count("<tr class=") == rows
    assert "<script" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in row(teacher, "Оленка Б")


def test_killed_it_comes_back_with_all_it_knew_and_nobody_logs_in_again(class_server, learner, teacher, board):
    assert report(board, learner.token, exercise="05.4", said="перед кінцем", solved=["06.1", "05.1"]) == 204
    number = class_server.pid("board")
    os.kill(number, signal.SIGKILL)
    wait_for(lambda: class_server.pid("board") not in (None, number))
    wait_for(lambda: teacher.session.get(f"{board}table", timeout=30).status_code == 200)
    assert "перед кінцем" in row(teacher, "Оленка Б")
    assert report(board, learner.token, said="далі") == 204


def test_its_account_reaches_neither_homes_nor_the_hub(class_server):
    settings = class_server.settings
    forbidden = [
        settings.hub,
        settings.people,
        settings.folder / "class.json",
        settings.homes,
        settings.homes / settings.place(1),
    ]
    for path in forbidden:
        words = ["setpriv", "--reuid", settings.board_account, "--clear-groups", "--", "ls", str(path)]
        found = subprocess.run(words, capture_output=True, text=True)
        readable = found.returncode == 0 and not path.is_file()
        assert not readable, path
    for path in (settings.people, settings.folder / "class.json"):
        words = ["setpriv", "--reuid", settings.board_account, "--clear-groups", "--", "cat", str(path)]
        assert subprocess.run(words, capture_output=True).returncode, path


def test_a_flood_harms_nobody_else(class_server, learner, teacher, board):
    other = Visitor(class_server.url)
    assert other.come("Тимур Б", code=class_server.settings.code, language="ru") is None
    other.open()
    token = other.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    assert report(board, token) == 204
    with ThreadPoolExecutor(8) as pool:
        flood = [pool.submit(report, board, learner.token) for _ in range(200)]
        flood += [pool.submit(report, board, f"{n:032x}") for n in range(300)]
        answers, waits = [], []
        for n in range(5):
            begun = time.monotonic()
            answers.append(report(board, token, tries=n))
            answers.append(teacher.get("/services/board/table").status_code)
            waits.append(time.monotonic() - begun)
        said = [one.result() for one in flood]
    assert answers == [204, 200] * 5
    assert max(waits) < 5
    assert {204, 429} <= set(said[:200]) <= {204, 429}
    assert set(said[200:]) == {403, 429}


def test_nobody_who_has_gone_is_answered(class_server, learner, teacher):
    """Thousands of reports over each connection, by somebody who waits for no answer."""
    body = json.dumps({"language": "uk", "said": "x" * 99})
    head = f"POST /services/board/report HTTP/1.1\r\nHost: x\r\nAuthorization: token {learner.token}\r\n"
    thousand = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode() * 1000
    address, end = ("127.0.0.1", class_server.settings.board_port), time.monotonic() + 5

    def send():
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(address, timeout=2) as connection:
                connection.sendall(thousand)

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(send)
    time.sleep(1)
    times = Path(f"/proc/{class_server.pid('board')}/stat")
    used = [int(times.read_text().split()[13]) for _ in range(2) if not time.sleep(2)]
    assert used[1] - used[0] < os.sysconf("SC_CLK_TCK"), "it is busy with what nobody waits for"
    assert teacher.get("/services/board/table").status_code == 200
