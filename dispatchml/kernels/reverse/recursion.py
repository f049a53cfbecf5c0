"""Functions that call themselves: run back with one stack that all of their calls share.

A recursive function becomes two. The one on the way there returns its result and the stack, on which each call leaves
what its way back needs; the one on the way back takes it from there, the last call first. So the depth of the calls
costs memory, never a second run.
"""

from __future__ import annotations

import ast
from typing import Any

from ..source import Source
from .activity import Activity
from .errors import refused
from .hoisting import hoist
from .kinds import FLOAT, Kind
from .program import Loop, Number, Program, Value, arrays_written, leaves
from .pruning import prune
from .structures import Constant

#: What a recursive function hands on beside its arguments.
STACK = ("floats", "float_place", "wholes", "whole_place")


class Known:
    """The recursive functions of a program, by their text and the kinds of their arguments."""

    def __init__(self) -> None:
        self.functions: dict[Any, Recursive] = {}
        self.writes: dict[Any, frozenset[int]] = {}
        self.count = 0

    def function(self, source: Source, tree: Any, kinds: tuple[Any, ...]) -> Recursive:
        """A function, built where it is not known yet."""
        key = id(tree), kinds
        found = self.functions.get(key)
        if found is None:
            self.count += 1
            found = self.functions[key] = Recursive(source, tree, kinds, f"{tree.name}_{self.count}")
            found.writes = self.writes.get(key, frozenset())
            found.build(self, key)
        return found


class Recursive:
    """A recursive function for arguments of some kinds. results: their kinds, in a structure of tuples; an empty one
    for a function that returns nothing. writes: the places of the arrays among the arguments that it may write into.
    """

    def __init__(self, source: Source, tree: Any, kinds: tuple[Any, ...], name: str) -> None:
        self.source, self.tree, self.kinds, self.name = source, tree, kinds, name
        self.results: Any = thought(tree)
        self.writes: frozenset[int] = frozenset()
        self.program: Program | None = None
        self.builder: Any = None

    def build(self, known: Known, key: Any) -> None:
        """Build its program; again where its result is of other kinds than was thought, or it writes into more arrays.

        The functions that it reaches are built again with it, as they may call it.
        """
        from .building import Builder

        others = set(known.functions)
        for _ in range(4 + len(self.kinds)):
            for other in set(known.functions) - others:
                del known.functions[other]
            builder = Builder(self.source, known)
            loop = Loop()
            loop.block, loop.count.made = builder.program.body, loop
            builder.program.body.code.append(loop)
            builder.block = loop.body
            program = builder.function(self.kinds)
            found = kinds_of(program.result)
            if isinstance(found, Constant) and found.value is None:
                found = program.result = ()
            if any(not isinstance(k, Kind) or not k.scalar for k in leaves(found)):
                raise refused(
                    (self.source.file, self.source.tree.lineno),
                    f"{self.source.name} calls itself and returns something else than numbers",
                )
            self.program, self.builder = program, builder
            roots = {a.root for op in program.body.walk() for a in arrays_written(op)}
            operands = list(enumerate(v for p in program.parameters for v in leaves(p)))
            writes = frozenset(k for k, v in operands if isinstance(v, Value) and v.root in roots)
            if found == self.results and writes == self.writes:
                return
            self.results, self.writes = found, writes | self.writes
            known.writes[key] = self.writes
        raise refused((self.source.file, self.source.tree.lineno), f"{self.source.name} returns no one kind of result")

    def sources(self, made: dict[str, Source]) -> None:
        """Add the sources of the way there and the way back to a table, and those of the functions that it calls."""
        from .backward import Backward
        from .deriving import finish
        from .forward import Text
        from .saving import Saving
        from .stacks import WORDS, Stack

        if f"{self.name}_forward" in made:
            return
        program, builder = self.program, self.builder
        assert program is not None
        parameters = [v for p in program.parameters for v in leaves(p)]
        written = [parameters[k] for k in sorted(self.writes)]
        prune(program, written)
        hoist(program.body.code[0].blocks()[1])  # what calls it has no part in that
        for op in program.body.walk():
            if isinstance(op, Loop):
                op.count.made, op.count.block = op, op.block
        active = Activity(program, {v for v in parameters if isinstance(v, Value)}, written)
        saving = Saving(program, active, builder.value, False, frozenset(v.root for v in written))
        top = program.body.code[0]
        assert isinstance(top, Loop)
        number = 1
        while any(f"{word}_{number}" in builder.names for word in WORDS):
            number += 1
        builder.names.update(f"{word}_{number}" for word in WORDS)
        if top not in saving.plans:
            saving.plans[top] = saving.plan_loop(top)
        stack = Stack(saving, top, str(number), False)
        stacks = dict.fromkeys(saving.plans, stack)
        shared = [f"{word}_{number}" for word in STACK]
        results = list(leaves(program.result))

        there = Text()
        w = Backward(program, active, saving, stacks, there)
        w.begin(builder.fresh, str(number))
        for value, path in program.unpacked:
            w.put(f"{value} = {path}")
        w.iteration(top, saving.plans[top], stack)
        w.put(f"return {', '.join([*map(repr, results), *shared])}")
        names = program.parameter_names
        made[f"{self.name}_forward"] = Source(None, self.source.file, ast.parse("def f(): pass").body[0], {})  # type: ignore[arg-type]

        back = Text()
        w = Backward(program, active, saving, stacks, back)
        w.begin(builder.fresh, str(number))
        for value, path in program.unpacked:
            w.put(f"{value} = {path}")
        w.put("indices_are_known()")
        cotangents = [builder.fresh(f"result_{i}_ct") for i in range(len(results))]
        w.recursive(top, saving.plans[top], stack, list(zip(results, cotangents, strict=True)))
        answers = [w.read(v) for v in parameters if is_float(v) and v.kind.scalar]
        w.put(f"return {', '.join([*answers, shared[1], shared[3]])}")
        shadows = [w.ct(v) for v in parameters if is_float(v) and not v.kind.scalar]

        for function in (f.function for f in calls_in(program)):
            function.sources(made)
        for suffix, text, head in (
            ("forward", there, [*names, *shared]),
            ("backward", back, [*names, *shadows, *cotangents, *shared]),
        ):
            made[f"{self.name}_{suffix}"] = finish(f"{self.name}_{suffix}", head, self.source, program, text)


def thought(tree: Any) -> Any:
    """What a function may return, from its text: floats, as many as its first return says, or nothing."""
    if not any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(tree)):
        return ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            return (FLOAT,) * len(node.value.elts)
    return FLOAT


def is_float(v: Any) -> bool:
    """Whether a leaf has a cotangent."""
    return isinstance(v, (Value, Number)) and v.kind.floating


def kinds_of(structure: Any) -> Any:
    """The kinds of a structure of operands."""
    if isinstance(structure, tuple):
        return tuple(map(kinds_of, structure))
    return structure.kind if isinstance(structure, (Value, Number)) else structure


def calls_in(program: Program) -> list[Any]:
    """The calls of recursive functions in a program."""
    from .program import Call

    return [op for op in program.body.walk() if isinstance(op, Call)]
