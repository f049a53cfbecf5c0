"""Generated source: compiled once, readable in tracebacks, deterministic."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterable
from typing import Any

from .. import ops
from ..backends.numpy import kernels
from ..dispatch.families import FAMILIES
from ..dispatch.operation import Operation

NAMES: dict[str, int] = {}


def compile_source(source: str, scope: dict[str, Any], name: str, origin: str) -> dict[str, Any]:
    """Run generated definitions in a scope; tracebacks and debuggers show the source under `<dispatchml name>`."""
    NAMES[name] = count = NAMES.get(name, 0) + 1
    filename = f"<dispatchml {name}>" if count == 1 else f"<dispatchml {name} #{count}>"
    source = f"# generated from {origin}\n{source}"
    exec(compile(source, filename, "exec"), scope)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return scope


def word(op: Operation) -> str:
    """The word for an operation in generated source: its name, or for operations from elsewhere an identifier that no
    operation of `ops` has.
    """
    if getattr(ops, op.name, None) is op.function:
        return op.name
    return "own_" + re.sub(r"\W", "_", op.name)


def with_keywords(op: Operation, source: Callable[[str, str], str]) -> str:
    """Source of a function that takes an operation's keywords and hands them on, by name where they are safe.

    source(parameters, given): the whole, from what follows the positional parameters and what follows the arguments
    of a call. A keyword that is also a word of the source itself, such as `tape`, would hide it: then all go through
    a dict.
    """
    names = tuple(op.keywords)
    if set(names) & set(WORDS.findall(source("", ""))):
        return source(", /, **keywords", ", **keywords")
    return source(
        ", *" * bool(names) + "".join(f", {k}={k}_default" for k in names), "".join(f", {k}={k}" for k in names)
    )


def looking(names: Iterable[str], arity: int, given: str = "") -> str:
    """The condition that a structure was found among values that are not plain, and its rule has `made` a result."""
    unusual = " or ".join(
        f"type({n}) not in PLAIN and "
        f"(type({n}._value) not in PLAIN if type({n}) in TRACED else FAMILIES[type({n})] is None)"
        for n in names
    )
    call = f"looked({', '.join(f'x{k}' for k in range(arity))}{given})"
    return f"looked is not None and ({unusual}) and (made := {call}) is not NotImplemented"


def words_of_looking() -> dict[str, Any]:
    """What the words in such a condition mean; `looked` is set where structures are known."""
    from .provider import TRACED
    from .tape import PLAIN

    return {"looked": None, "PLAIN": PLAIN, "TRACED": TRACED, "FAMILIES": FAMILIES}


def belongs(name: str, part: str) -> str:
    """The condition that a value is of the class `kind`, or else of a part of its `family`: "own" or "beside"."""
    return f"(type({name}) is kind or type({name}) in family.{part})"


def watching(names: Iterable[str]) -> str:
    """The line that looks whether one of the values of a choice is nan or infinite."""
    if kernels.FAST:
        return f"    if not ({' and '.join(f'finite({n})' for n in names)}): tape.careful = True"
    return f"    if not tape.careful: watch_choice(tape, ({', '.join(names)},))"


#: Names in source, without attributes.
WORDS = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def plain_space(k: int) -> str:
    """The lines that make the space of an argument `a{k}`; filling its slots takes half the time of a call."""
    return (
        f"    if type(a{k}) is ndarray and a{k}.dtype is not OBJECT:\n"
        f"        space{k} = PlainSpace(); space{k}.shape = a{k}.shape; space{k}.dtype = a{k}.dtype\n"
        f"    else: space{k} = space_of(a{k})\n"
    )
