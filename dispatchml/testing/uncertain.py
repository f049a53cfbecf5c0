"""check_uncertain_numbers: what every registered library of uncertain numbers promises, beside check_array_type.

The references are derivatives of plain floats: an operation on uncertain numbers has the value of the operation at the
means, and the components that its jacobian gives, by central differences. A derivative of an uncertain function has
the value of the plain derivative, and the components that the next derivative gives.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import DispatchmlError, NonDifferentiableError, class_name
from ..propagation import component_of, covariance_of, deviation_of, nominal_of, variance_of
from ..propagation.numbers import UNCERTAIN, Uncertain
from ..rules.registry import rule_of
from ..transforms import checkpoint, derivative, grad, hessian, hvp, jacfwd, jacobian, jacrev, jvp, value_and_grad, vmap
from .array_types import ArrayTypeError
from .samples import public_operations, sample

MEANS = np.array([1.0, 2.0, 1.5])
COVARIANCE = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.01]])
#: Operations without a value, or without a difference: a basis that is chosen turns with the numbers as it likes.
WITHOUT_VALUE = frozenset({"empty_like", "turn_equal"})


class Checked:
    """The library that is being checked: what is known of it, and three correlated numbers."""

    __slots__ = ("known", "correlated", "keys", "basis")

    def __init__(self, known: Uncertain, correlated: Callable[[Any, Any], Any]) -> None:
        self.known, self.correlated = known, correlated
        self.basis = list(correlated(MEANS, COVARIANCE))
        self.keys = list(dict.fromkeys(k for x in self.basis for k in known.components(x)))

    def around(self, means: Any) -> Any:
        """An array of numbers with these means; linear parts are those of the three numbers in turn, symmetric in
        square matrices, because decompositions of symmetric matrices read one half only.
        """
        made = np.empty(np.shape(means), object)
        turns = self.turns(made.shape)
        for index, mean in np.ndenumerate(np.asarray(means)):
            made[index] = self.known.around(self.basis[turns[index]], mean)
        return made

    @staticmethod
    def turns(shape: tuple[int, ...]) -> Any:
        """Whose linear part each element has."""
        if len(shape) == 2 and shape[0] == shape[1]:
            return np.add.outer(np.arange(shape[0]), np.arange(shape[1])) % 3
        return np.reshape(np.arange(np.prod(shape, dtype=int)) % 3, shape)

    def parts(self, y: Any) -> Any:
        """Values (first) and components of a result, flat in the last axis."""
        flat = list(np.ravel(y)) if isinstance(y, np.ndarray) else [y]
        values = [self.known.mean(v) if self.known.holds(v) else v for v in flat]
        rows = [[self.components(v).get(k, 0.0) for v in flat] for k in self.keys]
        return np.array([values, *rows], float)

    def components(self, v: Any) -> Any:
        """The components of a number; none of a plain one."""
        return self.known.components(v) if self.known.holds(v) else {}

    def fail(self, what: str) -> None:
        """Raise, naming the class."""
        raise ArrayTypeError(f"{class_name(self.known.cls)}: {what}.")

    def compare(self, what: str, got: Any, expected: Any, tolerance: float = 1e-6) -> None:
        """Fail where numbers differ."""
        if got.shape != expected.shape or not np.allclose(
            got, expected, rtol=tolerance, atol=tolerance, equal_nan=True
        ):
            self.fail(f"{what} has values and components\n{got}, expected\n{expected}")


def check_uncertain_numbers(
    cls: type, correlated: Callable[[Any, Any], Sequence[Any]], *, operations: Sequence[str] | None = None
) -> dict[str, str]:
    """Check a class that was registered with `register_uncertain`; raise ArrayTypeError where it breaks a promise.

    correlated(means, covariance): numbers with these means and this covariance matrix. operations: names of operations,
    all of them by default.

    Checked are: means, deviations and covariances of what `correlated` gives; every operation on arrays of numbers,
    beside plain arrays and alone, by values and by components against differences; all transforms of functions of
    numbers, with correlations; derivatives of means, deviations, variances, covariances and components in both modes
    against differences. Returns name of operation -> "works", "refused" or "untried".
    """
    known = next((UNCERTAIN[c] for c in cls.__mro__ if c in UNCERTAIN), None)
    if known is None:
        raise ArrayTypeError(f"{class_name(cls)} was not registered with dispatchml.propagation.register_uncertain.")
    checked = Checked(known, correlated)
    check_reading(checked)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", FutureWarning)
        outcome = {name: check_operation(checked, name) for name in operations or sorted(public_operations())}
        for name, program in PROGRAMS.items():
            check_transforms(checked, name, program)
            check_attributes(checked, name, program)
    return outcome


def check_reading(checked: Checked) -> None:
    """Means, deviations, covariances as they were made; arrays of them."""
    x = np.array([*checked.basis, 1.0], object)[:3]
    checked.compare("the means", nominal_of(x), MEANS, 1e-12)
    checked.compare("the deviations", deviation_of(x), np.sqrt(np.diag(COVARIANCE)), 1e-12)
    checked.compare("the covariances", covariance_of(x[:, None], x[None, :]), COVARIANCE, 1e-12)


# ---- operations ------------------------------------------------------------------------------------------------------


def check_operation(checked: Checked, name: str) -> str:
    """An operation on arrays against differences, with the numbers in each argument alone and in all."""
    op = public_operations()[name]
    found = sample(op)
    if found is None or name in WITHOUT_VALUE:
        return "untried"
    rule = rule_of(op)
    steps = rule is not None and rule.kind == "nondifferentiable"  # constant between steps, which differences may meet
    outcome = "refused"
    for chosen, arguments in found.wrapped(checked.around):
        try:
            y = found.call(arguments)
        except (DispatchmlError, TypeError):
            continue
        outcome = "works"
        plain = found.call(tuple(np.array(x) for x in found.arguments))
        what = f"{name} with numbers in argument {' and '.join(map(str, chosen))}"
        for got, value, k in leaves(y, plain):
            if ops.dtype(value).kind != "f":
                if not np.array_equal(np.asarray(got), np.asarray(value)):
                    checked.fail(f"{what} is {got}, on the means it is {value}")
                continue
            expected = [np.ravel(np.asarray(value, float))]
            for key in checked.keys:
                step = 1e-6
                moved = []
                for sign in (1, -1):
                    shifted = [
                        x + sign * step * shift(checked, x, key) if j in chosen else x
                        for j, x in enumerate(found.arguments)
                    ]
                    moved.append(np.ravel(np.asarray(pick(found.call(tuple(shifted)), k), float)))
                slope = (moved[0] - moved[1]) / (2 * step)
                expected.append(0 * slope if steps else slope)
            if name == "stop_gradient":
                expected[1:] = checked.parts(got)[1:]
            checked.compare(what, checked.parts(got), np.array(expected), 2e-5)
    return outcome


def leaves(y: Any, plain: Any) -> list[tuple[Any, Any, int | None]]:
    """The outputs of an operation beside those of the plain call."""
    if isinstance(plain, (tuple, list)):
        return [(a, b, k) for k, (a, b) in enumerate(zip(y, plain, strict=True))]
    return [(y, plain, None)]


def pick(y: Any, k: int | None) -> Any:
    """One output of several."""
    return y if k is None else y[k]


def shift(checked: Checked, x: Any, key: Any) -> Any:
    """How the numbers of an array move with one basis variable."""
    parts = np.array([checked.known.components(v).get(key, 0.0) for v in checked.basis])
    return parts[checked.turns(x.shape)]


# ---- transforms ------------------------------------------------------------------------------------------------------

#: Functions of a vector of numbers.
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "a polynomial": lambda x: ops.sum(ops.multiply(ops.power(x, 3), x)),
    "functions": lambda x: ops.sum(ops.multiply(ops.exp(ops.sin(x)), ops.sqrt(x))),
    "elements": lambda x: ops.divide(
        ops.multiply(ops.getitem(x, index=0), ops.getitem(x, index=1)), ops.getitem(x, index=2)
    ),
    "a quadratic form": lambda x: ops.matmul(x, ops.matmul(MATRIX, x)),
    "a linear system": lambda x: ops.sum(ops.power(ops.solve(MATRIX, ops.multiply(x, x)), 2)),
    "a determinant": lambda x: ops.det(ops.add(ops.multiply(MATRIX, x), ops.outer(x, x))),
    "statistics": lambda x: ops.multiply(ops.var(x), ops.mean(x)),
}
MATRIX = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])
DIRECTION = np.array([0.5, -1.0, 2.0])


def with_next(plain: Any, checked: Checked, following: Any) -> Any:
    """Values of a plain result and components that its derivative, with the inputs in the last axis, gives."""
    linear = np.array([[checked.components(x).get(k, 0.0) for x in checked.basis] for k in checked.keys])
    values = np.ravel(plain)[None]
    return np.concatenate([values, linear @ np.reshape(following, (-1, 3)).T])


def check_transforms(checked: Checked, name: str, program: Callable[[Any], Any]) -> None:
    """Every transform at uncertain numbers against the same at the means and its derivative."""
    x = checked.around(MEANS)

    def compare(what: str, got: Any, plain: Callable[[Any], Any]) -> None:
        checked.compare(f"{what} of {name}", checked.parts(got), with_next(plain(MEANS), checked, jacfwd(plain)(MEANS)))

    compare("the value", program(x), program)
    value, gradient = value_and_grad(program)(x)
    compare("the value in value_and_grad", value, program)
    for what, found in (
        ("value_and_grad", gradient),
        ("grad", grad(program)(x)),
        ("grad of checkpoint", grad(checkpoint(program))(x)),
        ("jacobian", jacobian(program)(x)),
        ("jacfwd", jacfwd(program)(x)),
        ("jacrev", jacrev(program)(x)),
    ):
        compare(what, found, grad(program))
    compare("jvp", jvp(program, (x,), (DIRECTION,))[1], lambda m: jvp(program, (m,), (DIRECTION,))[1])
    compare("hvp", hvp(program, (x,), (DIRECTION,)), lambda m: hvp(program, (m,), (DIRECTION,)))
    compare("hessian", hessian(program)(x), hessian(program))
    compare("derivative", derivative(lambda t: program(ops.multiply(x, t)))(1.0), scaled(program))
    rows = np.stack([x, ops.multiply(x, 1.5)])
    batch = vmap(program)(rows)
    for k, factor in enumerate((1.0, 1.5)):
        compare("vmap", batch[k], lambda m, factor=factor: program(ops.multiply(m, factor)))
    batch = vmap(grad(program))(rows)
    for k, factor in enumerate((1.0, 1.5)):
        compare("vmap of grad", batch[k], lambda m, factor=factor: grad(program)(ops.multiply(m, factor)))
    tangent = ops.multiply(x, 2.0)  # an uncertain direction
    compare("jvp along numbers", jvp(program, (x,), (tangent,))[1], doubled(program))


def scaled(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """d program(m t) / dt at t = 1, as a function of m."""
    return lambda m: jvp(program, (m,), (m,))[1]


def doubled(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative along 2 m."""
    return lambda m: jvp(program, (m,), (ops.multiply(m, 2.0),))[1]


# ---- what is read off numbers ----------------------------------------------------------------------------------------


def check_attributes(checked: Checked, name: str, program: Callable[[Any], Any]) -> None:
    """Derivatives of real functions of uncertain results, by plain parameters, against differences."""
    x, parameters = checked.around(MEANS), np.array([0.4, 0.7, 0.9])

    def result(t: Any) -> Any:
        return program(ops.multiply(t, x))

    readers: dict[str, Callable[[Any], Any]] = {
        "the mean": nominal_of,
        "the deviation": deviation_of,
        "the variance": variance_of,
        "a covariance": lambda y: covariance_of(y, x[0]),
        "a component": lambda y: component_of(y, variable=checked.keys[0]),
    }
    for what, read in readers.items():

        def real(t: Any, read: Callable[[Any], Any] = read) -> Any:
            return read(result(t))

        step = 1e-5
        moved = [[real(parameters + sign * step * e) for e in np.eye(3)] for sign in (1, -1)]
        expected = (np.array(moved[0], float) - np.array(moved[1], float)) / (2 * step)
        checked.compare(f"jacfwd of {what} of {name}", plain(jacfwd(real)(parameters)), expected, 1e-5)
        try:
            gradient = grad(real)(parameters)
        except NonDifferentiableError:
            continue  # through linear algebra of uncertain matrices the reverse mode says that it cannot
        checked.compare(f"grad of {what} of {name}", plain(gradient), expected, 1e-5)
        second = hessian(real)(parameters)
        slopes = [[jacfwd(real)(parameters + sign * step * e) for e in np.eye(3)] for sign in (1, -1)]
        expected = (np.array(slopes[0]) - np.array(slopes[1])) / (2 * step)
        checked.compare(f"hessian of {what} of {name}", plain(second), expected, 1e-4)


def plain(x: Any) -> Any:
    """A real result, which must be an array of floats."""
    if not (isinstance(x, np.ndarray) and x.dtype == np.float64):
        raise ArrayTypeError(f"The derivative of a real number by real numbers is {x!r}, not an array of float64.")
    return x
