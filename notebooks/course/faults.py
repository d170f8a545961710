"""What a check can find, other than that all is well."""

import re


class NotYet(Exception):
    """The one thing that is still wrong.

    Args:
        key: names the sentence in the exercise's words.toml or in checks.toml.
        places: what stands in the places of the sentence.
    """

    def __init__(self, key, **places):
        super().__init__(key, places)
        self.key = key
        self.places = places


class Broken(Exception):
    """The learner's own work stops with an error; the text is the error's own.

    Args:
        command: the step of the check that failed, as the learner would type it.
    """

    def __init__(self, text, command=""):
        super().__init__(text)
        self.command = command


def cause(error):
    """The line of an error that says what happened: the one with the error's name, if there is one, else the last.

    SQLAlchemy writes the SQL, a link or an example below it.
    """
    above = re.split(r"^(?:\[SQL: |\[parameters: |\(Background on )", str(error), flags=re.MULTILINE)[0]
    named = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", above, re.MULTILINE)
    return (named or above.strip().splitlines() or [""])[-1].rstrip(". ")
