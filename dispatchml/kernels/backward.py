"""Derived sources of the reverse mode: the text run back, as `reverse` writes it."""

from __future__ import annotations

from . import kinds
from .forward import Leaves, written
from .reverse.records import has_nan
from .source import Source


def pull_source(
    source: Source, arguments: tuple[str, ...], active: tuple[bool, ...], result: str, checkpoints: bool = True
) -> Source:
    """The cotangents of the active leaves of a function's arguments.

    Its parameters are the leaves of the arguments, then the cotangents of those leaves of the result that are floats.
    checkpoints: loops of any length are run back in bounded memory; without, it is shorter, and raises MemoryError
    where a loop is too long.

    Raises KernelError where the function cannot be run back.
    """
    inner, names = run_back(source, arguments, active, result, checkpoints)
    outputs = Leaves((result,))
    wanted = [k for k, kind in enumerate(outputs.kinds) if kinds.is_float(kind)]
    cotangents = {k: f"c{k}" if k in wanted else "0.0" for k in range(len(outputs.kinds))}
    (ct,) = outputs.texts(cotangents)
    parameters = ", ".join([*names.split(", "), *(cotangents[k] for k in wanted)])
    text = f"def {source.name}_cotangents({parameters}):\n    return backward({names}, {ct})[1]\n"
    return only_reading(written(text, {"backward": inner}, {}))


def gradient_source(
    source: Source, arguments: tuple[str, ...], active: tuple[bool, ...], result: str, checkpoints: bool = True
) -> Source:
    """The value of a function that returns a number, its gradient by the active leaves of the arguments, and whether
    that has a nan.

    Raises KernelError where the function cannot be run back.
    """
    inner, names = run_back(source, arguments, active, result, checkpoints)
    spoiled = " or ".join(f"has_nan(slopes[{k}])" for k in range(sum(active)))
    text = f"""\
def {source.name}_gradient({names}):
    y, slopes = backward({names}, 1.0)
    return y, slopes, {spoiled}
"""
    return only_reading(written(text, {"backward": inner}, {"has_nan": has_nan}))


def only_reading(source: Source) -> Source:
    """A source whose function was run back: one that writes into its arguments would have been refused."""
    source.only_reads = True
    return source


def run_back(
    source: Source, arguments: tuple[str, ...], active: tuple[bool, ...], result: str, checkpoints: bool
) -> tuple[Source, str]:
    """The text run back as a function of leaves, and the names of these."""
    from .reverse import transform

    leaves = Leaves(arguments)
    names = ", ".join(f"a{k}" for k in range(len(leaves.kinds)))
    if any(map(kinds.is_tuple, arguments)):
        text = f"def {source.name}_of_leaves({names}):\n    return function({', '.join(leaves.texts({}))})\n"
        source = written(text, {"function": source}, {})
    return transform(source, tuple(leaves.kinds), active, result, checkpoints), names
