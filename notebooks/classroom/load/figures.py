"""What is measured: times, failures, memory, processor; and the table."""

import asyncio
import os
import time
from statistics import median, quantiles

from classroom import ahead, services, status
from classroom.words import in_each, say, word

STEPS = ("enter", "open", "kernel", "first", "cell", "exercise", "check", "save")
PER_SECOND = os.sysconf("SC_CLK_TCK")


class Figures:
    """What all learners together have seen."""

    def __init__(self, learners):
        """Begin with nothing.

        Args:
            learners: how many there are to be.
        """
        self.learners, self.times = learners, {step: [] for step in STEPS}
        self.failures, self.finished = [], []
        self.began = self.first_at = self.bytes = self.files = 0

    def arrived(self, now):
        """Note when the first learner came."""
        self.began = self.began or now

    def add(self, step, seconds):
        """Note how long something took."""
        self.times[step].append(seconds)

    def fail(self, name, step, why):
        """Note what a learner met and tell it at once."""
        self.failures.append((name, step, why))
        after = round(time.monotonic() - self.began)
        in_each(lambda: say("load_failed", name=name, step=word(f"step_{step}"), why=why, seconds=after))

    def loaded(self, browser):
        """Note how much a browser has loaded."""
        self.bytes, self.files = self.bytes + browser.bytes, self.files + browser.files

    def tell(self):
        """Show the table."""
        say("load_head")
        for step in STEPS:
            if self.times[step]:
                print(row(word(f"step_{step}"), self.times[step]))
        say("load_first_all", learners=len(self.times["first"]), seconds=round(self.first_at - self.began))
        finished, failed = len(self.finished), len(self.failures)
        say("load_ended", finished=finished, learners=self.learners, failed=failed)
        say("load_bytes", megabytes=round(self.bytes / self.learners / 1e6, 1), files=self.files // self.learners)
        if self.failures:
            say("load_first_failure", name=self.failures[0][0], why=self.failures[0][2])


def row(name, seconds):
    """A row of the table.

    Args:
        name: what took the time.
        seconds: a list.

    Returns:
        The line: median, what 95 of 100 stay below, the longest, how many.
    """
    last = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return f"  {name:40}{median(seconds):8.2f}{last:8.2f}{max(seconds):8.2f}{len(seconds):8}"


class Machine:
    """What the measuring costs this machine, which the class runs on too; only root sees all of it."""

    def __init__(self, settings):
        """Remember where it begins.

        Args:
            settings: the class.
        """
        self.settings, self.began = settings, time.monotonic()
        self.busy_before, self.class_before = busy_seconds(), class_seconds(settings)
        self.most, self.servers, self.least = 0, 1, ahead.memory_free()

    async def watch(self):
        """Look at the memory now and then, until cancelled."""
        while True:
            self.least = min(self.least, ahead.memory_free())
            taken = await asyncio.to_thread(status.memory_of, self.settings)
            if taken > self.most:
                self.most, self.servers = taken, len(status.running_servers(self.settings)) or 1
            await asyncio.sleep(15)

    def tell(self):
        """Show memory and processor."""
        passed = (time.monotonic() - self.began) * (os.cpu_count() or 1)
        share = round(100 * (busy_seconds() - self.busy_before) / passed)
        own = round(100 * sum(os.times()[:2]) / passed)
        ours = round(100 * (class_seconds(self.settings) - self.class_before) / passed)
        each = self.most / self.servers / 2**20
        say("load_memory", all=round(self.most / 2**30, 1), each=round(each), least=round(self.least / 2**30, 1))
        say("load_busy", cores=os.cpu_count(), busy=share, ours=ours, own=own)


def busy_seconds():
    """How long the machine's processors have worked since it was started.

    Returns:
        Seconds, of all processors together.
    """
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, *interrupts = map(int, file.readline().split()[1:9])
    return (user + nice + system + sum(interrupts)) / PER_SECOND


def class_seconds(settings):
    """How long the processes of a class that live have worked, with those that they waited for.

    Args:
        settings: the class.

    Returns:
        Seconds.
    """
    accounts = {account.pw_uid for account in services.accounts_of(settings)}
    own = {services.running(settings, name) for name in services.NAMES}
    ticks = 0
    for process in services.Path("/proc").glob("[0-9]*"):
        if int(process.name) in own or services.owner(process) in accounts:
            try:
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
            except OSError:  # it has just ended
                continue
    return ticks / PER_SECOND
