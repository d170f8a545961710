"""Decks in a real browser, without a network: nothing is cut off, small or missing.

It has its own command, `python -m pytest tests/browser`, after `pip install -r tests/browser/requirements.txt` and the
system's Chromium.
"""

import time
from contextlib import contextmanager
from io import BytesIO

import pypdf
import pytest

from author import slides
from author.language import about
from course.contents import LANGUAGES, lessons
from edition import served

DECKS = [(language, number) for language in LANGUAGES for number in lessons()]
LOOK = """() => [...document.querySelectorAll(".slides > section")].flatMap((row, x) =>
  [...row.querySelectorAll("section")].map((screen, y) => {
    Reveal.slide(x, y);
    Reveal.getCurrentSlide().querySelectorAll(".fragment").forEach(() => Reveal.nextFragment());
    const edge = screen.getBoundingClientRect(), scale = Reveal.getScale();
    const texts = [...screen.querySelectorAll("*")].filter((one) => !one.closest("aside") &&
      [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
    const size = (one) =>
      parseFloat(getComputedStyle(one).fontSize) * (one.closest("svg") ? one.getScreenCTM().a / scale : 1);
    const smallest = (found) => Math.min(99, ...found.map(size));
    const cut = [...screen.querySelectorAll("pre, .line, table, .picture, svg, p, li")].filter((one) => {
      if (one.closest("aside")) return false;
      const place = one.getBoundingClientRect();
      return place.right > edge.left + 1281 * scale || place.bottom > edge.top + 721 * scale ||
        (one.localName !== "svg" && one.scrollWidth > one.clientWidth + 1);
    });
    return {
      id: screen.id,
      overflows: screen.scrollHeight > 720 || screen.scrollWidth > 1280 || cut.length > 0,
      letters: smallest(texts.filter((one) => !one.closest("svg"))),
      pictured: smallest(texts.filter((one) => one.closest("svg"))),
      pictures: [...screen.querySelectorAll("svg")].filter((one) => one.getBoundingClientRect().width > 0).length,
      hidden: screen.querySelectorAll(".fragment:not(.visible)").length,
      notes: screen.querySelector("aside.notes")?.textContent ?? "",
    };
  }))"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The folder of all decks, newly made."""
    folder = tmp_path_factory.mktemp("decks")
    slides.build(folder)
    return folder


@contextmanager
def opened(browser, address):
    """A page with a deck, and what it complained of or asked for outside its own file."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    faults = []
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: faults.append(asked.url) if outside(asked.url, address) else None)
    try:
        page.goto(address)
        page.wait_for_selector(".reveal.ready", timeout=10_000)
        yield page, faults
    finally:
        page.close()


def outside(url, address):
    return not url.startswith(("data:", "blob:")) and url.partition("#")[0] != address.partition("#")[0]


def faults_of(screens):
    """What is wrong with a deck's screens, a line each."""
    found = [f"{one['id']}: it is cut off" for one in screens if one["overflows"]]
    found += [f"{one['id']}: letters of {one['letters']:.0f} pixels" for one in screens if one["letters"] < 19.9]
    found += [f"{one['id']}: a picture's letters of {one['pictured']:.0f}" for one in screens if one["pictured"] < 15]
    return found + [f"{one['id']}: a step that is not reached" for one in screens if one["hidden"]]


def pictures(notebook, language):
    """How many pictures a page shows in what goes into its deck."""
    cells = [cell for cell in slides.shown_cells(notebook, language) if cell.cell_type == "code"]
    return sum("image/svg+xml" in output.get("data", ()) for cell in cells for output in cell.outputs)


def address_of(decks, name):
    return (decks / f"{name}.html").as_uri()


@pytest.mark.parametrize("language, number", DECKS)
def test_a_deck_is_whole_and_readable(browser, decks, language, number):
    for _ in range(2):  # on a busy machine a second try decides whether a deck is slow
        began = time.monotonic()
        with opened(browser, address_of(decks, f"{language}/{lessons()[number].file}")) as (page, faults):
            screens = page.evaluate(LOOK)
        if (seconds := time.monotonic() - began) < 10:
            break
    assert faults + faults_of(screens) == [] and seconds < 10
    assert [one["id"] for one in screens] == [one.id for one in slides.screens(number, language)]
    assert sum(one["pictures"] for one in screens) == pictures(slides.page(number, language), language)


def test_the_notes_ask_and_answer(browser, decks):
    words = about("uk")["slides"]
    with opened(browser, address_of(decks, "uk/07_branches")) as (page, _):
        notes = {one["id"]: one["notes"] for one in page.evaluate(LOOK)}
    answered = notes["down-named-history-1"]
    assert words["ask"] in notes["down-named-0"] and words["answer"] in answered


@pytest.mark.parametrize(
    "planted, fault",
    [
        ('<div class="code"><pre>' + "x" * 200 + "</pre></div>", "it is cut off"),
        ("<pre>" + "x\n" * 40 + "</pre>", "it is cut off"),
        ('<p style="font-size: 12px">small</p>', "letters of 12 pixels"),
        ('<img src="https://example.org/picture.png">', "https://example.org/picture.png"),
        ("<script>throw new Error('planted')</script>", "planted"),
    ],
    ids=["wide", "long", "small", "foreign", "broken"],
)
def test_a_planted_fault_is_found(browser, decks, tmp_path, planted, fault):
    text = (decks / "ru" / "03_revision.html").read_text(encoding="utf-8")
    deck = tmp_path / "deck.html"
    deck.write_text(text.replace('<section id="version-0">', f'<section id="version-0">{planted}', 1), encoding="utf-8")
    with opened(browser, deck.as_uri()) as (page, faults):
        found = faults + faults_of(page.evaluate(LOOK))
    assert any(fault in one for one in found)


@pytest.fixture(scope="module")
def host(decks):
    """The address of a static server of the decks."""
    with served(decks) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("place", ["file", "server"])
def test_the_keys_work_without_a_network(browser, decks, host, place):
    name = "ru/07_branches"
    address = address_of(decks, name) if place == "file" else f"{host}/{name}.html"
    with opened(browser, address) as (page, faults):
        page.evaluate(
            "Reveal.slide(...Object.values(Reveal.getIndices(document.getElementById('down-named-0'))).slice(0, 2))"
        )
        answer = page.locator("#down-named-0 .fragment")
        assert not answer.is_visible()
        page.keyboard.press("ArrowDown")
        assert answer.is_visible() and page.evaluate("Reveal.getCurrentSlide().id") == "down-named-0"
        for key, state in (
            ("o", "Reveal.isOverview()"),
            ("b", "Reveal.isPaused()"),
            ("f", "!!document.fullscreenElement"),
        ):
            page.keyboard.press(key)
            page.wait_for_function(state)
            page.keyboard.press("Escape" if key == "f" else key)
        with page.context.expect_page() as window:
            page.keyboard.press("s")
        notes = window.value.locator(".speaker-controls-notes .value")
        notes.filter(has_text="Что при этом станет с вашей?").wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        notes.filter(has_text="С вашей ревизией ничего не случилось").wait_for()
    assert faults == []


@pytest.mark.parametrize("name", ["ru/04_autogenerate", "uk/07_branches", "uk/22_schemas"])
def test_each_screen_is_a_printed_page(browser, decks, name):
    with opened(browser, f"{address_of(decks, name)}?print-pdf") as (page, faults):
        screens = page.locator(".slides section[id]").count()
        printed = pypdf.PdfReader(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    assert len(printed.pages) == screens and faults == []
    assert {(round(one.mediabox.width), round(one.mediabox.height)) for one in printed.pages} == {(989, 556)}
