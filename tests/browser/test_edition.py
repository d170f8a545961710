"""The course in the browser, without a network: the same pages, the same verdicts, and the learner's work stays.

Part of `python -m pytest tests/browser`; with -m "slow or not slow" all pages and all attempts. It builds the site;
ALEMBIC_SITE=folder takes one that is built already.
"""

import json
from pathlib import Path

import nbformat
import pytest

import firefox
import webkit
from author.refresh import NOTEBOOKS
from course.contents import LANGUAGES, lessons
from course.exercises import all_exercises
from edition import Lab, Watched, faults_of

LEARNER = Path(__file__).parents[1] / "learner.py"
PART_1 = [lesson for lesson in lessons().values() if lesson.part == 1]
QUICK = [("ru", "04_autogenerate"), ("uk", "00_start")]
SLOW = [
    pytest.param(language, name, marks=pytest.mark.slow)
    for language in LANGUAGES
    for name in [*(lesson.file for lesson in PART_1), "cheatsheet"]
    if (language, name) not in QUICK
]
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"
VERDICTS = """
import json, lesson, sys
sys.path.append("/tmp")
import learner

learners = learner.Learners()

def wrong_verdicts(key, how_many):
    found = []
    for attempt in learner.attempts(key)[:how_many]:
        got = learner.key_of(*learner.outcome(learners(key), attempt))
        if got != attempt.fault:
            found.append(f"{key} {attempt.title}: {got}, not {attempt.fault}")
    print(json.dumps(found))
"""


@pytest.mark.parametrize("language, name", QUICK + SLOW)
def test_a_page_does_what_it_does_locally(labs, request, language, name):
    lab = labs(language).open(name)
    faults = faults_of(lab, path_of(language, name), request.session)
    assert faults == [], "\n".join(faults)


def path_of(language, name):
    return NOTEBOOKS / language / f"{name}.ipynb"


class Stored:
    """In place of a browser: a page's cells, which "run" with the outputs that are stored."""

    def __init__(self, path):
        found = nbformat.read(path, as_version=4).cells
        self.ran = [{"source": one.source, "outputs": one.outputs} for one in found if one.cell_type == "code"]
        self.cells = len(self.ran)

    def run(self, number):
        return self.ran[number]


def test_a_changed_output_is_caught(request):
    path = path_of("ru", "00_start")
    page = Stored(path)
    assert faults_of(page, path, request.session) == []
    stream, error = (
        next(output for one in page.ran for output in one["outputs"] if output.output_type == kind)
        for kind in ("stream", "error")
    )
    stream.text += "x"
    assert len(faults_of(page, path, request.session)) == 1
    error.ename = f"<class 'some.module.{error.ename}'>"
    assert len(faults_of(page, path, request.session)) == 1
    error.evalue += "x"
    assert len(faults_of(page, path, request.session)) == 2
    shown = next(one for one in page.ran if one["outputs"] and one["outputs"][0].output_type == "display_data")
    shown["outputs"].clear()
    assert len(faults_of(page, path, request.session)) == 3
    page.ran[1]["outputs"].append(nbformat.v4.new_output("error", ename="NameError", evalue="", traceback=[]))
    assert len(faults_of(page, path, request.session)) >= 3
    page.ran[0]["source"] += "x"
    with pytest.raises(AssertionError, match="is not the repository's"):
        faults_of(page, path, request.session)


def test_an_exercise_gets_its_verdicts(labs):
    lab = labs().open(lessons()["05"].file)
    assert wrong_verdicts(lab, ["05.1"], 2) == []
    lab.execute("learner.load_exercise('05.1').check = lambda work: None")  # a check that finds nothing
    assert len(wrong_verdicts(lab, ["05.1"], 2)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [lesson.number for lesson in PART_1])
def test_each_attempt_gets_its_verdict(labs, number):
    lab = labs().open(lessons()[number].file)
    assert wrong_verdicts(lab, [key for key in all_exercises() if key.startswith(f"{number}.")]) == []


def wrong_verdicts(lab, keys, how_many=None):
    """Sentences about attempts whose verdict here is another than attempts.ipy says, of the first so many."""
    lab.execute(f"open('/tmp/learner.py', 'w').write({LEARNER.read_text(encoding='utf-8')!r})")
    lab.execute(VERDICTS)
    return [fault for key in keys for fault in json.loads(lab.execute(f"wrong_verdicts({key!r}, {how_many})"))]


@pytest.mark.slow
def test_python_starts_also_where_the_snapshot_is_of_no_use(labs, request):
    lab = labs()
    lab.context.route("**/snapshot.bin", lambda route: route.fulfill(status=404))
    assert faults_of(lab.open("00_start"), path_of("ru", "00_start"), request.session) == []
    assert lab.faults == [f"404: {lab.address}static/pyodide/snapshot.bin"]
    lab.faults.clear()


@pytest.mark.slow
def test_an_ipad_starts_from_the_snapshot(browser, server):
    """Pyodide asks a browser's name whether Python calls functions as it does on an iPad."""
    lab = Watched(browser.new_context(user_agent=IPAD), server)
    asked = []
    lab.context.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    lab.open("00_start").execute("from lesson import *\nstart('05')")
    lab.context.close()
    assert lab.faults == []
    assert "snapshot.bin" in asked and "imported.bin" not in asked


def test_what_is_asked_elsewhere_or_in_vain_is_caught(labs):
    lab = labs().open("00_start")
    assert lab.faults == []
    page, kernel, missing = "https://example.org/page", "https://example.org/kernel", f"{lab.address}missing.js"
    lab.page.evaluate("(words) => Promise.allSettled(words.map((one) => fetch(one)))", [page, missing])
    lab.execute(f"import js\ntry:\n    await js.fetch({kernel!r})\nexcept Exception:\n    pass")
    assert sorted(lab.faults) == [f"404: {missing}", f"a foreign request: {kernel}", f"a foreign request: {page}"]
    lab.faults.clear()


def test_an_error_of_the_page_is_caught_at_once(labs):
    lab = labs().open("00_start")
    lab.page.evaluate("setTimeout(() => { throw new Error('nobody catches it') })")
    with pytest.raises(Exception, match="nobody catches it"):
        lab.ask("kept", "ru/what is never there")
    assert lab.faults == ["an error: nobody catches it"]
    lab.faults.clear()


@pytest.mark.slow
@pytest.mark.skipif(not firefox.path(), reason="there is no Firefox here: sudo apt install firefox-esr")
def test_firefox_runs_a_lesson(server, tmp_path, request):
    with firefox.opened(tmp_path / "profile") as page:
        lab = Lab(page, server).open("07_branches")
        faults = faults_of(lab, path_of("ru", "07_branches"), request.session)
    assert faults == [], "\n".join(faults)


@pytest.mark.slow
@pytest.mark.skipif(not webkit.is_there(), reason="there is no WebKit here: sudo apt install webkit2gtk-driver xvfb")
def test_webkit_runs_a_lesson(server, tmp_path, request):
    with webkit.opened(tmp_path / "home") as page:
        lab = Lab(page, server)
        lab.address = f"http://127.0.0.1:{server}/alembic/"  # it knows no other name for this machine
        faults = faults_of(lab.open("07_branches"), path_of("ru", "07_branches"), request.session)
        fetched = lab.execute("import js\nprint([one.name for one in js.performance.getEntriesByType('resource')])")
    assert faults == [], "\n".join(faults)
    assert "snapshot.bin" in fetched and "imported.bin" not in fetched
