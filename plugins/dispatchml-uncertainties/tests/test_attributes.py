"""The library's attributes and functions on traced numbers, in both modes, against differences and closed forms."""

import math

import numpy as np
import pytest
import uncertainties
from uncertainties import correlated_values, nominal_value, std_dev, ufloat, unumpy
from uncertainties.core import AffineScalarFunc

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import AttributeSetError, NonDifferentiableError, ReadOnlyError, TracerConversionError

X = ufloat(2.0, 0.1)
A = unumpy.uarray([1.0, 2.0, 3.0], [0.1, 0.2, 0.3])


def slopes(function, at):
    """The derivative in reverse and in forward mode."""
    return dm.grad(function)(at), dm.jvp(function, (at,), (1.0,))[1]


FUNCTIONS = {
    "nominal_value": (lambda t: ((t * X) ** 2).nominal_value, lambda t: 8 * t),
    "n": (lambda t: (X**t).n, lambda t: 2.0**t * math.log(2.0)),
    "std_dev": (lambda t: ((t * X) ** 2).std_dev, lambda t: 0.8 * t),
    "s": (lambda t: np.exp(t * X).s, lambda t: 0.1 * math.exp(2 * t) * (1 + 2 * t)),
    "derivatives": (lambda t: ((t * X) ** 2).derivatives[X], lambda t: 8 * t),
    "error_components": (lambda t: ((t * X) ** 2).error_components()[X], lambda t: 0.8 * t),
    "std_score": (lambda t: (t * X).std_score(0.0), lambda t: 0.0),
    "nominal_value()": (lambda t: nominal_value((t * X) ** 2), lambda t: 8 * t),
    "std_dev()": (lambda t: std_dev((t * X) ** 2), lambda t: 0.8 * t),
    "the same by the module": (lambda t: uncertainties.std_dev((t * X) ** 2), lambda t: 0.8 * t),
    "nominal_values": (lambda t: np.sum(unumpy.nominal_values(t * A)), lambda t: 6.0),
    "std_devs": (lambda t: np.sum(unumpy.std_devs((t * A) ** 2)), lambda t: 2 * t * 2 * 1.4),
    "covariance_matrix": (lambda t: uncertainties.covariance_matrix([t * X, t * X + A[0]])[0][1], lambda t: 0.02 * t),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_what_is_read(name):
    function, slope = FUNCTIONS[name]
    for found in slopes(function, 3.0):
        assert type(found) in (float, np.float64)
        assert found == pytest.approx(slope(3.0), rel=1e-10)
    value = dm.value_and_grad(function)(3.0)[0]
    difference = (dm.value_and_grad(function)(3.0 + 1e-6)[0] - dm.value_and_grad(function)(3.0 - 1e-6)[0]) / 2e-6
    assert difference == pytest.approx(slope(3.0), rel=1e-6, abs=1e-8)
    assert type(value) in (float, np.float64)


def test_with_respect_to_a_number_derivatives_are_by_its_nominal_value():
    assert dm.grad(lambda x: (x**3).n)(X) == pytest.approx(12.0)
    assert dm.grad(lambda x: (x**3).s)(X) == pytest.approx(6 * 2.0 * 0.1)
    assert dm.jvp(lambda x: (x**3).s, (X,), (1.0,))[1] == pytest.approx(1.2)
    g = dm.grad(lambda a: np.sum(unumpy.std_devs(a**3)))(A)
    assert g.dtype == np.float64
    np.testing.assert_allclose(g, 6 * unumpy.nominal_values(A) * unumpy.std_devs(A))
    np.testing.assert_allclose(dm.jacobian(lambda a: unumpy.std_devs(a**3))(A), np.diag(g))


def test_a_tangent_with_uncertainty_moves_the_deviation():
    direction = ufloat(0.0, 0.3) + X  # linear parts along X and along a new variable
    found = dm.jvp(lambda x: (x * x).s, (X,), (direction,))[1]
    step = 1e-6
    ahead, behind = ((X + sign * step * direction) ** 2 for sign in (1, -1))
    assert found == pytest.approx((ahead.s - behind.s) / (2 * step), rel=1e-5)


def test_correlated_numbers():
    u = np.array(correlated_values([1.0, 2.0], [[0.04, 0.02], [0.02, 0.09]]), object)

    def spread(w):
        return (w @ u).s

    w = np.array([0.5, 2.0])
    c = np.array([[0.04, 0.02], [0.02, 0.09]])
    s = math.sqrt(w @ c @ w)
    np.testing.assert_allclose(dm.grad(spread)(w), c @ w / s)
    np.testing.assert_allclose(dm.hessian(spread)(w), c / s - np.outer(c @ w, c @ w) / s**3)


def test_the_best_weights_of_two_measurements():
    a, b = ufloat(10.0, 0.2), ufloat(11.0, 0.4)
    t = 0.5
    for _ in range(60):  # minimise the variance of t a + (1 - t) b
        t = t - 2.0 * dm.grad(lambda t: (t * a + (1 - t) * b).s ** 2)(t)
    assert t == pytest.approx(0.8)


def test_at_no_uncertainty_the_deviation_has_the_derivative_zero():
    assert dm.grad(lambda t: (t * ufloat(1.0, 0.1) - 0.0 * X).s)(0.0) == 0.0
    assert dm.jvp(lambda t: (t * ufloat(1.0, 0.1)).s, (0.0,), (1.0,))[1] == 0.0


def test_plain_numbers_are_their_own_nominal_values():
    assert dm.grad(lambda t: nominal_value(t) * 2 + std_dev(t))(3.0) == 2.0
    assert nominal_value(3) == 3
    assert std_dev(3) == 0.0
    assert nominal_value(X) == 2.0
    assert std_dev(X) == 0.1
    assert unumpy.nominal_values(A).tolist() == [1.0, 2.0, 3.0]
    assert unumpy.std_devs([X])[0] == 0.1


def test_batches():
    found = dm.vmap(lambda x: (x * x).s)(A)
    np.testing.assert_allclose(found, 2 * unumpy.nominal_values(A) * unumpy.std_devs(A))
    np.testing.assert_allclose(dm.vmap(dm.grad(lambda t: (t * X).s))(np.array([1.0, 2.0])), [0.1, 0.1])


def test_instances():
    assert dm.grad(lambda x: x * dm.isinstance(x, AffineScalarFunc))(X).n == 1.0


# ---- construction ----------------------------------------------------------------------------------------------------


def test_a_number_of_traced_values():
    assert dm.grad(lambda n: (ufloat(n, 0.1) ** 2).n)(3.0) == pytest.approx(6.0)
    assert dm.grad(lambda s: (ufloat(3.0, s) ** 2).s)(0.1) == pytest.approx(6.0)
    assert dm.grad(lambda n: (ufloat(n, 0.1) ** 2).s)(3.0) == pytest.approx(0.2)
    assert dm.grad(lambda s: (ufloat(3.0, s) ** 2).s)(0.0) == 0.0  # a kink
    assert dm.jvp(lambda n, s: ufloat(n, s), (3.0, 0.1), (1.0, 0.0))[0].s == pytest.approx(0.1)


def test_arrays_of_traced_values():
    n, s = np.array([1.0, 2.0]), np.array([0.1, 0.2])
    np.testing.assert_allclose(dm.grad(lambda n: np.sum(unumpy.std_devs(unumpy.uarray(n, s) ** 2)))(n), 2 * s)
    np.testing.assert_allclose(dm.grad(lambda s: np.sum(unumpy.std_devs(unumpy.uarray(n, s) ** 2)))(s), 2 * n)
    y = dm.jvp(lambda s: np.sum(unumpy.uarray(n, s)), (s,), (s,))[0]
    assert y.s == pytest.approx(math.hypot(0.1, 0.2))  # independent


def test_the_librarys_functions_look_and_act_as_before():
    import inspect

    class Named(uncertainties.core.Variable):
        def __init__(self, name, value, std_dev):
            super().__init__(value, std_dev)
            self.name = name

    assert Named("x", 1.0, std_dev=0.1).name == "x"
    assert list(inspect.signature(ufloat).parameters) == ["nominal_value", "std_dev", "tag"]
    assert ufloat(1.0, std_dev=0.1, tag="x").tag == "x"
    assert ufloat(nominal_value=1.0, std_dev=0.1).s == 0.1
    assert [v.s for v in unumpy.uarray([1.0], std_devs=[0.1])] == [0.1]


def test_what_the_library_refuses_stays_refused():
    with pytest.raises(TypeError, match="nominal_value"):
        dm.grad(lambda x: ufloat(x, 0.1).n)(X)
    with pytest.raises(uncertainties.core.NegativeStdDev):
        dm.grad(lambda s: ufloat(1.0, s).n)(-0.1)


# ---- refusals --------------------------------------------------------------------------------------------------------


def test_functions_of_the_library_that_need_a_float_say_what_to_write():
    from uncertainties import umath

    with pytest.raises(TracerConversionError, match=r"float\(x\) on a traced value"):
        dm.grad(lambda x: umath.sin(x))(0.5)
    with pytest.raises(TracerConversionError):
        dm.grad(lambda a: np.sum(unumpy.sin(a)))(np.array([0.5, 0.6]))


def test_reverse_over_reverse_of_a_deviation():
    for function, slope in (
        (lambda t: np.exp(t * X).s, 0.1 * math.exp(2.0) * 8.0),
        (lambda t: ((t * X) ** 3).s, 7.2),
        (lambda t: ((t * X) ** 3).n, 48.0),
    ):
        assert dm.grad(dm.grad(function))(1.0) == pytest.approx(slope)
        assert dm.hessian(function)(1.0) == pytest.approx(slope)


def matrix(t):
    return 2 * np.diag([1.0, 2.0, 3.0]) + np.outer(t * A, t * A)


LINEAR_ALGEBRA = {
    "solve": lambda t: np.linalg.solve(matrix(t), t * A),
    "inv": lambda t: np.linalg.inv(matrix(t)),
    "det": lambda t: np.linalg.det(matrix(t)),
    "eigvalsh": lambda t: np.linalg.eigvalsh(matrix(t)) ** 2,
    "eigh": lambda t: np.linalg.eigh(matrix(t))[1] ** 2,
    "cholesky": lambda t: np.linalg.cholesky(matrix(t)),
    "qr": lambda t: np.linalg.qr(matrix(t))[1] ** 2,
    "expm": lambda t: ops.expm(matrix(t) / 5),
    "logsumexp": lambda t: ops.logsumexp(t * A),
    "median": lambda t: np.median(t * A),
    "interp": lambda t: np.interp(0.5, np.arange(3.0), t * A),
}


@pytest.mark.parametrize("name", LINEAR_ALGEBRA)
@pytest.mark.parametrize("read", [unumpy.std_devs, unumpy.nominal_values])
def test_reverse_and_forward_mode_agree_through_linear_algebra_of_numbers(name, read):
    def real(t):
        return np.sum(read(np.atleast_1d(LINEAR_ALGEBRA[name](t))))

    t = np.array([0.4, 0.7, 0.9])
    np.testing.assert_allclose(dm.grad(real)(t), dm.jacfwd(real)(t), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(dm.jacrev(dm.grad(real))(t), dm.hessian(real)(t), rtol=1e-6, atol=1e-8)


def test_what_the_reverse_mode_cannot_do_says_what_to_write():
    from dispatchml.propagation.sensitivity import Sensitivity

    with pytest.raises(NonDifferentiableError, match="jacfwd"):
        ops.exp(Sensitivity(1.0, {}))
    with pytest.raises(NonDifferentiableError, match="jacfwd"):
        ops.inv(np.array([[Sensitivity(1.0, {})]], object))


@pytest.mark.parametrize("name", ["nominal_value", "n", "std_dev", "derivatives"])
def test_attributes_are_not_set_on_traced_numbers(name):
    with pytest.raises(AttributeSetError, match=rf"x.{name} .*traced .*test_attributes.py"):
        dm.grad(lambda x: (setattr(x, name, 3.0), x.nominal_value)[1])(X)


def test_derivatives_of_traced_numbers_are_not_written_to():
    def program(x):
        y = x * 2.0
        y.derivatives[next(iter(y.derivatives))] = 7.0
        return y.std_dev

    with pytest.raises(ReadOnlyError, match=r"x.derivatives.*test_attributes.py.*Make a new number"):
        dm.grad(program)(X)
