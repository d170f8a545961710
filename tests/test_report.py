"""What a learner's kernel tells the class's board, that no cell feels it, and that no mark is ever lost."""

import json
import multiprocessing
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

import course
from course import progress, report, sender, session
from course.exercises import all_exercises
from course.places import work_folder
from learner import shell

NOTEBOOKS = Path(course.__file__).parents[1]
UNFELT = 0.3  # seconds that a cell may take here; one that waited for the board would take twice as long


def fine(handler):
    handler.send_response(204)
    handler.end_headers()


class Board:
    """A stand-in for the board: `requests` is what it was sent, `answer` what it does with a request."""

    def __init__(self):
        self.requests = queue.Queue()
        self.answer = fine
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                board.requests.put((self.path, dict(self.headers), json.loads(body)))
                with suppress(OSError):
                    board.answer(self)

            do_GET = do_CONNECT = do_POST

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/services/board/report"

    def told(self):
        """The next state that arrives."""
        return self.requests.get(timeout=5)[2]


@pytest.fixture
def board():
    board = Board()
    yield board
    board.server.shutdown()
    board.server.server_close()


def forget():
    """What a new kernel does not know."""
    report.Last.state, report.Last.at = None, 0.0
    session.lesson = session.exercise = session.at_hand = None
    for memory in (session.hints, session.faults, session.tries, session.said, session.started):
        memory.clear()


@pytest.fixture
def learner(lesson, language, monkeypatch):
    """learner(address) is a kernel of the class that reports there; it runs a cell and returns what the cell shows."""
    forget()
    monkeypatch.setattr(sender, "PAUSE", 0.01)
    monkeypatch.setattr(sender, "PATIENCE", 0.6)

    def begin(address):
        monkeypatch.setenv(report.ADDRESS, address)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
        shell.user_ns.update(course.load(language))
        return run

    def run(cell):
        with capture_output() as shown:
            result = shell.run_cell(cell, store_history=True)
        return shown.stdout + shown.stderr, [output.data["text/plain"] for output in shown.outputs], result

    lesson("06")
    yield begin
    if report.after_cell in shell.events.callbacks["post_run_cell"]:
        shell.events.unregister("post_run_cell", report.after_cell)
    if thread := sender.Post.thread:
        thread.join(3)


# What is told


def test_the_way_through_an_exercise_is_told(learner, board, language):
    cell = learner(board.address)
    cell('start("06")')
    path, headers, state = board.requests.get(timeout=5)
    assert path == "/services/board/report" and headers["Authorization"] == "token secret"
    begun = {"language": language, "lesson": "06", "exercise": None, "tries": 0, "hints": 0, "said": "", "solved": []}
    assert state == begun
    cell('exercise("06.1")')
    assert board.told() == begun | {"exercise": "06.1"}
    cell("check(1)")
    first = board.told()
    assert first["tries"] == 1 and first["said"]
    _, (shown,), _ = cell("check(1)")
    again = board.told()
    assert again["tries"] == 2 and again["said"] == shown
    cell("hint()")
    assert board.told() == again | {"hints": 1}
    _, (shown,), _ = cell("check(4)")
    assert board.told() == begun | {"exercise": "06.1", "hints": 1, "solved": ["06.1"], "said": shown}
    cell('start("05")')
    assert board.told() == begun | {"lesson": "05", "solved": ["06.1"]}


def test_an_exercise_begun_anew_has_no_tries(learner, board):
    cell = learner(board.address)
    cell('exercise("06.1"); check(1)')
    assert board.told()["tries"] == 1
    cell('reset("06.1")')
    state = board.told()
    assert state["tries"] == 0 and state["said"] == ""


def test_a_check_of_another_exercise_than_the_open_one_is_about_that_one(learner, board):
    cell = learner(board.address)
    cell('exercise("06.1")')
    board.told()
    cell('check("06.4", 1)')
    assert board.told()["exercise"] == "06.4"


def test_what_cannot_be_run_is_told_with_its_cause(learner, board):
    cell = learner(board.address)
    cell('exercise("05.1")')
    board.told()
    Path("migrations/env.py").write_text("import nosuchmodule")
    cell("check()")
    state = board.told()
    assert state["tries"] == 1 and "nosuchmodule" in state["said"] and len(state["said"]) <= report.LONGEST


def test_the_courses_own_sentence_for_a_slip_is_told_and_other_errors_are_not(learner, board):
    cell = learner(board.address)
    cell('start("06")')
    board.told()
    _, _, result = cell('exercise("06.77")')
    assert board.told()["said"] == str(result.error_in_exec)[: report.LONGEST] != ""
    cell("1 / 0")
    assert board.told()["said"] == ""


def test_without_a_readable_file_of_marks_the_rest_is_told(learner, board):
    cell = learner(board.address)
    work_folder("progress.json").write_text("{")
    shown = cell('start("06")')[1]
    assert "solved" not in board.told() and not any("progress_spoilt" in line for line in shown)


def test_a_state_that_stays_is_told_again_only_now_and_then(learner, board, monkeypatch):
    cell = learner(board.address)
    cell('start("06")')
    board.told()
    cell("1")
    with pytest.raises(queue.Empty):
        board.requests.get(timeout=0.2)
    monkeypatch.setattr(report, "STILL_HERE", 0)
    cell("1")
    assert board.told()["lesson"] == "06"


# That nobody feels it


def test_at_home_nothing_is_loaded_or_started():
    cell = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance()\n"
    cell += "before = set(threading.enumerate())\n"
    cell += "import course; s.user_ns.update(course.load('ru')); s.run_cell('progress()')\n"
    cell += "assert 'course.report' in sys.modules and 'course.sender' not in sys.modules\n"
    cell += "assert s.events.callbacks['post_run_cell'] == [] and set(threading.enumerate()) == before"
    surroundings = {name: value for name, value in os.environ.items() if name != report.ADDRESS}
    subprocess.run(
        [sys.executable, "-c", f"import sys, threading\n{cell}"], cwd=NOTEBOOKS, env=surroundings, check=True
    )


def never(handler):
    time.sleep(1)


def in_small_pieces(handler):
    for _ in range(5):
        handler.wfile.write(b"H")
        time.sleep(0.2)


def broken(handler):
    handler.wfile.write(b"\0\xff nonsense\r\n\r\n")


def refusing(handler):
    handler.send_response(429)
    handler.end_headers()


@pytest.mark.parametrize("answer", [never, in_small_pieces, broken, refusing])
def test_whatever_the_board_answers_no_cell_shows_it_or_waits(learner, board, answer):
    board.answer = answer
    unharmed(learner(board.address))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/report", "http://no.such.host.invalid/", "nonsense", "http://["]
)
def test_whatever_the_address_no_cell_shows_it_or_waits(learner, address):
    unharmed(learner(address))


def unharmed(cell):
    """Cells show what they show at home, at once."""
    cell('exercise("06.1")')
    took = []
    for number in (1, 2, 3, 4):  # each of these cells has something to tell
        begun = time.perf_counter()
        output, shown, result = cell(f"print({number}); check({number})")
        took.append(time.perf_counter() - begun)
        assert output == f"{number}\n" and len(shown) == 1 and result.success
    assert min(took) < UNFELT


def test_while_the_board_hangs_only_the_latest_state_waits(learner, board, monkeypatch):
    monkeypatch.setattr(sender, "PATIENCE", 0.5)
    board.answer = lambda handler: time.sleep(1)
    cell = learner(board.address)
    cell('exercise("06.1")')
    board.told()
    for answer in (1, 2, 3, 5, 6):
        cell(f"check({answer})")
    assert board.told()["tries"] == 5
    assert board.requests.empty()


def test_after_a_pause_of_the_board_the_next_cell_heals_everything(learner, board):
    cell = learner("http://127.0.0.1:1/report")
    cell('exercise("06.1"); check(1); check(4)')
    os.environ[report.ADDRESS] = board.address
    cell("hint()")
    assert board.told()["solved"] == ["06.1"]


def test_no_proxy_is_asked_and_the_token_goes_to_no_other_address(learner, board, monkeypatch):
    elsewhere = Board()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere.address)

    def lead_elsewhere(handler):
        handler.send_response(302)
        handler.send_header("Location", elsewhere.address)
        handler.end_headers()

    board.answer = lead_elsewhere
    learner(board.address)('start("06")')
    assert board.told()["lesson"] == "06"
    time.sleep(0.2)
    assert elsewhere.requests.empty()
    elsewhere.server.shutdown()
    elsewhere.server.server_close()


# progress.json, which several kernels write


def work_in(folder):
    os.environ["COURSE_WORK"] = folder
    work_folder().mkdir(parents=True, exist_ok=True)


def solve(folder, keys, gate):
    work_in(folder)
    gate.wait()
    for key in keys:
        progress.remember(key)


def forget_the_project(folder, gate):
    work_in(folder)
    gate.wait()
    for _ in range(20):
        progress.forget_stages_solved("08")


def test_kernels_that_store_at_once_lose_no_mark(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path))
    work_in(str(tmp_path))
    stages = {key for key in all_exercises() if key.startswith("08.")}
    progress.store(stages)
    keys = [key for key in all_exercises() if key not in stages]
    kernels = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    gate = kernels.Event()
    running = [kernels.Process(target=solve, args=[str(tmp_path), keys[n::6], gate]) for n in range(6)]
    running.append(kernels.Process(target=forget_the_project, args=[str(tmp_path), gate]))
    for process in running:
        process.start()
    gate.set()
    for process in running:
        process.join(60)
    assert progress.solved() == set(keys)
    assert {process.exitcode for process in running} == {0}
    assert {path.name for path in work_folder().iterdir()} == {"progress.json", ".progress.lock"}


HOLD = "import sys; from course import progress; progress.locked({}) or exit(1); print('held', flush=True); input()"


def test_a_lock_that_nobody_gives_back_holds_nobody_up(tmp_path, monkeypatch):
    """A kernel that was stopped holds it for ever; one that was killed has left a file, which holds nothing."""
    monkeypatch.setenv("COURSE_WORK", str(tmp_path))
    monkeypatch.setattr(progress, "LONGEST_WAIT", 0.3)
    work_in(str(tmp_path))
    opened = f"__import__('os').open({str(work_folder('.progress.lock'))!r}, 66, 0o600)"
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD.format(opened)]
    with subprocess.Popen(command, cwd=NOTEBOOKS, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        begun = time.monotonic()
        progress.remember("05.1")
        assert 0.3 <= time.monotonic() - begun < 2
        holder.kill()
    begun = time.monotonic()
    progress.remember("05.2")
    assert time.monotonic() - begun < 0.2
    assert progress.solved() == {"05.1", "05.2"}


def test_an_answer_before_any_folder_was_opened_is_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "new"))
    progress.remember("06.1")
    assert progress.solved() == {"06.1"}


def test_where_there_are_no_locks_marks_are_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path))
    work_in(str(tmp_path))

    def no_locks(file):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(progress, "locked", no_locks)
    progress.remember("05.1")
    assert progress.solved() == {"05.1"}


def test_a_port_that_answers_late_is_not_waited_for_at_the_end():
    """A kernel that ends takes the thread with it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        begun = time.monotonic()
        code = f"from course.sender import send; send({address!r}, 'x', {{}}); import time; time.sleep(0.2)"
        subprocess.run([sys.executable, "-c", code], cwd=NOTEBOOKS, check=True)
        assert time.monotonic() - begun < 2.9
