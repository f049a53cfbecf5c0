"""Loops with as many rounds as their values ask for, derivatives in their bodies and derivatives of them, in all modes.

Newton's method for x**3 = a takes the slope in each round by a derivative, so that the root has the closed form
a**(1/3), whichever way it was found and is differentiated.
"""

import itertools
import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.errors import KernelError

pytest.importorskip("numba")


def excess(x, a):
    return x**3 - a


def slope_by_jvp(x, a):
    return dm.jvp(excess, (x, a), (1.0, 0.0))[1]


def slope_by_value_and_grad(x, a):
    return dm.value_and_grad(excess)(x, a)[1]


def written_out(x, a):
    return dm.derivative(excess)(x, a)


SLOPES = {
    "derivative": dm.derivative(excess),
    "grad": dm.grad(excess),
    "of a kernel": dm.grad(dm.kernel(excess)),
    "jvp": slope_by_jvp,
    "value and grad": slope_by_value_and_grad,
    "in a helper": written_out,
}


def kernel_with_while(slope):
    @dm.kernel
    def root(a):
        x, step = a, 1.0
        while abs(step) > 1e-11 * x:
            step = excess(x, a) / slope(x, a)
            x -= step
        return x

    return root


def kernel_with_early_return(slope):
    @dm.kernel
    def root(a):
        x = a
        for _ in range(1000):
            step = excess(x, a) / slope(x, a)
            if abs(step) <= 1e-11 * x:
                return x - step
            x -= step
        return 0.0

    return root


def while_loop(slope):
    def root(a):
        def body(carry):
            x, _ = carry
            step = excess(x, a) / slope(x, a)
            return x - step, step

        return dm.while_loop(lambda carry: abs(carry[1]) > 1e-11 * carry[0], body, (a, 0.0 * a + 1.0))[0]

    return root


def fori_loop(slope):
    return lambda a: dm.fori_loop(0, 12, lambda i, x: x - excess(x, a) / slope(x, a), a)


def scan(slope):
    def root(a):
        def step(x, weight):
            x = dm.cond(weight > 0.5, lambda x: x - excess(x, a) / slope(x, a), lambda x: 1.0 * x, x)
            return x, weight

        return dm.scan(step, a, np.resize([1.0, 0.0], 24))[0]

    return root


A = 5.0
ROOT, FIRST, SECOND = A ** (1 / 3), A ** (-2 / 3) / 3, -2 / 9 * A ** (-5 / 3)
MODES = {"reverse": dm.grad, "forward": dm.derivative}


def agrees(root):
    """The value, both first derivatives and all four second ones."""
    assert root(A) == pytest.approx(ROOT, rel=1e-13)
    for mode in MODES.values():
        assert mode(root)(A) == pytest.approx(FIRST, rel=1e-12)
    for outer, inner in itertools.product(MODES.values(), repeat=2):
        assert outer(inner(root))(A) == pytest.approx(SECOND, rel=1e-9)


@pytest.mark.parametrize("slope", ["derivative", "of a kernel", "jvp"])
def test_kernels(slope):
    agrees(kernel_with_while(SLOPES[slope]))


@pytest.mark.slow
@pytest.mark.parametrize("slope", ["grad", "value and grad", "in a helper"])
def test_kernels_further(slope):
    agrees(kernel_with_while(SLOPES[slope]))


def test_a_return_out_of_the_loop():
    agrees(kernel_with_early_return(SLOPES["derivative"]))


@pytest.mark.parametrize("made", [while_loop, fori_loop, scan])
@pytest.mark.parametrize("slope", ["derivative", "grad"])
def test_loops_as_functions(made, slope):
    agrees(made(SLOPES[slope]))


@pytest.mark.parametrize("made", [while_loop, fori_loop, scan])
@pytest.mark.parametrize("slope", ["derivative", "grad"])
def test_loops_as_functions_compiled(made, slope):
    root = made(SLOPES[slope])
    assert dm.jit(root)(A) == pytest.approx(ROOT, rel=1e-13)
    for mode in MODES.values():
        assert dm.jit(mode(root))(A) == pytest.approx(FIRST, rel=1e-12)
        assert mode(dm.jit(root))(A) == pytest.approx(FIRST, rel=1e-12)
    for outer, inner in itertools.product(MODES.values(), repeat=2):
        assert dm.jit(outer(inner(root)))(A) == pytest.approx(SECOND, rel=1e-9)


def test_kernels_in_loops_and_loops_of_kernels():
    """A kernel's derivative in the body of a while_loop, compiled or not, and batches of the whole."""
    root = while_loop(dm.derivative(dm.kernel(excess)))
    agrees(root)
    given = np.array([1.0, 8.0, 27.0])
    for f in (root, kernel_with_while(dm.grad(excess))):
        np.testing.assert_allclose(dm.vmap(f)(given), [1.0, 2.0, 3.0], rtol=1e-12)
        np.testing.assert_allclose(dm.vmap(dm.grad(f))(given), given ** (-2 / 3) / 3, rtol=1e-11)
        np.testing.assert_allclose(dm.jit(dm.vmap(dm.grad(f)))(given), given ** (-2 / 3) / 3, rtol=1e-11)


def test_a_minimum_within_a_minimum():
    """The maximum over y of x y - (y - x)**2 is 5/4 x**2, of which a descent takes 1/4 of x in each step."""

    def inner(y, x):
        return -((y - x) ** 2) + x * y

    @dm.kernel
    def best(x):
        y = 0.0
        slope = dm.derivative(inner)(y, x)
        while abs(slope) > 1e-12:
            y += 0.4 * slope
            slope = dm.derivative(inner)(y, x)
        return inner(y, x)

    @dm.kernel
    def least(a):
        x = a
        for _ in range(3):
            x -= 0.1 * dm.grad(best)(x)
        return x

    assert best(2.0) == pytest.approx(5.0, rel=1e-12)
    for mode in MODES.values():
        assert mode(best)(2.0) == pytest.approx(5.0, rel=1e-9)
        assert mode(least)(2.0) == pytest.approx(0.75**3, rel=1e-9)
    assert least(2.0) == pytest.approx(2.0 * 0.75**3, rel=1e-9)


def test_derivatives_along_directions():
    @dm.kernel
    def along(x, v):
        value, slope = dm.jvp(squares, (x, 3), (v, 0))
        return value * slope

    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, -1.0])
    value, slope = 3 * np.sum(x * x), 6 * np.sum(x * v)
    assert along(x, v) == pytest.approx(value * slope)
    expected = 6 * x * slope + value * 6 * v
    np.testing.assert_allclose(dm.grad(along)(x, v), expected)
    np.testing.assert_allclose(dm.jacfwd(along)(x, v), expected)


def squares(x, n):
    s = 0.0
    for _ in range(n):
        for i in range(len(x)):
            s += x[i] * x[i]
    return s


def test_what_cannot_be_taken_inside_is_said():
    def pair(x):
        return x * np.array([1.0, 2.0])

    @dm.kernel
    def pulled(x):
        return dm.vjp(math.sin, x)[0]

    @dm.kernel
    def of_arrays(x):
        return dm.jvp(pair, (x,), (1.0,))[1]

    with pytest.raises(KernelError, match=r"`dispatchml.vjp` cannot be compiled. Kernels take .*dm.jvp"):
        pulled(1.0)
    with pytest.raises(KernelError, match="a function that returns no number"):
        of_arrays(1.0)
