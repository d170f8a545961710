"""The files for a cluster: what they can be held to without one. Their README.md says what was tried, and what not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from classroom import board, environments
from classroom.kubernetes import image
from classroom.settings import LANGUAGES, Settings

HERE = Path(image.__file__).parent
VALUES = yaml.safe_load((HERE / "values.yaml").read_text(encoding="utf-8"))
HUB, LEARNER = VALUES["hub"], VALUES["singleuser"]
BOARD = HUB["extraContainers"][0]
IN_THE_IMAGE = "/srv/course/"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder that the image is made from."""
    folder = tmp_path_factory.mktemp("image") / "course"
    assert image.main([str(folder)]) is None
    return folder


def test_the_image_has_the_course_and_nothing_of_the_teachers(built):
    paths = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    assert {"binder/runtime.txt", "requirements.txt", "data.db", "notebooks/uk/00_start.ipynb"} <= paths
    assert {"notebooks/classroom/delivery.py", "notebooks/classroom/board/__main__.py"} <= paths
    assert not [path for path in paths if re.search(r"(^|/)(teacher\.|tests/|author/|browser/|work/|\.git)", path)]


def test_the_image_is_not_laid_over_something_else(built):
    assert "exists already" in image.main([str(built)])
    assert "FOLDER" in image.main([])


def test_the_image_has_the_charts_hub_and_the_courses_packages(built):
    lines = (built / "binder" / "requirements.txt").read_text().splitlines()
    included = [line.split()[1] for line in lines if line.startswith("-r ")]
    assert (built / "binder" / included[0]).samefile(built / "requirements.txt")
    version = next(line.split("==")[1] for line in lines if line.startswith("jupyterhub=="))
    assert f"(JupyterHub {version})" in (HERE / "README.md").read_text(encoding="utf-8")


def test_the_image_is_rid_of_what_slows_every_start(built, tmp_path):
    """The same as in a class of one machine."""
    (tmp_path / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "python").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    said = subprocess.run([built / "binder" / "postBuild"], env={"PATH": path}, capture_output=True, text=True).stdout
    assert said.split() == ["-m", "pip", "uninstall", "--yes", environments.TAKEN_OUT]


def test_one_version_of_the_chart_is_named():
    named = [re.findall(r"(?:version|chart) (\d+\.\d+\.\d+)", (HERE / name).read_text()) for name in os.listdir(HERE)
             if name.endswith((".md", ".yaml"))]  # fmt: skip
    assert {version for found in named for version in found} == {"4.4.0"}


def test_all_who_meet_at_the_board_name_one_port():
    surroundings = {entry["name"]: entry.get("value") for entry in BOARD["env"]}
    port = urlsplit(surroundings["JUPYTERHUB_SERVICE_URL"]).port
    report = urlsplit(LEARNER["extraEnv"]["COURSE_CLASS_URL"])
    assert f"{report.scheme}://{report.netloc}" == HUB["services"]["board"]["url"]
    assert (report.port, report.path) == (port, f"{board.PREFIX}report")
    assert [entry["port"] for entry in HUB["service"]["extraPorts"]] == [port]
    assert [entry["port"] for rule in HUB["networkPolicy"]["ingress"] for entry in rule["ports"]] == [port]
    assert [entry["port"] for rule in LEARNER["networkPolicy"]["egress"] for entry in rule["ports"]] == [port]


def test_the_board_is_told_what_the_class_server_tells_it(tmp_path):
    told = {entry["name"]: entry for entry in BOARD["env"]}
    wanted = board.environment(Settings(tmp_path))
    assert wanted.keys() <= told.keys()
    for name in ("JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_CLIENT_ID"):
        assert told[name]["value"] == wanted[name]
    assert told["JUPYTERHUB_API_TOKEN"]["valueFrom"]["secretKeyRef"]["key"] == f"hub.services.{board.NAME}.apiToken"
    assert {VALUES["custom"]["class"]["language"], told["COURSE_BOARD_LANGUAGE"]["value"]} <= set(LANGUAGES)


def test_the_board_sees_its_own_folder_of_the_hubs_volume_only():
    settings = Settings(Path("/srv/jupyterhub"))
    assert [mount["subPath"] for mount in BOARD["volumeMounts"] if mount["name"] == "pvc"] == [settings.board.name]
    made = HUB["initContainers"][0]["args"][0].partition("mkdir -p ")[2].split()
    assert made == [str(settings.hub), str(settings.board)]


def test_what_the_pods_run_is_in_the_image(built):
    program = LEARNER["cmd"][1]
    path = next(entry["value"] for entry in BOARD["env"] if entry["name"] == "PYTHONPATH")
    for found in (program, f"{path}/{BOARD['args'][2].replace('.', '/')}/__main__.py"):
        assert found.startswith(IN_THE_IMAGE) and (built / found.removeprefix(IN_THE_IMAGE)).is_file()


@pytest.fixture
def start_pod(built, tmp_path):
    """Run a pod's program with a server that only tells how it was started; gives the home and what was told."""
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    server = programs / "jupyterhub-singleuser"
    telling = "import json, os, sys; print(json.dumps([os.getcwd(), os.environ['TMPDIR'], sys.argv[1:]]))"
    server.write_text(f"#!{sys.executable}\n{telling}\n")
    server.chmod(0o755)

    def start(*words, course=built):
        program = course / LEARNER["cmd"][1].removeprefix(IN_THE_IMAGE)
        env = {"HOME": str(home), "PATH": str(programs), "COURSE_LANGUAGE": "uk"}
        done = subprocess.run([sys.executable, program, *words], env=env, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        return home, json.loads(done.stdout.splitlines()[-1]), done.stderr

    return start


def test_a_pod_brings_the_course_home_and_opens_it(start_pod):
    home, (folder, temporary, words), _ = start_pod("--ServerApp.port=8888")
    assert (home / "course" / "notebooks" / "uk" / "00_start.ipynb").is_file()
    assert not list(home.rglob("teacher.*"))
    assert (folder, temporary) == (str(home), str(home / ".tmp"))
    assert f"--config={home}/course/notebooks/uk/lab.py" in words
    assert words[-1] == "--ServerApp.port=8888"


def test_a_pod_renews_what_nobody_touched_and_keeps_the_rest(start_pod):
    home, _, _ = start_pod()
    mine = home / "course" / "notebooks" / "uk" / "01_init.ipynb"
    mine.write_text("mine")
    (home / "course" / "models.py").unlink()
    start_pod()
    assert mine.read_text() == "mine"
    assert (home / "course" / "models.py").is_file()


def test_a_pod_without_a_course_starts_all_the_same(start_pod, built, tmp_path):
    broken = tmp_path / "broken"
    subprocess.run(["cp", "-r", built, broken], check=True)
    subprocess.run(["rm", "-r", broken / "notebooks" / "course"], check=True)
    _, (_, _, words), said = start_pod(course=broken)
    assert words and "was not delivered" in said


CHART = """
import asyncio, json, sys, types
from pathlib import Path
from traitlets.config import Config
from jupyterhub.spawner import SimpleLocalProcessSpawner

class KubeSpawner(SimpleLocalProcessSpawner):  # what the chart's image has; here nothing is started
    async def start(self):
        return self.get_env()["COURSE_LANGUAGE"]

sys.modules["kubespawner"] = types.SimpleNamespace(KubeSpawner=KubeSpawner)
from classroom import people
from classroom.kubernetes import hub

c = Config()
c.JupyterHub.services = [{"name": "cull", "command": ["x"]}, {"name": "board", "url": "http://hub:1", "api_token": "t"}]
c.JupyterHub.load_roles = [{"name": "culler"}]
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
values, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
hub.configure(c, values, folder)
settings = c.Entrance.settings
place, _ = people.admit(settings, "Olena", "secret7", values["code"], "ru")
teacher, _ = people.admit(settings, "teacher", values["teacherPassword"])
spawner = c.JupyterHub.spawner_class(_mock=True, settings=settings)
spawner.user = types.SimpleNamespace(name=place, url="/", orm_user=None)
spawner.get_env = lambda: {"COURSE_LANGUAGE": spawner.language}
print(json.dumps({
    "place": place, "teacher": teacher, "services": c.JupyterHub.services,
    "roles": [role["name"] for role in c.JupyterHub.load_roles], "tornado": sorted(c.JupyterHub.tornado_settings),
    "started": asyncio.run(spawner.start()), "opens": spawner.default_url,
    "files": sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")),
}))
"""


@pytest.fixture
def configure(class_server, built, tmp_path):
    """Let the hub's Python read values as the chart's configuration does; gives the finished process."""

    def run(**values):
        env = {"PYTHONPATH": str(built / "notebooks"), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
        words = [
            class_server.settings.hub_python,
            "-c",
            CHART,
            json.dumps(VALUES["custom"]["class"] | values),
            tmp_path,
        ]
        return subprocess.run(words, env=env, capture_output=True, text=True)

    return run


def test_the_charts_hub_becomes_a_class(configure):
    done = configure(code="abc234", teacherPassword="long enough")
    assert not done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert (told["place"], told["teacher"], told["started"]) == ("cl-01", "teacher", "ru")
    assert told["opens"] == "/lab/tree/notebooks/ru/00_start.ipynb"
    assert told["services"][0] == {"name": "cull", "command": ["x"]}
    service = told["services"][1]
    assert (service["url"], service["api_token"], service["oauth_client_id"]) == ("http://hub:1", "t", "service-board")
    assert {"culler", "user", "server", "board"} <= set(told["roles"])
    assert told["tornado"] == ["headers", "slow_spawn_timeout"]
    assert {"class.json", "hub/people.json", "board/names.json"} <= set(told["files"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "class.code is missing"),
        ({"code": "abc234"}, "teacherPassword needs"),
        ({"code": "abc234", "teacherPassword": "short"}, "teacherPassword needs"),
        ({"code": "abc234", "teacherPassword": "long enough", "language": "xx"}, "uk, ru"),
    ],
)
def test_a_value_that_is_missing_or_wrong_is_told_in_a_sentence(configure, wrong, said):
    done = configure(**wrong)
    assert done.returncode and said in done.stderr and "Traceback" not in done.stderr
