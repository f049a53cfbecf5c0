"""The reverse derivative of a kernel as a source.

    derived(source, kinds, positions)

is the source of a function that takes the arguments of the kernel and the cotangent of its result, and returns the
result and a tuple with the cotangent of each argument at `positions`.
"""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np

from ..source import Source
from .activity import Activity
from .backward import Backward
from .building import Builder
from .errors import refused
from .forward import Forward, Text
from .hoisting import hoist
from .kinds import Kind
from .program import Loop, Number, Program, Store, Value, arrays_written, leaves
from .pruning import prune
from .records import FUNCTIONS
from .recursion import STACK, calls_in
from .saving import Saving
from .stacks import WORDS, Stack
from .structures import Constant


def transform(
    source: Source, kinds: tuple[str, ...], active: tuple[bool, ...], result: str, checkpoints: bool = True
) -> Source:
    """The derived source for arguments of kinds that are written as texts: "d", "q", "d2C", "(d,d1C)".

    active: whether the cotangent of each argument is wanted. The structure of `result` is found again here.
    checkpoints: without, the source is shorter, is compiled sooner, and raises MemoryError(TOO_LONG) where a loop needs
    more than 32 MB to be run back: derive it again with checkpoints then.
    """
    positions = tuple(i for i, wanted in enumerate(active) if wanted)
    return derived(
        source, tuple(kind_of_text(k, source) for k in kinds), positions, checkpoints, guarded=not checkpoints
    )


def kind_of_text(text: str, source: Source) -> Any:
    """The kind that a text of `dispatchml.kernels.kinds` says."""
    if text == "N":
        return None
    if text[0] == "(":
        from ..kinds import elements

        return tuple(kind_of_text(t, source) for t in elements(text))
    code = {"d": "f8", "f": "f4", "?": "b1"}.get(text[0], "i8")
    if text[0] in "DF":
        raise refused((source.file, source.tree.lineno), "complex numbers have no gradient here")
    return Kind(code, int(text[1:-1]) if len(text) > 1 else 0)


def derived(
    source: Source, kinds: tuple[Any, ...], positions: tuple[int, ...], checkpoints: bool = True, guarded: bool = False
) -> Source:
    """The source of (arguments, cotangent) -> (result, cotangents of the arguments at positions).

    kinds: of the arguments, tuples of them for tuples. checkpoints: bound the memory of long loops; without, the
    derived source is shorter. guarded: without checkpoints, raise
    MemoryError(TOO_LONG) where they are needed. An argument that has integers gets the cotangent 0.0, or zeros.

    Raises KernelReverseError, with the line of the user's file, for what has no derivative.
    """
    builder = Builder(source)
    program = builder.function(kinds)
    if (id(source.tree), kinds) in builder.recursive.functions:
        builder = Builder(source, builder.recursive)
        program = builder.calling(kinds)
    prune(program)
    hoist(program.body)
    for op in program.body.walk():
        if isinstance(op, Loop):
            op.count.made, op.count.block = op, op.block
    inputs = {v for p in positions for v in leaves(program.parameters[p]) if isinstance(v, Value)}
    active = Activity(program, inputs)
    saving = Saving(program, active, builder.value, checkpoints)
    text = Text()
    writer = Backward(program, active, saving, stacks_of(program, saving, checkpoints, guarded, builder.names), text)
    cotangent = builder.value("ct", Kind("f8"))
    write(program, writer, str(cotangent), positions, builder.fresh)
    made: dict[str, Source] = {}
    for call in calls_in(program):
        call.function.sources(made)
    return connect(
        finish(f"{source.name}_reverse", [*program.parameter_names, str(cotangent)], source, program, text), made
    )


class Nothing:
    """What is saved where nothing is run back."""

    plans: dict[Loop, Any] = {}
    undone: frozenset[Store] = frozenset()
    written: frozenset[Value] = frozenset()


def lowered(source: Source, kinds: tuple[str, ...]) -> Source:
    """The same function over numbers alone: helpers put in, expressions of whole arrays as loops.

    kinds: of the arguments, as texts.

    Raises KernelReverseError for what a program does not have, recursion among it.
    """
    builder = Builder(source)
    program = builder.function(tuple(kind_of_text(k, source) for k in kinds))
    prune(program)
    if calls_in(program):
        raise refused((source.file, source.tree.lineno), f"{source.name} calls itself")
    for op in program.body.walk():
        if isinstance(op, Loop):
            op.count.made, op.count.block = op, op.block
    text = Text()
    w = Forward(program, Activity(program, set()), Nothing(), {}, text)  # type: ignore[arg-type]
    for value, path in program.unpacked:
        w.put(f"{value} = {path}")
    w.block(program.body, False)
    w.put(f"return {structure(program.result, repr)}")
    return finish(f"{source.name}_lowered", program.parameter_names, source, program, text)


def stacks_of(program: Program, saving: Saving, checkpoints: bool, guarded: bool, names: set[str]) -> dict[Loop, Stack]:
    """The records of each planned loop: those of the outermost planned loop around it."""
    found: dict[Loop, Stack] = {}
    count = 0
    for op in program.body.walk():
        if isinstance(op, Loop) and op in saving.plans and op not in found:
            count += 1
            while any(f"{word}_{count}" in names for word in WORDS):
                count += 1
            names.update(f"{word}_{count}" for word in WORDS)
            stack = Stack(saving, op, str(count), checkpoints and op.block.loop is None, guarded)
            found[op] = stack
            for inner in op.body.walk():
                if isinstance(inner, Loop) and inner in saving.plans:
                    found[inner] = stack
    return found


def write(program: Program, w: Backward, cotangent: str, positions: tuple[int, ...], fresh: Any) -> None:
    """Write the body of the derived function."""
    shared = fresh("calls")
    w.begin(fresh, shared)
    if calls_in(program):
        floats, float_place, wholes, whole_place = (f"{word}_{shared}" for word in STACK)
        w.put(f"{floats} = np.empty(256, np.float64)")
        w.put(f"{wholes} = np.empty(256, np.int64)")
        w.put(f"{float_place} = 0")
        w.put(f"{whole_place} = 0")
    for value, path in program.unpacked:
        w.put(f"{value} = {path}")
    w.block(program.body, True)
    written = {a.root for op in program.body.walk() for a in arrays_written(op)}
    results = list(leaves(program.result))
    kept: dict[Value, str] = {}
    for r in results:
        if isinstance(r, Value) and not r.kind.scalar and r.root in written and r not in kept:
            kept[r] = w.named(r, "result")
            w.put(f"{kept[r]} = {r}.copy()")
        elif isinstance(r, Value) and r.kind.scalar and isinstance(r.made, Loop):
            kept[r] = w.named(r, "result")
            w.put(f"{kept[r]} = {r}")
    inputs = [v for p in positions for v in leaves(program.parameters[p]) if isinstance(v, Value)]
    for v in inputs:
        if not v.kind.scalar:
            w.put(f"{w.ct(v)} = np.zeros({v}.shape, {'np.float32' if v.kind.code == 'f4' else 'np.float64'})")
    w.put("indices_are_known()")
    w.shadows(program.body)
    seed(program.result, cotangent, w)
    w.back(program.body)
    answer = structure(program.result, lambda r: kept.get(r, repr(r)))
    cotangents = [structure(program.parameters[p], lambda v: cotangent_of(w, v)) for p in positions]
    w.put(f"return {answer}, ({', '.join(cotangents)}{',' if len(cotangents) == 1 else ''})")


def seed(result: Any, text: str, w: Backward) -> None:
    """The cotangents of the results."""
    if isinstance(result, tuple):
        for i, part in enumerate(result):
            seed(part, f"{text}[{i}]", w)
    elif isinstance(result, (Value, Number)):
        w.add(result, text)


def cotangent_of(w: Backward, v: Any) -> str:
    """The cotangent of an argument, as text."""
    if not isinstance(v, Value):
        return "0.0"
    if not v.kind.scalar:
        return w.ct(v)
    text = w.read(v)
    return f"np.float32({text})" if v.kind.code == "f4" else text


def structure(parts: Any, shown: Any) -> str:
    """A structure of tuples as text."""
    if isinstance(parts, tuple):
        return "(" + "".join(structure(p, shown) + ", " for p in parts) + ")"
    return "None" if isinstance(parts, Constant) else shown(parts)


def finish(name: str, parameters: list[str], source: Source, program: Program, text: Text) -> Source:
    """The lines as a source whose nodes have the line numbers of the user's file; its helpers are found by name."""
    lines, places = [f"def {name}({', '.join(parameters)}):", *text.lines], [program.line, *text.places]
    try:
        tree = ast.parse("\n".join(lines)).body[0]
    except SyntaxError as error:  # a fault of ours
        raise refused((program.file, program.line), f"the derived text is no Python: {error}") from error
    assert isinstance(tree, ast.FunctionDef)
    for node in ast.walk(tree):
        for attribute in ("lineno", "end_lineno"):
            line = getattr(node, attribute, None)
            if line is not None:
                setattr(node, attribute, places[line - 1] or program.line)
    names: dict[str, Any] = {"np": np, "math": math, **program.outside}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "math"):
            names[f"{node.value.id}.{node.attr}"] = getattr(names[node.value.id], node.attr)
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    names.update((f.__name__, f) for f in FUNCTIONS if f.__name__ in called)
    return Source(None, source.file, tree, names, {})


def connect(source: Source, made: dict[str, Source]) -> Source:
    """Give the sources that call recursive functions the sources of these."""
    for s in (source, *made.values()):
        called = {n.func.id for n in ast.walk(s.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        s.helpers.update((name, other) for name, other in made.items() if name in called)
    return source


__all__ = ["derived", "lowered", "transform"]
