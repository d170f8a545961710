"""Slides of the lessons: python notebooks/author slides [language] [lesson …].

A deck is made from the page itself; no text and no code stands anywhere else. The rule:

- the page's title and each `##` heading are a slide of their own, with the beginning of the prose under it;
- each code cell is a screen with its output; where replace() shows a change, the change alone stands there;
- what the prose asks before a cell, and that an error is to come, stands under the code: the output is the next step;
- prose goes into the speaker's notes, its questions on top; its tables and blocks of code stay on a screen;
- the key points are a screen; details and exercises are left out.

What is too long for a screen is shown on several. Tags make exceptions: `slide-skip`, `slide-notes` (prose to the notes
whole, with its tables), `slide-code` (without its output), `slide-output` (without its code), `slide-split` (code and
output on screens of their own).
"""

import html
import math
import re
from dataclasses import dataclass
from itertools import takewhile
from types import SimpleNamespace

from nbconvert.filters import Highlight2HTML, ansi2html, markdown2html

from author import AuthorError, refresh, reveal
from author.language import about
from author.twins import tags, without_comments
from course import contents

DECKS = refresh.NOTEBOOKS / "decks"
ROWS = 10  # of a table
LINES, COLUMNS = 24, 80  # of code on a screen of 1280 x 720 with letters of 20 pixels; what is longer is wrapped
ROOM, LINE, EDGES, ROW = 664, 26, 20, 34  # pixels: of a screen, a line of code, around the code, a table's row
SHORT = 40  # letters: a sentence that says little by itself
SMALL = 100  # pixels: an output that has no screen of its own
BLOCK = re.compile(r"^(?:```[\s\S]*?^```|(?:\|.*\|\n?)+)$", re.MULTILINE)
LINK = re.compile(r"\[([^\]\n]+)\]\((?!https?:)[^)\s]+\)")  # to a page: a deck may lie where no page is
SENTENCE_ENDS = re.compile(r"(?:(?<=[.?!…])|(?<=[.?!…][*)»]))\s+(?![a-zа-яёіїєґ])")


@dataclass
class Screen:
    """What is seen at once: a heading, pieces of HTML, those of the next step, and what only the speaker sees."""

    id: str
    heading: str = ""
    body: str = ""
    later: str = ""
    notes: str = ""
    opens: bool = False  # it begins a new row


def deck(number, language):
    """The HTML of a lesson's deck."""
    rows = []
    for screen in screens(number, language):
        if screen.opens:
            rows.append([])
        rows[-1].append(screen)
    return reveal.page(language, html.escape(heading_of(page(number, language).cells[0].source)), rows)


def screens(number, language):
    """The screens of a lesson: where a language asks more than others, all leave room for it and part screens alike."""
    asked = [asked_in(page(number, other), other) for other in contents.LANGUAGES]
    room = {id_: max(map(pixels_asked, filter(None, (one.get(id_) for one in asked)))) for id_ in set().union(*asked)}
    return with_notes(page(number, language), language, room)


def page(number, language):
    return refresh.read(refresh.page(language, contents.lessons()[number].file))


def with_notes(notebook, language, room=None):
    """The screens of a page: prose that stands before a screen is its notes, and the prose behind it the answer.

    Args:
        notebook: the page.
        language: its language.
        room: {cell id: pixels} to leave for what is asked; None for what this page asks.
    """
    words, found, heading = about(language)["slides"], [], heading_of(notebook.cells[0].source)
    asked = asked_in(notebook, language)
    room = {id_: pixels_asked(text) for id_, text in asked.items()} if room is None else room
    before = told = ""  # prose before the next code cell; what of it was said at a heading
    for cell in shown_cells(notebook, language):
        if cell.cell_type == "markdown":
            heading = heading_of(cell.source) or heading
            new, before = screens_of_text(cell, language, inline(heading))
            told = before if new and new[0].opens else ""
            if told:
                new[0].notes = markdown2html(before)
            elif found:
                found[-1].notes += said(words["answer"], before)
        else:
            new = screens_of_code(cell, inline(heading), asked.get(cell.id, ""), room.get(cell.id, 0))
            for screen in new[:1]:
                screen.notes = said(words["ask"], asked.get(cell.id, "")) + ("" if told else markdown2html(before))
            before = told = ""
        found += new
    return found


def shown_cells(notebook, language):
    """The cells up to the exercises, without the details that not everybody needs and without links to pages."""
    hidden = False
    for cell in notebook.cells:
        if cell.id == "exercises":
            return
        for part in parts(cell):
            if part.source.startswith("## "):
                hidden = heading_of(part.source) == about(language)["details"]
            if not hidden and part.source and not is_of_exercise(part) and "slide-skip" not in tags(cell):
                yield part


def is_of_exercise(cell):
    """Whether a cell opens or checks an exercise, or waits for the learner's own code."""
    code = without_comments(cell.source).strip()
    return cell.cell_type == "code" and (code in ("", "check()") or re.search(r"^exercise\(", code, re.MULTILINE))


def parts(cell):
    """A cell, or a text cell's parts where a heading stands in its midst: what is above it ends what was before."""
    if cell.cell_type == "code":
        return [cell]
    pieces = re.split(r"^(?=## )", LINK.sub(r"\1", cell.source), flags=re.MULTILINE)
    return [SimpleNamespace(**(cell | {"id": f"{cell.id}{n or ''}", "source": one})) for n, one in enumerate(pieces)]


# Text


def screens_of_text(cell, language, above):
    """The screens that a text cell makes, and its prose for the notes; `above` stands over its tables and code."""
    heading = heading_of(cell.source)
    prose = re.sub(r"^#+ .*\n*", "", cell.source, count=1) if heading else cell.source
    if heading and cell.source.startswith("# "):
        points = "\n".join(re.findall(r"^(?:- .*|\*\*[^*]+:\*\*\n)$", prose, re.MULTILINE))
        return [Screen(cell.id, "", f"<h1>{html.escape(heading)}</h1>{markdown2html(points)}", opens=True)], prose
    if heading == about(language)["key_points"]:
        return [Screen(cell.id, heading, markdown2html(prose), opens=True)], ""
    blocks = [] if "slide-notes" in tags(cell) else [part for one in BLOCK.findall(prose) for part in portions(one)]
    prose = prose if "slide-notes" in tags(cell) else BLOCK.sub("", prose)
    title = f'<h2>{inline(heading)}</h2><div class="lead">{markdown2html(lead(prose))}</div>'
    found = [Screen(cell.id, "", title, opens=True)] if heading else []
    return found + [Screen(f"{cell.id}-{n}", above, block) for n, block in enumerate(blocks)], prose


def portions(block):
    """The HTML of a table or a block of code of the prose; of a long one, a screen at a time."""
    if block.startswith("```"):
        language, *lines = block.splitlines()[:-1]
        for some in cut(lines):
            yield coloured(some, language.strip("`") or "text")
    else:
        head, rule, *rows = block.strip().splitlines()
        most = math.ceil(len(rows) / math.ceil(len(rows) / ROWS))
        for start in range(0, len(rows), most):
            yield markdown2html("\n".join([head, rule, *rows[start : start + most]]))


def heading_of(source):
    found = re.match(r"#{1,3} (.*)", source)
    return found[1] if found else ""


def inline(text):
    """Markdown of one line as HTML without its paragraph; a number at its beginning begins no list."""
    text = markdown2html(re.sub(r"^(\d+)\. ", r"\1\\. ", text)).strip()
    return re.sub(r"^<p>(.*)</p>$", r"\1", text, flags=re.DOTALL)


def paragraphs(prose):
    """[the sentences of a paragraph], without quotations, lists and tables."""
    lines = [line for line in prose.splitlines() if line.strip() and not line.startswith((">", "-", "**", "#", "|"))]
    return [SENTENCE_ENDS.split(line) for line in lines]


def lead(prose):
    """The first sentence, and the second where the first is short."""
    first, *more = (paragraphs(prose) or [[""]])[0]
    return " ".join([first, *more[: len(first) < SHORT]])


def questions(prose):
    """The questions, a short one with the sentence that it follows: «Откатим базу. Что останется?»"""
    for before, sentence in (pair for one in paragraphs(prose) for pair in zip(["", *one], one, strict=False)):
        if sentence.rstrip("*»)").endswith("?"):
            known = before.endswith("?") or len(sentence) >= SHORT
            yield sentence if known else f"{before} {sentence}".strip()


def asked_in(notebook, language):
    """{id of a code cell: Markdown of what the room is asked before it is run}.

    These are the questions of the prose, and that an error is to come. Nobody has to guess what start() says.
    """
    asked, prose = {}, ""
    for cell in shown_cells(notebook, language):
        if cell.cell_type == "code":
            if prose and cell.id != "start" and shown_outputs(cell):
                asked[cell.id] = prose
            prose = ""
        else:
            marks = re.findall(r"^> (.*)$", cell.source, re.MULTILINE)
            prose = "\n\n".join(filter(None, [" ".join(questions(cell.source)), *marks]))
    return asked


def pixels_asked(text):
    return 60 + len(text) // 2


def said(label, text):
    return f"<p><b>{label}</b></p>{markdown2html(text)}" if text.strip() else ""


# Code and output


def screens_of_code(cell, heading, asked="", room_to_ask=0):
    """The screens of a code cell: code and output together where they fit, else one after the other.

    Args:
        cell: the cell.
        heading: what stands above it.
        asked: Markdown under its code; what comes behind it is shown at the next step.
        room_to_ask: the pixels for it.
    """
    ask = f'<div class="ask">{markdown2html(asked)}</div>' if asked else ""
    before, after = before_and_after(cell, room_to_ask)
    before += [(room_to_ask, ask)] if room_to_ask else []
    apart = "slide-split" in tags(cell) or max(ROOM - taken(before), SMALL) < taken(after) <= ROOM
    found, room = [Screen(f"{cell.id}-0", heading)], ROOM
    for number, (tall, piece) in enumerate(before + after):
        if found[-1].body and tall > room and is_remark(tall, piece):
            continue
        if room < ROOM and (tall > room or (apart and number == len(before))):
            found.append(Screen(f"{cell.id}-{len(found)}", heading))
            room = ROOM
        if ask and number >= len(before) and ask in found[-1].body:
            found[-1].later += piece
        else:
            found[-1].body += piece
        room -= tall
    return [screen for screen in found if screen.body]


def before_and_after(cell, under=0):
    """What is seen before a cell is run and what after, [(pixels, HTML)] each.

    Where replace() shows a change, the change stands for its code, and of the code only the commands are left.

    Args:
        cell: the cell.
        under: pixels to leave under the code.
    """
    own, code = tags(cell), cell.source.split("\n")
    outputs = [piece for output in shown_outputs(cell) for piece in pieces_of(output)]
    changes = []
    if re.search(r"^replace\(", cell.source, re.MULTILINE) and any(map(is_change, outputs)):
        code = [line for line in code if line.startswith("%")]
        changes = list(takewhile(is_change, outputs)) if code else []  # without commands, the change is all there is
    if "slide-output" in own or not code:
        return [], outputs
    outputs = outputs[len(changes) :]
    under += taken(outputs) if taken(outputs) < SMALL else 0
    return changes + [(pixels(some), coloured(some)) for some in cut(code, LINES - math.ceil(under / LINE))], outputs


def taken(pieces):
    """The pixels that pieces take."""
    return sum(tall for tall, _ in pieces)


def shown_outputs(cell):
    """The outputs of a cell but for what adds nothing: that a file is written is said by its first line."""
    return [] if "slide-code" in tags(cell) or cell.source.startswith("%%writefile") else cell.outputs


def is_remark(tall, piece):
    """Whether a piece is a sentence of the helper's, as an exit code, that is not worth a screen of its own."""
    return tall < SMALL and piece.startswith('<div class="said">') and "<pre" not in piece


def is_change(piece):
    return "hl-diff" in piece[1]


def pieces_of(output):
    """[(pixels it takes, HTML)] of an output, cut where a screen ends."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        return [enlarged(data["image/svg+xml"])]
    if "text/html" in data:
        return [(data["text/html"].count("<tr>") * ROW + 8, data["text/html"])]
    if "text/markdown" in data:
        return markdown_pieces(data["text/markdown"])
    text = output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", ()))
    return [(pixels(lines), block(ansi2html("\n".join(lines)), lines)) for lines in cut(text.rstrip("\n").split("\n"))]


def enlarged(picture):
    """A picture of the helper whose letters are as large as the code's, or as the screen allows."""
    names = ("width", "height", "font-size")
    width, tall, letters = (float(re.search(rf'<svg[^>]* {name}="([\d.]+)', picture)[1]) for name in names)
    scale = min(1 / letters, 61.5 / width, 30 / tall)
    picture = picture.replace("<svg", f'<svg viewBox="0 0 {width:g} {tall:g}"', 1)
    size = f"width:{width * scale:.2f}em;height:{tall * scale:.2f}em"
    return tall * scale * 20 + 8, f'<div class="picture" style="{size}">{picture}</div>'


def markdown_pieces(text):
    """A sentence of the helper, or a file or a change that it shows; a long block on several screens."""
    found = re.fullmatch(r"(.*?)(`{3,})(\w*)\n(.*)\n\2\s*", text, re.DOTALL)
    if not found:
        return [(34 + len(text) // 3, f'<div class="said">{markdown2html(text)}</div>')]
    before, _, language, code = found.groups()
    pieces = []
    for lines in cut(code.split("\n"), LINES - 2 if before.strip() else LINES):
        name = f'<div class="said">{markdown2html(before)}</div>' if not pieces else ""
        pieces.append((pixels(lines) + 40 * bool(name), name + coloured(lines, language or "text")))
    return pieces


def height(lines):
    """How many lines they are on a screen, where a long one goes on in the next."""
    return sum(max(1, math.ceil(len(line) / COLUMNS)) for line in lines)


def pixels(lines):
    return height(lines) * LINE + EDGES


def cut(lines, most=LINES):
    """The lines in portions of a screen, about equal, and parted at an empty line where one is near."""
    while height(lines) > most:
        wanted = height(lines) / math.ceil(height(lines) / most)
        ends = [end for end in range(1, len(lines)) if height(lines[:end]) <= most]
        end = min(ends or [1], key=lambda end: abs(height(lines[:end]) - wanted) - 5 * (not lines[end].strip()))
        yield lines[:end]
        lines = lines[end:]
        while lines and not lines[0].strip():
            lines = lines[1:]
    yield lines


def coloured(lines, language="ipython3"):
    code = Highlight2HTML(pygments_lexer=language)("\n".join(lines), language=language)
    before, inside, after = re.fullmatch(r"(.*?<pre>(?:<span></span>)?)(.*?)\n*(</pre>.*)", code, re.DOTALL).groups()
    return f"{before}{hanging(inside, lines)}{after}"


def block(text, lines):
    return f'<pre class="output">{hanging(text, lines)}</pre>'


def hanging(text, lines):
    """The HTML of lines, where one is too long for the screen with a wrapped line's rest moved to the right.

    Each line of the HTML has to be whole, as Pygments writes it.
    """
    if height(lines) == len(lines):
        return text
    moved = [len(re.match(r"[+-]?\s*", line)[0]) + 4 for line in lines]
    pairs = zip(moved, text.split("\n"), strict=False)
    return "".join(f'<span class="line" style="--moved:{by}ch">{line}</span>' for by, line in pairs)


# The command


def build(goal, languages=contents.LANGUAGES, numbers=()):
    """Write the decks of lessons into a folder, one for each language in it.

    Args:
        goal: the folder.
        languages: the languages.
        numbers: the lessons; all, if none is named.
    Raises:
        AuthorError: reveal.js is not here and could not be fetched.
    """
    for language in languages:
        for number in numbers or contents.lessons():
            file = goal / language / f"{contents.lessons()[number].file}.html"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(deck(number, language), encoding="utf-8", newline="\n")


def main(*words):
    """Make the decks of the languages and lessons named, or all; return what went wrong, None if nothing did."""
    languages = [word for word in words if word in contents.LANGUAGES] or contents.LANGUAGES
    numbers = [word for word in words if word not in contents.LANGUAGES]
    if unknown := set(numbers) - set(contents.lessons()):
        return f"no lesson {', '.join(sorted(unknown))} in course.toml"
    try:
        build(DECKS, languages, numbers)
    except AuthorError as error:
        return str(error)
    print(f"The decks are in {DECKS.relative_to(refresh.ROOT)}: open one in a browser, S shows the notes.")
    return None
