"""The cheat sheet on paper: the PDF of a language, made from the cells of its notebook that are tagged `paper`.

Of a text cell all is printed; a block marked `sh` as commands, a block without a mark as the messages of an error. Of
an error's paragraphs only what to do is printed, which begins in bold: why it happens is said in the notebook.
Of a code cell the comments, the commands, imports and `with` statements are printed, and the lines that a replace()
added to a file, as its stored output shows them. `%alembic`, `%sql` and `!` become what one types in a terminal. What
stands above a cell's first comment prepares the cell and is not printed. A cell tagged `column` begins a new column.
The tests of the teacher's book are printed in the same way, by a template of their own.
"""

import ast
import json
import re
import textwrap
from pathlib import Path

import mistune

from author.twins import tags
from course import contents

try:
    import typst
except ImportError:
    typst = None

TEMPLATE = Path(__file__).resolve().parent / "paper.typ"
TESTS = TEMPLATE.with_name("tests.typ")
NO_TYPST = "typst, which sets it, is not installed: requirements.in says on which systems it cannot be"
MARKDOWN = mistune.create_markdown(renderer="ast", plugins=["table"])
SHELL = "in_the_shell"
LESSON = re.compile(r"\d\d_\w+\.ipynb$")
STARTED = re.compile(r'^start\("(\w+)"\)', re.MULTILINE)
ADDED = re.compile(r"^`(?P<file>.*)`\n\n````diff\n(?P<diff>.*)\n````$", re.DOTALL)


class PaperError(Exception):
    """The notebook cannot be printed; says where and why."""


def pdf(notebook, language, pages=2, template=TEMPLATE):
    """The cheat sheet as the bytes of a PDF, the same on every machine and every day.

    Args:
        pages: how many it may have.
        template: how it looks.
    Raises:
        PaperError: a cell cannot be printed, a line of code is wider than its column, or the pages are not enough.
    """
    compiled = compiler(notebook, language, pages, template)
    try:
        return compiled.compile(format="pdf", timestamp=0)
    except typst.TypstError as error:
        raise PaperError(error.message.removeprefix("assertion failed: ")) from None


def compiler(notebook, language, pages=2, template=TEMPLATE):
    """Typst, with the sheet's content as the template's data and no fonts but those that come with the package.

    Raises:
        PaperError: a cell cannot be printed, or this system has no typst.
    """
    data = json.dumps(sheet(notebook, language) | {"pages": pages}, ensure_ascii=False)
    if typst is None:
        raise PaperError(NO_TYPST)
    return typst.Compiler(template, ignore_system_fonts=True, sys_inputs={"sheet": data})


def sheet(notebook, language):
    """What is printed: {"title", "language", "versions", "items"}, an item being a dict with its "kind"."""
    versions = re.search(
        r"Alembic [\d.]+, SQLAlchemy [\d.]+\d", json.dumps([cell.get("outputs") for cell in notebook.cells])
    )
    result = {"title": "", "language": language, "versions": versions[0] if versions else "", "items": []}
    client = database_client(notebook)
    for cell in notebook.cells:
        if "column" in tags(cell):
            result["items"].append({"kind": "column"})
        if "paper" in tags(cell):
            for item in text_items(cell) if cell.cell_type == "markdown" else code_items(cell, client):
                place(item, result)
    for item in result["items"]:
        if is_error(item):
            item["parts"] = [item["parts"][0], *(part for part in item["parts"][1:] if says_what_to_do(part))]
    return result


def database_client(notebook):
    """The program that %sql becomes on paper: the client of the database that the sheet is about."""
    started = STARTED.search("\n".join(cell.source for cell in notebook.cells))
    return "psql" if started and contents.on_postgresql(started[1]) else "sqlite3"


def is_error(item):
    return bool(item.get("parts")) and item["parts"][0]["kind"] == "error"


def says_what_to_do(part):
    return part["kind"] == "words" and part["parts"][0]["kind"] == "bold"


def place(item, result):
    """Put an item where it belongs: a title on top, parts into the task that they follow, all else after the last."""
    last = result["items"][-1] if result["items"] else {"kind": "none"}
    if item["kind"] == "title":
        result["title"] = item["text"]
    elif item["kind"] == "lessons":
        last["lessons"] = item["text"]
    elif item["kind"] == "commands" and last.get("parts") and last["parts"][-1]["kind"] == "commands":
        last["parts"][-1]["rows"] += item["rows"]
    elif item["kind"] == "code" and not item["note"] and last.get("parts") and is_same_file(item, last["parts"][-1]):
        last["parts"][-1]["lines"] += item["lines"]
    elif last["kind"] == "task" and item["kind"] not in ("task", "group"):
        last["parts"].append(item)
    else:
        result["items"].append(item)


def is_same_file(item, part):
    return part["kind"] == "code" and part["file"] == item["file"]


def text_items(cell):
    for node in MARKDOWN(cell.source):
        kind = node["type"]
        if kind == "heading" and node["attrs"]["level"] == 3:
            yield {"kind": "task", "title": plain(node), "lessons": "", "parts": []}
        elif kind == "heading":
            yield {"kind": "title" if node["attrs"]["level"] == 1 else "group", "text": plain(node)}
        elif kind == "paragraph" and (
            lessons := [n for n in node["children"] if LESSON.match(n.get("attrs", {}).get("url", ""))]
        ):
            yield {"kind": "lessons", "text": ", ".join(map(plain, lessons))}
        elif kind == "paragraph":
            yield {"kind": "words", "parts": words(node)}
        elif kind == "list":
            items = [words(item["children"][0]) for item in node["children"]]
            yield {"kind": "list", "numbered": node["attrs"]["ordered"], "items": items}
        elif kind == "table":
            rows = node["children"][1]["children"]
            yield {"kind": "table", "rows": [[words(one) for one in row["children"]] for row in rows]}
        elif kind == "block_code" and node.get("attrs", {}).get("info") == "sh":
            yield {"kind": "commands", "rows": [command_row(line) for line in node["raw"].splitlines()]}
        elif kind == "block_code":
            yield {"kind": "error", "lines": node["raw"].splitlines()}
        elif kind != "blank_line":
            raise PaperError(f"cell {cell.id}: no way to print {kind}")


def command_row(line):
    """A command and the comment behind it."""
    command, _, note = line.partition("  # ")
    return {"line": command, "note": [{"kind": "plain", "text": note}] if note else []}


def words(node):
    """The text of a paragraph, list item or table cell: parts that are plain, code or bold."""
    kinds = {"codespan": "code", "strong": "bold"}
    return [{"kind": kinds.get(child["type"], "plain"), "text": plain(child)} for child in node["children"]]


def plain(node):
    if node["type"] == "softbreak":
        return " "
    return node.get("raw") or "".join(map(plain, node["children"]))


def printed_code(cell):
    """The part of a code cell that is printed: from its first comment on, all of it where it has none."""
    return re.sub(r"\A.*?^(?=# )", "", cell.source, count=1, flags=re.MULTILINE | re.DOTALL)


def code_items(cell, client):
    """A code cell as commands and added lines, each with the comment above it; see database_client()."""
    lines = printed_code(cell).splitlines()
    source = re.sub(r"^(?:%+(\w+)|(!))(.*)$", as_call, "\n".join(lines), flags=re.MULTILINE)
    diffs = [
        match for output in cell.outputs if (match := ADDED.match(output.get("data", {}).get("text/markdown", "")))
    ]
    for node in ast.parse(source).body:
        call = ast.unparse(node).partition("(")[0]
        note = comment_above(lines, node.lineno)
        if call == "replace" and not diffs:
            raise PaperError(f"cell {cell.id}: it shows no change of a file; has it been run?")
        if call in ("alembic", "sql", SHELL):
            line = in_terminal(lines[node.lineno - 1], cell, client)
            yield {"kind": "commands", "rows": [{"line": line, "note": note}]}
        elif isinstance(node, (ast.Import, ast.ImportFrom, ast.With)):
            code = lines[node.lineno - 1 : node.end_lineno]
            yield {"kind": "code", "note": note, "file": "Python", "lines": code}
        elif call == "replace":
            file, diff = diffs.pop(0).group("file", "diff")
            yield {"kind": "code", "note": note, "file": file, "lines": added_lines(diff)}
        else:
            raise PaperError(f"cell {cell.id}: {call} is no command and no replace()")


def as_call(match):
    """A line with a magic or a command of the shell as a call, which ast can read."""
    return f"{match[1] or SHELL}({match[3]!r})"


def added_lines(diff):
    """The lines that a diff adds, but for the empty ones, with no more indentation than they need."""
    lines = [line[1:] for line in diff.splitlines() if line.startswith("+") and line != "+"]
    return textwrap.dedent("\n".join(lines)).splitlines()


def in_terminal(line, cell, client):
    """A line with %alembic, %sql or ! as one types it in a terminal.

    Raises:
        PaperError: the SQL has a character that means something else there.
    """
    if line.startswith(("%alembic ", "!")):
        return line[1:]
    database, query = re.fullmatch(r"%sql (?:sqlite:///(\S+) )?(.+)", line).groups()
    if re.search(r'["$`]', query):
        raise PaperError(f"cell {cell.id}: a double quote, $ or ` in SQL that is printed as a command")
    return f'psql -c "{query}"' if client == "psql" else f'sqlite3 {database or "data.db"} "{query}"'


def comment_above(lines, number):
    """The words of the comment lines right above a line, which is counted from 1."""
    found = []
    while number > 1 and lines[number - 2].startswith("#"):
        number -= 1
        found.insert(0, lines[number - 1].lstrip("# "))
    return [part for node in MARKDOWN(" ".join(found)) if "children" in node for part in words(node)]
