"""Slides come from the page alone: what is a screen, what is the speaker's, what is left out."""

import nbformat
import pytest

from author import refresh, slides
from course.contents import lessons

CODE = nbformat.v4.new_code_cell
TEXT = nbformat.v4.new_markdown_cell


def output(text):
    return nbformat.v4.new_output("stream", text=text)


def screens(*cells):
    for number, cell in enumerate(cells):
        cell.id = cell.get("metadata", {}).pop("id", None) or f"c{number}"
    return slides.with_notes(nbformat.v4.new_notebook(cells=list(cells)), "ru")


def test_prose_is_for_the_speaker_with_its_question_on_top():
    (one,) = screens(
        TEXT("Вернём базу назад. Что останется?"), CODE("%alembic downgrade -1"), TEXT("Ничего не останется.")
    )
    assert "Вернём" not in one.body
    ask, prose, answer = one.notes.index("Спросите"), one.notes.index("Вернём"), one.notes.index("Ничего")
    assert one.notes.index("Что останется?") < prose < answer and ask < prose


def test_a_heading_in_the_midst_of_a_cell_ends_what_was_before():
    first, heading, last = screens(CODE("1"), TEXT("Вот и ответ.\n\n## Дальше\n\nЕщё шаг."), CODE("2"))
    assert "Вот и ответ" in first.notes and "Ещё шаг" not in first.notes
    assert heading.opens and "Дальше" in heading.body
    assert last.heading == "Дальше" and "Ещё шаг" in last.notes


def test_details_and_exercises_are_left_out():
    exercises = TEXT("## Упражнения", metadata={"id": "exercises"})
    shown = screens(TEXT("## Подробнее\n\nМелочи."), CODE("1"), TEXT("## Главное\n\n- раз"), exercises, CODE("2"))
    assert [screen.heading for screen in shown] == ["Главное"]


def test_a_long_output_goes_on_on_the_next_screen():
    cell = CODE("print(1)", outputs=[output("\n".join(map(str, range(60))))])
    shown = screens(cell)
    assert len(shown) > 2 and "print" in shown[0].body and ">59" in shown[-1].body.replace("\n", ">")


@pytest.mark.parametrize(
    "tag, seen", [("slide-output", (False, True)), ("slide-code", (True, False)), ("slide-skip", None)]
)
def test_tags_make_exceptions(tag, seen):
    shown = screens(CODE("print('a')", outputs=[output("result")], metadata={"tags": [tag]}))
    assert seen is None and not shown or seen == ("print" in shown[0].body, "result" in shown[0].body)


@pytest.mark.parametrize("number", lessons())
def test_both_languages_make_equal_decks(number):
    """But for sentences of the helper, which may take one line more in one language."""
    one, two = (
        slides.with_notes(refresh.read(refresh.page(language, lessons()[number].file)), language)
        for language in ("ru", "uk")
    )
    assert [screen.id.rpartition("-")[0] for screen in one if screen.opens] == [
        screen.id.rpartition("-")[0] for screen in two if screen.opens
    ]
    assert abs(len(one) - len(two)) <= 1
