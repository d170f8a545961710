"""The browser edition's pages without a browser: their words, and what they take from the course."""

import re

import pytest

from browser import lite, pages

FOREIGN = {"ru": "іїєґІЇЄҐ’", "uk": "ыэёъЫЭЁЪ"}
SENTENCES = [(key, sentences) for table in (pages.WORDS, pages.MENUS) for key, sentences in table.items()]


@pytest.mark.parametrize(("key", "sentences"), SENTENCES, ids=[key for key, _ in SENTENCES])
def test_words_are_in_each_language(key, sentences):
    assert sentences.keys() == set(lite.LANGUAGES)
    for language, sentence in sentences.items():
        assert not set(sentence) & set(FOREIGN[language])
    places = {tuple(sorted(re.findall(r"\{\w+\}|%\d", sentence))) for sentence in sentences.values()}
    assert len(places) == 1, "a value is said in one language only"


def test_every_word_is_said():
    texts = [path.read_text(encoding="utf-8") for path in pages.PAGE.iterdir() if path.suffix in (".js", ".html")]
    said = set(re.findall(r"\w+", " ".join([*texts, (pages.HERE / "pages.py").read_text(encoding="utf-8")])))
    composed = {f"stage_{stage}" for stage in ("page", "python", "course", "kernel")} | {"no_archive", "no_work"}
    assert set(pages.WORDS) - said - composed == set()


def test_exercises_are_the_courses_own():
    from course.exercises import all_exercises

    found = [key for row in lite.TABLE["lesson"] for key in pages.exercises(row["number"])]
    assert found == list(all_exercises())


def test_jupyterlabs_page_speaks_the_language():
    body = "<body class='jp'>Loading JupyterLite...</body>"
    html = f"<!DOCTYPE html><html><head><title>JupyterLite</title></head>{body}</html>"
    said = pages.lab(html, "uk")
    assert '<html lang="uk">' in said
    assert pages.WORDS["title"]["uk"] in said
    assert said.index("<body class='jp'>") < said.index('id="course-start"')
    assert "Loading" not in said
