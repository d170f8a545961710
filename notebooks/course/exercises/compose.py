"""What the exercises read in a compose file: which service waits for which, as Docker Compose would understand it."""

import re

import yaml

from .checks import NotYet

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
OVER_NETWORK = r"127\.0\.0\.1|localhost|::1|(?:-h|--host|host)[ =]?db\b|@db\b|HOSTNAME|hostname"
ALWAYS_WELL = r"(?:\|\||;)\s*(?:true|:|exit 0)\b"


class Strict(yaml.SafeLoader):
    """Refuses, as Compose does, a key that stands twice."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value if key.value != "<<"]
        for key in keys:
            if keys.count(key) > 1:
                raise NotYet("key_twice", name=key)
        return super().construct_mapping(node, deep)


def services_of(text):
    """{name: description} of the services in the text of a compose file.

    Raises:
        NotYet: it is none.
    """
    try:
        found = yaml.load(text, Strict)
    except yaml.YAMLError as error:
        line = error.problem_mark.line + 1 if getattr(error, "problem_mark", None) else 1
        raise NotYet("not_yaml", line=line) from None
    services = found.get("services") if isinstance(found, dict) else None
    if not isinstance(services, dict):
        raise NotYet("no_services")
    for name, service in services.items():
        if not isinstance(service, dict):
            raise NotYet("not_a_service", service=name)
        for volume in re.findall(r"'([\w-]+):", str(service.get("volumes"))):
            if volume not in (found.get("volumes") or {}):
                raise NotYet("no_such_volume", service=name, volume=volume)
    return services


def awaited(services, name):
    """{other service: the condition for which `name` waits}; a dependency that is not required is none."""
    given = services[name].get("depends_on") or {}
    if isinstance(given, list):
        mistaken = {name: None for other in given if isinstance(other, dict) for name in other}  # a dash before it
        given = {other: {"condition": "service_started"} for other in given if isinstance(other, str)} | mistaken
    found = {}
    for other, how in given.items() if isinstance(given, dict) else [(given, None)]:
        if other not in services:
            raise NotYet("no_such_service", service=name, other=other)
        if services[other].get("profiles"):
            raise NotYet("behind_profile", service=other)
        if not isinstance(how, dict) or how.get("condition") not in CONDITIONS:
            raise NotYet("no_such_condition", service=name, other=other)
        if how["condition"] == "service_healthy":
            test_of(services, other)
        if how.get("required", True):
            found[other] = how["condition"]
    return found


def waits_for(services, name, goal, condition, above=()):
    """Whether a service starts only after `goal` has met the condition, itself or through others it waits for.

    All ways are walked to their ends, so that none leads back to where it begins.
    """
    if name in above:
        raise NotYet("waits_for_itself", service=name)
    ways = awaited(services, name).items()
    further = [waits_for(services, other, goal, condition, (*above, name)) for other, _ in ways]
    return (goal, condition) in ways or any(further)


def test_of(services, name):
    """The command of a service's healthcheck, as one line."""
    health = services[name].get("healthcheck")
    test = health.get("test") if isinstance(health, dict) and not health.get("disable") else None
    if not test or test == ["NONE"]:
        raise NotYet("no_healthcheck", service=name)
    if isinstance(test, list) and not (test[0] == "CMD-SHELL" or test[0] == "CMD" and " " not in str(test[1:2])):
        raise NotYet("test_form", service=name)
    return test if isinstance(test, str) else " ".join(map(str, test[1:]))


def answers_when_ready(services, name):
    """A database's healthcheck asks the server itself, over the network, which on its first start comes last."""
    test = test_of(services, name)
    if not re.search("pg_isready|psql", test) or re.search(ALWAYS_WELL, test):
        raise NotYet("asks_no_server", service=name, test=test)
    if not re.search(OVER_NETWORK, test):
        raise NotYet("ready_too_early", service=name, test=test)
