"""Errors that come out of operations: of NumPy's class and ours, with the operation, the user's shapes and line, and
what to write instead; over all operations, and a batch never takes its own axis for one of an element's.
"""

import re

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError, OperationError, ShapeError, TracerConversionError
from dispatchml.engines import element_checks

from ..rules.cases import elementwise, linalg, reductions, shaping, special, transforms

ROWS = [row for table in (elementwise, special, reductions, shaping, linalg, transforms) for row in table.CASES]
X = np.arange(6.0).reshape(2, 3)


class Applied:
    """An operation as a function of some of its arguments."""

    def __init__(self, row, keywords, arguments, active):
        self.op, self.keywords, self.arguments, self.active = getattr(ops, row.name), keywords, arguments, active

    def __call__(self, *given):
        arguments = list(self.arguments)
        for k, x in zip(self.active, given, strict=True):
            arguments[k] = x
        if self.op.info.variadic:
            return self.op(tuple(arguments), **self.keywords)  # here
        return self.op(*arguments, **self.keywords)  # here


def active_of(row):
    return [k for k, x in enumerate(row.arguments) if np.asarray(x).dtype.kind in "fc" and not isinstance(x, list)]


#: Settings that no array of a case can have.
IMPOSSIBLE = {
    "axis": (9, -9), "axes": ((9, 0),), "axis1": (9,), "axis2": (9,), "source": (9,), "shape": ((7, 11), (-1, 13)),
    "index": (99, (0,) * 9), "kth": (99,), "shift": ("a",), "dtype": ("no such",), "repeats": (tuple(range(1, 12)),),
    "subscripts": ("ijkl,mnop->q",), "ord": ("no",), "mode": ("no",), "norm": ("no",), "pad_width": ((1, 2, 3),),
}  # fmt: skip


def misuses(row):
    """Calls of a case's operation that may be impossible: one setting or the shape of one argument is changed."""
    for name, values in IMPOSSIBLE.items():
        if name in getattr(ops, row.name).info.keywords:
            for value in values:
                yield {**row.keywords, name: value}, row.arguments
    for k, x in enumerate(row.arguments):
        if isinstance(x, np.ndarray):
            for shape in ((7, 11), (13,), ()):
                yield row.keywords, (*row.arguments[:k], np.ones(shape, x.dtype), *row.arguments[k + 1 :])


def public(error):
    """The first public class of a plain error."""
    modules = ("builtins", "numpy.exceptions", "numpy.linalg")
    return next(c for c in type(error).__mro__ if c.__module__ in modules)


#: Numbers of which NumPy's axes are not asked for, and inner operations that refuse with another built-in class.
LENIENT = {"quantile", "nanmedian", "tensorinv"}
OF_ANOTHER_CLASS = {"multi_dot", "tensorsolve"}


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_misuse_of_every_operation(name):
    for row in (row for row in ROWS if row.name == name):
        for keywords, arguments in misuses(row):
            active = active_of(row)[:1]
            if not active:
                continue
            call, x = Applied(row, keywords, arguments, active), arguments[active[0]]
            with np.errstate(all="ignore"):
                try:
                    call(x)
                    continue
                except Exception as error:
                    plain = error
            if name in LENIENT and np.ndim(x) == 0:
                continue
            for transform in (
                lambda call=call, x=x: dm.vjp(call, x),
                lambda call=call, x=x: dm.jvp(call, (x,), (x,)),
                lambda call=call, x=x: dm.vmap(call)(np.stack([x] * 17)),
            ):
                with pytest.raises(DispatchmlError) as found:
                    transform()
                text = str(found.value)
                assert isinstance(found.value, public(plain)) or name in OF_ANOTHER_CLASS, (text, plain)
                assert f"{name}(" in text
                assert re.search(r"test_explaining\.py:\d+", text)
                assert "(17," not in text, text


def leaves(y):
    return [v for part in y for v in leaves(part)] if isinstance(y, (tuple, list)) else [np.asarray(y)]


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_a_batch_is_no_axis_of_an_element(name):
    """What an operation refuses for an element is refused for a batch of three, also where a 3 x 3 array would do."""
    generator = np.random.default_rng(0)
    for row in (row for row in ROWS if row.name == name):
        places = active_of(row)
        for active in [*((k,) for k in places), tuple(places)][: 3 if len(places) > 1 else 1]:
            for shape in ((), (3,), (1,), (3, 3)):
                batches = [
                    generator.uniform(0.3, 0.9, (3, *shape)).astype(np.asarray(row.arguments[k]).dtype) for k in active
                ]
                call = Applied(row, row.keywords, row.arguments, active)
                with np.errstate(all="ignore"):
                    try:
                        wanted = [leaves(call(*(b[k] for b in batches))) for k in range(3)]
                    except Exception:
                        wanted = None
                    try:
                        got = leaves(dm.vmap(call)(*batches))
                    except (DispatchmlError, ArithmeticError):
                        continue
                if wanted is None:
                    assert name in LENIENT | {"multi_dot", "setitem", "mean"}, (row, active, shape)
                    continue
                if name == "tensorsolve" and shape == (1,):
                    continue  # NumPy takes other axes where the result is one number
                for mine, parts in zip(got, zip(*wanted, strict=True), strict=True):
                    np.testing.assert_allclose(mine, np.stack(parts), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (np.linalg.inv, (3,)),
        (np.linalg.svd, (3,)),
        (np.fft.fft2, (4,)),
        (lambda x: np.cumsum(x, axis=-2), (3,)),
        (lambda x: np.dot(x, np.ones(3)), (1,)),
        (lambda x: np.convolve(x, np.ones(2)), (2, 2)),
        (lambda x: np.tril(x), ()),
    ],
)
def test_a_batch_of_what_has_too_few_axes(call, shape):
    with pytest.raises(OperationError, match=r"\[float64, shape " + re.escape(str(shape))):
        dm.vmap(call)(np.ones((3, *shape)))


def test_a_possible_call_is_tried_once():
    element_checks.POSSIBLE.clear()
    for _ in range(3):
        dm.vmap(np.linalg.inv)(np.eye(3) * np.ones((4, 1, 1)))
    assert len(element_checks.POSSIBLE) == 1


# ---- the text --------------------------------------------------------------------------------------------------------

CALLS = {
    "sum_of_shapes": lambda x: x + np.ones(4),
    "product_of_matrices": lambda x: x @ np.ones((2, 2)),
    "ufunc": lambda x: np.arctan2(np.ones((3, 2)), x),
    "axis": lambda x: np.sum(x, axis=5),
    "axis_of_a_method": lambda x: x.mean(axis=-3),
    "index": lambda x: x[5],
    "indices": lambda x: x[0, 1, 2],
    "assignment": lambda x: (x * 1.0).__setitem__((0, 7), 1.0),
    "reshape": lambda x: x.reshape(4),
    "joined": lambda x: np.concatenate([x, np.ones((2, 2))], axis=0),
    "stacked": lambda x: np.stack([x, x[0]]),
    "not_square": np.linalg.cholesky,
    "singular": lambda x: np.linalg.inv(x[:, :2] * 0.0),
    "derived": lambda x: np.trapezoid(x, axis=4),
    "einsum": lambda x: np.einsum("ij,jk->ik", x, x),
    "where": lambda x: np.where(x > 0, x, np.ones(5)),
    "setting": lambda x: np.pad(x, 1, mode="no"),
    "operation": lambda x: ops.squeeze(x, axis=0),
    "decomposed": lambda x: np.linalg.cond(x[0]),
}


@pytest.mark.parametrize("name", CALLS)
def test_texts(name, check_text):
    with pytest.raises(OperationError) as found:
        dm.grad(CALLS[name])(X)
    check_text(found.value, f"explained_{name}")
    with pytest.raises(OperationError) as found:
        dm.vmap(CALLS[name])(np.stack([X] * 5))
    check_text(found.value, f"explained_{name}_batch")


def test_the_first_error_is_the_cause():
    with pytest.raises(ShapeError) as found:
        dm.grad(lambda x: np.sum(x + np.ones(4)))(X)
    cause = found.value.__cause__
    assert type(cause) is ValueError
    assert "dispatchml" not in "".join(str(k) for k in frames(cause))
    assert all(k == __file__ for k in frames(found.value))


def frames(error):
    found, entry = [], error.__traceback__
    while entry is not None:
        found.append(entry.tb_frame.f_code.co_filename)
        entry = entry.tb_next
    return found


def test_an_axis_error_has_its_numbers():
    with pytest.raises(np.exceptions.AxisError) as found:
        dm.vmap(lambda x: np.sum(x, axis=5))(X)
    assert (found.value.axis, found.value.ndim) == (5, 1)
    assert isinstance(found.value, ShapeError)


def test_the_users_own_errors_stay():
    def mine(x):
        raise IndexError("mine")

    def plain(x):
        np.ones(3) + np.ones(4)

    for function, text in ((mine, "^mine$"), (plain, "^operands could not be broadcast")):
        for transform in (dm.grad, dm.vmap, dm.jacfwd):
            with pytest.raises((IndexError, ValueError), match=text) as found:
                transform(function)(X)
            assert not isinstance(found.value, DispatchmlError)


def test_an_error_that_the_user_catches_is_numpys():
    def f(x):
        try:
            return np.sum(x @ np.ones(7))
        except ValueError:
            return np.sum(x)

    np.testing.assert_array_equal(dm.grad(f)(X), np.ones((2, 3)))


def test_floating_point_errors_that_were_asked_for():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match=r"numpy\.log\(.*errstate") as found:
        dm.vmap(lambda x: np.sum(np.log(x * 0.0)))(X)
    assert isinstance(found.value, OperationError)


def test_iterators_of_numpy_cannot_see_traced_values():
    with pytest.raises(TracerConversionError, match=r"`np.nditer\(x\)`.*test_explaining.*ndindex"):
        dm.grad(lambda x: sum(v for v in np.nditer(x)))(X)


def test_a_convolution_with_one_number():
    kernel = np.array([1.0, -2.0])
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(np.convolve(x, kernel) ** 2))(3.0), 30.0)
    np.testing.assert_allclose(
        dm.vmap(lambda x: np.convolve(x, kernel))(np.arange(3.0)), np.arange(3.0)[:, None] * kernel
    )
