"""A hostile learner tries everything they can think of, in cells of their own; nobody else notices."""

import json
import os
import stat
import subprocess
import time
from pathlib import Path
from textwrap import dedent

import pytest
from visitor import Visitor


@pytest.fixture(scope="module")
def victim(class_server):
    """A learner with a secret in a file, in a kernel's memory and in the environment."""
    visitor = Visitor(class_server.url)
    assert visitor.come("Жертва", code=class_server.settings.code) is None
    visitor.open()
    kernel = visitor.kernel()
    kernel.run("secret = 'vsecret' + 'here'; open('secret.txt', 'w').write(secret)")
    visitor.working = kernel
    return visitor


@pytest.fixture(scope="module")
def hostile(class_server):
    visitor = Visitor(class_server.url)
    assert visitor.come("Ворог", code=class_server.settings.code) is None
    visitor.open()
    return visitor


@pytest.fixture
def attack(hostile, victim, class_server):
    """Run hostile code; it finds `folder`, `victim`, `url` and `hub` set, and prints what it could do as JSON."""

    def run(code, seconds=60, before=""):
        settings = class_server.settings
        known = {"folder": str(settings.folder), "victim": victim.place, "me": hostile.place}
        known |= {"url": class_server.url, "hub": settings.hub_api, "proxy": settings.proxy_api}
        begin = "import json, os, pathlib, subprocess, urllib.request, urllib.error\n"
        begin += "".join(f"{name} = {value!r}\n" for name, value in known.items())
        said = hostile.run(begin + before + dedent(code), seconds)
        try:
            return json.loads(said.splitlines()[-1])
        except (ValueError, IndexError):
            raise AssertionError(said) from None

    return run


# Files


def test_nothing_of_others_can_be_read_or_changed(attack):
    """Everything below the class's folder that is not the hostile learner's own."""
    found = attack(
        """
        done = []
        own = f"{folder}/homes/{me}"
        for place in (f"homes/{victim}", "homes", "hub", "logs", "run"):
            try:
                done.append(("listed", place, os.listdir(f"{folder}/{place}")))
            except PermissionError:
                pass
        for file in (f"{folder}/class.json", f"{folder}/hub/people.json", f"{folder}/hub/jupyterhub.sqlite",
                     f"{folder}/hub/cookie_secret", f"{folder}/board/names.json", f"{folder}/board/board.sqlite",
                     f"{folder}/homes/{victim}/course/README.md", f"{folder}/homes/{victim}/.jupyterlab.log",
                     f"{folder}/homes/{victim}/course/notebooks/uk/secret.txt", "/etc/shadow"):
            try:
                done.append(("read", file, open(file).read(20)))
            except PermissionError:
                pass
        for top in ("course", "env"):
            for here, folders, files in os.walk(f"{folder}/{top}"):
                for path in [here, *(os.path.join(here, file) for file in files)]:
                    if os.access(path, os.W_OK) and not os.path.islink(path):
                        done.append(("may write", path))
        print(json.dumps(done))
        """
    )
    assert found == []


def test_no_secret_is_to_be_seen_in_other_processes(attack, class_server):
    """Environments, command lines, open files of all processes of the machine."""
    text = attack(
        """
        seen = [open("/proc/self/environ", "rb").read().decode("latin-1")]
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            for name in ("environ", "cmdline", "maps", "stack", "mem"):
                try:
                    if process.stat().st_uid != os.getuid() or name == "cmdline":
                        seen.append((process / name).read_bytes().decode("latin-1"))
                except OSError:
                    pass
        for file in pathlib.Path("/proc").glob("[0-9]*/fd/*"):
            try:
                with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
                    seen.append(opened.read(100000).decode("latin-1"))
            except (OSError, AttributeError, TypeError):
                pass
        print(json.dumps("".join(seen)))
        """
    )
    kept = json.loads((class_server.folder / "class.json").read_text())
    secrets = [kept[name] for name in ("code", "teacher", "proxy_token", "command_token", "board_token")]
    secrets += [class_server.teacher_password, "secret1", (class_server.settings.hub / "cookie_secret").read_text()]
    assert len(text) > 1000 and not [secret for secret in secrets if secret.strip() in text]


def test_neither_kill_nor_trace_nor_signal(attack):
    found = attack(
        """
        import ctypes, signal
        done = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if process.stat().st_uid != os.getuid():
                    os.kill(int(process.name), 0)
                    done.append(process.name)
            except OSError:
                pass
            try:
                if process.stat().st_uid != os.getuid() and ctypes.CDLL(None).ptrace(16, int(process.name), 0, 0) == 0:
                    done.append("traced " + process.name)
            except OSError:
                pass
        print(json.dumps(done))
        """
    )
    assert found == []


def test_no_program_of_roots_helps(attack):
    found = attack(
        """
        done = []
        crontab = "echo '* * * * * id' | crontab -"
        for command in ("sudo -n id", "su -c id root </dev/null", "pkexec id", "echo id | at now", crontab):
            if subprocess.run(command, shell=True, capture_output=True, timeout=20).returncode == 0:
                done.append(command)
        subprocess.run("cp /bin/bash ~/b; chmod 4755 ~/b; cp /bin/bash /tmp/b_$$; chmod 4755 /tmp/b_$$", shell=True)
        seen = subprocess.run([os.path.expanduser("~/b"), "-p", "-c", "id -u"], capture_output=True, text=True).stdout
        line = [line for line in open("/proc/self/status") if line.startswith("NoNewPrivs")][0].split()[1]
        print(json.dumps([done, int(seen) == os.getuid() != 0, line]))
        """
    )
    assert found == [[], True, "1"]


def test_another_learners_temporary_files_are_their_own(attack, victim):
    where = victim.run("import tempfile; print(tempfile.mkstemp()[1])").strip()
    assert f"/homes/{victim.place}/" in where
    found = attack(f"print(json.dumps([os.access({where!r}, os.R_OK), oct(os.umask(0o077))]))")
    assert found == [False, "0o77"]


# The network of the machine


def test_nobody_listens_to_a_neighbours_kernel(attack, victim, hostile):
    """All ports and sockets of the machine, asked for what they publish, while the victim runs cells that print."""
    kernel = hostile.kernel()
    code = """
        import threading, time, zmq
        context, seen = zmq.Context(), []
        listening = [line.split()[1] for line in open("/proc/net/tcp") if " 0A " in line]
        ports = {int(address.split(":")[1], 16) for address in listening}
        files = {line.split()[-1] for line in open("/proc/net/unix") if "-ipc-" in line}
        sockets = []
        for address in [*(f"tcp://127.0.0.1:{port}" for port in ports), *(f"ipc://{file}" for file in files)]:
            one = context.socket(zmq.SUB)
            one.setsockopt(zmq.SUBSCRIBE, b"")
            one.connect(address)
            sockets.append(one)
        poller = zmq.Poller()
        for one in sockets:
            poller.register(one, zmq.POLLIN)
        limit = time.time() + 4
        def listen():
            while time.time() < limit:
                seen.extend(one.recv_multipart() for one, _ in poller.poll(200))
        thread = threading.Thread(target=listen); thread.start()
        """
    kernel.run(dedent(code))
    for number in range(5):
        assert victim.working.run(f"print('outloud', {number})").startswith("outloud")
        time.sleep(0.5)
    heard = kernel.run(
        "thread.join(); print(len(files), len([parts for parts in seen if b'outloud' in b''.join(parts)]))"
    )
    files, messages = map(int, heard.split())
    assert files > 5 and messages == 0
    own = kernel.run("from ipykernel.kernelapp import IPKernelApp as A; print(bool(A.instance().session.key))")
    assert own.strip() == "True"


API = """
import http.client
WAIT = 5
token = os.environ["JUPYTERHUB_API_TOKEN"]
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def ask(method, address, body=None, sent=True):
    data = None if body is None else json.dumps(body).encode()
    head = {"Authorization": f"token {token}", "Content-Type": "application/json"} if sent else {}
    try:
        with direct.open(urllib.request.Request(address, data, head, method=method), timeout=WAIT) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, urllib.error.URLError, http.client.HTTPException):
        return 0
"""


def requests_of(victim, me):
    """What a learner might ask of the hub: method, path below /hub/api, body."""
    return [
        ("GET", "/users", None),
        ("POST", "/users", {"usernames": ["eve"], "admin": True}),
        ("GET", "/users/teacher", None),
        ("GET", f"/users/{victim}", None),
        ("PATCH", f"/users/{me}", {"name": me, "admin": True}),
        ("PATCH", f"/users/{victim}", {"name": "x"}),
        ("DELETE", f"/users/{victim}", None),
        ("DELETE", f"/users/{victim}/server", None),
        ("POST", f"/users/{victim}/server", {}),
        ("POST", f"/users/{me}/servers/another", {}),
        ("POST", f"/users/{victim}/tokens", {}),
        ("GET", f"/users/{victim}/tokens", None),
        ("POST", "/users/teacher/tokens", {}),
        ("POST", f"/users/{me}/tokens", {"scopes": ["admin:users"]}),
        ("POST", f"/users/{me}/tokens", {"roles": ["admin"]}),
        ("POST", f"/users/{victim}/activity", {"last_activity": "2030-01-01T00:00:00Z"}),
        ("POST", f"/shares/{victim}/", {}),
        ("GET", "/groups", None),
        ("GET", "/services", None),
        ("GET", "/proxy", None),
        ("POST", "/proxy", {}),
        ("PATCH", "/proxy", {"auth_token": "x"}),
        ("POST", "/shutdown", {}),
    ]


def test_the_hubs_api_obeys_no_learner(attack, hostile, victim):
    code = """
        done = []
        for method, path, body in REQUESTS:
            for base in (hub, url + "/hub/api"):
                status = ask(method, base + path, body)
                if status < 400:
                    done.append((method, path, status))
        for path in ("/api/routes", "/api/routes/user/" + victim):
            for method, body in (("GET", None), ("POST", {"target": "http://127.0.0.1:1"}), ("DELETE", None)):
                for sent in (True, False):
                    status = ask(method, proxy + path, body, sent)
                    if status < 400:
                        done.append((method, path, status))
        for path in ("/api", "/api/contents", "/api/kernels", "/lab", "/api/terminals"):
            for sent in (True, False):
                status = ask("GET", f"{url}/user/{victim}{path}", None, sent)
                if status < 400 and path not in ("/api", "/lab"):
                    done.append(("GET", path, status))
        print(json.dumps(done))
        """
    assert attack(code, before=f"{API}\nREQUESTS = {requests_of(victim.place, hostile.place)!r}\n") == []
    assert (
        attack('print(json.dumps(ask("GET", f"{url}/user/{me}/api/kernels")))', before=API) == 200
    )  # the way of asking is right


def test_neighbours_servers_answer_nobody_behind_the_proxys_back(attack, victim):
    code = """
        import pwd
        WAIT = 1
        done, lines = [], [line.split() for line in open("/proc/net/tcp") if " 0A " in line]
        theirs = [int(line[1].split(":")[1], 16) for line in lines if int(line[7]) == pwd.getpwnam(victim).pw_uid]
        for port in theirs:
            for sent in (True, False):
                status = ask("GET", f"http://127.0.0.1:{port}/user/{victim}/api/contents", None, sent)
                if 200 <= status < 300:
                    done.append((port, status))
        print(json.dumps([len(theirs), done]))
        """
    ports, answered = attack(code, before=API)
    assert ports >= 1 and answered == []


def test_no_learners_program_takes_the_place_of_a_service(attack, class_server):
    settings = class_server.settings
    ports = [settings.hub_port, settings.board_port, settings.proxy_port]
    code = f"""
        import socket, errno
        done = []
        for port in {ports}:
            for host in ("", "127.0.0.1", "127.0.0.2"):
                with socket.socket() as one:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                    try:
                        one.bind((host, port))
                        done.append((host, port))
                    except OSError as error:
                        assert error.errno in (errno.EACCES, errno.EADDRINUSE)
        print(json.dumps(done))
        """
    assert attack(code) == []
    assert max(ports) < 1024


def test_a_learner_sees_neither_the_board_nor_the_administrators_page(hostile):
    for path in ("/services/board/", "/services/board/wall", "/hub/admin"):
        assert hostile.get(path).status_code == 403, path


def test_the_teacher_can_do_nothing_in_the_hub_that_a_script_could_misuse(class_server, victim):
    teacher = Visitor(class_server.url)
    assert teacher.come("teacher", password=class_server.teacher_password) is None
    assert teacher.get("/hub/home").ok
    head = {"X-XSRFToken": teacher.xsrf()}
    for method, path in (
        ("GET", "/users"),
        ("GET", f"/users/{victim.place}"),
        ("DELETE", f"/users/{victim.place}/server"),
    ):
        answer = teacher.session.request(method, f"{class_server.url}/hub/api{path}", headers=head, timeout=30)
        assert answer.status_code in (403, 404), (method, path, answer.status_code)
    assert teacher.get("/services/board/").ok


# Limits


def test_a_fork_bomb_hurts_its_owner_only(class_server, victim):
    """Started from a terminal's shell, which nobody waits for."""
    bomber = Visitor(class_server.url)
    assert bomber.come("Бомба", code=class_server.settings.code) is None
    bomber.open()
    code = """
    import os, resource
    print(resource.getrlimit(resource.RLIMIT_NPROC)[1], resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    import subprocess
    bomb = "import os, time\\nwhile True:\\n  try: os.fork()\\n  except OSError: time.sleep(0.2)"
    p = subprocess.Popen(["python", "-c", bomb], start_new_session=True)
    """
    assert bomber.run(dedent(code)).split() == ["512", str(200 * 2**20)]
    time.sleep(3)
    began = time.monotonic()
    assert victim.working.run("print(6 * 7)", 60).strip() == "42"
    assert victim.get("/hub/home").ok
    took = time.monotonic() - began
    count = int(subprocess.run(["pgrep", "-c", "-u", bomber.place], capture_output=True, text=True).stdout)
    assert 20 < count <= 512 and took < 20, (count, took)
    bomber.get("/hub/home")
    head = {"_xsrf": bomber.xsrf()}
    assert bomber.session.post(f"{class_server.url}/hub/lessons", head, timeout=120).ok  # "start anew" ends it all
    bomber.goal = "/hub/spawn"
    bomber.open()
    left = subprocess.run(["pgrep", "-u", bomber.place, "-f", "os.fork"], capture_output=True, text=True).stdout
    assert left == ""
    assert bomber.run("print(1)").strip() == "1"


def test_a_huge_list_and_an_endless_file(hostile, victim):
    assert hostile.run("x = bytearray(3 * 2**30)").startswith("MemoryError")
    said = hostile.run("f = open('endless', 'wb')\nfor n in range(400): f.write(b'x' * 2**20)")
    assert "OSError: [Errno 27]" in said
    assert (
        hostile.run("import os; print(os.path.getsize('endless') <= 200 * 2**20); os.remove('endless')").strip()
        == "True"
    )
    assert victim.working.run("print(secret)").strip() == "vsecrethere"


def test_many_processes_together_take_no_more_than_one_learners_memory(hostile, victim):
    groups = [*Path("/sys/fs/cgroup").glob(f"**/alembic-class*{hostile.place}*")]
    if not groups:
        pytest.skip("this machine lets nobody make groups of processes: each process has its own limit")
    code = """
        import subprocess, sys, time
        hog = "import time; x = bytearray(b'x') * (600 * 2**20); print(1, flush=True); time.sleep(90)"
        hogs = [subprocess.Popen([sys.executable, "-c", hog]) for _ in range(4)]
        limit = time.time() + 45
        while time.time() < limit and all(hog.poll() is None for hog in hogs):
            time.sleep(0.2)
        print(sum(hog.poll() is None for hog in hogs))
        for hog in hogs:
            hog.kill()
        """
    assert int(hostile.run(dedent(code)).split()[-1]) < 4
    assert victim.working.run("print(secret)").strip() == "vsecrethere"


def test_what_the_class_writes_is_readable_by_root_alone(class_server):
    """Whatever root's umask was."""
    settings = class_server.settings
    for folder in (settings.hub, settings.logs, settings.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert stat.S_IMODE(settings.homes.stat().st_mode) == 0o711
    assert all(stat.S_IMODE(home.stat().st_mode) == 0o700 for home in settings.homes.iterdir())
    for file in (settings.folder / "class.json", settings.people):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for top in (settings.course, settings.folder / "env"):
        for here, _, files in os.walk(top):
            for path in map(Path(here).joinpath, ["", *files]):
                found = path.lstat()
                assert found.st_uid == 0 and (path.is_symlink() or not found.st_mode & 0o022), path


def test_a_kernel_that_nobody_is_connected_to_ends_after_three_hours(class_server, victim):
    log = class_server.settings.homes / victim.place / ".jupyterlab.log"
    assert "Culling kernels with idle durations > 10800 seconds" in log.read_text()


def test_part_3_works_for_a_place(hostile):
    code = """
    import sys; sys.path.insert(0, "notebooks/uk"); sys.path.insert(0, ".")
    import os; os.chdir(os.path.expanduser("~/course/notebooks/uk"))
    from lesson import *
    start("21")
    postgres()
    import sqlalchemy as sa
    with sa.create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        print("answers", connection.execute(sa.text("SELECT 6 * 7")).scalar_one(), os.environ["PGHOST"])
    """
    said = hostile.run(dedent(code), 90)
    assert "answers 42" in said and f"/homes/{hostile.place}/" in said, said
