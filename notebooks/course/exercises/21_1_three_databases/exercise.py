"""Predict it: where three databases stop when the last of three revisions breaks, and which keeps half of it."""

import re

from ..checks import NotYet

ASKS = 4
STOPS_AT = {"a": "0006", "b": "0008", "c": "0008"}
LATIN = str.maketrans("авсАВС", "abcabc")  # a Cyrillic letter that looks like the Latin one is the same answer


def check(answer):
    answer = list(answer.values()) if isinstance(answer, dict) else answer
    words = re.findall(r"[^\W_]+(?:_\w+)?", str(answer).replace(".py", ""))
    *revisions, letter = [word.partition("_")[0].translate(LATIN).lower() for word in words] or [""]
    if len(revisions) != len(STOPS_AT) or not all(re.fullmatch("0*[1-9]|base", revision) for revision in revisions):
        raise NotYet("not_three_revisions")
    if letter not in ("a", "b", "c"):
        raise NotYet("not_a_letter")
    for (database, wanted), revision in zip(STOPS_AT.items(), revisions, strict=True):
        if revision.zfill(4) != wanted:
            raise NotYet(f"other_{database}", revision=revision.zfill(4))
    if letter != "c":
        raise NotYet("other_table", letter=letter.upper())
