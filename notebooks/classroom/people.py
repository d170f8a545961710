"""Who sits where: names that people type, their passwords, and the place of each. Standard library only."""

import fcntl
import json
import re
import unicodedata
from contextlib import contextmanager, suppress

from classroom import TEACHER, ClassError, passwords
from classroom.settings import LANGUAGES, write_whole
from classroom.words import problem

SHORTEST_PASSWORD, LONGEST_PASSWORD, LONGEST_NAME = 6, 200, 40
KEPT = {TEACHER, "root", "admin", "administrator", "hub", "board", "jupyter"}
KEPT |= {"вчитель", "вчителька", "учитель", "учителька", "учительница", "викладач", "викладачка", "преподаватель"}
APOSTROPHES = dict.fromkeys(map(ord, "'`´ʼ‘’′"), "’")
SIGNS = " -.’_"  # what a name has beside letters and digits


class Refused(Exception):
    """Why somebody does not come in: the key of a sentence in pages/words.toml."""

    def __init__(self, key):
        super().__init__(key)
        self.key = key


class Nobody(ClassError):
    """Nobody in the class has the name."""


def key_of(name):
    """What two ways to type one name have in common: no case, no outer spaces, one kind of apostrophe, е for ё.

    Args:
        name: what was typed.

    Returns:
        The name as people.json has it.

    Raises:
        Refused: the name is empty, too long, kept for others, or has characters that no name needs.
    """
    key = shown_name(name).casefold().replace("ё", "е")
    if not key:
        raise Refused("name_empty")
    if len(key) > LONGEST_NAME:
        raise Refused("name_long")
    if not all(_fits(character) for character in key) or not any(map(str.isalpha, key)) or key.startswith("."):
        raise Refused("name_odd")
    if any(len({_script(letter) for letter in word if letter.isalpha()}) > 1 for word in re.split(r"[ \-.’_]", key)):
        raise Refused("name_mixed")
    if key in KEPT - {TEACHER} or re.fullmatch(r"[a-z]+-(\d+|teacher|board)", key):
        raise Refused("name_kept")
    return key


def shown_name(name):
    """A name as the teacher is to see it.

    Args:
        name: what was typed.

    Returns:
        The same with single spaces and one kind of apostrophe.
    """
    return " ".join(unicodedata.normalize("NFKC", name.translate(APOSTROPHES)).translate(APOSTROPHES).split())


def _fits(character):
    return character in SIGNS or unicodedata.category(character)[0] in "LM" or unicodedata.category(character) == "Nd"


def _script(letter):
    """LATIN, CYRILLIC …: a word of two scripts only looks like another's name."""
    return unicodedata.name(letter, "?").split()[0]


def read(settings):
    """Everybody who has a place.

    Args:
        settings: the class.

    Returns:
        By key_of() the name: a dict of "name", "place", "password" (hashed; empty if forgotten) and "language".

    Raises:
        ClassError: people.json is damaged.
    """
    try:
        people = json.loads(settings.people.read_text(encoding="utf-8"))
        if not all(isinstance(one["place"], str) and isinstance(one["password"], str) for one in people.values()):
            raise ValueError
        return people
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise problem("people_damaged", file=settings.people) from None


@contextmanager
def changing(settings):
    """Read the people, let the caller change them and keep the change; one at a time, whichever process asks.

    Args:
        settings: the class.

    Yields:
        What read() gives.

    Raises:
        ClassError: people.json is damaged; it is left as it is.
    """
    with open(settings.hub / "people.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        people = read(settings)
        yield people
        write_whole(settings.people, json.dumps(people, indent=1, ensure_ascii=False) + "\n")
        tell_the_board(settings, people)


def tell_the_board(settings, people):
    """Let the teacher's page, which may not read passwords, know who sits where.

    Args:
        settings: the class.
        people: what read() gives.
    """
    names = {one["place"]: {"name": one["name"], "language": one["language"]} for one in people.values()}
    with suppress(OSError):  # its folder is its own: whatever is done there, people come in
        write_whole(settings.board / "names.json", json.dumps(names, ensure_ascii=False), 0o644)


def person_at(settings, place):
    """Who sits at a place.

    Args:
        settings: the class.
        place: for example "cl-07".

    Returns:
        Their dict as in read(), or None if the place is free.
    """
    return next((one for one in read(settings).values() if one["place"] == place), None)


def language_at(settings, place):
    """The language of the lessons at a place.

    Args:
        settings: the class.
        place: for example "cl-07".

    Returns:
        The language of who sits there; the class's, if nobody does.
    """
    person = person_at(settings, place)
    return person["language"] if person and person.get("language") in LANGUAGES else settings.language


def admit(settings, name, password, code="", language=""):
    """Find the place of a person, or give them one.

    Args:
        settings: the class.
        name: what they typed.
        password: theirs; the first time they choose it.
        code: the class's, needed the first time only.
        language: of the lessons, heeded the first time only; without it the class's.

    Returns:
        The hub's user (the name of a place, or "teacher") and whether the password is a new one.

    Raises:
        Refused: they may not come in.
        ClassError: people.json is damaged.
    """
    key = key_of(name)
    if not password:
        raise Refused("password_empty")
    if len(password) > LONGEST_PASSWORD:
        raise Refused("password_long")
    if key == TEACHER:
        if passwords.matches(password, settings.teacher):
            return TEACHER, False
        raise Refused("password_wrong")
    known = read(settings).get(key)
    if known and known["password"]:
        return _again(settings, known, password, code)
    if not code:
        raise Refused("code_again" if known else "code_empty")
    if not is_code(settings, code):
        raise Refused("code_wrong")
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("password_short")
    return _first_time(settings, key, name, password, language)


def is_code(settings, code):
    """Whether a text is the class code, in whatever case it was typed.

    Args:
        settings: the class.
        code: what was typed.

    Returns:
        True or False.
    """
    return "".join(code.split()).casefold() == settings.code.casefold() != ""


def _again(settings, known, password, code):
    if passwords.matches(password, known["password"]):
        return known["place"], False
    raise Refused("name_taken" if is_code(settings, code) else "password_wrong")


def _first_time(settings, key, name, password, language):
    stored = passwords.hashed(password)
    with changing(settings) as people:
        known = people.get(key)
        if known and known["password"]:  # two came in by one name at one moment
            return _again(settings, known, password, settings.code)
        if not known:
            language = language if language in LANGUAGES else settings.language
            known = {"name": shown_name(name), "place": _free_place(settings, people), "language": language}
        people[key] = {**known, "password": stored}
        return known["place"], True


def _free_place(settings, people):
    taken = {one["place"] for one in people.values()}
    for number in range(1, settings.limit + 1):
        if settings.place(number) not in taken:
            return settings.place(number)
    raise Refused("full")


def choose_language(settings, place, language):
    """Change the language of a person's lessons.

    Args:
        settings: the class.
        place: theirs.
        language: one of LANGUAGES.

    Raises:
        ClassError: people.json is damaged.
    """
    with changing(settings) as people:
        for one in people.values():
            if one["place"] == place:
                one["language"] = language


def forget(settings, name):
    """Let a person choose a new password with the class code; their place and work are kept.

    Args:
        settings: the class.
        name: theirs, in any case.

    Returns:
        Their place.

    Raises:
        Nobody: nobody has this name.
        ClassError: people.json is damaged.
    """
    try:
        key = key_of(name)
    except Refused:
        key = ""
    with changing(settings) as people:
        if key not in people:
            raise Nobody(name)
        people[key]["password"] = ""
        return people[key]["place"]
