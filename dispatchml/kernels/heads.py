"""What a function does before it may call itself, in LLVM's text: a copy that answers by itself where that is all, and
calls the function otherwise.

It is put in where the function is called, so that the many calls at the ends of a recursion cost no call. What comes
before is done again by the function: it changes nothing, and is short.
"""

from __future__ import annotations

import itertools
import re

from .counting import NAME, signature
from .depth import COUNTED, ROUND

#: The most lines of what is done twice, and of what a copy may have.
TWICE, LINES = 60, 200
LABEL = re.compile(r"^([\w.$]+):.*$", re.M)
LOOKS = re.compile(rf"call i64 @(?:{COUNTED}|{ROUND})\(")
CHANGES = re.compile(
    rf"^ *(?:{NAME} = )?(?:(?:tail |musttail |notail )?(?:call|invoke)|atomic\w*|cmpxchg|fence)\b.*$", re.M
)
HARMLESS = re.compile(r"@llvm\.(?:fabs|sqrt|minnum|maxnum|floor|ceil|[su](?:min|max)|abs|ctpop|copysign|is\.fpclass)\b")
STORES = re.compile(rf"^ *store [^\n]*, ptr ({NAME}|\S+?)(?:,|$)", re.M)
LOCAL = re.compile(rf"^ *({NAME}) = (?:alloca|getelementptr [^\n]*?ptr ({NAME}))", re.M)


def head(first: str, rest: str, name: str, new: str) -> str | None:
    """Such a copy of a function of a first line and a rest; None where there is none."""
    blocks = split(rest)
    if blocks is None:
        return None
    after = {label: re.findall(r"label %([\w.$]+)", body) for label, body in blocks.items()}
    asks = {label for label, body in blocks.items() if LOOKS.search(body)}
    leads = set(asks)
    while more := {label for label in blocks if label not in leads and leads & set(after[label])}:
        leads |= more
    kept, cut = region(blocks, after, asks, leads)
    if not cut or kept <= leads or sum(blocks[label].count("\n") for label in kept) > LINES:
        return None
    kind, parameters = signature(first, name)
    given = ", ".join(f"{x.split()[0]} {x.split()[-1]}" if x[0] not in "{[<" else x for x in parameters)
    answer = f"  %.answer = call {kind} @{name}({given})\n  ret {kind} %.answer\n"
    if kind == "void":
        answer = f"  call void @{name}({given})\n  ret void\n"
    line = re.sub(r"\)([^)]*)\{$", ") alwaysinline {", first.replace(f"@{name}(", f"@{new}("))
    numbers = itertools.count()
    made = []
    for label, body in blocks.items():
        if label in cut:
            made.append(f"{label}:\n{answer.replace('%.answer', f'%.answer.{next(numbers)}')}")
        elif label in kept:
            made.append(f"{label}:\n{with_arrivals(body, kept - cut)}")
    return f"{line}\n{''.join(made)}}}\n"


def split(rest: str) -> dict[str, str] | None:
    """The blocks of a function by their labels; None where the first has none, or there are labels in quotes."""
    found = list(LABEL.finditer(rest))
    if not found or rest[: found[0].start()].strip() or re.search(r'^"', rest, re.M):
        return None
    ends = [m.start() for m in found[1:]] + [rest.rindex("}")]
    return {m[1]: rest[m.end() + 1 : end] for m, end in zip(found, ends, strict=True)}


def region(
    blocks: dict[str, str], after: dict[str, list[str]], asks: set[str], leads: set[str]
) -> tuple[set[str], set[str]]:
    """The blocks of the copy, and those of them at which it calls the function.

    asks: those in which the function calls itself. leads: those from which it may come to them.
    """
    first = next(iter(blocks))
    local = set[str]()
    for body in blocks.values():
        for made, base in LOCAL.findall(body):
            if not base or base in local:
                local.add(made)
    seen, cut, path, lines = {first}, set[str](), [first], 0
    while path:
        label = path.pop(0)
        body = blocks[label]
        if label in leads:
            lines += body.count("\n")
            if label in asks or lines > TWICE or not is_harmless(body, local) or is_loop(label, after, asks):
                cut.add(label)
                continue
        for other in after[label]:
            if other not in seen:
                seen.add(other)
                path.append(other)
    return (set(), set()) if first in cut else (seen, cut)


def is_harmless(body: str, local: set[str]) -> bool:
    """Whether a block may be run twice: it writes only into variables of its function."""
    calls = all(HARMLESS.search(m[0]) for m in CHANGES.finditer(body))
    return calls and all(m[1] in local for m in STORES.finditer(body))


def is_loop(label: str, after: dict[str, list[str]], asks: set[str]) -> bool:
    """Whether a block comes after itself without a call of the function in between."""
    seen, path = set[str](), list(after[label])
    while path:
        here = path.pop()
        if here == label:
            return True
        if here not in seen and here not in asks:
            seen.add(here)
            path += after[here]
    return False


def with_arrivals(body: str, kept: set[str]) -> str:
    """A block where it is known that one comes only from some blocks."""

    def phi(match: re.Match[str]) -> str:
        pairs = re.findall(r"\[ ([^\]]*?), %([\w.$]+) \]", match[2])
        return match[1] + ", ".join(f"[ {value}, %{label} ]" for value, label in pairs if label in kept)

    return re.sub(rf"^( *{NAME} = phi [^\[\n]*)(\[.*\])", phi, body, flags=re.M)
