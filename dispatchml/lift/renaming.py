"""Code objects that read some of their global names from elsewhere: where they do, and copies that read another name.

The new names are looked up where Python looks for built-ins, so that the globals of a function stay its own, and writes
to them and rebinding are seen. They hold a blank, so that nobody's names meet them.
"""

from __future__ import annotations

import builtins
import dis
import types
from collections.abc import Callable, Iterator
from typing import Any

#: Instructions that read a global name.
READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
#: Instructions that go on to an attribute of what was read, or put nothing between.
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
BETWEEN = frozenset({"CACHE", "PRECALL", "EXTENDED_ARG"})
#: Instructions that make lists.
LISTS = frozenset({"BUILD_LIST", "LIST_APPEND", "LIST_EXTEND"})
#: Instructions by which code writes into arrays.
WRITES = frozenset({"STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR"})


class Site:
    """One place where code reads a global name, or imports a module.

    chain: the attributes that it goes on to, or the names that are imported. called: whether what comes out is called
    at once, or by `map`. imports: how many packages up a module is imported from, None where it is none. offset,
    argument: those of the instruction, for the renaming.
    """

    __slots__ = ("name", "chain", "called", "offset", "argument", "imports")

    def __init__(
        self, name: str, chain: tuple[str, ...], called: bool, offset: int, argument: int, imports: int | None = None
    ) -> None:
        self.name, self.chain, self.called = name, chain, called
        self.offset, self.argument, self.imports = offset, argument, imports


class Reading:
    """What one code object reads, apart from the code inside it. writes: whether it assigns to elements or in place;
    lists: whether it makes lists of what it computes; cells: the variables of functions around it that it assigns to.
    """

    __slots__ = ("code", "sites", "writes", "lists", "cells")

    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.sites: list[Site] = []
        self.writes = self.lists = False
        self.cells: set[str] = set()
        instructions = [i for i in dis.get_instructions(code) if i.opname not in BETWEEN]
        own = {i.argval for i in instructions if i.opname == "STORE_NAME"}  # of a class
        for k, i in enumerate(instructions):
            if i.opname in READS and i.argval not in own:
                chain, called = self.follow(instructions, k)
                self.sites.append(Site(i.argval, chain, called, i.offset, i.arg or 0))
            elif i.opname == "IMPORT_NAME":
                level, names = instructions[k - 2].argval, instructions[k - 1].argval
                self.sites.append(Site(i.argval, names or (), False, i.offset, i.arg or 0, level))
            elif i.opname == "STORE_DEREF":
                self.cells.add(i.argval)
            elif i.opname in LISTS and i.arg:
                self.lists = True
            elif i.opname in WRITES or i.opname == "BINARY_OP" and i.argrepr.endswith("="):
                self.writes = True

    def follow(self, instructions: list[Any], k: int) -> tuple[tuple[str, ...], bool]:
        """The attributes behind a name, and whether the result is called."""
        first = instructions[k]
        chain: list[str] = []
        called = first.opname == "LOAD_GLOBAL" and bool((first.arg or 0) & 1)
        before = instructions[k - 1] if k else None
        called = called or before is not None and before.opname == "PUSH_NULL"
        if before is not None and before.opname in READS and before.argval == "map":
            called = True
        while k + 1 < len(instructions) and instructions[k + 1].opname in ATTRIBUTES:
            k += 1
            chain.append(instructions[k].argval)
            if instructions[k].opname == "LOAD_METHOD" or METHODS_ARE_ATTRIBUTES and (instructions[k].arg or 0) & 1:
                called = True
                break
        return tuple(chain), called


#: Whether LOAD_ATTR says by its lowest bit that a method is called (from Python 3.12 on).
METHODS_ARE_ATTRIBUTES = "LOAD_METHOD" not in dis.opmap
#: What was read of code objects, by identity; the object is kept with it.
KNOWN: dict[int, tuple[types.CodeType, Reading]] = {}


def reading(code: types.CodeType) -> Reading:
    """What a code object reads."""
    known = KNOWN.get(id(code))
    if known is None or known[0] is not code:
        if len(KNOWN) > 20_000:
            KNOWN.clear()
        known = KNOWN[id(code)] = code, Reading(code)
    return known[1]


def inside(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those of the functions, lambdas, comprehensions and classes in it."""
    yield code
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            yield from inside(c)


def sites(code: types.CodeType) -> Iterator[Site]:
    """All places where a function, or one in it, reads a global name."""
    for c in inside(code):
        yield from reading(c).sites


def entered(name: str, value: Any) -> str:
    """A name under which lifted code finds a value."""
    vars(builtins)[name] = value  # pyright: ignore[reportIndexIssue]
    return name


def renamed(code: types.CodeType, decide: Callable[[Site], str | None]) -> types.CodeType:
    """A copy of some code that reads other names, by `decide`, at some sites; itself where there are none."""
    consts = tuple(renamed(c, decide) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    changes = [(site, new) for site in reading(code).sites if (new := decide(site)) is not None]
    if not changes:
        if all(a is b for a, b in zip(consts, code.co_consts, strict=True)):
            return code
        return code.replace(co_consts=consts)
    names, raw = list(code.co_names), bytearray(code.co_code)
    for site, new in changes:
        if new not in names:
            names.append(new)
        argument = names.index(new)
        if raw[site.offset] == dis.opmap["LOAD_GLOBAL"]:
            argument = argument << 1 | site.argument & 1
        # a wider number would need another instruction in front: then the site stays what it is
        if argument > 255 and not (site.argument > 255 and argument < 65536):
            continue
        raw[site.offset + 1] = argument & 255
        if site.argument > 255:
            raw[site.offset - 1] = argument >> 8
    return code.replace(co_names=tuple(names), co_code=bytes(raw), co_consts=consts)
