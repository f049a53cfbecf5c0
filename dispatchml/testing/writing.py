"""A check of programs that write: into views that a library's attributes hand out, by its setters, by its methods.

What the program does with plain values of the library is right by definition, whatever the library takes for a view and
whatever for a copy. Traced values must do the same, with the derivative of it, under every transform.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import grad, jvp, ops, value_and_grad, vmap

STEP = 2.0**-10


class WritingError(AssertionError):
    """A program that writes does something else with traced values than with plain ones."""


def check_writing(
    program: Callable[[Any], Any],
    make: Callable[[Any], Any],
    at: Any,
    *,
    numbers: Callable[[Any], Any] = np.asarray,
    batch: Callable[[Any], Any] | None = None,
) -> None:
    """Check that a program which writes into its argument does with traced values what it does with plain ones.

    program(x): writes, and gives one plain number, a polynomial of low degree of what is in x. make(numbers): the value
    round an array of floats. at: where. numbers(g): the floats of a gradient, as an array in the shape of `at`.
    batch(numbers): several values with the axis of the batch in front, for `vmap`; without it that is left out.

    The argument is written to as it is, and as the result of an operation; values, `grad`, `jvp`, each of the
    other, `grad` of `vmap` and `vmap` of `grad` are compared with the plain program, derivatives by differences.

    Raises WritingError with the transform and both numbers.

    >>> import numpy as np
    >>> from dispatchml.testing import check_writing
    >>> def program(x):
    ...     x.real[0] = 3.0
    ...     return np.sum(x * x)
    >>> check_writing(program, lambda numbers: np.array(numbers), np.array([1.0, 2.0]), batch=np.array)
    """
    at = np.asarray(at, float)
    for name, one in (("the argument", program), ("a result", lambda x: program(ops.multiply(x, 1.0)))):
        check_one(one, make, at, numbers, batch, f"{name} written to")


def check_one(program: Any, make: Any, at: Any, numbers: Any, batch: Any, how: str) -> None:
    """The check of one program."""
    along = np.cos(np.arange(at.size) + 1.0).reshape(at.shape)

    def plain(x: Any) -> float:
        return float(program(make(np.array(x))))

    def slope(f: Callable[[Any], float], x: Any) -> Any:
        found = [(f(x + STEP * e) - f(x - STEP * e)) / (2 * STEP) for e in np.eye(x.size).reshape(-1, *x.shape)]
        return np.reshape(found, x.shape)

    def compare(what: str, found: Any, wanted: Any) -> None:
        found = np.asarray(found, float)
        if found.shape != np.shape(wanted) or not np.allclose(found, wanted, rtol=1e-5, atol=1e-4):
            raise WritingError(f"{what}, {how}: traced values give\n{found}\nplain ones\n{wanted}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        first = slope(plain, at)
        second = slope(lambda x: float(np.vdot(slope(plain, x), along)), at)
        value, found = value_and_grad(program)(make(np.array(at)))
        compare("the value under grad", value, plain(at))
        compare("grad", numbers(found), first)
        value, found = jvp(program, (make(np.array(at)),), (make(np.array(along)),))
        compare("the value under jvp", value, plain(at))
        compare("jvp", found, np.vdot(first, along))
        compare("jvp of grad", numbers(jvp(grad(program), (make(np.array(at)),), (make(np.array(along)),))[1]), second)
        forward = grad(lambda x: jvp(program, (x,), (make(np.array(along)),))[1])
        compare("grad of jvp", numbers(forward(make(np.array(at)))), second)
        if batch is None:
            return
        several = np.stack((at, at + 0.25, at - 0.5))
        compare("vmap", vmap(program)(batch(several)), [plain(x) for x in several])
        slopes = np.stack([slope(plain, x) for x in several])
        compare("vmap of grad", numbers(vmap(grad(program))(batch(several))), slopes)
        compare("grad of vmap", numbers(grad(lambda x: np.sum(vmap(program)(x)))(batch(several))), slopes)
