"""README's promises: its commands are the ones CI runs, its files are there, its list of lessons is the course's."""

import re
from pathlib import Path

from author import refresh
import pytest
from author.prose import faults, prose
from author.twins import LINK

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(zip(("ru", "uk"), re.split(r"^## .*$", README, flags=re.MULTILINE)[1:]))
BLOCKS = {language: re.findall(r"^```(\w+)\n(.*?)\n```", text, re.MULTILINE | re.DOTALL) for language, text in SECTIONS.items()}


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_ci_runs_the_test_command_word_for_word(language):
    commands = [text for kind, text in BLOCKS[language] if kind == "sh"]
    assert len(commands) == 2 and "jupyter lab" in commands[0]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert commands[1] in ci


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_powershell_does_the_same_steps(language):
    """Only the names of folders, the separator and the name of Python differ."""
    sh, powershell = ([text for kind, text in BLOCKS[language] if kind == kind_] for kind_ in ("sh", "powershell"))
    same = [t.replace("python3 -m", "py -m").replace(".venv/bin/", ".venv/Scripts/").replace(" && ", "; ") for t in sh]
    assert [t.replace("\\", "/") for t in powershell] == same


def test_links_and_pictures_lead_to_files():
    targets = [target for _, target in LINK.findall(README) if not target.startswith("#")]
    assert len(targets) >= 18 and [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_lessons_are_all_there_with_their_minutes(language):
    listed = dict(re.findall(rf"\]\(notebooks/{language}/([\w.]+)\) \| (\d+) \|", SECTIONS[language]))
    pages = refresh.lessons(language)
    assert listed == {p.name: re.search(r"(\d+) (?:минут|хвилин)", p.read_text(encoding="utf-8"))[1] for p in pages}


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_cheat_sheet_is_there_on_screen_and_on_paper(language):
    assert {f"notebooks/{language}/cheatsheet.{kind}" for kind in ("ipynb", "pdf")} <= {t for _, t in LINK.findall(SECTIONS[language])}


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_text_is_in_its_language(language):
    assert list(faults(prose(SECTIONS[language]), language)) == []


def test_requirements_pin_everything_and_name_no_registry():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.match(r"[\w.-]+==\S+|\s*#|$", line)] == []
    assert "://" not in "".join(lines)
    wanted = re.findall(r"^([\w-]+)[=<]", (ROOT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.lower() for name in wanted} <= {line.partition("==")[0].lower() for line in lines}
