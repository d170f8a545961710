"""What new cells and pages begin as: their form is right, and «…» stands where words are to be written."""

import re

import nbformat

from author.language import TO_WRITE, about, twin_links
from author.twins import LINK, minutes_pattern
from course import contents

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


def lesson_cells(lesson, language, following):
    """The cells of a new lesson's page.

    Args:
        lesson: its row of the table.
        language: the page's language.
        following: the row of the lesson to which the page leads; after the last lesson that is the first.
    """
    words = {name: text.strip() for name, text in about(language)["skeleton"].items()}
    twins = twin_links(language, f"{lesson.file}.ipynb")
    is_last = following == next(iter(contents.lessons().values()))
    lead_on = words["no_next_lesson" if is_last else "next_lesson"].format(link=f"[{TO_WRITE}]({following.file}.ipynb)")
    title = words["title"].format(minutes=lesson.minutes, exercise_minutes=lesson.exercise_minutes, twin_links=twins)
    return [
        text_cell("title", title),
        code_cell("start", f'from lesson import *\n\nstart("{lesson.number}")'),
        text_cell("step-intro", f"## {TO_WRITE}\n\n{TO_WRITE}"),
        code_cell("step", "tree()"),
        text_cell("points", words["points"]),
        text_cell("exercises", words["exercises"].format(number=lesson.number)),
        text_cell("next", "\n\n".join([lead_on, words["cheat_sheet"], twins])),
    ]


def exercise_cells(number, count, language):
    """The cells of a new exercise: its statement, how it is opened, the learner's own cell, its check."""
    return [
        text_cell(f"ex{count}", f"### {count}. {TO_WRITE}\n\n{TO_WRITE}"),
        code_cell(f"ex{count}-start", f'from lesson import *\n\nexercise("{number}.{count}")'),
        code_cell(f"ex{count}-work", about(language)["skeleton"]["work"]),
        code_cell(f"ex{count}-check", "check()"),
    ]


def text_cell(id_, source):
    return nbformat.v4.new_markdown_cell(source, id=id_)


def code_cell(id_, source):
    return nbformat.v4.new_code_cell(source, id=id_)
