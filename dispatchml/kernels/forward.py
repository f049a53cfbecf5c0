"""Derived sources of the forward mode: functions that run the same text on dual numbers."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from . import kinds, partials
from .activity import IN_PLACE, METHODS, Lifting, analyse
from .errors import KernelError
from .partials import Partials
from .source import Source

FILE = "<dispatchml derived kernel>"


def written(text: str, helpers: dict[str, Source], names: dict[str, object]) -> Source:
    """A source whose text is made here."""
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return Source(None, FILE, tree, dict(names), helpers)


def names_of_functions() -> dict[str, object]:
    """The functions that derived texts call."""
    return {
        name: getattr(partials, name)
        for name in ("dual", "duals", "value", "tangent", "lifted", "new_tangents", "put_tangents")
    }


def next_tag(source: Source) -> int:
    """The tag of a derivative of a source: larger than those of derivatives inside of it."""
    return 1 + max((v.tag for s in source.reached() for v in s.names.values() if isinstance(v, Partials)), default=0)


def on_duals(source: Source, active: tuple[bool, ...], t: Partials) -> Source:
    """A copy of a source that can be called with dual numbers: arrays that active values are written into hold them."""
    found = analyse(source, active)
    every = list(source.reached())
    name = f"T{t.tag}"
    made = {id(s): Source(s.function, s.file, copy.deepcopy(s.tree), dict(s.names), {}) for s in every}
    for s in every:
        one = made[id(s)]
        one.tree = Lifting(found[id(s)], found, name).visit(one.tree)
        methods: dict[str, object] = {f"numpy_{n}": f for n, f in METHODS.items()}
        methods |= {n: getattr(partials, n) for n in IN_PLACE.values()}
        one.names.update({name: t, "lifted": partials.lifted, "stacked": partials.stacked, **methods})
        one.helpers = {text: made[id(h)] for text, h in s.helpers.items()}
    return made[id(source)]


class Leaves:
    """The numbers and arrays among the arguments of some kinds, tuples taken apart."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self.kinds: list[str] = []
        self.structure = [self.named(kind) for kind in arguments]

    def named(self, kind: str) -> object:
        """The numbers of the leaves of an argument."""
        if kinds.is_tuple(kind):
            return tuple(self.named(inner) for inner in kinds.elements(kind))
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def texts(self, leaf: dict[int, str]) -> Iterator[str]:
        """The arguments as text, of the texts of the leaves."""
        return (self.text(x, leaf) for x in self.structure)

    def text(self, x: object, leaf: dict[int, str]) -> str:
        """One argument as text."""
        if isinstance(x, tuple):
            return f"({''.join(f'{self.text(y, leaf)}, ' for y in x)})"
        assert isinstance(x, int)
        return leaf.get(x, f"a{x}")


def refuse_complex(source: Source, leaves: Leaves, active: tuple[bool, ...]) -> None:
    """Raise for derivatives by complex arguments, which dual numbers do not have."""
    if any(flag and kind[0] in "DF" for kind, flag in zip(leaves.kinds, active, strict=True)):
        raise KernelError(
            f"{source.name} has no derivatives by complex arguments ({source.line(source.tree)}): kernels take them by "
            "floats only. Hand over the real and the imaginary part."
        )


def active_parameters(leaves: Leaves, active: tuple[bool, ...]) -> tuple[bool, ...]:
    """Which parameters have an active leaf."""

    def has(x: object) -> bool:
        return any(map(has, x)) if isinstance(x, tuple) else active[x]  # type: ignore[index]

    return tuple(map(has, leaves.structure))


def tangent_source(source: Source, arguments: tuple[str, ...], active: tuple[bool, ...]) -> Source:
    """The tangent of a function along one direction.

    Its parameters are the leaves of the arguments, then the tangents of the active ones.
    """
    leaves, t = Leaves(arguments), Partials(next_tag(source), 1)
    refuse_complex(source, leaves, active)
    inner = on_duals(source, active_parameters(leaves, active), t)
    chosen = [k for k, flag in enumerate(active) if flag]
    given = ", ".join(leaves.texts({k: f"dual(a{k}, d{k}, T)" for k in chosen}))
    parameters = [f"a{k}" for k in range(len(leaves.kinds))] + [f"d{k}" for k in chosen]
    text = f"def {inner.name}_tangent({', '.join(parameters)}):\n    return tangent(function({given}), T)\n"
    return written(text, {"function": inner}, {**names_of_functions(), "T": t})


def columns_source(source: Source, arguments: tuple[str, ...], active: tuple[bool, ...], count: int) -> Source:
    """The tangents of a function along many directions, so many at once.

    Its parameters are the leaves of the arguments, then the tangents of the active ones with the directions in front.
    """
    leaves, t = Leaves(arguments), Partials(next_tag(source), count)
    refuse_complex(source, leaves, active)
    inner = on_duals(source, active_parameters(leaves, active), t)
    chosen = [k for k, flag in enumerate(active) if flag]
    given = ", ".join(leaves.texts({k: f"duals(a{k}, d{k}, k, T)" for k in chosen}))
    parameters = [f"a{k}" for k in range(len(leaves.kinds))] + [f"d{k}" for k in chosen]
    text = f"""\
def {inner.name}_tangents({", ".join(parameters)}):
    size = len(d{chosen[0]})
    k = 0
    y = function({given})
    result = new_tangents(y, size, T)
    put_tangents(result, y, k, T)
    for k in range({count}, size, {count}):
        put_tangents(result, function({given}), k, T)
    return result
"""
    return written(text, {"function": inner}, {**names_of_functions(), "T": t})
