"""Derived sources of batches: a loop over the elements around the function."""

from __future__ import annotations

from . import partials
from .forward import Leaves, written
from .source import Source


def loop_source(source: Source, arguments: tuple[str, ...], batched: tuple[bool, ...]) -> Source:
    """The function of each element of those leaves that are batched.

    Its parameters are the leaves of the arguments and the size of the batch, which is not 0. Results have the batch in
    front.
    """
    leaves = Leaves(arguments)
    given = ", ".join(leaves.texts({k: f"a{k}[k]" for k, flag in enumerate(batched) if flag}))
    parameters = ", ".join(f"a{k}" for k in range(len(leaves.kinds)))
    text = f"""\
def {source.name}_batch({parameters}, size):
    k = 0
    y = function({given})
    result = new_batch(y, size)
    put_batch(result, y, k)
    for k in range(1, size):
        put_batch(result, function({given}), k)
    return result
"""
    names = {"new_batch": partials.new_batch, "put_batch": partials.put_batch}
    return written(text, {"function": source}, names)
