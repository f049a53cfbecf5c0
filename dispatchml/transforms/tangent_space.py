"""One tangent space per type: zeros, random directions, the pairing with cotangents, and moving along a tangent.

A tangent of x has the structure and shape of x and units of a difference of x; a cotangent of x has units of output /
x, so that `inner(ct, dx)` has units of the output. All functions go through containers leaf by leaf.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import dressed
from ..dispatch.structures import structure_of
from ..engines.space import space_of
from ..ops.conversion import weights_like
from ..ops.placement import beside
from .containers import flatten, flatten_like, unflatten
from .coordinates import by_fields, has_coordinates, zero_direction
from .inputs import input_leaf
from .own_structures import normal_structure
from .zeros import is_ordinary, is_plain, zero_gradient


def leaves_of(x: Any) -> tuple[list[Any], Any, list[int]]:
    """The leaves of a container as they are differentiated, its structure, and which leaves have tangents."""
    leaves, structure = flatten(x)
    ready = [input_leaf(v, "tangent space") for v in leaves]
    chosen = [k for k, v in enumerate(ready) if v is not None]
    return [v if ready[k] is None else ready[k] for k, v in enumerate(leaves)], structure, chosen


def difference(x: Any, numbers: Any) -> Any:
    """Numbers as a difference of values like x: 3 degrees, where x is a temperature in degrees."""
    if has_coordinates(x):
        return by_fields(lambda d, field: difference(field, d), numbers, x)
    return numbers if is_plain(x) else ops.multiply(numbers, unit_of_difference(x))


def unit_of_difference(x: Any) -> Any:
    """1 in the units of a difference of x, which are others than those of x where zero is a convention (Celsius)."""
    return ops.subtract(ops.ones_of(x, shape=()), ops.zeros_of(x, shape=()))


def zero_tangent(x: Any) -> Any:
    """The tangent of x that moves nothing.

    >>> import dispatchml as dm
    >>> dm.zero_tangent({"a": 1.0, "name": "x"})
    {'a': 0.0, 'name': 'x'}
    """
    leaves, structure, chosen = leaves_of(x)
    for k in chosen:
        leaves[k] = difference(leaves[k], zero_direction(leaves[k]))
    return unflatten(structure, leaves)


def random_tangent(x: Any, generator: np.random.Generator) -> Any:
    """A tangent of x with standard normal numbers (both parts of complex ones), in the dtype of x.

    >>> import numpy as np, dispatchml as dm
    >>> dm.random_tangent({"a": np.zeros(3, np.float32)}, np.random.default_rng(0))["a"].dtype
    dtype('float32')
    """
    leaves, structure, chosen = leaves_of(x)
    for k in chosen:
        leaves[k] = dressed(leaves[k], difference(leaves[k], normal_numbers(leaves[k], generator)))
    return unflatten(structure, leaves)


def normal_numbers(x: Any, generator: np.random.Generator) -> Any:
    """Standard normal numbers in the shape, dtype and storage of x."""
    inside = structure_of(x)
    if inside is not None and inside.read is not None:
        one = ops.one_like(x)
        return inside.write(one, normal_numbers(inside.read(one), generator))
    if not is_plain(x):
        made = normal_structure(x, normal_numbers, generator)
        if made is not None:
            return made
    shape, kind = ops.shape(x), ops.dtype(x)
    drawn: Any = generator.standard_normal(shape)
    if kind.kind == "c":
        drawn = drawn + 1j * generator.standard_normal(shape)
    if kind.kind in "fc":
        drawn = np.asarray(drawn, kind)[()]
        if is_plain(x) and not is_ordinary(x):  # an array of another library
            return ops.multiply(ops.one_like(x), beside(drawn, x))
    if kind.kind == "O" and not isinstance(np.asarray(ops.literal(1, 3, x))[()], float):
        exact = weights_like(drawn, x)  # of numbers of another library, the ratios that the floats are
        return exact if shape else np.asarray(exact, object)[()]
    return drawn.item() if type(x) in (float, complex) else drawn


def zero_cotangent(x: Any, y: Any) -> Any:
    """The cotangent of x for an output y that does not depend on it: zeros like x in units of y / x.

    >>> import numpy as np, dispatchml as dm
    >>> dm.zero_cotangent(np.ones(2), 3.0)
    array([0., 0.])
    """
    leaves, structure, chosen = leaves_of(x)
    for k in chosen:
        leaves[k] = zero_gradient(leaves[k], y)
    return unflatten(structure, leaves)


def inner(ct: Any, dx: Any) -> Any:
    """The change of the output that a tangent makes, to first order: the sum of Re(conj(ct) * dx) over all leaves.

    Raises ContainerMismatchError where the two have different structures.

    >>> import numpy as np, dispatchml as dm
    >>> dm.inner((np.array([1.0, 2.0]), 3.0), (np.array([1.0, 1.0]), 2.0))
    np.float64(9.0)
    """
    given, structure, chosen = leaves_of(ct)
    directions = flatten_like(dx, structure, "tangent", "cotangent")
    total: Any = None
    for k in chosen:
        a, b = given[k], directions[k]
        product = ops.multiply(ops.conj(a) if ops.is_complex(a) else a, b)
        part = ops.sum(product) if ops.shape(product) else product
        part = ops.real(part) if ops.is_complex(part) else part
        total = part if total is None else ops.add(total, part)
    return 0.0 if total is None else total


def retract(x: Any, dx: Any) -> Any:
    """x moved along a tangent: x + dx, leaf by leaf; leaves without tangents stay.

    >>> import dispatchml as dm
    >>> dm.retract({"a": 1.0, "name": "x"}, {"a": 0.5, "name": "x"})
    {'a': 1.5, 'name': 'x'}
    """
    leaves, structure, chosen = leaves_of(x)
    directions = flatten_like(dx, structure, "tangent", "primal")
    for k in chosen:
        leaves[k] = ops.add(leaves[k], directions[k])
    return unflatten(structure, leaves)


def projector(x: Any) -> Callable[[Any], Any]:
    """The function that brings cotangents into the space of x: its shape, dtype and realness. Units are never
    converted.

    >>> import numpy as np, dispatchml as dm
    >>> dm.projector(np.zeros(2, np.float32))(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.], dtype=float32)
    """
    leaves, structure, chosen = leaves_of(x)
    spaces = {k: space_of(leaves[k]) for k in chosen}

    def project(ct: Any) -> Any:
        given = flatten_like(ct, structure, "cotangent", "primal")
        return unflatten(structure, [spaces[k].project(c) if k in spaces else c for k, c in enumerate(given)])

    return project
