"""What the author's command and the tests know of a language: the file languages/<language>.toml."""

import tomllib
from functools import cache
from pathlib import Path

from author import AuthorError
from course import contents

FOLDER = Path(__file__).resolve().parent / "languages"
TO_WRITE = "«…»"  # stands wherever an author still has to write; the tests refuse it


@cache
def about(language):
    """{name: value} of a language.

    Raises:
        AuthorError: its file is missing.
    """
    path = FOLDER / f"{language}.toml"
    if not path.exists():
        raise AuthorError(
            f"notebooks/author/languages/{path.name} is missing: copy ru.toml and write it for {language}"
        )
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def allowed_words(language):
    """Words that the dictionary lacks and a person has allowed, one a line."""
    path = FOLDER / f"{language}.txt"
    return frozenset(path.read_text(encoding="utf-8").split()) if path.exists() else frozenset()


def others(language):
    """All languages of the course but this one."""
    return [other for other in contents.LANGUAGES if other != language]


def twin_links(language, page):
    """The links from a page to the same page in every other language, as they stand on the page.

    Raises:
        AuthorError: the language's file does not say what a link is called.
    """
    names = about(language)["twin_links"]
    for other in others(language):
        if other not in names:
            raise AuthorError(
                f"notebooks/author/languages/{language}.toml: "
                f'write in [twin_links] {other} = "…", the name of a link to {other}'
            )
    return " · ".join(f"[{names[other]}](../{other}/{page})" for other in others(language))
