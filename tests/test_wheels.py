"""The author's look for wheels, without asking PyPI: what it makes of uv's answers."""

import re
from pathlib import Path

import pytest

from author import AuthorError, wheels

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def no_wheel(name):
    return f"error: No solution found\n  cause: Because {name}==1.0 has no usable\n  wheels and you require {name}==1.0"


@pytest.fixture
def lacks(monkeypatch):
    """Let these packages have no wheel on any system; uv names one at a time."""
    names = []

    def answer(lines, *_):
        pinned = {line.partition("==")[0] for line in lines}
        return next((no_wheel(name) for name in names if name in pinned), "")

    monkeypatch.setattr(wheels, "what_uv_says", answer)
    monkeypatch.setattr(wheels.shutil, "which", lambda name: name)
    return names


def test_nothing_lacks(lacks, capsys):
    assert wheels.main() is None
    assert capsys.readouterr().out.count(" all") == len(wheels.PLATFORMS) * len(wheels.PYTHONS)


def test_each_package_without_a_wheel_is_named(lacks, capsys):
    lacks += ["alembic", "jupyterlab", "pyyaml"]
    assert wheels.main() == "No wheel for some learners: alembic, jupyterlab"
    assert "alembic, jupyterlab, pyyaml" in capsys.readouterr().out


def test_what_is_built_without_a_compiler_keeps_nobody_away(lacks):
    lacks.append("pyyaml")
    assert wheels.main() is None


def test_what_readme_leaves_out_on_alpine_keeps_nobody_away_there(monkeypatch):
    monkeypatch.setattr(wheels.shutil, "which", lambda name: name)
    monkeypatch.setattr(wheels, "lacking", lambda platform, _: ["typst"] if "musl" in platform else [])
    assert wheels.main() is None
    left_out = f"^({'|'.join(sorted(wheels.NOT_ON_ALPINE))})=="
    assert README.count(left_out) == 2


def test_another_failure_is_told(monkeypatch):
    monkeypatch.setattr(wheels, "what_uv_says", lambda *_: "no network")
    with pytest.raises(AuthorError, match="no network"):
        wheels.lacking("x86_64-apple-darwin", "3.11")


def test_without_uv_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(wheels.shutil, "which", lambda name: None)
    assert "python -m pip install uv" in wheels.main()


def test_it_looks_at_every_python_that_readme_promises():
    promised = set(re.findall(r"Python 3\.(\d+)–3\.(\d+)", README))
    assert promised == {(wheels.PYTHONS[0][2:], wheels.PYTHONS[-1][2:])}
