"""The entry page, and what the reader sees beside JupyterLab: how the start goes, the way back, the work taken away.

Run as a program by JupyterLite's environment, which has Jinja: `python -m browser.pages SITE`.
"""

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

from browser import tools
from browser.lite import LANGUAGES, TABLE
from browser.python_files import IN_NEED
from browser.tools import HERE, NOTEBOOKS

PAGE = HERE / "page"
MENUS = tomllib.loads((PAGE / "menus.toml").read_text(encoding="utf-8"))
WORDS = tomllib.loads((PAGE / "words.toml").read_text(encoding="utf-8"))
MENU = "menu\x04"  # so gettext writes that a word stands in a menu
EXERCISES = NOTEBOOKS / "course" / "exercises"
HEAVY = 500_000  # bytes of what is fetched while the reader chooses a lesson; smaller files are soon there anyway
JUPYTERLAB = 7_000_000  # about what a first lesson fetches besides Python


def make(site):
    """Put the entry page and its files into a site that has everything else."""
    (site / "page").mkdir()
    for path in PAGE.iterdir():
        if path.suffix in (".js", ".css"):
            shutil.copyfile(path, site / "page" / path.name)
    shutil.copyfile(tools.pyodide().parent / "fflate" / "esm" / "browser.js", site / "page" / "fflate.js")
    tools.run(tools.python(), "-m", "browser.pages", site, cwd=NOTEBOOKS)


def write(site):
    """Write the entry page, and the course's line into JupyterLab's pages."""
    (site / "index.html").write_text(entry(site), encoding="utf-8")
    for language in LANGUAGES:
        page = site / f"lab-{language}" / "index.html"
        page.write_text(lab(page.read_text(encoding="utf-8"), language), encoding="utf-8")
        supply(site, language)


def entry(site):
    """The entry page's HTML."""
    files = sorted(path for path in (site / "static" / "pyodide").iterdir() if path.name != IN_NEED)
    python = {path: path.stat().st_size for path in files}
    lessons = [
        {
            "number": row["number"],
            "file": row["file"],
            "title": {language: title(language, row["file"]) for language in LANGUAGES},
            "minutes": " + ".join(str(row[key]) for key in ("minutes", "exercise_minutes") if row[key]),
            "on_server": row["part"] == 3,
            "exercises": exercises(row["number"]),
        }
        for row in TABLE["lesson"]
    ]
    course = {
        "languages": LANGUAGES,
        "words": WORDS,
        "titles": {language: {row["file"]: row["title"][language] for row in lessons} for language in LANGUAGES},
        "heavy": [path.relative_to(site).as_posix() for path, size in python.items() if size > HEAVY],
    }
    return template("entry.html").render(
        languages=LANGUAGES,
        words=WORDS,
        lessons=lessons,
        sheets=TABLE["cheat_sheets"],
        course=course,
        lab=lambda language, name: f"lab-{language}/index.html?path={language}/{name}.ipynb",
        megabytes=round((sum(python.values()) + JUPYTERLAB) / 5e6) * 5,
    )


def lab(html, language):
    """JupyterLab's page with the course's line, in the reader's language from the first moment."""
    words = {key: sentences[language] for key, sentences in WORDS.items()}
    added = template("lab.html").render(language=language, languages=LANGUAGES, words=words)
    head, body = added.split("<!-- body -->")
    html = html.replace("<html>", f'<html lang="{language}">', 1)
    html = html.replace("<title>JupyterLite</title>", f"<title>{words['title']}</title>", 1)
    html = html.replace("Loading JupyterLite...", words["stage_page"], 1)
    html = html.replace("JupyterLite requires JavaScript to be enabled in your browser.", words["needs_javascript"], 1)
    html = html.replace("</head>", f"{head}</head>", 1)
    return re.sub("<body[^>]*>", lambda found: found[0] + body, html, count=1)


def supply(site, language):
    """Add to a language pack what it lacks; what a newer pack has itself stays."""
    options = json.loads((site / f"lab-{language}" / "jupyter-lite.json").read_text(encoding="utf-8"))
    settings = options["jupyter-config-data"]["settingsOverrides"]
    locale = settings["@jupyterlab/translation-extension:plugin"]["locale"]
    path = site / "api" / "translations" / f"{locale}.json"
    pack = json.loads(path.read_text(encoding="utf-8"))
    own = {f"{kind}{english}": [said[language]] for kind in ("", MENU) for english, said in MENUS.items()}
    data = pack["data"]
    data["jupyterlab"] = own | data["jupyterlab"]
    # JupyterLite asks a domain of its own for a few commands; "" says which language and plural forms it has.
    data["jupyterlite"] = own | {"": data["jupyterlab"][""]} | data.get("jupyterlite", {})
    path.write_text(json.dumps(pack, ensure_ascii=False), encoding="utf-8")


def template(name):
    import jinja2  # not in the Python that builds

    loader = jinja2.FileSystemLoader(PAGE)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template(name)


def title(language, name):
    """The heading of a page."""
    page = json.loads((NOTEBOOKS / language / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "".join(page["cells"][0]["source"]).splitlines()[0].strip("# ")


def exercises(lesson):
    """The keys of a lesson's exercises, by their folders: "05.1" for 05_1_exactly_0003."""
    numbers = [int(path.parent.name.split("_")[1]) for path in EXERCISES.glob(f"{lesson}_*/exercise.py")]
    return [f"{lesson}.{number}" for number in sorted(numbers)]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
