"""A made-up learner: comes in, runs the start page's first cell, then a lesson, and solves its first exercise."""

import asyncio
import hashlib
import json
import runpy
import time
from contextlib import suppress
from pathlib import Path

from classroom.load.browser import Browser, PageFailed
from classroom.load.kernel import CellFailed
from classroom.words import word

COURSE = Path(__file__).resolve().parents[2] / "course"
START_PAGE = "00_start.ipynb"
SAVE_EVERY = 120  # seconds, as JupyterLab does


class Learner:
    """One of them."""

    def __init__(self, name, plan, figures, chance):
        """Sit down before the browser.

        Args:
            name: what is typed at the door.
            plan: what the command was told: url, code, lesson, pauses, cells.
            figures: where everything measured goes.
            chance: a random.Random of one's own.
        """
        self.name, self.plan, self.figures, self.chance = name, plan, figures, chance
        self.password = hashlib.sha256(f"{plan.code} {name}".encode()).hexdigest()[:20]  # the same the next time
        self.step = "enter"

    async def live(self, after):
        """Do everything, and note how it ended.

        Args:
            after: seconds until the learner arrives.
        """
        await asyncio.sleep(after)
        self.browser, background = Browser(self.plan.url, self.plan.secure), []
        try:
            await self.arrive(background)
            await self.work(background)
            self.figures.finished.append(self.name)
        except Exception as error:  # whatever befalls one, the others go on
            self.fail(error)
        for task in background:
            task.cancel()
            with suppress(asyncio.CancelledError):
                try:
                    await task
                except PageFailed as error:
                    self.step = "background"
                    self.fail(error)
        await self.browser.close()
        self.figures.loaded(self.browser)

    def fail(self, error):
        """Note what could not be done."""
        known = isinstance(error, (CellFailed, PageFailed))
        self.figures.fail(self.name, self.step, str(error) if known else f"{type(error).__name__}: {error}")

    async def timed(self, step, doing):
        """Await something and note how long it took; returns what it gives.

        Args:
            step: a row of the table.
            doing: what to await.
        """
        self.step, began = step, time.monotonic()
        found = await doing
        self.figures.add(step, time.monotonic() - began)
        return found

    async def arrive(self, background):
        """Come in and run the first cell of the start page.

        Args:
            background: where the task goes that asks every ten seconds.
        """
        began = time.monotonic()
        self.figures.arrived(began)
        await self.timed("enter", self.browser.come_in(self.name, self.password, self.plan.code))
        self.folder = f"notebooks/{self.browser.language}"
        background.append(asyncio.create_task(self.browser.keep_looking(self.folder)))
        page = await self.timed("open", self.browser.open(f"{self.folder}/{START_PAGE}"))
        kernel = await self.timed("kernel", self.browser.start_kernel(f"{self.folder}/{START_PAGE}"))
        await self.run(kernel, cells_of(page)[0])
        self.figures.add("first", time.monotonic() - began)
        self.figures.first_at = time.monotonic()

    async def work(self, background):
        """Run a lesson and solve its first exercise, saving as JupyterLab does.

        Args:
            background: where the task goes that saves.
        """
        listing = await self.browser.api("GET", f"api/contents/{self.folder}?content=1&hash=0")
        names = [one["name"] for one in listing["content"] if one["name"].startswith(f"{self.plan.lesson}_")]
        if not names:
            raise PageFailed(word("load_no_lesson", lesson=self.plan.lesson))
        path = f"{self.folder}/{min(names)}"
        page = await self.timed("open", self.browser.open(path))
        kernel = await self.timed("kernel", self.browser.start_kernel(path))
        background.append(asyncio.create_task(self.keep_saving(path, page)))
        lesson, exercise = divided(cells_of(page))
        for cell in lesson[: self.plan.cells]:
            await self.pause()
            await self.run(kernel, cell)
        await self.pause()
        if exercise:
            await self.solve(kernel, exercise)
        await self.timed("save", self.browser.save(path, page))

    async def solve(self, kernel, number):
        """Open an exercise, put in the solution of its own attempts.ipy, and check it.

        Args:
            kernel: the lesson's.
            number: of the exercise, as "04.1".

        Raises:
            CellFailed: check() is not content.
        """
        self.step = "exercise"
        folder = next((COURSE / "exercises").glob(number.replace(".", "_") + "_*"))
        solution = runpy.run_path(str(COURSE / "attempts.py"))["attempts_of"](folder).solution
        await kernel.run(f'from lesson import *\nexercise("{number}")\nreset()')
        await self.pause()
        await self.timed("exercise", kernel.run(solution))
        await self.pause()
        said = await self.timed("check", kernel.run("check()"))
        words = json.loads((COURSE / "words.json").read_text(encoding="utf-8"))
        if not said.startswith(words["exercise_correct"][self.browser.language].partition(" ")[0]):
            raise CellFailed(f"check(): {said[:200]}")

    async def run(self, kernel, cell):
        """Run a cell of a page and note how long it took."""
        may_fail = "raises-exception" in cell["metadata"].get("tags", ())
        await self.timed("cell", kernel.run("".join(cell["source"]), may_fail))

    async def pause(self):
        """Read and think."""
        await asyncio.sleep(self.chance.uniform(*self.plan.pauses))

    async def keep_saving(self, path, page):
        """Save the page now and then, until cancelled."""
        while True:
            await asyncio.sleep(SAVE_EVERY)
            await self.browser.save(path, page)


def cells_of(page):
    """The cells of a notebook that hold code.

    Args:
        page: its content.

    Returns:
        A list of cells.
    """
    return [cell for cell in page["cells"] if cell["cell_type"] == "code"]


def divided(cells):
    """What to run of a lesson, and its first exercise that is solved by doing rather than by an answer.

    Args:
        cells: of the lesson.

    Returns:
        The cells before the first exercise, and the number of the exercise or None.
    """
    texts = ["".join(cell["source"]) for cell in cells]
    opened = [n for n, text in enumerate(texts) if 'exercise("' in text]
    number = next(
        (texts[n].partition('exercise("')[2][:4] for n in opened if texts[n + 2 : n + 3] == ["check()"]), None
    )
    return cells[: opened[0]] if opened else cells, number
