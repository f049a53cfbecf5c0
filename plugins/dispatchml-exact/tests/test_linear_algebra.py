"""Decompositions: mpmath's for mpf, elimination for all; the others are refused."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from dispatchml_exact.errors import PrecisionError
from mpmath import iv, libmp, mp

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoMethodError

EXACT = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 2]], object)


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(40):
        yield


def mpf(a):
    return np.asarray(np.frompyfunc(mp.mpf, 1, 1)(a), object)


def small(x, digits=33):
    return all(abs(v) < mp.mpf(10) ** -digits for v in np.asarray(x, object).ravel())


def test_decompositions_multiply_back():
    a = mpf(EXACT)
    w, v = ops.eigh(a)
    assert small(v * w @ v.T - a)
    assert small(v.T @ v - np.eye(3, dtype=int))
    u, s, vh = ops.svd(a)
    assert small(u * s @ vh - a)
    assert small(ops.svdvals(a) - s)
    q, r = ops.qr(a)
    assert small(q @ r - a)
    tall = mpf(np.array([[1, 2], [3, 5], [4, 1]], object))
    for mode, shape in (("reduced", (3, 2)), ("complete", (3, 3))):
        q, r = ops.qr(tall, mode=mode)
        assert q.shape == shape
        assert small(q @ r - tall)
    q, r = ops.qr(tall.T)
    assert small(q @ r - tall.T)
    low = ops.cholesky(a)
    assert small(low @ low.T - a)
    p, lower, upper = ops.lu(a)
    assert small(p @ lower @ upper - a)


PROGRAMS = {
    "eigenvalues": lambda a: np.sum(ops.eigvalsh(a) ** 3),
    "eigenvectors": lambda a: np.sum(ops.eigh(a)[1][:, 0] ** 4),
    "singular values": lambda a: np.sum(ops.svdvals(a) ** 3),
    "singular vectors": lambda a: np.sum(ops.svd(a)[0] ** 4),
    "qr": lambda a: np.sum(ops.qr(a)[1] ** 4),
    "cholesky": lambda a: np.sum(ops.cholesky(a) ** 3),
    "logarithm of the determinant": lambda a: ops.slogdet(a)[1],
    "lu": lambda a: np.sum(ops.lu(a)[1] ** 2),
    "nuclear norm": lambda a: ops.matrix_norm(a, ord="nuc"),
    "inverse": lambda a: np.sum(ops.inv(a) ** 2),
    "pseudoinverse": lambda a: np.sum(ops.pinv(a[:, :2]) ** 2),
    "power": lambda a: np.sum(ops.matrix_power(a, n=3) ** 2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives_have_more_digits_than_a_float(name):
    """Against differences of double the digits, and against the derivatives of floats."""
    program = PROGRAMS[name]
    a, b = mpf(EXACT), mpf(np.array([[2, -1, 1], [-1, 3, 0], [1, 0, -2]], object)) / 7
    gradient = dm.grad(program)(a)
    slope = np.sum(gradient * b)
    step = mp.mpf(10) ** -12
    with mpmath.workdps(80):
        differences = (program(a + step * b) - program(a - step * b)) / (2 * step)
    assert abs(slope - differences) < mp.mpf(10) ** -20
    assert abs(dm.jvp(program, (a,), (b,))[1] - slope) < mp.mpf(10) ** -32
    np.testing.assert_allclose(gradient.astype(float), dm.grad(program)(EXACT.astype(float)), rtol=1e-9, atol=1e-9)


def test_equal_eigenvalues():
    a = mpf(np.diag([2, 2, 5]).astype(object))
    assert small(dm.grad(lambda a: np.sum(ops.eigvalsh(a) ** 2))(a) - 2 * a)


def test_stacks():
    a = np.stack([mpf(EXACT), 2 * mpf(EXACT)])
    assert ops.eigh(a)[1].shape == (2, 3, 3)
    assert small(ops.eigvalsh(a)[1] - 2 * ops.eigvalsh(a)[0])
    found = dm.vmap(dm.grad(lambda a: np.sum(ops.eigvalsh(a) ** 2)))(a)
    assert small(found - 2 * a)
    rational = np.stack([EXACT * Fraction(1), EXACT * Fraction(1, 2)])
    assert ops.det(rational).tolist() == [Fraction(18), Fraction(18, 8)]
    assert (ops.inv(rational)[1] == 2 * ops.inv(rational)[0]).all()
    assert dm.vmap(np.linalg.det)(rational).tolist() == ops.det(rational).tolist()


def test_singular_and_empty():
    singular = np.array([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]])
    for call in (ops.inv, lambda a: ops.solve(a, np.array([Fraction(1), Fraction(1)]))):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            call(singular)
    assert ops.det(singular) == 0
    assert dm.grad(np.linalg.det)(singular).tolist() == [[4, -2], [-2, 1]]
    assert dm.hessian(np.linalg.det)(singular)[0, 0, 1, 1] == 1
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        ops.cholesky(np.array([[Decimal(-1)]]))
    assert ops.det(np.empty((0, 0), object)) == 1
    assert ops.cholesky(np.array([[Fraction(4), Fraction(2)], [Fraction(2), Fraction(5)]])).tolist() == [[2, 0], [1, 2]]


def test_pivots_are_the_largest():
    tiny = Decimal("1e-40")
    a = np.array([[tiny, Decimal(1)], [Decimal(1), Decimal(1)]])
    x = ops.solve(a, np.array([Decimal(1), Decimal(2)]))
    assert [round(v, 20) for v in x] == [1, 1]


@pytest.mark.parametrize("number", [Fraction, Decimal])
def test_what_is_not_rational_is_refused(number):
    a = np.asarray(np.frompyfunc(number, 1, 1)(EXACT), object)
    for call in (ops.eigh, ops.eigvalsh, ops.svd, ops.qr, ops.eig, ops.expm, ops.fft, lambda a: ops.lstsq(a, a[0])):
        with pytest.raises(
            NoMethodError, match=r"of an object array of .*it is computed in floats, which would lose digits"
        ):
            call(a)


def test_intervals_go_by_mpmaths_elimination():
    a = np.array([[iv.mpf([2, 2.5]), iv.mpf(1)], [iv.mpf(1), iv.mpf([3, 3.5])]], object)
    inverse = ops.inv(a)
    for p in (2, 2.5):
        for q in (3, 3.5):
            exact = ops.inv(np.array([[Fraction(p), Fraction(1)], [Fraction(1), Fraction(q)]]))
            for x, y in zip(inverse.ravel(), exact.ravel(), strict=True):
                low, high = (Fraction(*map(int, libmp.to_rational(end))) for end in x._mpi_)
                assert low <= y <= high
    with pytest.raises(ZeroDivisionError):
        ops.inv(np.array([[iv.mpf([-1, 1])]], object))


def mpfs(x):
    return np.array([mpmath.mpf(str(v)) for v in np.ravel(x)], object).reshape(np.shape(x))


A = np.array([[4.0, 1.0, 2.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]])
TALL = np.array([[4.0, 1.0], [1.0, 3.0], [0.0, 1.0]])
B = np.array([1.0, 2.0, 4.0])
BY_MPMATH = {
    "eigvals": (lambda a: np.sum(np.real(np.linalg.eigvals(a) ** 3)), (A,)),
    "eig": (lambda a: np.sum(np.abs(np.linalg.eig(a)[1]) ** 4), (A,)),
    "expm": (lambda a: np.sum(ops.expm(a / 4) ** 2), (A,)),
    "matrix_power": (lambda a: np.sum(np.linalg.matrix_power(a, 3) ** 2), (A,)),
    "lstsq": (lambda a, b: np.sum(np.linalg.lstsq(a, b)[0] ** 3), (TALL, B)),
    "residuals": (lambda a, b: np.sum(np.linalg.lstsq(a, b)[1]), (TALL, B)),
}


@pytest.mark.parametrize("name", BY_MPMATH)
def test_functions_of_matrices_by_mpmath(name):
    f, arguments = BY_MPMATH[name]
    exact = tuple(map(mpfs, arguments))
    ones = tuple(map(np.ones_like, arguments))
    y, dy = dm.jvp(f, exact, tuple(map(mpfs, ones)))
    expected = dm.jvp(f, arguments, ones)
    np.testing.assert_allclose(np.array([y, dy], float), np.array(expected, float), rtol=1e-9)
    for found, plain in zip(dm.vjp(f, *exact)[1](mpmath.mpf(1)), dm.vjp(f, *arguments)[1](1.0), strict=True):
        assert {type(v) for v in found.flat} == {mpmath.mpf}
        np.testing.assert_allclose(found.astype(float), plain, rtol=1e-9, atol=1e-12)


def test_mpmath_functions_of_matrices_have_all_digits():
    with mpmath.workdps(50):
        a = mpfs(A)
        w = dm.vjp(np.linalg.eigvals, a)[0]
        assert abs(mpmath.fsum(w) - 12) < mpmath.mpf(10) ** -45
        e = dm.vjp(ops.expm, a)[0]
        assert abs(dm.numpy.linalg.det(e) / mpmath.exp(12) - 1) < mpmath.mpf(10) ** -44
        assert dm.numpy.linalg.matrix_rank(a) == 3
        assert dm.numpy.linalg.matrix_rank(mpfs(np.outer(B, B))) == 1


JOINED = {
    "insert": lambda x: np.insert(x, 0, 2),
    "insert several": lambda x: np.insert(x, 1, np.array([1, 2])),
    "append": lambda x: np.append(x, 2),
    "concatenate": lambda x: np.concatenate([x, [1, 2]]),
    "stack": lambda x: np.stack([x, np.arange(3)]),
    "where": lambda x: np.where(x > 1, x, 0),
    "select": lambda x: np.select([x > 1], [x], 0),
    "choose": lambda x: np.choose([0, 1, 0], [x, np.arange(3)]),
    "block": lambda x: np.block([x, 1]),
    "item assignment": lambda x: (lambda y: (y.__setitem__(0, 2), y)[1])(x * 1),
    "ediff1d": lambda x: np.ediff1d(x, to_end=1),
    "cumulative_sum": lambda x: np.cumulative_sum(x, include_initial=True),
}


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize("cls", [Fraction, Decimal, mpmath.mpf])
def test_whole_numbers_beside_exact_ones_become_exact(cls, name):
    x = np.array([cls(1), cls(2), cls(3)], object)
    for found in (*dm.jvp(JOINED[name], (x,), (x,)), dm.vjp(JOINED[name], x)[0]):
        assert {type(v) for v in found.flat} == {cls}
    np.testing.assert_array_equal(dm.vjp(JOINED[name], x)[0].astype(float), JOINED[name](np.array([1.0, 2.0, 3.0])))


@pytest.mark.parametrize("cls", [Fraction, Decimal])
def test_a_float_beside_exact_numbers_is_refused(cls):
    with pytest.raises(PrecisionError, match=r"test_linear_algebra.py:\d+.*Write"):
        dm.grad(lambda x: np.sum(np.insert(x, 0, 0.5)))(np.array([cls(1), cls(2)], object))
