"""Small functions that call themselves, with some levels of calls put into the one above.

Most calls go, what a call computes meets what it is needed for, and what looks at the stack is where calls stay. LLVM
does not do it itself: it puts no function into itself, so that copies are made here, each of which calls the next.
"""

from __future__ import annotations

import itertools
import re

from .counting import NAME, counted
from .depth import COUNTED, DEEPER, INSIDE
from .heads import head

#: The most levels, lines of a function that is put into itself, and lines of all levels together.
LEVELS, SHORT, LINES = 6, 120, 600
#: A call of what looks, and the depth that it gives.
LOOK = re.compile(rf"^ *({NAME}) = (?:tail )?call i64 @{DEEPER}\(.*$", re.M)
DEFINITION = re.compile(r"^define internal [^@\n]*@([\w.$]+)\(.*?^}\n", re.S | re.M)


def with_levels(text: str) -> str:
    """LLVM's text with such copies."""
    names = [found[1] for found in DEFINITION.finditer(text) if calls_only_itself(found[0], found[1])]
    numbers = itertools.count()
    for name in names:
        text = counted(text, name, numbers)
    return DEFINITION.sub(lambda found: repeated(found[0], found[1]) if found[1] in names else found[0], text)


def calls_only_itself(body: str, name: str) -> bool:
    """Whether a function looks at the stack for itself alone."""
    looks = [found[1] for found in LOOK.finditer(body)]
    return bool(looks) and all(not calls_with(body, x) or f"@{name}(" in calls_with(body, x) for x in looks)


def calls_with(body: str, depth: str) -> str:
    """The call that a depth is given to."""
    found = re.search(rf"@[\w.$]+\([^\n]*{re.escape(depth)}[,)]", body)
    return found[0] if found else ""


def repeated(body: str, name: str) -> str:
    """A function, and its copies where it calls itself."""
    first, rest = body.split("\n", 1)
    calls = rest.count(f"@{name}(")
    count = levels(body.count("\n"), calls)
    names = [name, *(f"{name}.inside.{k}" for k in range(1, count + 1))]
    answers = head(first, rest, name, f"{name}.head")
    last = f"{name}.head" if answers else name
    made = [answers or ""]
    for here, below in zip(names, [*names[1:], last], strict=True):
        line = first.replace(f"@{name}(", f"@{here}(")
        if here != name:
            line = re.sub(r"\)([^)]*)\{$", r") alwaysinline {", line)
        inside = rest.replace(f"@{name}(", f"@{below}(")
        made.append(f"{line}\n{inside if below == last else inside.replace(f'@{COUNTED}(', f'@{INSIDE}(')}")
    return "".join(made)


def levels(lines: int, calls: int) -> int:
    """How many levels of a function of so many lines, with so many calls of itself, are put into it."""
    if not calls or lines > SHORT:
        return 0
    count = 0
    while count < LEVELS and lines * sum(calls**k for k in range(count + 2)) <= LINES:
        count += 1
    return count
