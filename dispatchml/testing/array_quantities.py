"""check_array_quantities: what plugins promise of libraries whose quantities are subclasses of ndarray."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

import dispatchml as dm

from .. import ops
from ..dispatch.carriers import Carrier, foreign_class
from ..dispatch.errors import DispatchmlError

X = np.array([1.0, 2.0])
THIRDS = np.array([Fraction(1, 3), Fraction(2, 3)], object)


class ArrayQuantityError(DispatchmlError, AssertionError):
    """A traced value in units is no traced quantity, or a carrier loses something."""


def check_array_quantities(
    cls: type,
    unit: Callable[[str], Any],
    *,
    unit_of: Callable[[Any], Any],
    number: Callable[[Any, Any], Any],
    ways: Mapping[str, Callable[[Any], Any]],
) -> None:
    """Check that quantities are entered, met and carried rightly; raise ArrayQuantityError.

    cls: the class. unit(name): the library's "m", "km", "s" and "km**2". unit_of(q): the unit of a quantity. number(q,
    unit): its numbers in a unit. ways: functions that make a quantity in km of a traced array of two numbers, by name;
    products with units and quantities on either side are tried besides.

    Every way gives one traced quantity, with the traced value outside; operators with a quantity on either side agree;
    structures and exact numbers, which the class cannot hold, are carried with their unit through products,
    conversions, copies and pickles.

    >>> check_array_quantities(Quantity, Unit, unit_of=..., number=..., ways={...})  # doctest: +SKIP
    """
    examined = Examination(cls, unit, unit_of, number)
    km = unit("km")
    products: dict[str, Callable[[Any], Any]] = {
        "x * unit": lambda x: x * km,
        "unit * x": lambda x: km * x,
        "x / unit": lambda x: x / km**-1,
        "unit / (1 / x)": lambda x: km / (1 / x),
        "x * quantity": lambda x: x * (1 * km),
        "quantity * x": lambda x: (1 * km) * x,
        "array * x": lambda x: (np.ones(2) * km) * x,
        "x * array": lambda x: x * (np.ones(2) * km),
        "multiply": lambda x: np.multiply(np.ones(2) * km, x),
        "matmul": lambda x: (np.eye(2) * km) @ x,
    }
    for name, way in (products | dict(ways)).items():
        examined.entering(name, way)
    examined.operators()
    examined.structures()
    examined.exact_numbers()


class Examination:
    """One library."""

    __slots__ = ("cls", "unit", "unit_of", "number")

    def __init__(self, cls: type, unit: Any, unit_of: Any, number: Any) -> None:
        self.cls, self.unit, self.unit_of, self.number = cls, unit, unit_of, number

    def demand(self, holds: Any, what: str) -> None:
        """Raise unless something holds."""
        if not holds:
            raise ArrayQuantityError(f"{self.cls.__name__}: {what}.")

    def equal(self, q: Any, unit: Any, expected: Any, what: str) -> None:
        """Raise unless a quantity has these numbers in a unit."""
        self.demand(np.allclose(self.number(q, unit), expected, rtol=1e-12), f"{what} is {q}, not {expected} {unit}")

    def entering(self, name: str, way: Callable[[Any], Any]) -> None:
        """One way into a quantity."""
        seen: list[Any] = []

        def square(x: Any) -> Any:
            seen.append(way(x))
            return np.sum(seen[0] ** 2)

        km, area = self.unit("km"), self.unit("km**2")
        found = dm.grad(square)(X)
        self.demand(isinstance(found, self.cls), f"the gradient through {name} is {found!r}, without units")
        self.equal(found, area, 2 * X, f"the gradient through {name}")
        self.demand(not isinstance(seen[0], self.cls), f"{name} puts the quantity outside of the traced value")
        self.demand(dm.isinstance(seen[0], self.cls), f"{name} gives no traced quantity")
        self.demand(self.unit_of(seen[0]) == km, f"{name} gives {self.unit_of(seen[0])}")
        seen.clear()
        self.equal(dm.jvp(square, (X,), (X,))[1], area, 10.0, f"the tangent through {name}")
        self.equal(dm.vmap(way)(np.stack([X, 2 * X])), km, [X, 2 * X], f"the batch of {name}")

    def operators(self) -> None:
        """A plain quantity on either side of a traced one."""
        m = self.unit("m")
        q = np.array([2.5, 4.5]) * m
        pairs: dict[str, tuple[Any, Any, Any]] = {
            "+": (lambda x: q + x, lambda x: x + q, 1.0),
            "-": (lambda x: q - x, lambda x: -(x - q), -1.0),
            "*": (lambda x: q * x / m, lambda x: x * q / m, [2.5, 4.5]),
            "maximum": (lambda x: np.maximum(q, x), lambda x: np.maximum(x, q), 0.0),
            "where": (lambda x: np.where(q > x, q, x), lambda x: np.where(x < q, q, x), 0.0),
            "concatenate": (lambda x: np.concatenate([q, x]), lambda x: np.concatenate([x, q]), 1.0),
        }
        for name, (left, right, slope) in pairs.items():
            for side in (left, right):
                found = dm.grad(lambda x, side=side: np.sum(side(x)))(X * m)
                self.equal(found, self.unit(""), np.broadcast_to(slope, 2), f"the gradient of {name}")

    def structures(self) -> None:
        """A structure in units, whichever of the two is made first."""
        m, s = self.unit("m"), self.unit("s")
        diagonal = diagonal_class()
        for made in (diagonal(X * m), diagonal(X) * m, m * diagonal(X)):
            self.demand(isinstance(made, Carrier) and foreign_class(made) is self.cls, f"{made!r} is no carrier")
            self.demand(self.unit_of(made) == self.unit_of(made.diag) == m, f"{made!r} is not in {m}")
            product = made @ (X * s)
            self.demand(type(product) is self.cls, f"a product of a carrier is {product!r}")
            self.equal(product, m * s, X * X, "a product of a carrier")
            self.demand(self.unit_of(made.to(self.unit("km"))) == self.unit("km"), "a carrier is not converted")
            self.demand(self.unit_of(copy.deepcopy(made)) == m, "a copy of a carrier loses its unit")
        found = dm.grad(lambda x: np.sum(diagonal(x).diag ** 2))(X * m)
        self.equal(found, m, 2 * X, "the gradient through a structure")

    def exact_numbers(self) -> None:
        """Fractions stay fractions."""
        m, s, km = self.unit("m"), self.unit("s"), self.unit("km")
        q = THIRDS * m
        self.demand(isinstance(q, Carrier), f"{q!r} is no carrier")
        slope = dm.grad(lambda x: np.sum(x * x * x))(q)
        cases = (
            (slope, m**2, [Fraction(1, 3), Fraction(4, 3)]), (q * q, m**2, [Fraction(1, 9), Fraction(4, 9)]),
            (q * s, m * s, THIRDS), (s * q, m * s, THIRDS), (q / s, m / s, THIRDS),
            (s / q, s / m, [3, Fraction(3, 2)]), (q.to(km), km, THIRDS / 1000), (self.cls(q, km), km, THIRDS / 1000),
            (pickle.loads(pickle.dumps(q)), m, THIRDS),
        )  # fmt: skip
        for found, unit, expected in cases:
            held = isinstance(found, Carrier) and self.unit_of(found) == unit and list(found._payload) == list(expected)
            self.demand(held, f"exact numbers in units give {found!r}, not {list(expected)} {unit}")


@functools.cache
def diagonal_class() -> Any:
    """A structure of one's own: a diagonal matrix."""

    class Diagonal:
        """The numbers on a diagonal."""

        diag: dm.Array

        def __init__(self, diag: Any) -> None:
            self.diag = diag

        @property
        def shape(self) -> tuple[int, ...]:
            return (len(self.diag),) * 2

        def materialise(self) -> Any:
            return ops.diag(self.diag)

        def __repr__(self) -> str:
            return f"Diagonal(diag={self.diag!r})"

    made: Any = dm.layer(slot="structure")(Diagonal)

    def multiply(a: Any, b: Any) -> Any:
        return made(ops.multiply(a.diag, b) if isinstance(a, made) else ops.multiply(a, b.diag))

    def matmul(a: Any, b: Any) -> Any:
        return ops.multiply(a.diag, b) if isinstance(a, made) else ops.multiply(a, b.diag)

    ops.multiply.layer(made, multiply)
    ops.matmul.layer(made, matmul)
    return made
