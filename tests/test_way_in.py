"""The way in: a language's lab.py, which README's command names, opens JupyterLab as the course promises."""

import json
import os
from importlib import metadata
from pathlib import Path

import pytest
from jupyterlab import labapp
from jupyterlab.commands import get_app_dir
from jupyterlab_server.config import get_page_config
from traitlets.config.loader import PyFileConfigLoader

from course.contents import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"


@pytest.fixture(params=LANGUAGES)
def language(request, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])  # lab.py changes it
    if not (NOTEBOOKS / request.param / "lab.py").exists():
        pytest.fail(f"notebooks/{request.param}/lab.py is missing: copy it and .lab from ru", pytrace=False)
    return request.param


def settings(language):
    """What lab.py sets, as Jupyter reads it."""
    return PyFileConfigLoader("lab.py", path=str(NOTEBOOKS / language)).load_config()


def overrides(language):
    file = Path(settings(language).LabApp.app_settings_dir, "overrides.json")
    return json.loads(file.read_text(encoding="utf-8"))


def test_it_opens_the_first_page_of_the_language(language):
    start = settings(language).LabApp.default_url.removeprefix("/lab/tree/")
    assert settings(language).ServerApp.root_dir == str(ROOT)
    assert start.startswith(f"notebooks/{language}/00_") and (ROOT / start).exists()


def test_menus_are_in_the_language_and_its_language_pack_is_pinned(language):
    locale = overrides(language)["@jupyterlab/translation-extension:plugin"]["locale"]
    assert locale.startswith(f"{language}_")
    metadata.version(f"jupyterlab-language-pack-{locale}")


def test_jupyterlab_knows_each_setting(language):
    """A setting that JupyterLab has renamed would be passed over without a word."""
    for plugin, values in overrides(language).items():
        name, _, file = plugin.partition(":")
        schema = json.loads(Path(get_app_dir(), "schemas", name, f"{file}.json").read_text(encoding="utf-8"))
        for key, value in values.items():
            choices = schema["properties"][key].get("oneOf", [{"const": value}])
            assert value in [choice["const"] for choice in choices], key


def test_jupyterlab_does_not_ask_whether_to_be_built(language):
    asked = get_page_config([], settings(language).LabApp.app_settings_dir)
    for key in ("buildAvailable", "buildCheck"):
        assert asked[key] is False
        assert f'"{key}"' in Path(labapp.__file__).read_text(encoding="utf-8"), "JupyterLab has renamed it"


def test_the_readers_own_settings_are_kept_apart(language):
    work = NOTEBOOKS / language / "work"  # Git ignores it
    kept = (settings(language).LabApp.user_settings_dir, settings(language).LabApp.workspaces_dir)
    assert all(Path(folder).is_relative_to(work) for folder in kept)


def test_languages_differ_in_their_name_only(language):
    model, text = ((NOTEBOOKS / one / "lab.py").read_text(encoding="utf-8") for one in (LANGUAGES[0], language))
    title, _, rest = text.partition("\n")
    assert title.endswith(f": jupyter lab --config notebooks/{language}/lab.py") and rest == model.partition("\n")[2]


def test_a_terminal_finds_alembic(language, monkeypatch):
    monkeypatch.setenv("PATH", "elsewhere")
    settings(language)
    first, *rest = os.environ["PATH"].split(os.pathsep)
    assert list(Path(first).glob("alembic*")) and rest == ["elsewhere"]
