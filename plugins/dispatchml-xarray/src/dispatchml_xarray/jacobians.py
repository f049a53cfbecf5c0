"""Jacobians have the dims of the output and then those of the input; a dim that both have gets a prime for the input.

jacobian of y(x, t) by p(x): dims (x, t, x'), and the coordinates of p along x'. A second derivative of a number by p(x)
has (x, x'), a third (x, x', x'').

A coordinate without a dim says of which place a whole value is. Two equal ones, of the output and of the input, are
one; beside a dim of the input with its name, that of the output is left out, as in xarray's arithmetic.
"""

from __future__ import annotations

from typing import Any

from dispatchml import ops

from .labels import DataArray, Labels, Variable, fresh, hidden_of, innermost, label, labels_of


def again(x: Any, numbers: Any) -> Any:
    """Numbers with the labels of x."""
    if innermost(x) is None:
        return numbers
    found, axes = labels_of(x)
    return label(numbers, labels=found.without_attrs(), hidden=hidden_of(numbers, axes))


def labels_or_none(x: Any) -> Labels | None:
    """The labels of a value; None for plain numbers."""
    return None if innermost(x) is None else labels_of(x)[0]


def block(found: Any, y: Any, x: Any) -> Any:
    """A block of a Jacobian with the labels of both."""
    output, argument = labels_or_none(y), labels_or_none(x)
    if output is None and argument is None:
        return found
    coords = {k: c for k, c in output.coords.items() if not is_said_by(argument, k, c)} if output else {}
    taken = [*(output.dims if output else ()), *coords]
    dims = list(output.dims) if output else unnamed(ops.ndim(y), [*(argument.dims if argument else ())])
    indexes = dict(output.indexes) if output else {}
    renamed: dict[Any, Any] = {}
    if argument is None:
        dims += unnamed(ops.ndim(x), [*taken, *dims])
    else:
        for name in (*argument.dims, *(k for k in argument.coords if k not in argument.dims)):
            renamed[name] = primed(name, {*taken, *dims, *renamed.values()})
        dims += [renamed[name] for name in argument.dims]
        for name, (coord, index) in primed_coords(argument, renamed).items():
            coords[name] = coord
            if index is not None:
                indexes[name] = index
    cls = next((k.cls for k in (output, argument) if k is not None and k.cls is not Variable), Variable)
    name = output.name if output else argument.name if argument else None
    batches = [labels_of(v)[1] for v in (x, y) if innermost(v) is not None]
    return label(found, labels=Labels(cls, tuple(dims), {}, coords, name, indexes), hidden=hidden_of(found, *batches))


def is_said_by(argument: Labels | None, name: Any, coord: Any) -> bool:
    """Whether a coordinate of the output has no dim, and the input a dim of its name or an equal coordinate."""
    if argument is None or coord.dims:
        return False
    other = argument.coords.get(name)
    return name in argument.dims or other is not None and bool(coord.identical(other))


def unnamed(count: int, taken: list[Any]) -> list[Any]:
    """Names for axes that have none."""
    made: list[Any] = []
    for _ in range(count):
        made.append(fresh([*taken, *made]))
    return made


def primed(name: Any, taken: Any) -> Any:
    """A name with as many primes as it needs to be the only one."""
    while name in taken:
        name = f"{name}'"
    return name


def primed_coords(argument: Labels, renamed: dict[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """The coordinates of the argument under their new names."""
    if not argument.coords or argument.cls is Variable:
        return {}
    import numpy as np

    sizes: dict[Any, int] = {}
    for coord in argument.coords.values():
        sizes.update(coord.sizes)
    plain = Labels(DataArray, tuple(sizes), {}, argument.coords, None, dict(argument.indexes)).build(
        np.broadcast_to(np.float64(0), tuple(sizes.values()))
    )
    moved = plain.rename({k: v for k, v in renamed.items() if k != v and (k in plain.dims or k in plain.coords)})
    return {name: (coord, moved._indexes.get(name)) for name, coord in moved._coords.items()}
