"""Repair it: a compose file in which the application does not wait for the migration, nor that for the database."""

import re

from ..checks import NotYet
from ..compose import answers_when_ready, services_of, waits_for

MAY_CHANGE = {"files": ["compose.yaml"]}
KEPT = {"db": ("image", "volumes"), **dict.fromkeys(("migrate", "app", "mailer"), ("image", "command"))}
DONE = "migrate", "service_completed_successfully"
ORDER = {"migrate": ("db", "service_healthy"), "app": DONE, "mailer": DONE}


def check(work):
    services, before = services_of(work.text("compose.yaml")), services_of(work.text(work.opened / "compose.yaml"))
    for name, parts in KEPT.items():
        if name not in services:
            raise NotYet("service_gone", service=name)
        for part in parts:
            if services[name].get(part) != before[name][part]:
                raise NotYet("service_changed", service=name, part=part)
        if services[name].get("profiles"):
            raise NotYet("behind_profile", service=name)
    answers_when_ready(services, "db")
    if re.match("always|unless", str(services["migrate"].get("restart"))):
        raise NotYet("never_ends", service="migrate")
    for name, goal in ORDER.items():
        if not waits_for(services, name, *goal):
            raise NotYet("does_not_wait", service=name, other=goal[0])
