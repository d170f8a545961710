"""Is a text in its language? Alphabet, dictionary, the house's list of traps, typography."""

import re
from functools import cache
from pathlib import Path

from pymorphy3 import MorphAnalyzer

LANGUAGES = Path(__file__).resolve().parent / "languages"
FOREIGN = {"ru": "іїєґ", "uk": "ыэёъ"}
WORD = re.compile(r"[а-яёіїєґ]+(?:[’'ʼ-][а-яёіїєґ]+)*", re.IGNORECASE)
# LANGUAGE.md's traps, as far as a pattern can tell them from right words.
TRAPS = {
    "ru": "данн(?:ый|ая|ое|ого|ому|ой|ом) |явля[ею]тся|осуществл|производит|имеет место|в случае если|на текущий момент"
    "|функционал|креды|накат|раскат|дефолтн|кейс|просто |легко|как известно",
    "uk": "слідуюч|слідує|прийма\\w+ участь|на протязі|по замовчуванню|являється|вірн(?:ий|а|е|о|і)\\b|люб(?:ий|а|е|і|ого)\\b"
    "|відмінити|співпада|в залежності|при запуску|дякуючи|міроприємств|включит|виключит|получи|співстав|фаїл|слідкуюч"
    "|просто |легко|здійснює|наступним чином|вірно|таким чином|у якості|в якості|приведен",
}
TYPOGRAPHY = {
    r'"': "straight quotes",
    r"“(?![^„]*$)(?<!„)": "quotes of another language",
    r" - ": "a hyphen for a dash",
    r"\w—|—\w": "a dash without spaces",
    r"\d-\d": "a hyphen between numbers",
    r"[а-яіїєґ]'[а-яіїєґ]": "a straight apostrophe",
    r"!(?!\[|=)": "an exclamation mark",
}


def prose(markdown):
    """Markdown without code and link targets."""
    text = re.sub(r"^````?.*?^````?", "", markdown, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "`", text)
    return re.sub(r"\]\([^)]*\)|<[^>]+>", "]", text)


def faults(text, language):
    """Sentences about what is not right in a text of the language, none if all is well."""
    other = {"ru": "uk", "uk": "ru"}[language]
    text = re.sub(r"\[(?:Этот урок по-украински|Цей урок російською)\]", "", text)
    for word in WORD.findall(text):
        if set(word.lower()) & set(FOREIGN[language]):
            yield f"letters of {other}: {word}"
        elif not known(word, language):
            yield f"not in the dictionary: {word}"
        elif language == "ru" and "ё" not in word.lower() and wants_yo(word.lower()):
            yield f"ё is always written: {word}"
    for trap in re.findall(rf"(?<![\w’])(?:{TRAPS[language]})", text, re.IGNORECASE):
        yield f"a trap of LANGUAGE.md: {trap}"
    for pattern, name in TYPOGRAPHY.items():
        for found in re.findall(rf".{{0,15}}(?:{pattern}).{{0,15}}", text):
            yield f"{name}: {found}"


@cache
def analyzer(language):
    return MorphAnalyzer(lang=language)


@cache
def terms(language):
    """Words that the dictionary lacks and a person has let in, one a line."""
    return set((LANGUAGES / f"{language}.txt").read_text(encoding="utf-8").split())


@cache
def known(word, language):
    word = word.lower().replace("ʼ", "’")
    forms = [word, word.replace("’", "'")]
    if any(form in terms(language) or analyzer(language).word_is_known(form) for form in forms):
        return True
    return "-" in word and all(known(part, language) for part in word.split("-"))


@cache
def wants_yo(word):
    """Whether every word spelt so, ё taken for е, has a ё."""
    parses = analyzer("ru").parse(word)
    return bool(parses) and analyzer("ru").word_is_known(word) and all("ё" in parse.word for parse in parses)
