"""What new cells and pages begin as: their form is right, and «…» stands where words are to be written."""

import re

from author.language import TO_WRITE, about, twin_links
from author.twins import LINK, minutes_pattern

FENCE = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"#+ |- |\d+\. |> |")


def text_to_write(source, language, page):
    """A text cell in another language: headings, lists, tables, links and code blocks stay, the words become «…».

    Args:
        source: the text cell in a language that has it.
        language: the language that lacks it.
        page: the file's name, for the links to its twins.
    """
    pieces = FENCE.split(source)
    for number in range(0, len(pieces), 2):  # each second piece is a code block
        pieces[number] = "\n".join(outline(line, language, page) for line in pieces[number].split("\n"))
    return "".join(pieces)


def outline(line, language, page):
    """A line of text with its mark, minutes and links, but «…» for its words."""
    if re.fullmatch(r"[\s\d:|-]*", line):
        return line  # empty, or a row or cell of a table without words
    if line.startswith("|"):
        return "|".join(outline(cell.strip(), language, page).join("  ") if cell else "" for cell in line.split("|"))
    if re.search(r"\]\(\.\./\w+/", line):
        return twin_links(language, page)
    minutes = [f"{number} {about(language)['minutes']}" for number in re.findall(minutes_pattern(), line)]
    links = [f"{picture}[{TO_WRITE}]({target})" for picture, target in LINK.findall(line)]
    return MARK.match(line)[0] + " ".join([TO_WRITE, *minutes, *links])
