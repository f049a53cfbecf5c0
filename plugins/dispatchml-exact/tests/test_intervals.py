"""Intervals: values and derivatives enclose, comparisons of overlapping intervals raise."""

import numpy as np
import pytest
from dispatchml_exact.errors import PrecisionError, UndecidedError
from dispatchml_exact.intervals import FUNCTIONS
from mpmath import iv, libmp, mp

import dispatchml as dm
from dispatchml import ops

#: Functions of one number, and where.
ONE = {
    "exp": (-1, 2), "log": (0.5, 3), "sqrt": (0.5, 3), "sin": (-1, 4), "cos": (-1, 4), "tan": (-1, 1),
    "arctan": (-2, 3), "sinh": (-1, 2), "cosh": (-1, 2), "tanh": (-1, 2), "exp2": (-1, 2), "expm1": (-1, 2),
    "log2": (0.5, 3), "log10": (0.5, 3), "log1p": (-0.5, 3), "cbrt": (0.5, 3), "arcsin": (-0.5, 0.75),
    "arccos": (-0.5, 0.75), "arcsinh": (-2, 3), "arccosh": (1.5, 3), "arctanh": (-0.5, 0.75), "sigmoid": (-1, 2),
    "expit": (-1, 2),
    "softplus": (-1, 2), "logit": (0.25, 0.75), "square": (-1, 2), "reciprocal": (0.5, 3), "absolute": (-1, 2),
    "negative": (-1, 2), "positive": (-1, 2), "deg2rad": (-1, 2), "rad2deg": (-1, 2), "gamma": (1.5, 3),
    "gammaln": (1.5, 3), "factorial": (0.5, 2), "floor": (-1.5, 2), "ceil": (-1.5, 2), "rint": (-1.5, 2),
    "trunc": (-1.5, 2), "sign": (-1, 2), "real": (-1, 2), "conj": (-1, 2),
}  # fmt: skip
TWO = {
    "add": ((-1, 2), (1, 3)), "subtract": ((-1, 2), (1, 3)), "multiply": ((-1, 2), (1, 3)), "divide": ((-1, 2), (1, 3)),
    "power": ((0.5, 2), (1, 3)), "hypot": ((-1, 2), (1, 3)), "arctan2": ((-1, 2), (1, 3)), "maximum": ((-1, 2), (1, 3)),
    "minimum": ((-1, 2), (1, 3)), "fmax": ((-1, 2), (1, 3)), "fmin": ((-1, 2), (1, 3)), "logaddexp": ((-1, 2), (1, 3)),
    "logaddexp2": ((-1, 2), (1, 3)), "xlogy": ((-1, 2), (1, 3)), "xlog1py": ((-1, 2), (1, 3)),
    "strong_multiply": ((-1, 2), (1, 3)), "divide_or_zero": ((-1, 2), (1, 3)),
}  # fmt: skip
#: Whose derivative needs to know which is larger, or which side of zero.
CHOOSING = {"maximum", "minimum", "fmax", "fmin", "logaddexp", "logaddexp2"}
#: No derivative that is known rigorously, or at all.
WITHOUT = {"gamma", "gammaln", "factorial"}


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(30):
        yield


def points(low, high, count=23):
    return [mp.mpf(low) + (mp.mpf(high) - mp.mpf(low)) * k / (count - 1) for k in range(count)]


def encloses(interval, number):
    low, high = (mp.make_mpf(end) for end in interval._mpi_)
    return low <= number <= high


@pytest.mark.parametrize("name", sorted(ONE))
def test_values_and_derivatives_are_enclosed(name):
    op, (low, high) = getattr(ops, name), ONE[name]
    x = iv.mpf([low, high])
    y = op(x)
    for p in points(low, high):
        assert encloses(y, op(p)), (name, p)
    if name in WITHOUT:
        with pytest.raises(PrecisionError):
            dm.grad(op)(x)
        return
    for slope in (dm.grad(op)(x), dm.jvp(op, (x,), (iv.mpf(1),))[1], dm.derivative(op)(x)):
        for p in points(low, high):
            assert encloses(slope, dm.grad(op)(p)), (name, p)


@pytest.mark.parametrize("name", sorted(TWO))
def test_values_and_partial_derivatives_of_two_numbers_are_enclosed(name):
    op, (first, second) = getattr(ops, name), TWO[name]
    a, b = iv.mpf(first), iv.mpf(second)
    y = op(a, b)
    grid = [(p, q) for p in points(*first, count=7) for q in points(*second, count=7)]
    for p, q in grid:
        assert encloses(y, op(p, q)), (name, p, q)
    if name in CHOOSING:
        with pytest.raises(UndecidedError):
            dm.grad(op)(a, b)
        return
    slopes = dm.grad(op, argnums=(0, 1))(a, b)
    for p, q in grid:
        for slope, exact in zip(slopes, dm.grad(op, argnums=(0, 1))(p, q), strict=True):
            assert encloses(slope, exact), (name, p, q)


def test_every_function_here_was_sampled():
    comparisons = {n for n in FUNCTIONS if getattr(ops, n).info.strips >= {"meaning"}} - {"sign"}
    others = {"astype", "stop_gradient", "imag", "nan_to_num"}
    assert set(FUNCTIONS) - comparisons - others == set(ONE) | set(TWO)


def test_programs_and_their_second_derivatives_are_enclosed():
    def program(x, y):
        return np.sin(x * y) / (1 + x**2) + np.exp(-y) * x**3 / 3

    x, y = iv.mpf([0.5, 0.75]), iv.mpf([1, 1.25])
    first, second = dm.grad(program, argnums=(0, 1)), dm.hessian(program, argnums=(0, 1))
    rough = first(x, y), second(x, y)
    for p in points(0.5, 0.75, 5):
        for q in points(1, 1.25, 5):
            exact = first(p, q), second(p, q)
            assert all(map(encloses, rough[0], exact[0]))
            assert all(encloses(rough[1][i][j], exact[1][i][j]) for i in range(2) for j in range(2))


def test_rounding_is_outwards():
    third = ops.divide(iv.mpf(1), 3)
    assert third.a < third.b
    y = dm.grad(lambda x: x / 3)(iv.mpf(1))
    assert y.a < y.b
    assert dm.grad(lambda x: x**3)(iv.mpf(2)) == iv.mpf(12)
    half = dm.grad(lambda x: np.maximum(x, x))(iv.mpf(1))
    assert half == iv.mpf(1)


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
def test_comparisons_answer_where_they_are_decided(name):
    op, plain = getattr(ops, name), {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
    for a, b in (((0, 1), (2, 3)), ((2, 3), (0, 1)), ((1, 1), (1, 1))):
        expected = eval(f"{a[0]} {plain.get(name, '==' if name == 'equal' else '!=')} {b[0]}")
        assert op(iv.mpf(a), iv.mpf(b)) is expected
    overlapping = [((0, 2), (1, 3)), ((0, 1), (0, 1))]
    for a, b in overlapping:
        with pytest.raises(UndecidedError, match=rf"^{name}: the intervals .* overlap .*Split the interval"):
            op(iv.mpf(a), iv.mpf(b))
        with pytest.raises(UndecidedError):
            op(np.array([iv.mpf(a)], object), np.array([iv.mpf(b)], object))
    with pytest.raises(UndecidedError):
        op(np.array([iv.mpf([0, 2])], object), 1)


def test_no_branch_is_chosen_silently():
    wide, low, high = iv.mpf([0, 2]), iv.mpf([-2, -1]), iv.mpf([3, 4])
    clear, unclear = np.array([high, low], object), np.array([wide, iv.mpf([1, 3]), low], object)
    assert ops.sort(clear).tolist() == [low, high]
    assert ops.max(clear) is high
    assert ops.argmin(clear) == 1
    for op in (ops.sort, ops.argsort, ops.max, ops.argmax, ops.median, ops.unique, ops.cummax, ops.ptp):
        with pytest.raises(UndecidedError):
            op(unclear)
    for program in (
        lambda x: np.where(x > 1, x**2, x), lambda x: x if x > 1 else -x, lambda x: np.clip(x, 0.5, 1),
        lambda x: ops.relu(x) if hasattr(ops, "relu") else np.maximum(x, 1), lambda x: np.heaviside(x, 1) * x,
    ):  # fmt: skip
        with pytest.raises((UndecidedError, PrecisionError)):
            dm.grad(program)(wide)
    assert dm.grad(lambda x: np.where(x > 1, x**2, x))(high) == iv.mpf([6, 8])
    assert dm.grad(lambda x: np.where(x > 1, x**2, x))(low) == 1


def test_linear_systems_enclose_the_solutions():
    a = np.array([[iv.mpf([2, 2.125]), iv.mpf(1)], [iv.mpf(1), iv.mpf([3, 3.125])]], object)
    b = np.array([iv.mpf(1), iv.mpf([2, 2.25])], object)

    def program(a, b):
        return ops.sum(ops.solve(a, b))

    y, slope = program(a, b), dm.grad(program)(a, b)
    for p in (2, mp.mpf("2.06"), mp.mpf("2.125")):
        for q in (3, mp.mpf("3.1")):
            for r in (2, mp.mpf("2.2")):
                exact = (
                    np.array([[mp.mpf(p), mp.mpf(1)], [mp.mpf(1), mp.mpf(q)]], object),
                    np.array([mp.mpf(1), mp.mpf(r)], object),
                )
                assert encloses(y, program(*exact))
                assert all(map(encloses, slope.ravel(), dm.grad(program)(*exact).ravel()))


def test_outside_the_domain():
    for call in (lambda: ops.sqrt(iv.mpf([-2, -1])), lambda: ops.power(iv.mpf([-2, -1]), iv.mpf([0.5, 0.75]))):
        with pytest.raises((ValueError, PrecisionError)):
            call()
    with pytest.raises(PrecisionError, match="No rigorous enclosure"):
        ops.erf(iv.mpf(1))
    assert not ops.isfinite(ops.divide(iv.mpf(1), iv.mpf([-1, 1])))


def test_an_array_on_the_right_is_no_pair_of_ends():
    assert (iv.mpf(2) * np.array([1.0, 2.0])).tolist() == [iv.mpf(2), iv.mpf(4)]
    assert libmp.mpi_eq((iv.mpf(2) * 3)._mpi_, iv.mpf(6)._mpi_)
