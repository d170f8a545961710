"""Predict it: where three databases stop when the last of three revisions breaks, and which keeps half of it."""

import re

from ..checks import NotYet

ASKS = 4
STOPS_AT = {"a": "0006", "b": "0008", "c": "0008"}
LATIN = str.maketrans("авсАВС", "abcabc")  # a Cyrillic letter that looks like the Latin one is the same answer


def check(answer):
    text = re.sub(r"\.0\b|\bв\b", "", str(answer))  # 6.0 is 6; «в» is no letter of a database
    revisions = re.findall(r"\b(\d+|base)(?=\b|_)", text)
    if len(revisions) != len(STOPS_AT) or not all(re.fullmatch("0*[1-9]|base", revision) for revision in revisions):
        raise NotYet("not_three_revisions")
    letters = set(re.findall(r"\b[abc]\b", text.rpartition(revisions[-1])[2].translate(LATIN).lower()))
    if len(letters) != 1:
        raise NotYet("not_a_letter")
    for (database, wanted), revision in zip(STOPS_AT.items(), revisions, strict=True):
        if revision.zfill(4) != wanted:
            raise NotYet(f"other_{database}", revision=revision.zfill(4))
    if letters != {"c"}:
        raise NotYet("other_table", letter=letters.pop().upper())
