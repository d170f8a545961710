"""attempts.ipy of an exercise: cells as a learner could write them.

A cell begins with a line `# %%` that says what it is:

    # %% solution
    # %% wrong KEY: what was done       the fault that check() must find, "broken" or "not_started" among them
    # %% right: what is different

In a wrong or right cell a line `#= solution` stands for the solution, and lines above it may change that:

    #~ 'old' -> 'new'                   Python strings; each must occur in the solution

The cells of an exercise that asks for an answer hold that answer.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache

CELL = re.compile(r"^# %% (solution|wrong (\w+)|right)(?:: (.*))?$", re.MULTILINE)
CHANGE = re.compile(r"^#~ (.+) -> (.+)$")


@dataclass(frozen=True)
class Attempt:
    """Code of a cell, what it is, and the key of the fault that it must get (None where it is right)."""

    code: str
    title: str
    fault: str | None = None


@dataclass(frozen=True)
class Attempts:
    """All attempts of an exercise."""

    solution: str
    wrong: tuple
    right: tuple


@cache
def attempts_of(folder):
    """Read the attempts of an exercise's folder.

    Raises:
        ValueError: a cell is not understood, or changes something that is not in the solution.
    """
    pieces = CELL.split((folder / "attempts.ipy").read_text(encoding="utf-8"))
    cells = list(zip(*(pieces[number::4] for number in range(1, 5)), strict=True))
    if not cells or cells[0][0] != "solution":
        raise ValueError(f"{folder.name}/attempts.ipy: the first cell is to be `# %% solution`")
    solution = cells[0][3].strip()
    found = {"wrong": [], "right": []}
    for kind, fault, title, code in cells[1:]:
        found[kind.partition(" ")[0]].append(Attempt(expanded(code, solution, folder), title or "", fault))
    return Attempts(solution, tuple(found["wrong"]), tuple(found["right"]))


def expanded(code, solution, folder):
    """A cell's code with the solution, changed as the cell says, in place of `#= solution`."""
    lines = []
    for line in code.strip("\n").splitlines():
        if match := CHANGE.match(line):
            old, new = map(ast.literal_eval, match.groups())
            if old not in solution:
                raise ValueError(f"{folder.name}/attempts.ipy: {old!r} is not in the solution")
            solution = solution.replace(old, new)
        else:
            lines.append(solution if line == "#= solution" else line)
    return "\n".join(lines)
