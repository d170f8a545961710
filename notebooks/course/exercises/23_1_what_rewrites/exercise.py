"""Find it out: which of eight changes write the whole table anew."""

from ..checks import NotYet, as_names

ASKS = 1
REWRITE = {"2", "5", "6", "7"}


def check(answer):
    named = as_names(str(answer))
    if not named or not all(name.isdigit() and 1 <= int(name) <= 8 for name in named):
        raise NotYet("answer_is_no_list")
    if wrong := sorted(named - REWRITE):
        raise NotYet("does_not_rewrite", change=wrong[0])
    if missing := REWRITE - named:
        raise NotYet("some_missing", count=len(missing))
