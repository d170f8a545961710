"""Slides of the lessons: python notebooks/author slides [language] [lesson …].

A deck is made from the page itself; no text and no code stands anywhere else. The rule:

- the page's title and each `##` heading are a slide of their own;
- each code cell is a screen with its output; where replace() shows a change, the change alone stands there;
- prose goes into the speaker's notes, its questions on top; its tables, pictures and blocks of code stay on a screen;
- the key points are a screen; details and exercises are left out.

What is too long for a screen is shown on several. Tags make exceptions: `slide-skip`, `slide-code` (without its
output), `slide-output` (without its code), `slide-split` (code and output on screens of their own).
A deck is one file that asks for nothing else: reveal.js, pictures and styles are inside.
"""

import html
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import jinja2
from nbconvert.filters import Highlight2HTML, ansi2html, markdown2html

from author import AuthorError, refresh
from author.language import about
from author.twins import tags
from course import contents

DECKS = refresh.NOTEBOOKS / "decks"
TEMPLATE = Path(__file__).with_name("deck")
REVEAL = "sphinx-revealjs==3.2.1"  # its wheel carries reveal.js 5.2 whole; nothing else of it is used
ROWS = 10  # of a table
LINE, LINES, COLUMNS = 27, 22, 96  # of code on a screen of 1280 x 720 with letters of 20 pixels
BLOCK = re.compile(r"^(?:```[\s\S]*?^```|(?:\|.*\|\n?)+|!\[.*?\]\(.*?\))$", re.MULTILINE)
SENTENCE = re.compile(r"[^.?!…]*\?")


@dataclass
class Screen:
    """What is seen at once: a heading, pieces of HTML, and what only the speaker sees."""

    id: str
    heading: str = ""
    body: str = ""
    notes: str = ""
    opens: bool = False  # it begins a new row


def deck(notebook, language):
    """The HTML of a page's deck."""
    screens = list(with_notes(notebook, language))
    rows = []
    for screen in screens:
        if screen.opens or not rows:
            rows.append([])
        rows[-1].append(screen)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=False)
    title = heading_of(notebook.cells[0].source)
    return environment.get_template("deck.html.j2").render(
        language=language, title=title, rows=rows, styles=styles(), scripts=[reveal("reveal.js"), notes_plugin()]
    )


def with_notes(notebook, language):
    """The screens of a page: prose that stands before a screen is its notes, and the prose behind it the answer."""
    words, before, screens = about(language)["slides"], [], []
    heading = ""
    for cell in shown_cells(notebook, language):
        if cell.cell_type == "markdown":
            found, prose = screens_of_text(cell, language)
            heading = heading_of(cell.source) if cell.source.startswith("## ") else heading
            if screens and not (found and found[0].opens):
                screens[-1].notes += said(words["answer"], prose)
            screens += found
            before = [prose]
        else:
            found = screens_of_code(cell, inline(heading))
            for screen in found[:1]:
                screen.notes = said(words["ask"], questions(before)) + "".join(map(markdown2html, before))
            screens += found
            before = []
    return screens


def shown_cells(notebook, language):
    """The cells up to the exercises, without the details that not everybody needs."""
    hidden = False
    for cell in notebook.cells:
        if cell.id == "exercises":
            return
        for part in parts(cell):
            if part.source.startswith("## "):
                hidden = heading_of(part.source) == about(language)["details"]
            if not hidden and part.source and "slide-skip" not in tags(cell):
                yield part


def parts(cell):
    """A cell, or a text cell's parts where a heading stands in its midst: what is above it ends what was before."""
    if cell.cell_type == "code":
        return [cell]
    pieces = re.split(r"^(?=## )", cell.source, flags=re.MULTILINE)
    return [SimpleNamespace(**(cell | {"id": f"{cell.id}{n or ''}", "source": one})) for n, one in enumerate(pieces)]


def screens_of_text(cell, language):
    """The screens that a text cell makes, and its prose for the notes."""
    heading = heading_of(cell.source)
    prose = re.sub(r"^#+ .*\n*", "", cell.source, count=1) if heading else cell.source
    if heading and cell.source.startswith("# "):
        points = "\n".join(re.findall(r"^- .*$", prose, re.MULTILINE))
        return [Screen(cell.id, "", f"<h1>{html.escape(heading)}</h1>{markdown2html(points)}", opens=True)], prose
    if heading == about(language)["key_points"]:
        return [Screen(cell.id, heading, markdown2html(prose), opens=True)], ""
    screens = [Screen(cell.id, "", f"<h2>{inline(heading)}</h2>", opens=True)] if heading else []
    blocks = [part for block in BLOCK.findall(prose) for part in portions(block)]
    screens += [Screen(f"{cell.id}-{n}", inline(heading), block) for n, block in enumerate(blocks)]
    return screens, BLOCK.sub("", prose)


def portions(block):
    """The HTML of a table, a picture or a block of code of the prose; of a long one, a screen at a time."""
    if block.startswith("```"):
        language, *lines = block.splitlines()[:-1]
        for some in cut(wrapped("\n".join(lines))):
            yield coloured("\n".join(some), language.strip("`") or "text")
    elif block.startswith("|"):
        head, rule, *rows = block.strip().splitlines()
        for start in range(0, len(rows), ROWS):
            yield markdown2html("\n".join([head, rule, *rows[start : start + ROWS]]))
    else:
        yield markdown2html(block)


def heading_of(source):
    found = re.match(r"#{1,3} (.*)", source)
    return found[1] if found else ""


def inline(text):
    """Markdown of one line as HTML without its paragraph."""
    return re.sub(r"^<p>(.*)</p>\s*$", r"\1", markdown2html(text).strip(), flags=re.DOTALL)


def questions(prose):
    """The questions that a teacher asks before the cell is run."""
    return "\n\n".join(sentence.strip() for text in prose for sentence in SENTENCE.findall(text))


def said(label, text):
    return f"<p><b>{label}</b></p>{markdown2html(text)}" if text.strip() else ""


# Code and output


def screens_of_code(cell, heading):
    """The screens of a code cell: code and output together where they fit, else one after the other."""
    own = tags(cell)
    outputs = [piece for output in cell.outputs for piece in pieces_of(output)]
    changes = re.search(r"^replace\(", cell.source, re.MULTILINE) and any("gi" in piece for _, piece in outputs)
    hidden = changes or "slide-output" in own
    code = [] if hidden else [(len(some), coloured("\n".join(some))) for some in cut(wrapped(cell.source))]
    if "slide-code" in own:
        outputs = []
    groups, room = [[]], LINES
    for number, (lines, piece) in enumerate(code + outputs):
        if groups[-1] and (lines > room or ("slide-split" in own and number == len(code))):
            groups.append([])
            room = LINES
        groups[-1].append(piece)
        room -= lines + 1
    return [Screen(f"{cell.id}-{n}", heading, "\n".join(group)) for n, group in enumerate(groups) if group]


def pieces_of(output):
    """[(lines it takes, HTML)] of an output, cut where a screen ends."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        return [enlarged(data["image/svg+xml"])]
    if "text/html" in data:
        return [(data["text/html"].count("<tr>") * 1.4, data["text/html"])]
    if "text/markdown" in data:
        return markdown_pieces(data["text/markdown"])
    text = output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", ()))
    return [(len(lines), f'<pre class="output">{ansi2html(chr(10).join(lines))}</pre>') for lines in cut(wrapped(text))]


def enlarged(picture):
    """A picture of the helper, its letters of 12 pixels made 20 where the screen is wide and high enough."""
    width, height = (float(re.search(rf'<svg[^>]* {side}="([\d.]+)', picture)[1]) for side in ("width", "height"))
    scale = min(20 / 12, 1230 / width, 620 / height)
    size = f'style="width:{width * scale:.0f}px;height:{height * scale:.0f}px"'
    return height * scale / LINE, f'<div class="picture">{picture.replace("<svg", f"<svg {size}", 1)}</div>'


def markdown_pieces(text):
    """A sentence of the helper, or a file or a change that it shows; a long block on several screens."""
    block = re.fullmatch(r"(.*?)(`{3,})(\w*)\n(.*)\n\2\s*", text, re.DOTALL)
    if not block:
        return [(2, f'<div class="said">{markdown2html(text)}</div>')]
    before, _, language, code = block.groups()
    found = []
    for lines in cut(wrapped(code), first=LINES - 2 if before.strip() else LINES):
        name = f'<div class="said">{markdown2html(before)}</div>' if not found else ""
        found.append((len(lines) + 2, name + coloured("\n".join(lines), language or "text")))
    return found


def wrapped(text):
    """The lines of a text as a screen shows them: what is too long goes on in the next."""
    return [
        line[i : i + COLUMNS] for line in text.rstrip("\n").split("\n") for i in range(0, max(len(line), 1), COLUMNS)
    ]


def cut(lines, first=LINES):
    """The lines in portions of a screen."""
    yield lines[:first]
    for start in range(first, len(lines), LINES):
        yield lines[start : start + LINES]


def coloured(code, language="ipython3"):
    return Highlight2HTML(pygments_lexer=language)("\n".join(wrapped(code)), language=language)


# reveal.js


def reveal(name):
    """The text of a file of reveal.js."""
    with zipfile.ZipFile(wheel()) as archive:
        (path,) = [one for one in archive.namelist() if one.endswith(f"revealjs/dist/{name}")]
        return archive.read(path).decode("utf-8")


def notes_plugin():
    with zipfile.ZipFile(wheel()) as archive:
        return archive.read("sphinx_revealjs/_static/revealjs/plugin/notes/notes.js").decode("utf-8")


@cache
def wheel():
    """The wheel with reveal.js; pip brings it the first time.

    Raises:
        AuthorError: there is no network and it was never brought.
    """
    found = list(DECKS.glob(".reveal/*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(DECKS / ".reveal"), REVEAL]
        done = subprocess.run(command, capture_output=True, text=True)
        found = list(DECKS.glob(".reveal/*.whl"))
        if done.returncode or not found:
            raise AuthorError(f"reveal.js could not be fetched: {done.stderr.strip().splitlines()[-1]}")
    return found[0]


def styles():
    from pygments.formatters import HtmlFormatter

    own = (TEMPLATE / "deck.css").read_text(encoding="utf-8")
    return "\n".join([reveal("reset.css"), reveal("reveal.css"), HtmlFormatter().get_style_defs(".highlight"), own])


def main(*words):
    """Make the decks of the languages and lessons named, or all; return what went wrong, None if nothing did."""
    languages = [word for word in words if word in contents.LANGUAGES] or contents.LANGUAGES
    numbers = [word for word in words if word not in contents.LANGUAGES]
    if unknown := set(numbers) - set(contents.lessons()):
        return f"no lesson {', '.join(sorted(unknown))} in course.toml"
    try:
        for language in languages:
            for number in numbers or contents.lessons():
                path = refresh.page(language, contents.lessons()[number].file)
                goal = DECKS / language / f"{path.stem}.html"
                goal.parent.mkdir(parents=True, exist_ok=True)
                goal.write_text(deck(refresh.read(path), language), encoding="utf-8", newline="\n")
    except AuthorError as error:
        return str(error)
    print(f"The decks are in {DECKS.relative_to(refresh.ROOT)}: open one in a browser, S shows the notes.")
    return None
