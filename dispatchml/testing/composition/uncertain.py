"""Rows of the matrix for libraries of uncertain numbers: the covariance of every result is J C J^T by differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...propagation import covariance_of, nominal_of
from ...propagation.numbers import UNCERTAIN
from .expected import PLAIN, Expected
from .subjects import Probe, Subject

#: The standard deviation of a number over its mean.
RELATIVE = 0.125
SCALAR, ALONG = np.array(1.25), np.array(0.5)
#: No element of it, or of twice it, is where a program has a kink: linear parts have no meaning there.
POINT = np.array([0.75, 1.25, 2.0])


def uncertain_subjects(name: str, cls: type, basis: Sequence[Any], probes: Iterable[Probe] = ()) -> list[Subject]:
    """The rows of a library: single numbers, and object arrays of them.

    basis: independent numbers with mean 0 and standard deviation 1, three at least. The k-th number of an argument has
    a linear part along the k-th of them, in proportion to its mean. probes: uses of the library's own attributes on
    single numbers, each with a plain result.
    """
    known = UNCERTAIN[cls]
    read = tuple(probes)

    def number(mean: Any, k: int, certain: bool) -> Any:
        terms = [] if certain else [(RELATIVE * float(mean), basis[k])]
        return known.combine(float(mean), terms, basis[0])

    def made(numbers: Any, certain: bool, count: int = len(basis)) -> Any:
        numbers = np.asarray(numbers)
        if not numbers.ndim:
            return number(numbers, 0, certain)
        values = np.empty(numbers.shape, object)
        for index, mean in np.ndenumerate(numbers):
            values[index] = number(mean, index[-1] % count, certain)
        return values

    def make(numbers: Any) -> Any:
        return made(numbers, certain=False)

    def make_one(numbers: Any) -> Any:
        return made(numbers, False, 1)

    def direction(numbers: Any) -> Any:
        return made(numbers, certain=True)

    def covariance(x: Any) -> dict[str, Any]:
        flat = np.empty(np.size(x), object)
        flat[:] = np.ravel(np.asarray(x, object))
        if flat.size and not any(known.holds(v) for v in flat):
            return {}
        return {"covariance": covariance_of(flat[:, None], flat[None, :])}

    def expect(e: Expected) -> Any:
        if any(e.program.endswith(probe.name) and probe.plain for probe in read):
            return PLAIN
        jacobian = np.reshape(np.asarray(e.sensitivity, float), (-1, np.size(e.point)))
        deviations = RELATIVE * np.ravel(np.asarray(e.point, float))
        along = np.arange(deviations.size) % len(basis)  # more numbers than these have linear parts along the same
        spread = np.where(along[:, None] == along, np.multiply.outer(deviations, deviations), 0.0)
        return {"covariance": jacobian @ spread @ jacobian.T}

    def means(x: Any, e: Expected) -> Any:
        return np.asarray(nominal_of(x))

    shared: dict[str, Any] = {
        "slot": "scalar",
        "family": "errors",
        "metadata": covariance,
        "expect": expect,
        "numbers": means,
        "factor": direction,
        "tangent": direction,
    }
    return [
        Subject(name=name, cls=(cls, np.ndarray), make=make_one, point=SCALAR, direction=ALONG, probes=read, **shared),
        Subject(name=f"{name}[]", cls=(cls, np.ndarray), make=make, point=POINT, **shared),
    ]
