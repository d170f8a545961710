"""Slides come from the page alone: what is a screen, what is the speaker's, what is left out."""

import nbformat
import pytest

from author import slides
from course.contents import LANGUAGES, lessons

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
        TEXT("Вернём базу назад. Что останется в таблицах после такой команды?"),
        CODE("%alembic downgrade -1", outputs=[output("done")]),
        TEXT("Ничего не останется."),
    )
    assert "Вернём" not in one.body + one.later
    ask, prose, answer = one.notes.index("Спросите"), one.notes.index("Вернём"), one.notes.index("Ничего")
    assert one.notes.index("Что останется") < prose < answer and ask < prose


def test_the_room_answers_before_the_output_is_shown():
    question = TEXT(
        "Вернём `env.py`. Что, по-вашему, от него останется теперь?\n\n> **Здесь будет ошибка.** Так и задумано."
    )
    (one,) = screens(question, CODE("print(1)", outputs=[output("gone")]))
    assert "Что, по-вашему, от него останется теперь?" in one.body and "Здесь будет ошибка" in one.body
    assert "Вернём" not in one.body and "gone" not in one.body and "gone" in one.later


def test_a_short_question_stands_with_the_sentence_it_follows():
    (one,) = screens(TEXT("Таблица на месте. Вернём `env.py`. А строки?"), CODE("1", outputs=[output("1")]))
    assert "А строки?" in one.body and "Вернём" in one.body and "на месте" not in one.body


def test_a_short_beginning_under_a_heading_takes_the_next_sentence():
    short, long = screens(
        TEXT("## Раз\n\nКонец дня. Тимур уходит. Свет гаснет."),
        TEXT("## Два\n\nТимур выключил свет во всём здании и уходит. Темно."),
    )
    assert "Тимур уходит" in short.body and "гаснет" not in short.body and "Темно" not in long.body


def test_what_nobody_asks_is_shown_at_once():
    (one,) = screens(TEXT("Откатим."), CODE("print(1)", outputs=[output("gone")]))
    assert "gone" in one.body and not one.later


@pytest.mark.parametrize("code", ["# Здесь ваше решение", 'from lesson import *\n\nexercise("08.1")', "check()"])
def test_a_cell_of_an_exercise_is_left_out_wherever_it_stands(code):
    assert screens(CODE(code)) == []


def test_a_long_table_is_parted_equally():
    table = "| № |\n|---|\n" + "\n".join(f"| {number} |" for number in range(12))
    heading, one, two = screens(TEXT(f"### 2. Столбцы\n\n{table}"))
    assert [one.body.count("<tr>"), two.body.count("<tr>")] == [7, 7] and one.heading == two.heading == "2. Столбцы"


def test_an_exit_code_gets_no_screen_of_its_own():
    code = nbformat.v4.new_output("display_data", {"text/markdown": "Код завершения: 1"})
    (short,) = screens(CODE("1", outputs=[output("failed"), code]))
    full = screens(CODE("1", outputs=[output("\n".join(map(str, range(24)))), code]))
    assert "Код завершения" in short.body
    assert "Код завершения" not in "".join(screen.body for screen in full) and "23" in full[-1].body


def test_of_a_change_only_its_lines_and_the_commands_stay():
    change = nbformat.v4.new_output("display_data", {"text/markdown": "`a.py`\n\n```diff\n+new\n```"})
    code = 'replace(\n    "a.py",\n    "old",\n    "new",\n)\n%alembic check'
    (one,) = screens(TEXT("Как думаете?"), CODE(code, outputs=[change, output("differs")]))
    assert "+new" in one.body and "alembic" in one.body and "replace" not in one.body and "differs" in one.later


def test_a_heading_in_the_midst_of_a_cell_ends_what_was_before():
    first, heading, last = screens(CODE("1"), TEXT("Вот и ответ.\n\n## Дальше\n\nЕщё шаг."), CODE("2"))
    assert "Вот и ответ" in first.notes and "Ещё шаг" not in first.notes
    assert heading.opens and "Дальше" in heading.body
    assert last.heading == "Дальше" and "Ещё шаг" in heading.notes and "Ещё шаг." in heading.body


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


def test_a_link_to_a_page_is_its_words():
    (one,) = screens(TEXT("## Главное\n\n- [урок 05](05_upgrade_downgrade.ipynb) и [сайт](https://example.org)"))
    assert "урок 05" in one.body and "ipynb" not in one.body and 'href="https://example.org"' in one.body


@pytest.mark.parametrize("number", lessons())
def test_all_languages_make_equal_decks(number):
    one, *others = ([screen.id for screen in slides.screens(number, language)] for language in LANGUAGES)
    assert [other for other in others if other != one] == []
