"""Proxy, hub, teacher's page and supervisor: whichever is killed, the others and the learners' servers go on."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from classroom import accounts, ahead, services, systemd
from conftest import begin

WITHIN = 20  # seconds


def wait_for(true, seconds=WITHIN):
    """Wait until a function gives something true, and return that."""
    limit = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < limit, "it did not come back"
        time.sleep(0.1)
    return found


def page(server, path):
    """The status of a page that a browser would get, 0 if nobody answers."""
    try:
        with urllib.request.urlopen(server.url + path, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def lab_answers(server, place):
    """Whether a learner's own server answers through the proxy; without a route it would be a page of the hub."""
    try:
        with urllib.request.urlopen(f"{server.url}/user/{place}/api", timeout=10) as answer:
            return f"/user/{place}/api" == urlsplit(answer.url).path and "version" in json.load(answer)
    except (OSError, ValueError):
        return False


@pytest.fixture
def learner(class_server):
    """The process of the server of the first place; it is the same before and after the test."""
    place = class_server.settings.place(1)
    wait_for(lambda: ahead.ask(class_server.settings, "GET", "/users?limit=1")[0] == 200)
    wait_for(
        lambda: ready(class_server, place) or ahead.ask(class_server.settings, "POST", f"/users/{place}/server")[1], 60
    )
    wait_for(lambda: ready(class_server, place), 60)
    before = singleuser(place)
    assert before
    yield place
    assert singleuser(place) == before
    wait_for(lambda: ready(class_server, place))


def ready(server, place):
    """Whether the hub knows that the server of a place runs."""
    user = ahead.ask(server.settings, "GET", f"/users/{place}")[1] or {}
    return user.get("servers", {}).get("", {}).get("ready")


def singleuser(account):
    """The processes of an account that are Jupyter servers."""
    said = subprocess.run(["ps", "-u", account, "-o", "pid=,args="], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in said.splitlines() if "jupyterhub.singleuser" in line]


@pytest.mark.parametrize("name", services.NAMES)
def test_a_killed_service_comes_back_beside_the_others(class_server, learner, name):
    before = {one: wait_for(lambda one=one: class_server.pid(one)) for one in services.NAMES}
    os.kill(before[name], signal.SIGKILL)
    wait_for(lambda: class_server.pid(name) not in (None, before[name]))
    assert all(class_server.pid(one) == before[one] for one in services.NAMES if one != name)
    wait_for(lambda: page(class_server, "/hub/login") == 200)
    wait_for(lambda: lab_answers(class_server, learner))


def test_all_three_killed_at_once_come_back(class_server, learner):
    before = {class_server.pid(name) for name in services.NAMES}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(class_server.pid(name) not in {None, *before} for name in services.NAMES))
    wait_for(lambda: lab_answers(class_server, learner))


def test_a_new_start_takes_over_from_a_killed_one(class_server, learner):
    before = {name: class_server.pid(name) for name in services.NAMES}
    os.kill(class_server.process.pid, signal.SIGKILL)
    class_server.process.wait()
    assert page(class_server, "/hub/login") == 200
    assert not services.supervised(class_server.settings)
    class_server.process, log = begin(class_server.folder, "--no-ahead")
    assert {name: class_server.pid(name) for name in services.NAMES} == before
    assert "паролем" not in log.read_text().replace("паролі", ""), "the teacher's password is shown once"


def test_a_closed_terminal_does_not_end_the_class(class_server):
    os.kill(class_server.process.pid, signal.SIGHUP)
    time.sleep(1)
    assert class_server.process.poll() is None
    assert class_server.pid("supervisor") == class_server.process.pid


def test_a_number_that_another_process_got_is_not_taken_for_a_service(class_server):
    file = class_server.settings.run / "other.pid"
    services.remember(class_server.settings, "other", os.getpid())
    assert services.running(class_server.settings, "other") == os.getpid()
    file.write_text(f"{os.getpid()} 1\n")
    assert services.running(class_server.settings, "other") is None


def test_a_service_that_dies_at_once_is_not_started_without_pause(class_server, monkeypatch):
    starts = []
    monkeypatch.setattr(services, "launch", lambda settings, name: starts.append(name) or subprocess.Popen(["true"]))
    monkeypatch.setattr(services, "running", lambda settings, name: None)
    supervisor = services.Supervisor(class_server.settings)
    for _ in range(20):
        supervisor.tend()
        time.sleep(0.05)
    assert starts.count("hub") == 2  # at once, then after half a second; the next would be a second later


def test_a_server_that_ends_while_it_starts_is_not_waited_for(class_server):
    """Its own file of settings ends it; whoever starts it is told at once where to read why."""
    settings = class_server.settings
    place = settings.place(2)
    wait_for(lambda: ahead.ask(settings, "GET", "/users?limit=1")[0] == 200)
    accounts.make(settings, place)
    own, log = settings.homes / place / ".jupyter", settings.homes / place / ".jupyterlab.log"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    (own / "jupyter_config.py").write_text("import os; print('the reason', flush=True); os._exit(3)")
    for path in (own, own / "jupyter_config.py"):
        shutil.chown(path, place, place)
    try:
        ahead.ask(settings, "DELETE", f"/users/{place}/server", timeout=60)
        wait_for(lambda: not ready(class_server, place))
        began = time.monotonic()
        said = class_server.command("start").stdout
        assert f"{place}: сервер завершився, щойно почавши. Чому, записано тут: {log}" in said
        assert said.count(str(log)) == 1 and "Не запустилися: 1" in said and "the reason" in log.read_text()
        assert time.monotonic() - began < 60
    finally:
        shutil.rmtree(own)
    class_server.command("start")
    assert ready(class_server, place)


def test_proxy_and_page_do_not_run_as_root(class_server):
    settings = class_server.settings
    for name in ("proxy", "board"):
        wait_for(lambda name=name: class_server.pid(name))
        assert os.stat(f"/proc/{class_server.pid(name)}").st_uid not in (0, None), name
        assert (
            services.account(settings, name)
            in subprocess.run(["id", "-un", services.account(settings, name)], capture_output=True, text=True).stdout
        )


def test_systemd_accepts_the_units(class_server, tmp_path):
    if subprocess.run(["sh", "-c", "command -v systemd-analyze"], capture_output=True).returncode:
        pytest.skip("there is no systemd-analyze")
    settings, files = class_server.settings, []
    for name, (command, surroundings, account) in services.units(settings).items():
        text = systemd.text(settings, name, command, account)
        assert not any(value in text for key, value in surroundings.items() if "TOKEN" in key), "a unit is read by all"
        files.append(tmp_path / systemd.unit(settings, name))
        files[-1].write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


CONFINED = """
import json, sys
from pathlib import Path
from classroom import spawner
from classroom.settings import Settings
print(json.dumps(spawner.confined(Settings(Path(sys.argv[1])), Path(sys.argv[1], "homes", "cl-01"))))
"""


def test_systemd_accepts_what_a_learners_unit_may_take_and_see(class_server, tmp_path):
    if subprocess.run(["sh", "-c", "command -v systemd-analyze"], capture_output=True).returncode:
        pytest.skip("there is no systemd-analyze")
    settings = class_server.settings
    ask = [settings.hub_python, "-c", CONFINED, settings.folder]
    found = subprocess.run(
        ask, env={"PYTHONPATH": settings.course / "notebooks"}, capture_output=True, text=True, check=True
    )
    values = json.loads(found.stdout)
    assert {"TasksMax", "ProtectProc", "ProtectSystem", "LimitFSIZE"} <= values.keys()
    lines = [f"[Unit]\nCollectMode={values.pop('CollectMode')}\n[Service]\nExecStart=/bin/true"]
    unit = tmp_path / "learner.service"
    unit.write_text("\n".join([*lines, *(f"{key}={value}" for key, value in values.items())]) + "\n")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
