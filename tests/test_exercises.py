"""Every exercise: untouched it is not begun, its solution is right, each typical mistake gets its own sentence, other
right ways pass, and looking changes nothing. And its words: the same in each language, none that no attempt reaches."""

import ast
import os
import re
import sys
import tomllib

import pytest

from author.prose import faults, prose
from course import exercise_verbs, session
from course.attempts import attempts_of
from course.contents import LANGUAGES
from course.exercises import HERE, all_exercises, text, words_of
from learner import Learners, attempts, key_of, outcome

KEYS = list(all_exercises())
SHARED = tomllib.loads((HERE / "checks.toml").read_text(encoding="utf-8"))
PLACES = re.compile(r"\{(\w+)\}")
CODE = re.compile(r"`([^`]+)`")
OUTCOMES = {"broken", "not_started", "not_answered"}  # what an attempt may get other than the key of a fault
OF_ALL = {"hint", "why", "done"}


@pytest.fixture(scope="module")
def learners(tmp_path_factory):
    """One learner for each exercise; the final project's stages are solved once and remembered."""
    before, path, modules = os.getcwd(), os.environ.get("COURSE_WORK"), sys.path[:]
    sys.path.insert(0, "")  # as in a kernel: an attempt imports its own models, not those at the root
    os.environ["COURSE_WORK"] = str(tmp_path_factory.mktemp("мої роботи"))
    yield Learners()
    os.chdir(before)
    sys.path[:] = modules
    os.environ["COURSE_WORK"] = path or ""


class Exercises:
    """The tests of one lesson's exercises; a class for each lesson, so that lessons run side by side."""

    def test_untouched_is_not_begun(self, key, learners):
        learner = learners(key)
        if not learner.exercise.ASKS:
            learner.try_again()
        assert learner.verdict() == ("not_answered" if learner.exercise.ASKS else "not_started", None)

    def test_each_attempt_gets_its_verdict(self, key, learners):
        wrong = []
        for attempt in attempts(key):
            verdict, fault = outcome(learners(key), attempt)
            got = key_of(verdict, fault)
            if got != attempt.fault:
                wrong.append(f"{attempt.title}: {got} {getattr(fault, 'places', fault)}, not {attempt.fault}")
            elif verdict == "not_yet":
                for language in LANGUAGES:
                    for again in (False, True):
                        assert text(learners(key).exercise.folder, fault.key, language, again, **fault.places)
        assert not wrong, "\n".join(wrong)

    def test_there_are_typical_mistakes_and_other_right_ways(self, key):
        found = attempts_of(all_exercises()[key])
        assert len({attempt.fault for attempt in found.wrong}) >= 2 and found.right

    def test_each_of_its_faults_is_reached(self, key):
        own = tomllib.loads((all_exercises()[key] / "words.toml").read_text(encoding="utf-8"))
        reached = {attempt.fault for attempt in attempts_of(all_exercises()[key]).wrong}
        assert reached - OUTCOMES <= set(words_of(all_exercises()[key])), "an attempt wants a fault without words"
        assert set(own) - OF_ALL - reached == set(), "no attempt in attempts.ipy gets these faults of words.toml"

    def test_its_words(self, key):
        own = tomllib.loads((all_exercises()[key] / "words.toml").read_text(encoding="utf-8"))
        assert set(own) >= OF_ALL, "words.toml wants hint, why and done"
        assert list(faults_of_words(own)) == []


def pytest_generate_tests(metafunc):
    if lesson := getattr(metafunc.cls, "lesson", None):
        metafunc.parametrize("key", [key for key in KEYS if key.startswith(lesson)])


for number in sorted({key.partition(".")[0] for key in KEYS}, reverse=True):  # the longest first
    globals()[f"TestLesson{number}"] = type(f"TestLesson{number}", (Exercises,), {"lesson": number})


def faults_of_words(table):
    """Sentences about words that are missing, differ between languages, or are not in their language."""
    for key, sentences in table.items():
        if set(sentences) != set(LANGUAGES):
            yield f"{key}: languages {sorted(sentences)}, wanted {LANGUAGES}"
            continue
        several = {language: s if isinstance(s, list) else [s] for language, s in sentences.items()}
        for language, choices in several.items():
            if len(choices) != (1 if key in ("why", "done") else 2) or len(set(choices)) != len(choices):
                yield f"{key}.{language}: wants {'one text' if key in ('why', 'done') else 'two different texts'}"
            for choice in choices:
                yield from (f"{key}.{language}: {fault}" for fault in faults(prose(PLACES.sub("", choice)), language))
        for number, choices in enumerate(zip(*several.values(), strict=False)):
            for what, pattern in (("places", PLACES), ("code", CODE)):
                if len({tuple(sorted(set(pattern.findall(choice)))) for choice in choices}) > 1:
                    yield f"{key}[{number}]: {what} differ: {[sorted(set(pattern.findall(c))) for c in choices]}"


def test_the_words_that_all_share():
    assert list(faults_of_words(SHARED)) == []


def test_the_check_of_words_catches():
    good = {"ru": ["Раз `a` {x}.", "Два."], "uk": ["Раз `a` {x}.", "Два."]}
    assert list(faults_of_words({"key": good})) == []
    for bad in (["Раз `b` {x}.", "Два."], ["Раз `a` {y}.", "Два."], ["Раз `a` {x}."], ["Раз `a` {x}.", "Это."]):
        assert list(faults_of_words({"key": good | {"uk": bad}})), bad
    assert list(faults_of_words({"key": {"ru": ["Раз.", "Два."]}}))


def named_in_python():
    """{key: where} of every NotYet("key", …) and of every key handed to a shared check."""
    found = {}
    for path in [*HERE.rglob("*.py"), *HERE.parent.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotYet":
                if isinstance(node.args[0], ast.Constant):
                    found[node.args[0].value] = path.name
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in SHARED:
                found.setdefault(node.value, path.name)
    return found


def test_no_shared_sentence_is_without_use():
    assert set(SHARED) - set(named_in_python()) == set()


def test_each_shared_fault_is_reached():
    """By an attempt of some exercise, or by a test of the machinery, which names the key."""
    reached = {attempt.fault for key in KEYS for attempt in attempts_of(all_exercises()[key]).wrong}
    names = ("test_checking.py", "test_exercise_databases.py", "test_stages.py")
    tests = "".join((HERE.parents[2] / "tests" / name).read_text(encoding="utf-8") for name in names)
    reached |= {key for key in SHARED if f'"{key}"' in tests}
    assert set(SHARED) - reached == set(), "no attempt gets these faults of checks.toml"


def test_no_sentence_names_a_number_of_an_exercise():
    """Exercises know their number from their folder, so that they may be moved."""
    for key in KEYS:
        words = (all_exercises()[key] / "words.toml").read_text(encoding="utf-8")
        assert not re.search(r"(?:reset|check|hint|solution)\((?:\d|\"\d\d\.)", words), key


def test_the_same_fault_found_again_gets_its_cause(learners):
    learner = learners("03.1")
    learner.try_again()
    learner.run('%alembic revision -m "create tags"')
    session.faults.clear()
    verdict, fault = learner.verdict()
    first, second = (exercise_verbs.fault_text(learner.exercise, fault) for _ in range(2))
    assert verdict == "not_yet" and first != second
    assert second == text(learner.exercise.folder, fault.key, "ru", True, **fault.places)
