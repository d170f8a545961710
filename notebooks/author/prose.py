"""Is a text in its language? Alphabet, dictionary, the house's list of traps, typography."""

import re
from functools import cache

from pymorphy3 import MorphAnalyzer

from author.language import about, allowed_words

WORD = re.compile(r"[а-яёіїєґ]+(?:[’'ʼ-][а-яёіїєґ]+)*", re.IGNORECASE)
TYPOGRAPHY = {
    r'"': "straight quotes",
    r"“(?![^„]*$)(?<!„)": "quotes of another language",
    r" - ": "a hyphen for a dash",
    r"\w—|—\w": "a dash without spaces",
    r"\d-\d": "a hyphen between numbers",
    r"[а-яіїєґ]'[а-яіїєґ]": "a straight apostrophe",
}


def prose(markdown):
    """Markdown without code and link targets."""
    text = re.sub(r"^````?.*?^````?", "", markdown, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "`", text)
    return re.sub(r"\]\([^)]*\)|<[^>]+>", "]", text)


def faults(text, language):
    """Sentences about what is not right in a text of the language, none if all is well."""
    traps = "|".join(about(language)["traps"]["patterns"])
    for word in WORD.findall(text):
        if set(word.lower()) & set(about(language)["foreign_letters"]):
            yield f"letters of another language: {word}"
        elif not known(word, language):
            yield f"not in the dictionary: {word}"
        elif about(language)["yo_is_written"] and "ё" not in word.lower() and wants_yo(word.lower()):
            yield f"ё is always written: {word}"
    for trap in re.findall(rf"(?<![\w’])(?:{traps})", text, re.IGNORECASE) if traps else []:
        yield f"a word to avoid: {trap}"
    for pattern, name in TYPOGRAPHY.items():
        for found in re.findall(rf".{{0,15}}(?:{pattern}).{{0,15}}", text):
            yield f"{name}: {found}"


@cache
def dictionary(language):
    """The language's dictionary, None if it has none."""
    name = about(language)["dictionary"]
    return MorphAnalyzer(lang=name) if name else None


@cache
def known(word, language):
    """Whether a word is in the dictionary or allowed; a language without a dictionary knows every word."""
    word = word.lower().replace("ʼ", "’")
    if dictionary(language) is None or word in allowed_words(language):
        return True
    if any(dictionary(language).word_is_known(form) for form in (word, word.replace("’", "'"))):
        return True
    return "-" in word and all(known(part, language) for part in word.split("-"))


@cache
def wants_yo(word):
    """Whether the dictionary has a Russian word only with ё where this one has е."""
    parses = dictionary("ru").parse(word)
    return bool(parses) and dictionary("ru").word_is_known(word) and all("ё" in parse.word for parse in parses)
