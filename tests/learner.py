"""A learner in a kernel: opens an exercise, runs cells, asks what check() finds."""

import ast
import os
import shutil
import sys
from pathlib import Path
from unittest.mock import patch

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import course
from course import checking, exercise_databases, exercise_verbs, session
from course.attempts import Attempt, attempts_of
from course.exercises import all_exercises, load_exercise
from course.places import copy_files, enter, forget_other_databases

shell = InteractiveShell.instance()
checking.SECONDS = 60  # tests share their machine


class Learner:
    """Works on one exercise; `try_again()` brings its folder back to how it was opened, faster than reset() does."""

    def __init__(self, key, language="ru"):
        self.key = key
        shell.user_ns.update(course.load(language))
        session.hints.clear(), session.faults.clear(), session.opened_at.clear()
        with capture_output():
            exercise_verbs.exercise(key)
        self.exercise = load_exercise(key)
        self.folder = exercise_verbs.folder_of(self.exercise)

    def try_again(self):
        forget_other_databases()
        enter(self.folder.parent)
        shutil.rmtree(self.folder)
        copy_files(exercise_verbs.opened(self.exercise), self.folder)
        enter(self.folder)
        if self.exercise.database:
            exercise_databases.open_again(self.exercise.database)
        session.opened_at[self.key] = len(shell.user_ns["In"])

    def run(self, code):
        """Run a cell, which finds modules in the current folder first; an error of its code is an AssertionError."""
        with capture_output() as shown, patch.object(sys, "path", ["", *sys.path]):
            result = shell.run_cell(code, store_history=True)
        assert result.success, result.error_in_exec or result.error_before_exec
        return shown

    def verdict(self, answer=()):
        """(outcome, the NotYet or Broken), as check() finds them."""
        return exercise_verbs.verdict(self.exercise, answer)

    def check(self, *answer):
        """What check() shows."""
        with capture_output() as shown:
            shell.user_ns["check"](*answer)
        return "\n".join(output.data["text/plain"] for output in shown.outputs)


class Learners:
    """One learner for each exercise; the final project's stages are solved once and remembered."""

    def __init__(self):
        self.known = {}

    def __call__(self, key):
        if key not in self.known:
            self.solve_stages_before(key)
            self.known[key] = Learner(key)
        return self.known[key]

    def solve_stages_before(self, key):
        """Bring the final project to where a stage begins."""
        exercise = load_exercise(key)
        if exercise.STAGE and exercise.number > 1:
            previous = self(f"{exercise.lesson}.{exercise.number - 1}")
            previous.try_again()
            previous.run(attempts_of(previous.exercise.folder).solution)


def attempts(key):
    """All attempts of an exercise: the solution, the wrong ones, the other right ones."""
    found = attempts_of(all_exercises()[key])
    return [Attempt(found.solution, "the solution"), *found.wrong, *found.right]


def outcome(learner, attempt):
    """What check() finds of an attempt, made from the start, and that it changes nothing by looking."""
    if learner.exercise.ASKS:
        return learner.verdict((ast.literal_eval(attempt.code) if attempt.code != "..." else ...,))
    learner.try_again()
    learner.run(attempt.code)
    before, environment, here = state(learner.folder), dict(os.environ), os.getcwd()
    found = learner.verdict()
    assert state(learner.folder) == before, "check() changed the learner's folder"
    assert (dict(os.environ), os.getcwd()) == (environment, here)
    return found


def key_of(verdict, fault):
    """An outcome as attempts.ipy names it: None where the attempt is right."""
    return getattr(fault, "key", None if verdict == "correct" else verdict)


def state(folder):
    """{path: bytes} of everything in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def do_exercises():
    """The exercises that look at a folder of their own."""
    return [key for key in all_exercises() if not load_exercise(key).ASKS and not load_exercise(key).STAGE]
