"""README's promises: its commands are the ones CI runs, its files are there, its list of lessons is the course's."""

import re
from pathlib import Path

import pytest

from author import contract
from author.language import TO_WRITE, about
from author.prose import faults, prose
from author.twins import LINK
from course.contents import CHEAT_SHEETS, LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
HEADED = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n?)*)", README, re.MULTILINE))


def part(language):
    """A language's part of README, empty if there is none."""
    return HEADED.get(about(language)["readme"], "")


def commands(language, kind):
    """The code blocks of a kind, "sh" or "powershell", in a language's part."""
    return re.findall(rf"^```{kind}\n(.*?)\n```", part(language), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ci_runs_the_test_command_word_for_word(language):
    begin, test = commands(language, "sh")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "jupyter lab" in begin and test in [line.strip() for line in ci]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_opens_jupyterlab_as_the_languages_own_file_says(language):
    """Its last step stands below the commands once more, for the second day."""
    for kind, separator in (("sh", " && "), ("powershell", "; ")):
        step = commands(language, kind)[0].split(separator)[-1]
        assert f"`{step}`" in part(language)
        assert step.replace("\\", "/").endswith(f"jupyter lab --config notebooks/{language}/lab.py")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workflow_runs_the_test_commands_word_for_word(language):
    lines = [line.strip() for line in WORKFLOW.splitlines()]
    assert [kind for kind in ("sh", "powershell") if commands(language, kind)[1] not in lines] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workflow_runs_every_python_that_readme_promises(language):
    first, last = re.search(r"Python 3\.(\d+)–3\.(\d+)", part(language)).groups()
    matrix = re.search(r"python: \[.*\]", WORKFLOW)[0]
    assert re.findall(r'"(3\.\d+)"', matrix) == [f"3.{minor}" for minor in range(int(first), int(last) + 1)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_powershell_does_the_same_steps(language):
    """Only the names of folders, the separator and the name of Python differ."""
    same = [text.replace("python3 -m", "py -m") for text in commands(language, "sh")]
    same = [text.replace(".venv/bin/", ".venv/Scripts/").replace(" && ", "; ") for text in same]
    assert [text.replace("\\", "/") for text in commands(language, "powershell")] == same


def test_links_and_pictures_lead_to_files():
    targets = [target for _, target in LINK.findall(README) if not target.startswith("#")]
    assert len(targets) >= 18 and [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_part_and_its_rows(language):
    where = f"README.md, part {about(language)['readme']}"
    found = [] if part(language) else [f"{where}: write it, with the heading ## {about(language)['readme']}"]
    found += [f"{where}: write the words in place of {TO_WRITE}"] if TO_WRITE in part(language) else []
    found += contract.row_faults(part(language), where, language, f"notebooks/{language}/")
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cheat_sheets_are_there_on_screen_and_on_paper(language):
    wanted = {f"notebooks/{language}/{sheet}.{kind}" for sheet in CHEAT_SHEETS for kind in ("ipynb", "pdf")}
    assert wanted <= {target for _, target in LINK.findall(part(language))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_is_in_its_language(language):
    assert list(faults(prose(part(language)), language)) == []


def test_requirements_pin_everything_and_name_no_registry():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.match(r"[\w.-]+==\S+|\s*#|$", line)] == []
    assert "://" not in "".join(lines)
    wanted = re.findall(r"^([\w-]+)[=<]", (ROOT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.lower() for name in wanted} <= {line.partition("==")[0].lower() for line in lines}


MAP = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")


def test_the_map_is_one_screen_and_names_each_module_of_the_helper():
    modules = {path.name for path in (ROOT / "notebooks" / "course").glob("*.py")} - {"__init__.py", "words.py"}
    assert len(MAP.splitlines()) < 70 and {name for name in modules if name not in MAP} == set()


def test_the_map_names_no_file_that_is_not_there():
    named = set(re.findall(r"\w+\.(?:py|toml|json|cfg|md|ini)\b", MAP)) - {"xx.toml"}
    there = {path.name for folder in (ROOT, ROOT / "tests") for path in folder.iterdir()}
    assert named - there - {path.name for path in (ROOT / "notebooks").rglob("*.*")} == set()
