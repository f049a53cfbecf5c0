"""grad and value_and_grad: values, dtypes, several arguments, complex numbers, ownership of what is returned."""

from fractions import Fraction

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ArgumentError, NonDifferentiableError, NonScalarOutputError

X = np.array([0.3, 0.7, -1.2])


def test_value_and_gradient():
    value, gradient = dm.value_and_grad(lambda x: ops.sum(x**3))(X)
    assert value == np.sum(X**3)
    np.testing.assert_allclose(gradient, 3 * X**2)
    np.testing.assert_array_equal(dm.grad(lambda x: ops.sum(x**3))(X), gradient)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_dtype_is_that_of_the_argument(dtype):
    x = X.astype(dtype)
    value, gradient = dm.value_and_grad(lambda x: ops.sum(ops.absolute(x) ** 2))(x)
    assert gradient.dtype == dtype
    assert value.dtype == np.zeros(0, dtype).real.dtype
    np.testing.assert_allclose(gradient, 2 * x, rtol=1e-6)


def test_python_numbers_stay_pythons_own():
    value, gradient = dm.value_and_grad(lambda x: ops.sin(x) * x)(2.0)
    assert type(value) is float
    assert type(gradient) is float
    assert type(dm.grad(lambda z: ops.real(z * z))(1 + 2j)) is complex


def test_argnums():
    def f(a, b, c):
        return a * b**2 * c

    assert dm.grad(f, 1)(2.0, 3.0, 5.0) == 60.0
    assert dm.grad(f, (0, 2))(2.0, 3.0, 5.0) == (45.0, 18.0)
    assert dm.grad(f, (2, 0))(2.0, 3.0, 5.0) == (18.0, 45.0)
    assert dm.grad(f, -1)(2.0, 3.0, 5.0) == 18.0
    assert dm.grad(f, [0])(2.0, 3.0, 5.0) == (45.0,)
    assert dm.value_and_grad(f, (0,))(2.0, 3.0, c=5.0) == (90.0, (45.0,))
    assert dm.grad(f, np.int64(1))(2.0, 3.0, 5.0) == 60.0
    assert dm.grad(f, range(0, 3, 2))(2.0, 3.0, 5.0) == (45.0, 18.0)
    for wrong in (1.0, "b", True, (0, None)):
        with pytest.raises(ArgumentError, match="it is the position of an argument"):
            dm.grad(f, wrong)(2.0, 3.0, 5.0)


@attrs.define
class Result:
    y: object


@pytest.mark.parametrize("make", [Result, lambda x: {x}, lambda x: object()], ids=["class", "set", "object"])
def test_what_is_no_number_is_refused_as_an_output(make):
    with pytest.raises(NonScalarOutputError, match="needs a function that returns one number"):
        dm.grad(make)(1.0)
    assert dm.grad(lambda x: x * Fraction(1, 2))(Fraction(3)) == Fraction(1, 2)


def test_extra_values_are_plain():
    (value, extra), gradient = dm.value_and_grad(lambda x: (ops.sum(x * x), {"y": x * 2.0, "n": 3}), has_aux=True)(X)
    assert type(extra["y"]) is np.ndarray
    assert extra["n"] == 3
    np.testing.assert_allclose(gradient, 2 * X)
    gradient, extra = dm.grad(lambda x: (x * x, "note"), has_aux=True)(2.0)
    assert (gradient, extra) == (4.0, "note")
    with pytest.raises(NonScalarOutputError, match="must return a pair"):
        dm.grad(lambda x: x, has_aux=True)(2.0)


def test_complex_gradient_is_the_direction_of_steepest_ascent():
    z = 0.5 + 0.25j
    gradient = dm.grad(lambda z: ops.real(z) ** 2 + 3 * ops.imag(z))(z)
    assert gradient == pytest.approx(1.0 + 3j)
    assert dm.grad(lambda z: ops.real(z**3))(z) == pytest.approx(np.conj(3 * z**2))


def test_real_inputs_have_real_gradients_through_complex_detours():
    found = dm.grad(lambda x: ops.sum(ops.absolute(ops.exp(x * 1j) + x) ** 2))(X)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, 2 * X + 2 * np.cos(X) - 2 * X * np.sin(X), rtol=1e-12)


def test_holomorphic():
    z = np.array([1 + 2j, 0.5j])
    found = dm.grad(lambda z: ops.sum(ops.exp(z) * z), holomorphic=True)(z)
    np.testing.assert_allclose(found, np.exp(z) * (z + 1))
    value, found = dm.value_and_grad(lambda z, w: z**2 * w, (0, 1), holomorphic=True)(1 + 1j, 2 + 0j)
    assert value == (1 + 1j) ** 2 * 2
    assert found == (pytest.approx(4 + 4j), pytest.approx(2j))
    assert dm.grad(dm.grad(lambda z: z**3, holomorphic=True), holomorphic=True)(1 + 1j) == pytest.approx(6 + 6j)
    assert dm.grad(lambda z: 1j, holomorphic=True)(1 + 1j) == 0
    with pytest.raises(NonDifferentiableError, match="grad: the function is not holomorphic"):
        dm.grad(lambda z: z * ops.conj(z), holomorphic=True)(1 + 2j)
    with pytest.raises(NonScalarOutputError, match="complex output"):
        dm.grad(ops.real, holomorphic=True)(1 + 2j)
    with pytest.raises(NonDifferentiableError, match="complex inputs"):
        dm.grad(lambda x: x * 1j, holomorphic=True)(1.0)


def test_gradients_share_memory_with_nothing():
    x, y, w = X.copy(), X * 2.0, np.arange(3.0)
    gx, gy = dm.grad(lambda x, y: ops.sum((x + y) * w), (0, 1))(x, y)
    np.testing.assert_array_equal(gx, gy)
    arrays = [gx, gy, x, y, w]
    for k, a in enumerate(arrays):
        for b in arrays[k + 1 :]:
            assert not np.shares_memory(a, b)
    for g in (gx, gy, dm.grad(ops.sum)(x), dm.grad(lambda x: ops.sum(ops.reshape(x, shape=(3, 1))))(x)):
        g += 1.0


def test_typed_zeros():
    found = dm.grad(lambda x, y: ops.sum(y), (0, 1))(X.astype(np.float32), X)
    assert found[0].dtype == np.float32
    np.testing.assert_array_equal(found[0], np.zeros(3))
    assert dm.grad(lambda x: 1.0)(2.0) == 0.0
    assert dm.grad(lambda x: ops.floor(x))(2.5) == 0.0


def test_the_wrapper_keeps_the_functions_name():
    def energy(x):
        """The energy."""
        return x

    for transform in (
        dm.grad,
        dm.value_and_grad,
        dm.derivative,
        dm.jacfwd,
        dm.jacrev,
        dm.jacobian,
        dm.vmap,
        dm.checkpoint,
    ):
        assert transform(energy).__name__ == "energy"
        assert transform(energy).__doc__ == "The energy."


def test_memory_is_flat_without_the_garbage_collector():
    import gc
    import tracemalloc

    def loss(w):
        return ops.sum(ops.tanh(w * 2.0) ** 2)

    w = np.ones(1000)
    step = dm.grad(loss)
    step(w)
    gc.disable()
    try:
        tracemalloc.start()
        for _ in range(5):
            step(w)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            step(w)
        assert tracemalloc.get_traced_memory()[0] - before < 20_000
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("f", [lambda x: x[0] > 1.0, lambda x: np.argmax(x), lambda x: np.all(x > 0), lambda x: True])
def test_truth_values_and_positions_are_no_outputs(f):
    for transform in (dm.grad, dm.value_and_grad):
        with pytest.raises(NonScalarOutputError, match=r"test_gradient\.py:\d+.*zero everywhere"):
            transform(f)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(dm.grad(lambda x: 3)(np.array([1.0, 2.0])), [0.0, 0.0])


def a_generator(x):
    yield x


async def a_coroutine(x):
    return x


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize("f", [a_generator, a_coroutine, lambda x: lambda: x, lambda x: x.sum, lambda x: np.sum])
def test_what_has_not_run_yet_is_no_number(f):
    for transform in (dm.grad, dm.value_and_grad):
        with pytest.raises(NonScalarOutputError, match=r"test_gradient\.py:\d+"):
            transform(f)(np.ones(2))
