"""How many calls of itself a function may still make before it looks for the user, in LLVM's text.

The function receives the number and returns it, so that it stays in a register, in all the copies of the function that
are put into it. In memory it would be the slowest part of a small function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .depth import CALLS, COUNTED, DEEPER, ROUND

#: Where the number lies in a function, until LLVM sees that a register is enough.
PLACE = ".left"
#: A value's name.
NAME = r'%(?:[\w.$-]+|"[^"\n]*")'


def counted(text: str, name: str, numbers: Iterator[int]) -> str:
    """A text in which a function receives and returns the number, in place of its depth. numbers: for new names."""
    found = re.search(rf"^define internal [^@\n]*@{re.escape(name)}\(.*$\n", text, re.M)
    assert found is not None
    kind, parameters = signature(found[0], name)
    where = next(k for k, x in enumerate(parameters) if "%.depth" in x)
    depth = parameters[where].split()[-1]
    parameters[where] = f"i64 {depth}"
    both = "i64" if kind == "void" else f"{{ {kind}, i64 }}"
    end = text.index("\n}\n", found.end()) + 1
    body = text[found.end() : end]

    def own(match: re.Match[str]) -> str:
        n = next(numbers)
        before = f"  %.left.{n} = load i64, ptr %{PLACE}\n"
        made, number = called(match, f"%.left.{n}", n)
        return f"{before}{made}  store i64 {number}, ptr %{PLACE}\n"

    def others(match: re.Match[str]) -> str:
        return called(match, str(CALLS), next(numbers))[0]

    def called(match: re.Match[str], left: str, n: int) -> tuple[str, str]:
        given = parts(match[2])
        given[where] = f"i64 {left}"
        call = f"call {both} @{name}({', '.join(given)})\n"
        if kind == "void":
            return f"  %.left.{n}.after = {call}", f"%.left.{n}.after"
        made = f"  %.left.{n}.both = {call}  %.left.{n}.after = extractvalue {both} %.left.{n}.both, 1\n"
        result = f"  {match[1]} = extractvalue {both} %.left.{n}.both, 0\n" if match[1] else ""
        return made + result, f"%.left.{n}.after"

    def leaves(match: re.Match[str]) -> str:
        n = next(numbers)
        load = f"  %.left.{n} = load i64, ptr %{PLACE}\n"
        if kind == "void":
            return f"{load}  ret i64 %.left.{n}\n"
        return (
            f"{load}  %.left.{n}.value = insertvalue {both} undef, {kind} {match[1]}, 0\n"
            f"  %.left.{n}.both = insertvalue {both} %.left.{n}.value, i64 %.left.{n}, 1\n"
            f"  ret {both} %.left.{n}.both\n"
        )

    call = re.compile(rf"^ *(?:({NAME}) = )?(?:tail |notail )?call [^@\n]*@{re.escape(name)}\((.*)\)[^)\n]*\n", re.M)
    body = call.sub(own, body)
    body = re.sub(rf"^ *ret {re.escape(kind)} ?([^\n]*)\n", leaves, body, flags=re.M)
    body = looks(body)
    label = re.match(r'(?:[\w.$]+|"[^"\n]*"):.*\n', body)
    start = label.end() if label else 0
    made = f"  %{PLACE} = alloca i64\n  store i64 {depth}, ptr %{PLACE}\n"
    before, after = (call.sub(others, part) for part in (text[: found.start()], text[end:]))
    first = f"define internal {both} @{name}({', '.join(parameters)}) {{\n"
    return f"{before}{first}{body[:start]}{made}{body[start:]}{after}"


def looks(body: str) -> str:
    """A function that hands the place of the number on where it looks at the stack.

    Where LLVM has made a call a round of a loop, the depth that was its argument is a variable of the loop, and the
    stack does not grow.
    """
    found = re.compile(rf"^( *({NAME}) = )(?:tail )?call i64 @{DEEPER}\((ptr [^,]*), i64 [^,]*, (i32 \S+)\).*$", re.M)

    def look(match: re.Match[str]) -> str:
        rounds = re.search(rf"%\.depth[\w.]*\.tr = phi [^\n]*{re.escape(match[2])}[ ,]", body)
        return f"{match[1]}call i64 @{ROUND if rounds else COUNTED}({match[3]}, ptr %{PLACE}, {match[4]})"

    return found.sub(look, body)


def signature(first: str, name: str) -> tuple[str, list[str]]:
    """What a function returns, and its parameters, from its first line."""
    start, _, rest = first.partition(f" @{name}(")
    kind = re.search(r"(\{.*\}|\S+)$", start)
    assert kind is not None
    return kind[1], parts(rest[: rest.rindex(")")] if rest.count("(") == rest.count(")") - 1 else rest)


def parts(text: str) -> list[str]:
    """What stands between the commas of a list, brackets within."""
    made, depth = [""], 0
    for c in text:
        depth += (c in "([{<") - (c in ")]}>")
        if c == "," and not depth:
            made.append("")
        else:
            made[-1] += c
    return [x.strip() for x in made]
