"""`stop`: ends the services and the learners' servers; files stay."""

import os
import signal
import time

from classroom import services, systemd
from classroom.commands import the_class
from classroom.words import say

PATIENCE = 40  # seconds for the supervisor to end everything


def run(options):
    """End the class.

    Args:
        options: what the teacher typed.

    Raises:
        ClassError: there is no class in the folder.
    """
    settings = the_class(options)
    was_up = services.supervised(settings)
    if systemd.here():
        systemd.remove(settings, services.NAMES)
    elif pid := services.running(settings, "supervisor"):
        os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + PATIENCE
        while services.started_at(pid) and time.monotonic() < limit:
            time.sleep(0.1)
    left = services.end(settings)
    say("stopped" if was_up or left else "stopped_before")
