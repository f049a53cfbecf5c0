"""Code objects that read some of their global names from elsewhere: where they do, and copies that read another name.

The new names are looked up where Python looks for built-ins, so that the globals of a function stay its own, and writes
to them and rebinding are seen. They hold a blank, so that nobody's names meet them.
"""

from __future__ import annotations

import builtins
import dis
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from .inserting import inserted

#: Instructions that read a global name.
READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
#: Instructions that go on to an attribute of what was read, or put nothing between.
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
BETWEEN = frozenset({"CACHE", "PRECALL", "EXTENDED_ARG"})
#: Instructions that make lists.
LISTS = frozenset({"BUILD_LIST", "LIST_APPEND", "LIST_EXTEND"})
#: Errors that a handler names which catches a missing attribute.
FORGIVING = frozenset({"AttributeError", "Exception", "BaseException"})
#: Instructions by which code writes into arrays.
WRITES = frozenset({"STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR"})


#: Whether LOAD_ATTR says by its lowest bit that a method is called (from Python 3.12 on).
METHODS_ARE_ATTRIBUTES = "LOAD_METHOD" not in dis.opmap
#: Whether what a call needs beside the function lies behind it on the stack (from Python 3.13 on), not before it.
NULL_COMES_LAST = sys.version_info >= (3, 13)
#: Instructions that write elements, and that read some, with how many values say which.
KEYS = {"STORE_SUBSCR": 1, "STORE_SLICE": 2}
PARTS = {"BINARY_SUBSCR": 1, "BINARY_SLICE": 2}
LOADS = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF"})
STORES = frozenset({"STORE_FAST", "STORE_DEREF"})
#: How variables are called that hold a type, by which code makes numbers: `dtype(x)`.
TYPES = frozenset({"dtype", "type_", "typ", "kind", "cast", "float_type", "number"})
#: Attributes of arrays that are views.
VIEWED = frozenset({"T", "mT", "flat", "real", "imag"})


def is_callee(instructions: list[Any], k: int) -> bool:
    """Whether the name that is read behind what a call needs is what is called, as in `float(x)`, or is only the first
    thing from which that is made, as in `{float: f}[key](x)`. Where the way there is not straight it is taken for it.
    """
    if NULL_COMES_LAST:
        return True
    depth = 1  # of what is on the stack, from the value of the name on
    for i in instructions[k + 1 :]:
        if i.is_jump_target or i.opcode in dis.hasjrel or i.opcode in dis.hasjabs:
            return True
        arguments = i.arg or 0
        if i.opname == "CALL":
            if depth - arguments <= 1:
                return depth - arguments == 1
            depth -= arguments + 1
        elif i.opname == "CALL_FUNCTION_EX":
            if depth - 2 - (arguments & 1) <= 0:
                return True
            depth -= 2 + (arguments & 1)
        else:
            depth += dis.stack_effect(i.opcode, i.arg)
            if depth <= 1 and i.opname not in {*ATTRIBUTES, "NOP", "KW_NAMES"}:
                return False  # it has gone into something else
    return True


class Site:
    """One place where code reads a global name, or imports a module.

    chain: the attributes that it goes on to, or the names that are imported. called: whether what comes out is called
    at once, or by `map`. matched: whether it is the class of a `case`. imports: how many packages up a module is
    imported from, None where it is none. offset, argument: those of the instruction, for the renaming.
    """

    __slots__ = ("name", "chain", "called", "offset", "argument", "imports", "matched")

    def __init__(
        self, name: str, chain: tuple[str, ...], called: bool, offset: int, argument: int, imports: int | None = None
    ) -> None:
        self.name, self.chain, self.called = name, chain, called
        self.offset, self.argument, self.imports = offset, argument, imports
        self.matched = False


class Attribute:
    """One place where code reads an attribute of a value. method: whether it is called at once; end: where the next
    instruction begins.
    """

    __slots__ = ("name", "method", "offset", "argument", "end")

    def __init__(self, instruction: dis.Instruction, end: int) -> None:
        self.name, self.offset, self.argument = str(instruction.argval), instruction.offset, instruction.arg or 0
        self.method = instruction.opname == "LOAD_METHOD" or METHODS_ARE_ATTRIBUTES and bool(self.argument & 1)
        self.end = end


def opnames(instructions: list[Any], start: int, count: int) -> list[str]:
    """The names of some instructions."""
    return [i.opname for i in instructions[start : start + count]]


def container(every: list[Any], k: int) -> str | None:
    """The variable into whose elements, or those of a part of it, an instruction writes; None where it is none."""
    wanted = KEYS[every[k].opname]
    if every[k - 1].opname == every[k - 2].opname == "SWAP":  # `a[i] += v` has read the element before
        while k > 3 and not (every[k].opname in PARTS and every[k - 1].opname == every[k - 2].opname == "COPY"):
            k -= 1
        wanted = PARTS.get(every[k].opname, 1)
        k -= 1 + wanted
    while True:
        height = 0
        while height < wanted:
            k -= 1
            if k < 1 or every[k].opcode in dis.hasjrel:
                return None
            height += dis.stack_effect(every[k].opcode, every[k].arg, jump=False)
        before = every[k - 1]
        if before.opname == "LOAD_ATTR" and before.argval in VIEWED:
            k, before = k - 1, every[k - 2]
        if before.opname in PARTS:
            k, wanted = k - 1, PARTS[before.opname]
            continue
        return str(before.argval) if before.opname in LOADS else None


class Reading:
    """What one code object reads, apart from the code inside it. writes: whether it assigns to elements or in place;
    lists: whether it makes lists of what it computes; cells: the variables of functions around it that it assigns to;
    attributes: where it reads attributes by which it may ask what a value is; forgives: whether it goes on where an
    attribute is missing; written: the variables whose elements it, or a function in it, writes; stores: where it
    assigns to these; casts: where it has read a variable that holds a type and is called; rebinds: whether it assigns
    to global names.
    """

    __slots__ = (
        "code", "sites", "writes", "lists", "cells", "attributes", "forgives", "written", "stores",
        "casts", "rebinds",
    )  # fmt: skip

    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.sites: list[Site] = []
        self.writes = self.lists = self.forgives = self.rebinds = False
        self.cells: set[str] = set()
        self.casts: list[int] = []
        self.attributes: list[Attribute] = []
        every = list(dis.get_instructions(code))
        ends = {i.offset: after.offset for i, after in zip(every, every[1:], strict=False)}
        chained: set[int] = set()  # attributes of global names, which are no values that one asks
        instructions = [i for i in every if i.opname not in BETWEEN]
        own = {i.argval for i in instructions if i.opname == "STORE_NAME"}  # of a class
        for k, i in enumerate(instructions):
            if i.opname in READS and i.argval not in own:
                chain, called = self.follow(instructions, k)
                site = Site(i.argval, chain, called, i.offset, i.arg or 0)
                site.matched = opnames(instructions, k + len(chain) + 1, 2)[1:] == ["MATCH_CLASS"]
                self.sites.append(site)
                chained.update(i.offset for i in instructions[k + 1 : k + len(chain) + 1])
                if len(chain) > 1 and chain[-1] == "dot":  # of an object's array
                    chained.discard(instructions[k + len(chain)].offset)
            elif i.opname == "IMPORT_NAME":
                level, names = instructions[k - 2].argval, instructions[k - 1].argval
                self.sites.append(Site(i.argval, names or (), False, i.offset, i.arg or 0, level))
            elif i.opname == "STORE_DEREF":
                self.cells.add(i.argval)
            elif i.opname in LOADS and i.argval in TYPES and "PUSH_NULL" in opnames(instructions, max(k - 1, 0), 3):
                self.casts.append(ends[i.offset])
            elif i.opname == "STORE_GLOBAL":
                self.rebinds = True
            elif i.opname in LISTS and i.arg:
                self.lists = True
            elif i.opname in WRITES or i.opname == "BINARY_OP" and i.argrepr.endswith("="):
                self.writes = True
            elif i.opname in ATTRIBUTES and i.offset not in chained and instructions[k - 1].argval != "self":
                self.attributes.append(Attribute(i, ends[i.offset]))
            elif i.opname == "CHECK_EXC_MATCH":
                self.forgives = self.forgives or not FORGIVING.isdisjoint(code.co_names)
            elif i.opname == "PUSH_EXC_INFO" and opnames(instructions, k + 1, 1) == ["POP_TOP"]:
                self.forgives = True  # except: without a name
            if i.argval == "suppress":
                self.forgives = True
        self.written = {container(every, k) for k, i in enumerate(every) if i.opname in KEYS}
        for c in code.co_consts:  # variables of this code that a function in it writes
            if isinstance(c, types.CodeType):
                self.written |= reading(c).written & set(c.co_freevars)
        self.stores = [i.offset for i in every if i.opname in STORES and i.argval in self.written]

    def follow(self, instructions: list[Any], k: int) -> tuple[tuple[str, ...], bool]:
        """The attributes behind a name, and whether the result is called."""
        first = instructions[k]
        chain: list[str] = []
        called = first.opname == "LOAD_GLOBAL" and bool((first.arg or 0) & 1)
        before = instructions[k - 1] if k else None
        called = called or before is not None and before.opname == "PUSH_NULL"
        called = called and is_callee(instructions, k)
        if before is not None and before.opname in READS and before.argval == "map":
            called = True
        while k + 1 < len(instructions) and instructions[k + 1].opname in ATTRIBUTES:
            k += 1
            chain.append(instructions[k].argval)
            if instructions[k].opname == "LOAD_METHOD" or METHODS_ARE_ATTRIBUTES and (instructions[k].arg or 0) & 1:
                called = True
                break
        return tuple(chain), called


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


def renamed(
    code: types.CodeType,
    decide: Callable[[Site], str | None],
    ask: Callable[[Attribute], Any] = lambda attribute: None,
    keep: Any = None,
    cast: Any = None,
) -> types.CodeType:
    """A copy of some code that reads other names, by `decide`, at some sites; itself where there are none.

    ask: what an object is the right operand of, by `@`, in the place of an attribute that is read of it; None where
    the attribute is read. keep: what an object is the right operand of before it becomes a variable whose elements are
    written. cast: the same where a variable that holds a type is called.
    """
    consts = tuple(renamed(c, decide, ask, keep, cast) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    changes = [(site, new) for site in reading(code).sites if (new := decide(site)) is not None]
    asked = [(attribute, asks) for attribute in reading(code).attributes if (asks := ask(attribute)) is not None]
    wrapped = {offset: keep for offset in reading(code).stores if keep is not None}
    wrapped |= {offset: cast for offset in reading(code).casts if cast is not None}
    if not changes and not asked and not wrapped:
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
    for attribute, asks in asked:
        consts += (asks,)
        made = multiplied(attribute.method, len(consts) - 1)
        if attribute.offset + len(made) <= attribute.end:
            blank = bytes((dis.opmap["NOP"], 0)) * ((attribute.end - attribute.offset - len(made)) // 2)
            raw[attribute.offset : attribute.end] = made + blank
            if attribute.argument > 255:
                raw[attribute.offset - 2] = dis.opmap["NOP"]
    places = {id(x): len(consts) + k for k, x in enumerate({id(x): x for x in wrapped.values()}.values())}
    consts += tuple({id(x): x for x in wrapped.values()}.values())
    made = code.replace(
        co_names=tuple(names), co_code=bytes(raw), co_consts=consts, co_stacksize=code.co_stacksize + 2 * bool(asked)
    )
    if not wrapped:
        return made
    return inserted(made, {offset: multiplied(False, places[id(x)]) for offset, x in wrapped.items()}, 1)


def multiplied(method: bool, constant: int) -> bytes:
    """The instructions that put `constant @ x` in the place of x; with what a call needs where it is called."""
    load = bytes((dis.opmap["LOAD_CONST"], constant & 255))
    if constant > 255:
        load = bytes((dis.opmap["EXTENDED_ARG"], constant >> 8)) + load
    swap, null = bytes((dis.opmap["SWAP"], 2)), bytes((dis.opmap["PUSH_NULL"], 0))
    made = load + swap + OPERATOR
    if not method:
        return made
    return made + null if NULL_BEHIND else null + swap + made


def operator_instruction() -> bytes:
    """The instruction of the operator `@`, with the room behind it that is the interpreter's."""
    code = compile("a @ b", "", "eval")
    every = list(dis.get_instructions(code))
    k = next(k for k, i in enumerate(every) if i.opname == "BINARY_OP")
    return code.co_code[every[k].offset : every[k + 1].offset]


OPERATOR = operator_instruction()
#: Whether a call has its blank behind the function (from Python 3.13 on) or in front of it.
NULL_BEHIND = sys.version_info >= (3, 13)
