"""The browser edition's command: it finds each trap in a site, destroys nobody's folder, serves what browsers need.

The site itself is built and opened by `python -m pytest tests/browser`.
"""

import ast
import gzip
import http.client
import io
import json
import os
import re
import shutil
import string
import subprocess
import sys
import tarfile
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import yaml

from browser import BrowserError, build, commands, lite, python_files, serve, tools, traps, words
from course.contents import BOOKS, LANGUAGES

MODULES = {name: one for name, one in sys.modules.items() if name.partition(".")[0] in ("browser", "classroom")}
PACKAGES = ["site/prettytable-3.11.0.dist-info/METADATA"]


@pytest.fixture(autouse=True)
def modules_stay(monkeypatch):
    """A test that runs %alembic in the same process lets Python forget what is neither a library nor the course."""
    for name, module in MODULES.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture(autouse=True)
def in_russian():
    words.use("ru")
    yield
    words.use(None)


def archive(names):
    """A python.bin with empty files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


def course():
    return list(python_files.course_files())


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """What the traps look at, without fault and without JupyterLite."""
    tmp_path = tmp_path_factory.mktemp("sound")
    python = tmp_path / "static" / "pyodide"
    for folder in (python, tmp_path / "lab", tmp_path / "api" / "translations"):
        folder.mkdir(parents=True)
    for name in traps.PYTHON:
        (python / name).write_text("{}")
    (python / "snapshot.bin").write_bytes(gzip.compress(bytes(2_000_000)))
    (python / "python.bin").write_bytes(archive(PACKAGES + course()))
    (python / "imported.bin").write_bytes(archive(["site/alembic/__init__.pyc"]))
    for path in (tmp_path / "jupyter-lite.json", tmp_path / "lab" / "jupyter-lite.json"):
        lite.write(path, {"jupyter-config-data": {}})
    lite.for_all(tmp_path)
    lite.lay_out(tmp_path / "files")
    for language in LANGUAGES:
        lite.for_one(tmp_path, language)
        (tmp_path / "api" / "contents" / language).mkdir(parents=True)
        listed = [{"name": path.name} for path in (tmp_path / "files" / language).iterdir()]
        lite.write(tmp_path / "api" / "contents" / language / "all.json", {"content": listed})
    locales = {f"{language}_{language.upper().replace('UK', 'UA')}": {} for language in LANGUAGES}
    lite.write(tmp_path / "api" / "translations" / "all.json", {"data": locales})
    for locale in locales:
        lite.write(tmp_path / "api" / "translations" / f"{locale}.json", {})
    return tmp_path


@pytest.fixture
def site(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "site")


def test_a_sound_site_has_no_fault(site):
    assert traps.faults(site) == []


def kernel_of(data):
    return data["jupyter-config-data"]["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]


def edited(path, edit):
    """Change a JSON file."""
    data = lite.read(path)
    edit(data)
    lite.write(path, data)


LAB, ALL = "lab-uk/jupyter-lite.json", "jupyter-lite.json"
CDN = "https://cdn.example/pyodide.mjs"
PLANTED = {
    "an incremental build lost pyodideUrl": (LAB, lambda data: kernel_of(data).pop("pyodideUrl"), "pyodideUrl is ''"),
    "Python comes from elsewhere": (LAB, lambda data: kernel_of(data).update(pyodideUrl=CDN), "pyodideUrl is 'https"),
    "pyodideUrl leads nowhere": (LAB, lambda data: kernel_of(data).update(pyodideUrl="./../no.mjs"), "pyodideUrl is"),
    "packages come from PyPI": (LAB, lambda data: kernel_of(data).pop("disablePyPIFallback"), "looked for at PyPI"),
    "an address of somebody else's": (ALL, lambda data: data.update(fullStaticUrl=CDN), f"{ALL}: {CDN}"),
    "the service worker is on": (
        ALL,
        lambda data: data["jupyter-config-data"].update(disabledExtensions=[]),
        "service worker is on",
    ),
    "menus in English": (
        LAB,
        lambda data: data["jupyter-config-data"].pop("settingsOverrides"),
        "lab-uk: its menus are in another language: ''",
    ),
    "no language packs": (
        "api/translations/all.json",
        lambda data: data.update(data={"en": {}}),
        "no language pack 'uk_UA'",
    ),
    "a page that nobody sees": (
        "api/contents/uk/all.json",
        lambda data: data["content"].remove({"name": "08_project.ipynb"}),
        "api/contents/uk: missing ['08_project.ipynb']",
    ),
    "a text in pieces": (
        "files/ru/00_start.ipynb",
        lambda data: data["cells"][0].update(source=["# a\n", "b"]),
        "files/ru/00_start.ipynb: a text in pieces",
    ),
    "an output in pieces": (
        "files/uk/cheatsheet.ipynb",
        lambda data: data["cells"][-1].update(outputs=[{"data": {"text/plain": ["a\n", "b"]}}]),
        "files/uk/cheatsheet.ipynb: a text in pieces",
    ),
    "packages that would be fetched": (
        "static/pyodide/pyodide-lock.json",
        lambda data: data.update(packages={"jedi": {}}),
        "names packages that are not there",
    ),
}


@pytest.mark.parametrize("path, edit, told", PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(site, path, edit, told):
    edited(site / path, edit)
    assert any(told in fault for fault in traps.faults(site)), traps.faults(site)


LOST = [
    "files/ru/cheatsheet.pdf",
    "static/pyodide/start.mjs",
    "static/pyodide/snapshot.bin",
    "static/pyodide/python.bin",
    "static/pyodide/imported.bin",
]
LOST += ["api/translations/ru_RU.json", "lab-ru/jupyter-lite.json"]


@pytest.mark.parametrize("path", LOST)
def test_a_lost_file_is_found(site, path):
    (site / path).unlink()
    assert traps.faults(site) != []


BROKEN = {
    "static/pyodide/snapshot.bin": gzip.compress(b"small"),
    "static/pyodide/python.bin": b"no archive",
    "files/ru/teacher.ipynb": b'{"cells": []}',
    "page/entry.unheard": b"",
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_broken_or_foreign_file_is_found(site, path):
    (site / path).parent.mkdir(exist_ok=True)
    (site / path).write_bytes(BROKEN[path])
    assert traps.faults(site) != []


@pytest.mark.parametrize(
    "names, told",
    [
        (["site/prettytable-3.12.0.dist-info/METADATA", *course()], "prettytable [(3, 12)]"),
        (course(), "prettytable []"),
        (PACKAGES, "no course/alembic.ini"),
        ([*PACKAGES, *course(), "course/notebooks/ru/teacher.ipynb"], "teacher.ipynb"),
        ([*PACKAGES, *course(), "course/notebooks/ru/work/05/models.py"], "work/05"),
    ],
)
def test_what_the_archive_must_and_must_not_hold(site, names, told):
    (site / "static" / "pyodide" / "python.bin").write_bytes(archive(names))
    assert any(told in fault for fault in traps.faults(site))


def test_a_site_that_is_too_heavy_is_found(site):
    with (site / "heavy.json").open("wb") as file:
        file.truncate(traps.LARGEST)
    assert any("bytes, at most" in fault for fault in traps.faults(site))


def test_neither_the_book_nor_a_readers_own_work_goes_into_the_site():
    assert not {*BOOKS} & {*lite.PAGES} and {*LANGUAGES} == {*lite.LANGUAGES}
    assert [name for name in course() if re.search("teacher|/work/|checkpoint|__pycache__", name)] == []


# The folder of the site


@pytest.fixture
def builder(monkeypatch):
    """A build that makes one file, or fails."""
    made = SimpleNamespace(faults=[])

    def make(site, work):
        site.mkdir()
        (site / "index.html").write_text("new")

    monkeypatch.setattr(tools, "make", lambda: None)
    monkeypatch.setattr(lite, "make", make)
    monkeypatch.setattr(python_files, "make", lambda folder: None)
    monkeypatch.setattr(build.pages, "make", lambda folder: None)
    monkeypatch.setattr(traps, "faults", lambda folder: made.faults)
    return made


def test_a_build_takes_the_place_of_an_old_one_and_leaves_nothing_beside_it(builder, tmp_path):
    for _ in range(2):
        assert commands.main(["build", "--folder", str(tmp_path / "deep" / "site")]) is None
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["site"]
    assert (tmp_path / "deep" / "site" / "index.html").read_text() == "new"


def test_a_build_that_fails_leaves_the_old_site(builder, tmp_path):
    build.build(tmp_path / "site")
    (tmp_path / "site" / "index.html").write_text("old")
    builder.faults = ["lab-ru: pyodideUrl is ''"]
    assert "ничего не изменилось" in commands.main(["build", "--folder", str(tmp_path / "site")])
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert (tmp_path / "site" / "index.html").read_text() == "old"


def test_a_folder_of_somebody_elses_is_left_alone(builder, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    (tmp_path / "file").write_text("file")
    for name in ("photos", "file", "."):
        assert "не сайт курса" in commands.main(["build", "--folder", str(tmp_path / name)])
    assert (tmp_path / "photos" / "cat.jpg").read_text() == "cat" and (tmp_path / "file").read_text() == "file"


def test_a_folder_that_cannot_be_is_told(builder, tmp_path):
    (tmp_path / "file").write_text("file")
    assert "нельзя записать сайт" in commands.main(["build", "--folder", str(tmp_path / "file" / "site")])


@pytest.mark.parametrize(
    "error, told", [(OSError(28, "No space left on device"), "место"), (KeyboardInterrupt(), "Прерв")]
)
def test_a_build_that_is_broken_off_leaves_nothing(builder, monkeypatch, tmp_path, error, told):
    def fail(folder):
        raise error

    monkeypatch.setattr(python_files, "make", fail)
    assert told in commands.main(["build", "--folder", str(tmp_path / "site")])
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_used(builder, tmp_path):
    (tmp_path / "site").mkdir()
    assert commands.main(["build", "--folder", str(tmp_path / "site")]) is None


# What builds it


def test_a_tool_is_made_once_and_anew_when_its_versions_change(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tools, "MADE", tmp_path / ".made")
    pins, runs = tmp_path / "pins", []

    def recipe(folder):
        folder.mkdir()
        runs.append(pins.read_text())

    for version in ("1", "1", "2"):
        pins.write_text(version)
        tools.made("npm", [pins], recipe)
    assert runs == ["1", "2"] and capsys.readouterr().out.count("Скачиваем") == 2


@pytest.mark.parametrize("error", [BrowserError("no network"), KeyboardInterrupt()])
def test_a_tool_is_made_whole_or_not_at_all(monkeypatch, tmp_path, error):
    monkeypatch.setattr(tools, "MADE", tmp_path)

    def recipe(folder):
        folder.mkdir()
        raise error

    with pytest.raises(type(error)):
        tools.made("npm", [], recipe)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "program, told",
    [
        ("print('e' * 9_000_000); raise SystemExit(1)", "интернет.*\n    e{200}$"),
        ("raise SystemExit('OSError: [Errno 28] No space left on device')", "На диске кончилось место"),
    ],
)
def test_a_program_that_fails_is_one_sentence_and_its_last_lines(program, told):
    with pytest.raises(BrowserError, match=told):
        tools.run(sys.executable, "-c", program, failure="install_failed")


def test_the_versions_are_all_pinned():
    lines = (tools.HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.match(r"[\w.-]+==\S+|\s*#|$", line)] == []
    named = json.loads((tools.HERE / "pyodide" / "package.json").read_text())["dependencies"]
    locked = json.loads((tools.HERE / "pyodide" / "package-lock.json").read_text())["packages"]
    assert named == {name: locked[f"node_modules/{name}"]["version"] for name in named}
    text = "".join(path.read_text() for path in (tools.HERE / "pyodide").iterdir()) + "".join(lines)
    assert re.findall(r"https?://", text) == [], "a registry's address"


# The server


@contextmanager
def serving(folder):
    with serve.server(folder, 0, "127.0.0.1") as running:
        thread = threading.Thread(target=running.serve_forever, args=[0.02])
        thread.start()
        try:
            yield lambda path, **head: ask(running.server_port, path, head)
        finally:
            running.shutdown()
            thread.join()


def ask(port, path, head):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in head.items()})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return SimpleNamespace(status=answer.status, head=answer.headers, data=data)


@pytest.fixture
def served(tmp_path):
    site = tmp_path / "of the class" / "repo"
    for name, text in {
        "index.html": "entry",
        "1.a8fa7b2.js": "x" * 5000,
        "start.mjs": "1",
        "a.wasm": "1" * 5000,
    }.items():
        site.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    (site / "snapshot.bin").write_bytes(gzip.compress(b"memory"))
    (site.parent / "secret.txt").write_text("secret")
    return site


def test_browsers_get_the_types_they_insist_on(served):
    with serving(served) as get:
        assert get("/").data == b"entry" and get("/").head["Content-Type"].startswith("text/html")
        assert get("/start.mjs?language=ru").head["Content-Type"].startswith("text/javascript")
        assert get("/a.wasm").head["Content-Type"] == "application/wasm"
        packed = get("/snapshot.bin", Accept_Encoding="gzip")
    assert packed.head["Content-Encoding"] is None and gzip.decompress(packed.data) == b"memory"


def test_what_can_be_compressed_is(served):
    with serving(served) as get:
        plain, less = get("/a.wasm"), get("/a.wasm", Accept_Encoding="gzip, br")
    assert len(plain.data) == 5000 and less.head["Content-Encoding"] == "gzip"
    assert len(less.data) < 200 and gzip.decompress(less.data) == plain.data


def test_a_second_visit_asks_little(served):
    with serving(served) as get:
        assert "immutable" in get("/1.a8fa7b2.js").head["Cache-Control"]
        first = get("/start.mjs")
        assert first.head["Cache-Control"] == "no-cache"
        again = get("/start.mjs", If_None_Match=first.head["ETag"])
        assert again.status == 304 and again.data == b""
        (served / "start.mjs").write_text("22")  # a new build
        assert get("/start.mjs", If_None_Match=first.head["ETag"]).data == b"22"


def test_a_site_may_lie_below_a_path(served):
    with serving(served.parent) as get:
        assert get("/repo/").data == b"entry"
        moved = get("/repo?path=ru")
    assert moved.status == 301 and moved.head["Location"] == "repo/?path=ru"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/none", "/%00", "//x", "/%"]
)
def test_nothing_but_the_site_is_given(served, path):
    with serving(served) as get:
        answer = get(path)
    assert answer.status in (400, 404) and b"secret" not in answer.data


def test_no_folder_is_listed(served):
    with serving(served.parent) as get:
        assert get("/").status == 404


def test_thirty_come_at_once(served):
    found = []
    with serving(served) as get:
        threads = [threading.Thread(target=lambda: found.append(get("/a.wasm").status)) for _ in range(180)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [200] * 180


def test_serve_says_what_is_wrong(served, tmp_path):
    assert "сайта ещё нет" in commands.main(["serve", "--folder", str(tmp_path)])
    (served / build.MARK).write_text("{}")
    typed = ["serve", "--folder", str(served), "--port"]
    with serve.server(served, 0) as other:
        assert "уже заняла другая программа" in commands.main([*typed, str(other.server_port)])
    assert "нужно число" in commands.main([*typed, "70000"])


# The command


@pytest.mark.parametrize("typed", [["bake"], ["build", "--port", "1"], ["serve", "--port", "x"], ["--folder"]])
def test_what_is_not_understood_is_told_with_the_usage(typed):
    assert re.search("не поняла.*notebooks/browser build", commands.main([*typed, "--language", "ru"]), re.DOTALL)


@pytest.mark.parametrize("typed", [[], ["help"], ["--help"], ["build", "-h"]])
def test_help_needs_no_package(typed):
    """As a teacher types it, with a Python that has nothing of the course."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(tools.HERE), *typed]
    environ = os.environ | {"LC_ALL": "uk_UA.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environ)
    assert (done.returncode, done.stderr) == (0, "") and "зібрати сайт" in done.stdout


def places_in(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def test_every_sentence_is_in_both_languages_and_used():
    code = [path.read_text(encoding="utf-8") for path in tools.HERE.glob("*.py")]
    used = {node.value for text in code for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    for key, sentence in words.WORDS.items():
        assert sentence.keys() == set(words.LANGUAGES), key
        assert places_in(sentence["uk"]) == places_in(sentence["ru"]), key
        assert key in used or key.startswith("making_"), f"{key} is said nowhere"


# Publishing


def test_the_workflow_publishes_what_the_command_builds_and_only_the_last_job_may_write():
    workflow = yaml.safe_load((tools.ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {"contents": "read"} and "permissions" not in jobs["build"]
    assert not any("run" in step for step in jobs["publish"]["steps"])
    assert "default_branch" in jobs["build"]["if"] and jobs["publish"]["needs"] == "build"
    steps = jobs["build"]["steps"]
    assert "python3 notebooks/browser build" in [step.get("run") for step in steps]
    assert tools.ROOT / steps[-1]["with"]["path"] == commands.SITE
