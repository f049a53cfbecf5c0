"""Single numbers and arrays: operands on either side, shapes, comparisons, choices, corners."""

import math
import pickle
from importlib.util import find_spec

import numpy as np
import pytest
from uncertainties import ufloat, unumpy
from uncertainties.core import AffineScalarFunc

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import MissingExtraError, NoMethodError, NoRuleError

X, Y = ufloat(2.0, 0.1), ufloat(5.0, 0.5)
A = unumpy.uarray([1.0, 2.0, 3.0], [0.1, 0.2, 0.3])


def close(a, b):
    """Equal values, and equal as random variables: the difference has no uncertainty."""
    difference = np.ravel(np.asarray(a - b, object))
    return all(abs(d.n) < 1e-9 and d.s < 1e-9 if isinstance(d, AffineScalarFunc) else abs(d) < 1e-9 for d in difference)


OPERANDS = {
    "traced + number": (lambda t: t + X, lambda t: 1.0),
    "number + traced": (lambda t: X + t, lambda t: 1.0),
    "traced - number": (lambda t: t - X, lambda t: 1.0),
    "number - traced": (lambda t: X - t, lambda t: -1.0),
    "traced * number": (lambda t: t * X, lambda t: X),
    "number * traced": (lambda t: X * t, lambda t: X),
    "traced / number": (lambda t: t / X, lambda t: 1 / X),
    "number / traced": (lambda t: X / t, lambda t: -X / t**2),
    "traced ** number": (lambda t: t**X, lambda t: X * t ** (X - 1)),
    "number ** traced": (lambda t: X**t, lambda t: X**t * math.log(2.0) + X**t * (X - 2.0) / 2.0),
}


@pytest.mark.parametrize("name", OPERANDS)
def test_either_side_of_an_operator(name):
    function, slope = OPERANDS[name]
    assert close(dm.grad(function)(3.0), slope(3.0))
    assert close(dm.jvp(function, (3.0,), (1.0,))[1], slope(3.0))


@pytest.mark.parametrize("name", OPERANDS)
def test_either_side_of_an_operator_with_arrays(name):
    function, slope = OPERANDS[name]
    t = np.array([3.0, 1.5])
    found = dm.grad(lambda t: np.sum(function(t)))(t)
    assert all(close(f, slope(s)) for f, s in zip(found, t.tolist(), strict=True))


def test_arrays_of_numbers_beside_traced_numbers():
    assert close(dm.grad(lambda t: np.sum(A * t))(2.0), A.sum())
    assert close(dm.grad(lambda t: np.sum(t * A))(2.0), A.sum())
    assert close(dm.grad(lambda t: np.sum(A * t))(np.ones(3)), A)
    assert close(dm.grad(lambda t: np.sum(np.outer(t, A) @ A))(np.ones(3)), np.full(3, np.sum(A * A)))


def test_correlations_are_kept():
    y = dm.grad(lambda x: x * x - x * X)(X)  # 2 x - X with x the same variable
    assert y.s == pytest.approx(0.1)
    assert close(dm.jvp(lambda x: x - X, (X,), (X,))[0], 0.0)
    assert dm.jvp(lambda x: x - X, (X,), (X,))[0].s == 0


def test_mixed_arrays():
    mixed = np.array([X, 3.0, 2], object)
    y = ops.sin(mixed)
    assert y[0].s == pytest.approx(abs(math.cos(2.0)) * 0.1)
    assert y[1].n == math.sin(3.0)
    assert y[1].s == 0
    assert close(dm.grad(lambda a: np.sum(a**3))(mixed), 3 * mixed**2)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0), (1, 3)])
def test_shapes(shape):
    size = int(np.prod(shape))
    a = np.empty(shape, object)
    a.reshape(-1)[:] = [ufloat(1.0 + k, 0.1) for k in range(size)]
    special = (ops.erf,) if find_spec("scipy") else ()
    for op in (ops.sin, ops.exp, ops.negative, *special):
        y = op(a)
        assert np.shape(y) == shape
    assert np.shape(ops.sum(a, axis=None)) == ()
    g = dm.grad(lambda a: ops.sum(ops.multiply(a, a)))(a)
    assert np.shape(g) == shape
    assert size == 0 or close(np.asarray(g, object), 2 * a)


def test_elements_are_numbers_and_never_arrays():
    for a in (
        np.stack([A, A]),
        ops.stack((X, Y)),
        ops.sort(A[::-1]),
        ops.solve(np.eye(3), A),
        ops.getitem(A, index=[0]),
    ):
        assert all(isinstance(v, AffineScalarFunc) for v in np.ravel(a))
    assert isinstance(ops.sum(A), AffineScalarFunc)
    assert isinstance(ops.max(A), AffineScalarFunc)
    assert isinstance(ops.det(np.diag(A)), AffineScalarFunc)


def test_choices_are_by_the_nominal_value_and_hand_out_the_number_itself():
    a = np.array([Y, X, ufloat(5.0, 0.3)], object)
    assert ops.max(a) is Y  # the first of equal ones
    assert ops.min(a) is X
    assert ops.sort(a)[0] is X
    assert ops.maximum(X, Y) is Y
    assert ops.minimum(X, Y) is X
    assert ops.argmax(a) == 0
    assert ops.argsort(a).tolist() == [1, 0, 2]
    kept = ops.max(np.stack([a, a + 1]), axis=0, keepdims=True)
    assert kept.shape == (1, 3)
    assert close(kept[0], a + 1)
    # the derivative shares ties, as that of plain numbers
    assert close(dm.grad(lambda a: np.max(a))(a), np.array([0.5, 0, 0.5], object))


def test_comparisons_are_those_of_the_library():
    assert ops.less(X, Y) is True
    assert ops.greater(X, 2.5) is False
    assert (X == ufloat(2.0, 0.1)) == ops.equal(X, ufloat(2.0, 0.1)) == False  # noqa: E712
    assert ops.equal(X, X)
    assert ops.less(A, 2.0).tolist() == [True, False, False]
    assert ops.equal(A, A).tolist() == [True] * 3
    assert not ops.isnan(A).any()
    assert ops.isnan(ufloat(math.nan, 0.1))


def test_steps_have_no_uncertainty_and_keep_the_class():
    y = ops.floor(ufloat(2.7, 0.1))
    assert isinstance(y, AffineScalarFunc)
    assert y.n == 2.0
    assert y.s == 0.0
    assert dm.grad(lambda x: x * np.floor(x))(ufloat(2.7, 0.1)).n == 2.0


def test_singular_slopes():
    assert ops.sqrt(ufloat(0.0, 0.1)).s == math.inf
    assert ops.power(ufloat(0.0, 0.1), 0).s == 0
    assert ops.power(ufloat(0.0, 0.1), 1).s == pytest.approx(0.1)
    assert ops.power(ufloat(-2.0, 0.1), 3).s == pytest.approx(1.2)
    with np.errstate(divide="ignore"):
        assert ops.divide(1.0, ufloat(0.0, 0.1)).n == math.inf


def test_numbers_have_python_floats_inside():
    assert type(ops.sin(X).n) is float
    assert type(ops.sin(A)[0].n) is float
    assert type(ops.solve(np.eye(3, dtype=np.float32), A)[0].n) is float


def test_updates_in_place():
    def doubled(x):
        x += x
        x *= 2
        return x

    assert close(dm.grad(doubled)(X), 4.0)

    def written(a):
        a[0] = a[1] * X
        return np.sum(a)

    assert close(dm.grad(written)(A), np.array([0.0, 1 + X, 1.0], object))
    assert A[0].n == 1.0  # the caller's array is not written


def test_leaves_of_containers():
    g = dm.grad(lambda p: np.sum(p["a"]) * p["x"][0])({"a": A, "x": (X,)})
    assert close(g["a"], np.full(3, X))
    assert close(g["x"][0], A.sum())
    flat, unravel = dm.ravel({"a": A, "x": X})
    assert flat.shape == (4,)
    assert close(unravel(flat)["x"], X)


def test_the_rest_of_the_library_is_as_it_was():
    assert pickle.loads(pickle.dumps(X)).s == 0.1
    assert repr(X) == "2.0+/-0.1"
    assert (X * A)[0].s == pytest.approx((X * A[0]).s)
    assert (A @ A).n == 14.0
    with pytest.raises(TypeError):
        float(X)


def test_what_these_numbers_cannot_be_is_refused():
    with pytest.raises(NoMethodError, match=r"complex result.*real"):
        ops.fft(A)
    with pytest.raises(NoMethodError, match="make_complex"):
        ops.make_complex(X, 1.0)
    with pytest.raises(NoMethodError, match="holds values of"):
        ops.sin(np.array([X, "text"], object))
    with pytest.raises(NoRuleError if find_spec("scipy") else MissingExtraError, match="no derivative|SciPy"):
        ops.jv(X, 1.0)  # in the order
    with pytest.raises(TypeError):
        ops.astype(A, dtype=np.float64)


def test_the_namespace_of_dispatchml_takes_plain_arrays_of_numbers():
    import dispatchml.numpy as dnp

    with pytest.raises(TypeError):
        np.sin(A)  # NumPy's own business
    assert close(dnp.sin(A), ops.sin(A))
    assert close(dnp.arctan2(A, 2.0), ops.arctan2(A, 2.0))
    assert close(dnp.linalg.solve(np.diag(A), A), np.ones(3))
    assert close(dnp.linalg.det(np.diag(A)), A[0] * A[1] * A[2])
    assert close(dnp.std(A), ops.std(A))
    with pytest.raises(TypeError):
        dnp.sin(np.array(["text"], object))


def test_complex_numbers_are_refused():
    for call in (
        lambda: dm.jvp(lambda z: z * X, (1j,), (1.0 + 0j,)),
        lambda: ops.multiply(np.array([1j]), X),
        lambda: ops.exp(ops.multiply(1j, X)),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()


def test_operations_of_others_work_by_their_rules():
    scaled = dm.primitive(ops.operation("scaled", arity=2)) if hasattr(ops, "operation") else None
    assert scaled is not None
    scaled.elementwise("a * a / b", "2 * a / b", "-(a * a) / (b * b)")
    y = scaled(X, Y)
    assert close(y, X * X / Y)
    assert close(scaled(A, Y), A * A / Y)
    assert close(dm.grad(scaled)(X, Y), 2 * X / Y)


def test_functions_of_others_work_by_their_pullbacks():
    @dm.primitive
    def cubed(x):
        return x * x * x

    @cubed.defvjp
    def cubed_vjp(y, x):
        return lambda ct: (ct * 3 * x * x,)

    assert close(dm.grad(cubed)(X), 3 * X * X)


COMPLEX = {
    "a product with 1j": (lambda x: x * 1j, r"c \* x is c.real \* x"),
    "1j on the left": (lambda x: np.exp(1j * x), r"c \* x is c.real \* x"),
    "a transform": (lambda x: np.fft.fft(np.stack([x, x])), r"numpy.cos\(w\) @ x"),
    "eigenvalues": (lambda x: np.linalg.eigvals(np.stack([np.stack([x, x]), np.stack([x, -x])])), "real and imaginary"),
}


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("transform", [dm.grad, lambda f: lambda x: dm.jvp(f, (x,), (1.0,))])
def test_complex_results_are_refused_with_line_and_way_out(name, transform):
    f, instead = COMPLEX[name]
    with pytest.raises(
        NoMethodError, match=rf"complex result.*test_numbers.py:\d+.*{instead}.*propagate\(f, mean, cov\)"
    ):
        transform(lambda x: np.sum(np.abs(f(x))))(ufloat(0.5, 0.1))


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
def test_derivatives_of_compiled_functions_keep_correlations():
    x, y = ufloat(2.0, 0.1), ufloat(3.0, 0.2)
    compiled, one = dm.jit(lambda x, y: x * x * y), ufloat(1.0, 0.0)
    found = dm.vjp(compiled, x, y)[1](one)
    assert (found[0] - 2 * x * y).s == pytest.approx(0, abs=1e-12)
    assert found[0].n == 12.0
    assert (dm.jvp(lambda t: compiled(t, y), (1.5,), (1.0,))[1] - 3.0 * y).s == pytest.approx(0, abs=1e-12)
