"""The hub's own pages: templates beside this file, their sentences in words.toml by key and language."""

import tomllib
from pathlib import Path

from classroom import ClassError, people
from classroom.settings import LANGUAGES

HERE = Path(__file__).parent
WORDS = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))


class Page:
    """What the templates know: the languages to speak, and who reads."""

    def __init__(self, settings, user=None, languages=None):
        """Find out who reads.

        Args:
            settings: the class.
            user: the hub's user, None for a stranger.
            languages: to speak; without them the reader's own, and all to a stranger.
        """
        try:
            self.person = user and people.person_at(settings, user.name)
            known = [people.language_at(settings, user.name)] if user else None
        except (ClassError, OSError):
            self.person, known = None, None
        first = settings.language
        self.languages = languages or known or [first, *(one for one in LANGUAGES if one != first)]
        self.is_teacher = bool(user) and user.name == people.TEACHER
        self.name = self.person["name"] if self.person else ""
        self.choices = {one: WORDS["this_language"][one] for one in LANGUAGES}

    def word(self, key, language=None, **values):
        """A sentence.

        Args:
            key: its name in words.toml.
            language: its language; without it the first of the page.
            values: what its places hold.

        Returns:
            The sentence; of an unknown key, the one for anything unforeseen.
        """
        return WORDS.get(key, WORDS["error_other"])[language or self.languages[0]].format(**values)
