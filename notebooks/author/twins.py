"""What is equal in the notebooks of one page in several languages, and how code goes from one to another."""

import ast
import re
from difflib import SequenceMatcher
from functools import cache

from author.language import TO_WRITE, about
from course import contents

COMMENT = re.compile(r"(?:^|(?<=\s\s))#(?= |$).*", re.MULTILINE)
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


def differences(left, right):
    """Sentences, each naming the cell, about what should be equal in two twin notebooks and is not."""
    if [cell.id for cell in left.cells] != [cell.id for cell in right.cells]:
        yield f"cell ids or their order differ: {different_ids(left, right)}"
        return
    for a, b in zip(left.cells, right.cells, strict=True):
        for what, view in VIEWS[a.cell_type].items():
            if a.cell_type != b.cell_type or view(a) != view(b):
                yield f"cell {a.id}: {what} differ: {view(a)!r} / {view(b)!r}"


def different_ids(left, right):
    a, b = [cell.id for cell in left.cells], [cell.id for cell in right.cells]
    changes = [op for op in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes() if op[0] != "equal"]
    return [(a[i:j], b[k:m]) for _, i, j, k, m in changes]


def tags(cell):
    return cell.metadata.get("tags", [])


def code(cell):
    """A code cell's source without comments; in a Python file that it writes, without docstrings too."""
    return code_of(cell.source)


def code_of(source):
    magic, _, body = source.partition("\n")
    if magic.startswith("%%writefile") and magic.endswith(".py"):
        return magic, ast.dump(without_docstrings(ast.parse(body)))
    return without_comments(source)


def without_comments(source):
    """A source without its comments; a line that was only a comment goes with it."""
    lines = [(COMMENT.sub("", line).rstrip(), line) for line in source.splitlines()]
    return "\n".join(bare for bare, line in lines if bare or not line.strip())


def without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, clean=False):
            node.body.pop(0)
    return tree


def comments(cell):
    return len([line for line in cell.source.splitlines() if COMMENT.search(line)])


def outputs(cell):
    """A code cell's outputs, without what the helper says in the reader's language."""
    return [output_view(output) for output in cell.outputs]


def output_view(output):
    if output.output_type == "error":
        return output.ename, output.evalue if output.ename != "CourseError" else "in the reader's language"
    if output.get("metadata", {}).get("course") == "words":
        return "the helper's words"
    return output.get("text") or {kind: without_comments(content) for kind, content in output.data.items()}


def headings(cell):
    return [len(marks) for marks in re.findall(r"^(#+) ", without_fences(cell.source), re.MULTILINE)]


def links(cell):
    """Pictures and link targets; a link to a twin is the same whatever the twin's language."""
    targets = LINK.findall(without_fences(cell.source))
    twin = rf"(?<=\.\./)(?:{'|'.join(contents.LANGUAGES)})/"
    return [(picture, re.sub(twin, "twin/", target)) for picture, target in targets]


def fences(cell):
    """Blocks of code without comments; the author's command names the language of the page that it stands on."""
    named = rf"(?<=notebooks/author )((?:slides )?)(?:{'|'.join(contents.LANGUAGES)})\b"
    blocks = re.findall(r"^```.*?^```", cell.source, re.MULTILINE | re.DOTALL)
    return [re.sub(named, r"\1twin", without_comments(block)) for block in blocks]


def minutes(cell):
    return re.findall(minutes_pattern(), cell.source)


@cache
def minutes_pattern():
    """A number of minutes in any language of the course."""
    return rf"(\d+) (?:{'|'.join(about(language)['minutes'] for language in contents.LANGUAGES)})"


def without_fences(source):
    return re.sub(r"^```.*?^```", "", source, flags=re.MULTILINE | re.DOTALL)


VIEWS = {
    "code": {"tags": tags, "code": code, "number of comments": comments, "outputs": outputs},
    "markdown": {
        "tags": tags,
        "heading levels": headings,
        "links or pictures": links,
        "code blocks": fences,
        "minutes": minutes,
    },
}


def with_comments_of(source, twin):
    """The code of `source` with the comments of `twin`, line by line where the code is equal or was changed in place.

    Returns:
        the new source, and the comments of `source` that `twin` has no counterpart for; «…» stands in their place.
    """
    if source.startswith("%%writefile") and code_of(source) == code_of(twin):
        return twin, []  # its docstrings are words too
    new, old = commented_lines(source), commented_lines(twin)
    match = SequenceMatcher(a=[line for line, _, _ in new], b=[line for line, _, _ in old], autojunk=False)
    pairs = ((i, j, m - i) for _, i, m, j, n in match.get_opcodes() if m - i == n - j)  # the same lines, or as many
    counterpart = {i + k: old[j + k] for i, j, size in pairs for k in range(size)}
    result, unwritten = [], []
    for number, (line, above, behind) in enumerate(new):
        _, twin_above, twin_behind = counterpart.get(number, (line, [], ""))
        if (above and not twin_above) or (behind and not twin_behind):
            unwritten.append("\n".join([*above, behind.strip()]).strip())
        above = twin_above or [COMMENT.sub(f"# {TO_WRITE}", comment) for comment in above]
        behind = twin_behind or COMMENT.sub(f"# {TO_WRITE}", behind)
        result += [*above, line + behind]
    return "\n".join(result).removesuffix("\n"), unwritten


def commented_lines(source):
    """[(code, comment lines above it, comment behind it)] of a source."""
    found, above = [], []
    for line in source.splitlines():
        bare = COMMENT.sub("", line).rstrip()
        if line.strip() and not bare:
            above.append(line)
        else:
            found.append((bare, above, line[len(bare) :]))
            above = []
    return found + [("", above, "")] if above else found
