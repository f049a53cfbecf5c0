"""Gauss points at the parameters at which SciPy has other code for them, without the parameters."""

from __future__ import annotations

from collections.abc import Callable

from dispatchml.lift import replaces

from ..arguments import decided, unsupported
from ..implicit import order_of


def refuse_roots(name: str, singular: Callable[..., bool], why: str) -> None:
    """Gauss points of a family in a parameter at which SciPy computes another family."""

    def roots(n, *parameters, mu=False):
        if any(map(order_of, parameters)) and singular(*(float(decided(p)) for p in parameters)):
            raise unsupported(
                f"scipy.special.{name}, differentiated in parameters {why},", "SciPy has other code there."
            )
        return NotImplemented

    roots.__name__ = name
    replaces(f"scipy.special.{name}")(roots)


for name in ("roots_jacobi", "j_roots"):
    refuse_roots(name, lambda a, b: a == b or a + b == 0, "that are equal or whose sum is 0")
