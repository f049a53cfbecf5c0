"""Small functions that call themselves, with one level of calls put into the one above.

Half of the calls go, and what a call computes meets what it is needed for. LLVM does not do it itself: it puts no
function into itself, so that a copy is made here, which is put into the function and calls it.
"""

from __future__ import annotations

import re

#: The most lines and calls of itself that a function may have for that.
LINES, CALLS = 160, 4
DEFINITION = re.compile(r"^define internal [^@\n]*@([\w.$]+)\(.*?^}\n", re.S | re.M)


def with_levels(text: str) -> str:
    """LLVM's text with such copies."""
    return DEFINITION.sub(lambda found: twice(found[0], found[1]), text)


def twice(body: str, name: str) -> str:
    """A function, and its copy where it calls itself."""
    first, rest = body.split("\n", 1)
    calls = rest.count(f"@{name}(")
    if not 1 <= calls <= CALLS or body.count("\n") > LINES or f"@{name}(" not in first or not first.endswith("{"):
        return body
    copy = f"@{name}.inside("
    head = re.sub(r"\)([^)]*)\{$", r") alwaysinline {", first.replace(f"@{name}(", copy))
    return f"{first}\n{rest.replace(f'@{name}(', copy)}{head}\n{rest}"
