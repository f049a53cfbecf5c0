"""The table of conventions, as data: every fact in both modes, nested, as numbers and as arrays."""

import subprocess
import sys

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import errors
from dispatchml.rules.conventions import TABLE, page

FACTS = [one for row in TABLE for one in row.facts]
CLOSE = {"rtol": 1e-12, "atol": 1e-14}


def is_number(x):
    return isinstance(x, (float, complex)) and not isinstance(x, np.generic)


def as_arrays(fact):
    """The same arguments, numbers as 0-d arrays, NumPy's scalars and arrays of one element."""
    yield "as written", fact.arguments
    if fact.arguments and all(map(is_number, fact.arguments)):
        yield "NumPy's scalars", tuple(np.array(x)[()] for x in fact.arguments)
        yield "0-d arrays", tuple(map(np.array, fact.arguments))
        yield "one element", tuple(np.array([x]) for x in fact.arguments)


def total(function):
    """The sum over what a function returns, as one real number."""

    def summed(*x):
        y = function(*x)
        y = ops.sum(y) if ops.ndim(y) else y
        return ops.real(y) if ops.dtype(y).kind == "c" else y

    return summed


def floats(x):
    return np.asarray(x, dtype=float) if np.asarray(x).dtype.kind in "iu" else x


def directions(x):
    """Every direction of the real coordinates of an array, with its index."""
    x = np.asarray(floats(x))
    for index in np.ndindex(x.shape):
        for unit in (1.0, 1j) if x.dtype.kind == "c" else (1.0,):
            made = np.zeros(x.shape, x.dtype)
            made[index] = unit
            yield index, unit, made if x.shape else made[()]


def by_forward(function, arguments):
    """The gradient of a real function by one forward derivative for each direction."""
    arguments = tuple(map(floats, arguments))
    zeros = [np.zeros_like(np.asarray(x))[()] for x in arguments]
    found = []
    for k, x in enumerate(arguments):
        gradient = np.zeros(np.shape(x), np.asarray(x).dtype)
        for index, unit, direction in directions(x):
            tangents = [
                float(z) if is_number(a) and isinstance(a, float) else z for z, a in zip(zeros, arguments, strict=True)
            ]
            tangents[k] = direction.item() if is_number(x) else direction
            slope = dm.jvp(function, arguments, tuple(tangents))[1]
            gradient[index] += unit * slope
        found.append(gradient)
    return found


def ones_like(arguments):
    return tuple(
        type(x)(1 + 1j if isinstance(x, complex) else 1)
        if is_number(x)
        else np.ones_like(floats(x)) * (1 + 1j if np.iscomplexobj(x) else 1)
        for x in arguments
    )


def assert_same(got, expected, what):
    for k, (g, e) in enumerate(zip(got, expected, strict=True)):
        np.testing.assert_allclose(
            np.asarray(g).reshape(np.shape(e) or (-1,)),
            np.reshape(e, np.shape(e) or (-1,)),
            err_msg=f"{what}, argument {k}",
            **CLOSE,
        )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fact", [f for f in FACTS if not f.raises], ids=lambda f: f"{f.text}-{len(f.arguments)}")
def test_first_derivatives(fact):
    function = total(fact.function)
    argnums = tuple(range(len(fact.arguments)))
    for kind, arguments in as_arrays(fact):
        assert_same(dm.grad(function, argnums)(*arguments), fact.first, f"reverse, {kind}")
        assert_same(by_forward(function, arguments), fact.first, f"forward, {kind}")
        if fact.value is not None:
            np.testing.assert_allclose(dm.value_and_grad(function)(*arguments)[0], fact.value, **CLOSE)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fact", [f for f in FACTS if f.second], ids=lambda f: f"{f.text}-{len(f.arguments)}")
def test_second_derivatives(fact):
    function = total(fact.function)
    argnums = tuple(range(len(fact.arguments)))
    for kind, arguments in as_arrays(fact):
        arguments = tuple(map(floats, arguments))
        v = ones_like(arguments)
        gradient = dm.grad(function, argnums)
        assert_same(dm.jvp(gradient, arguments, v)[1], fact.second, f"forward over reverse, {kind}")
        slope = lambda *x, v=v: dm.jvp(function, x, v)[1]  # noqa: E731
        assert_same(dm.grad(slope, argnums)(*arguments), fact.second, f"reverse over forward, {kind}")
        assert_same(by_forward(slope, arguments), fact.second, f"forward over forward, {kind}")
        assert_same(dm.vjp(gradient, *arguments)[1](v), fact.second, f"reverse over reverse, {kind}")


@pytest.mark.parametrize("fact", [f for f in FACTS if f.raises], ids=lambda f: f.text)
def test_what_raises(fact):
    with pytest.raises(getattr(errors, fact.raises)):
        dm.grad(total(fact.function))(*fact.arguments)


def test_the_page_shows_every_row_and_fact():
    made = subprocess.run(
        [sys.executable, "-m", "dispatchml.rules.conventions"], capture_output=True, text=True, check=True
    )
    assert made.stdout == page()
    assert made.stderr == ""
    for row in TABLE:
        assert f"| {row.point} | {row.value} | {row.note} |" in made.stdout
        assert row.facts
    for one in FACTS:
        assert f"| `{one.text}` |" in made.stdout


# ---- strong zeros beyond the table -----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: np.where(x > 1, x, 1.0) * np.inf, 1.0),
        (lambda x: 0.0 * np.sqrt(x), 0.0),
        (lambda x: np.sqrt(x) ** 2, 0.0),
    ],
    ids=["where(x > 1, x, 1) * inf", "0 * sqrt(x)", "sqrt(x)**2"],
)
def test_zeros_win_in_forward_mode_as_in_reverse_mode(function, x):
    for value in (x, np.array(x), np.float64(x)):
        assert dm.grad(function)(value) == 0
        assert dm.jvp(function, (value,), (np.ones_like(value)[()] if value is not x else 1.0,))[1] == 0
    np.testing.assert_array_equal(dm.jvp(function, (np.full(3, x),), (np.ones(3),))[1], np.zeros(3))
    np.testing.assert_array_equal(dm.jacobian(function)(np.full(3, x)), np.zeros((3, 3)))


def test_a_forward_run_is_repeated_only_where_a_zero_met_an_infinity():
    runs = []

    def f(x):
        runs.append(1)
        return x * np.sqrt(x)

    assert dm.derivative(f)(4.0) == 3.0
    assert len(runs) == 1
    assert dm.derivative(f)(0.0) == 0.0
    assert len(runs) == 3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("product", [np.matmul, np.dot])
def test_zeros_win_over_infinite_matrices(product):
    m = np.array([[np.inf, 1.0], [1.0, 2.0]])
    f = lambda x: np.sum(np.where([False, True], product(x, m), 0.0))  # noqa: E731
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(dm.grad(f)(x), [1.0, 2.0])
    np.testing.assert_array_equal([dm.jvp(f, (x,), (v,))[1] for v in np.eye(2)], [1.0, 2.0])
    whole = lambda x: product(np.where(x > 1, x, 1.0), m)  # noqa: E731
    np.testing.assert_array_equal(dm.jvp(whole, (np.ones(2),), (np.ones(2),))[1], [0.0, 0.0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_only_the_elements_in_question_are_touched():
    x = np.array([0.0, 1.0, 4.0, 0.0])
    found = dm.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)))(x)
    np.testing.assert_array_equal(found, [0.0, 0.5, 0.25, 0.0])
    np.testing.assert_array_equal(dm.grad(lambda x: np.sum(np.sqrt(x)))(x), [np.inf, 0.5, 0.25, np.inf])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_to_the_fourth_order_and_in_every_mix():
    def f(x):
        return np.where(x > 0, np.log(x) * np.sqrt(x) / x, 0.0)

    modes = {"forward": dm.derivative, "reverse": dm.grad}
    for first in modes:
        for second in modes:
            for third in modes:
                for fourth in modes:
                    g = f
                    for mode in (first, second, third, fourth):
                        g = modes[mode](g)
                    assert g(0.0) == 0, (first, second, third, fourth)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_in_batches_and_pullbacks_that_are_called_twice():
    def f(x):
        return np.where(x > 0, np.log(x), 0.0)

    x = np.array([0.0, 2.0])
    np.testing.assert_array_equal(dm.vmap(dm.grad(f))(x), [0.0, 0.5])
    pullback = dm.vjp(f, x)[1]
    for _ in range(2):
        np.testing.assert_array_equal(pullback(np.array([1.0, 3.0]))[0], [0.0, 1.5])
    np.testing.assert_array_equal(dm.jacobian(f)(x), [[0.0, 0.0], [0.0, 0.5]])
    np.testing.assert_array_equal(dm.hessian(lambda x: np.sum(f(x)))(x), [[0.0, 0.0], [0.0, -0.25]])


def test_no_warning_comes_out_of_the_backward_pass(recwarn):
    with np.errstate(all="ignore"):
        y, pullback = dm.vjp(lambda x: np.where(x > 0, np.log(x), 0.0), np.array([0.0, 2.0]))
    pullback(np.ones(2))
    assert not recwarn.list


def test_the_users_error_state_is_left_alone():
    with np.errstate(divide="raise", invalid="raise"):
        before = np.geterr()
        found = dm.grad(lambda x: np.sum(np.sqrt(x)))(np.array([0.0, 4.0]))
        assert np.geterr() == before
    np.testing.assert_array_equal(found, [np.inf, 0.25])
