"""Sends the learners to the class, each at a time of its own, and shows what came of it."""

import asyncio
import random
from dataclasses import dataclass

from classroom.load import NAME
from classroom.load.figures import Figures, Machine
from classroom.load.learner import Learner
from classroom.words import in_each, problem, say


@dataclass(frozen=True)
class Plan:
    """What the learners are to do."""

    url: str
    code: str
    lesson: str
    pauses: tuple
    cells: int | None
    secure: bool


def measure(options, settings):
    """Measure a class.

    Args:
        options: what the teacher typed.
        settings: the class, None if it is on another machine.

    Returns:
        1 if anything failed, None if nothing did.

    Raises:
        ClassError: there is nothing to measure with.
    """
    url = options.url or f"{settings.scheme}://127.0.0.1:{settings.port}"
    code = options.code or (settings.code if settings else "")
    if not code:
        raise problem("load_code")
    lesson = f"{int(options.lesson):02}" if options.lesson.isdigit() else options.lesson
    # The certificate is never of 127.0.0.1; of any other address it must be.
    plan = Plan(url.rstrip("/"), code, lesson, tuple(options.pauses), options.cells, bool(options.url))
    return asyncio.run(everybody(plan, options, settings))


async def everybody(plan, options, settings):
    """Let all learners live, and tell about it.

    Args:
        plan: what each does.
        options: learners, seconds to arrive in, seed.
        settings: the class, or None.

    Returns:
        1 if anything failed, None if nothing did.
    """
    chance, figures = random.Random(options.seed), Figures(options.learners)
    machine = Machine(settings) if settings else None
    watching = asyncio.create_task(machine.watch()) if machine else None
    times = sorted(chance.uniform(0, options.arrive) for _ in range(options.learners))
    say("load_runs", learners=options.learners, lesson=plan.lesson, seconds=options.arrive, url=plan.url)
    names = [NAME.format(number) for number in range(1, options.learners + 1)]
    people = [Learner(name, plan, figures, random.Random(f"{options.seed} {name}")) for name in names]
    await asyncio.gather(*(one.live(after - times[0]) for one, after in zip(people, times, strict=True)))
    if watching:
        watching.cancel()
    in_each(figures.tell)
    if machine:
        machine.tell()
    return 1 if figures.failures else None
