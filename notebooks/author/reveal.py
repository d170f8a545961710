"""A deck's one file: reveal.js, styles and screens, which asks for nothing else."""

import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import jinja2
from pygments.formatters import HtmlFormatter

from author import AuthorError, refresh

TEMPLATE = Path(__file__).with_name("deck")
WHEEL = "sphinx-revealjs==3.2.1"  # it carries reveal.js 5.2 whole; nothing else of it is used
STORE = refresh.NOTEBOOKS / "decks" / ".reveal"
STATIC = "sphinx_revealjs/_static/revealjs/"


def page(language, title, rows):
    """The HTML of a deck.

    Args:
        language: its language.
        title: its title.
        rows: lists of screens; one step to the right is a row, one down a screen of it.
    Raises:
        AuthorError: reveal.js is not here and could not be fetched.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=False)
    return environment.get_template("deck.html.j2").render(
        language=language, title=title, rows=rows, styles=styles(), scripts=scripts()
    )


@cache
def styles():
    """The style sheets: reveal.js's, the code's, our own."""
    own = (TEMPLATE / "deck.css").read_text(encoding="utf-8")
    code = HtmlFormatter().get_style_defs(".highlight")
    return "\n".join([part("dist/reset.css"), part("dist/reveal.css"), code, own])


@cache
def scripts():
    """The scripts, in the order in which they have to run."""
    return [part("dist/reveal.js"), part("plugin/notes/notes.js"), (TEMPLATE / "deck.js").read_text(encoding="utf-8")]


def part(name):
    """The text of a file of reveal.js."""
    with zipfile.ZipFile(wheel()) as archive:
        return archive.read(STATIC + name).decode("utf-8")


def wheel():
    """The wheel with reveal.js; pip brings it the first time.

    Raises:
        AuthorError: there is no network and it was never brought.
    """
    if not (found := list(STORE.glob("*.whl"))):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(STORE), WHEEL]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not (found := list(STORE.glob("*.whl"))):
            raise AuthorError(f"reveal.js could not be fetched: {done.stderr.strip().splitlines()[-1]}")
    return found[0]
