"""The compose file of lesson 25 orders its services, and what they run is what the lesson runs by hand."""

import pytest

from author import refresh
from course.contents import LANGUAGES
from course.exercises.checks import NotYet
from course.exercises.compose import answers_when_ready, services_of, waits_for

ORDER = [("migrate", "db", "service_healthy"), ("app", "migrate", "service_completed_successfully")]


@pytest.fixture(params=LANGUAGES)
def cells(request):
    (page,) = [path for path in refresh.pages(request.param) if refresh.name(path) == "25"]
    return {cell.id: cell.source for cell in refresh.read(page).cells if cell.cell_type == "code"}


def services(cell):
    return services_of(cell.partition("\n")[2])


def test_the_new_file_orders_the_services(cells):
    found = services(cells["compose"])
    answers_when_ready(found, "db")
    assert all(waits_for(found, *wanted) for wanted in ORDER)
    assert "restart" not in found["migrate"] and found["migrate"]["image"] == found["app"]["image"]


def test_the_old_one_does_not(cells):
    found = services(cells["old"])
    with pytest.raises(NotYet, match="no_healthcheck"):
        answers_when_ready(found, "db")
    found["db"]["healthcheck"] = {"test": "pg_isready"}
    with pytest.raises(NotYet, match="behind_profile"):
        waits_for(found, *ORDER[1])


def test_the_lesson_runs_its_commands(cells):
    found, text = services(cells["compose"]), "\n".join(cells.values())
    assert f"%{found['migrate']['command']}" in text
    assert f"%%writefile {found['app']['command'].split()[1]}" in text
    assert f"!{found['db']['healthcheck']['test'].split()[0]}" in text
