"""`status`: what runs, who sits where, how much memory it takes."""

from pathlib import Path

from classroom import ahead, people, services, telling
from classroom.commands import the_class
from classroom.words import say, word


def run(options):
    """Show how the class is.

    Args:
        options: what the teacher typed.

    Raises:
        ClassError: there is no class in the folder, or its list of people is damaged.
    """
    settings = the_class(options)
    for name in services.NAMES:
        say("service_up" if services.alive(settings, name) else "service_down", name=word(f"service_{name}"))
    if services.alive(settings, "proxy"):
        say("at_addresses", addresses=", ".join(telling.addresses(settings)), code=settings.code)
    known = people.read(settings)
    servers = running_servers(settings)
    say("places", places=settings.places, limit=settings.limit, people=len(known))
    for one in sorted(known.values(), key=lambda one: one["place"]):
        say("person_up" if one["place"] in servers else "person_down", place=one["place"], name=one["name"])
    say("servers", servers=len(servers), memory=memory_of(settings) // 2**20, free=ahead.memory_free() // 2**20)


def running_servers(settings):
    """The places whose servers run.

    Args:
        settings: the class.

    Returns:
        Their names, a set.
    """
    work = services.accounts_at_work(settings)
    return {account.pw_name for account in services.accounts_of(settings) if account.pw_uid in work}


def memory_of(settings):
    """What the learners' processes take: memory that several share is counted once.

    Args:
        settings: the class.

    Returns:
        Bytes.
    """
    ours, taken = {account.pw_uid for account in services.accounts_of(settings)}, 0
    for process in Path("/proc").glob("[0-9]*"):
        if services.owner(process) in ours:
            try:
                lines = (process / "smaps_rollup").read_text(encoding="ascii").splitlines()
            except OSError:  # it has just ended
                continue
            taken += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return taken
