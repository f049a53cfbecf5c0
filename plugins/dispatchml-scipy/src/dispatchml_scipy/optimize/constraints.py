"""Bounds and constraints in SciPy's forms: taken apart into containers, put together again, and as functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, NonlinearConstraint

import dispatchml as dm
from dispatchml import ops

from ..calls import as_tuple
from ..implicit import as_array, as_vector, plainly
from ..user_functions import lifted

Function = Callable[[Any, Any], Any]


def apart(c: Any) -> Any:
    """Constraints and bounds as containers, in which traced values are found."""
    if isinstance(c, Bounds):
        return {"what": "bounds", "lb": c.lb, "ub": c.ub, "keep": c.keep_feasible}
    if isinstance(c, LinearConstraint):
        return {"what": "linear", "A": c.A, "lb": c.lb, "ub": c.ub, "keep": c.keep_feasible}
    if isinstance(c, NonlinearConstraint):
        names = ("jac", "hess", "finite_diff_rel_step", "finite_diff_jac_sparsity", "keep_feasible")
        rest = {name: getattr(c, name) for name in names}
        return {"what": "nonlinear", "fun": c.fun, "lb": c.lb, "ub": c.ub, "rest": rest}
    if isinstance(c, (list, tuple)):
        return [apart(e) for e in c]
    return c


def together(c: Any) -> Any:
    """What SciPy takes, of plain values."""
    if isinstance(c, list):
        return [together(e) for e in c]
    if not isinstance(c, dict):
        return c
    what = c.get("what")
    if what == "bounds":
        return Bounds(c["lb"], c["ub"], c["keep"])
    if what == "linear":
        return LinearConstraint(c["A"], c["lb"], c["ub"], c["keep"])
    if what == "nonlinear":
        rest = {k: plainly(v) if k in ("jac", "hess") and not isinstance(v, type) else v for k, v in c["rest"].items()}
        return NonlinearConstraint(plainly(c["fun"]), c["lb"], c["ub"], **rest)
    return {k: plainly(v) for k, v in c.items()}


def ends(lower: Any, upper: Any, size: int) -> tuple[Any, Any]:
    """Lower and upper bounds as vectors."""
    return (ops.broadcast_to(as_array(lower), shape=(size,)), ops.broadcast_to(as_array(upper), shape=(size,)))


def ends_of_pairs(pairs: Any, size: int) -> tuple[Any, Any]:
    """Bounds as vectors, of (low, high) pairs in which None is no bound; of one pair for all."""
    if isinstance(pairs, dict):
        return ends(pairs["lb"], pairs["ub"], size)
    if pairs is None:
        return ends(-np.inf, np.inf, size)
    pairs = list(pairs)
    if len(pairs) == 2 and not hasattr(pairs[0], "__len__"):
        pairs = [tuple(pairs)]
    found = []
    for side, nothing in enumerate((-np.inf, np.inf)):
        values = [nothing if p[side] is None else p[side] for p in pairs]
        found.append(as_vector([v if hasattr(v, "shape") else float(v) for v in values]))
    return ends(found[0] if len(pairs) > 1 else found[0][0], found[1] if len(pairs) > 1 else found[1][0], size)


def places(condition: Any, size: int) -> np.ndarray:
    """Where a plain condition holds; in a batch, for all of its elements."""
    plain = np.asarray(dm.primal(condition))
    return np.flatnonzero(np.all(np.reshape(plain, (-1, size)), axis=0))


def split(values: Any, lower: Any, upper: Any) -> tuple[list[Any], list[Any]]:
    """What must be 0, and what must not be negative, for lower <= values <= upper; infinite ends are none."""
    size = ops.shape(values)[-1]
    lower, upper = ends(lower, upper, size)
    same = places(lower == upper, size)
    low = np.setdiff1d(places(np.isfinite(lower), size), same)
    high = np.setdiff1d(places(np.isfinite(upper), size), same)
    equal = [values[same] - lower[same]] if same.size else []
    inside = [values[low] - lower[low]] if low.size else []
    return equal, inside + ([upper[high] - values[high]] if high.size else [])


def parts(x: Any, bounds: Any, constraints: Any) -> tuple[list[Any], list[Any]]:
    """The equalities and the inequalities at x. bounds: a pair of ends, or None; constraints: taken apart."""
    equal, inside = split(x, *bounds) if bounds is not None else ([], [])
    for c in constraints if isinstance(constraints, list) else [constraints] if constraints else []:
        what = c.get("what")
        if what is None:
            value = as_vector(lifted(c["fun"])(x, *as_tuple(c.get("args", ()))))
            found = ([value], []) if c["type"].lower() == "eq" else ([], [value])
        elif what == "linear":
            matrix = c["A"].toarray() if hasattr(c["A"], "toarray") else c["A"]
            found = split(ops.matmul(as_array(matrix), x), c["lb"], c["ub"])
        else:
            found = split(as_vector(lifted(c["fun"])(x)), c["lb"], c["ub"])
        equal, inside = equal + found[0], inside + found[1]
    return equal, inside


def functions(x: Any, held: Any, find: Callable[[Any, Any], tuple[list[Any], list[Any]]]) -> dict[str, Function]:
    """`equal` and `inside` for `stationary`, as far as there are some at x."""

    def joined(kind: int) -> Function:
        def values(z: Any, given: Any) -> Any:
            found = find(z, given)[kind]
            return ops.concatenate(tuple(found), axis=0) if len(found) > 1 else found[0]

        return values

    names: Iterable[str] = ("equal", "inside")
    return {name: joined(k) for k, name in enumerate(names) if find(x, held)[k]}
