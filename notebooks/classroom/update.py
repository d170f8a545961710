"""`update`: brings the corrected course to everybody now; what they changed stays theirs."""

from concurrent.futures import ThreadPoolExecutor

from classroom import ClassError, accounts, environments, services
from classroom.commands import the_class
from classroom.words import say


def run(options):
    """Renew the class's copy of the course, then every home.

    Args:
        options: what the teacher typed.

    Raises:
        ClassError: there is no class in the folder.
    """
    settings = the_class(options)
    changed = environments.copy_course(settings)
    say("course_changed", count=len(changed))
    for path in sorted(changed)[:10]:
        print(f"    {path}")
    if environments.outdated(settings):
        say("packages_changed")
    elif any(path.parts[:2] in (("notebooks", "classroom"), ("notebooks", "course")) for path in changed):
        for name in ("hub", "board"):  # the learners' servers do not notice
            services.restart(settings, name)
    homes = [account for account in services.accounts_of(settings) if (settings.homes / account.pw_name).is_dir()]
    with ThreadPoolExecutor(2) as pool:
        failed = [said for said in pool.map(lambda account: failure(settings, account), homes) if said]
    say("delivered", count=len(homes) - len(failed))
    for said in failed:
        print(f"    {said}")


def failure(settings, account):
    """Deliver the course to a home.

    Args:
        settings: the class.
        account: whose home.

    Returns:
        What went wrong, empty if nothing did.
    """
    try:
        accounts.deliver(settings, account)
    except ClassError as error:
        return str(error)
    return ""
