"""Item assignment and views inside transforms: the same program gives the same numbers as with plain NumPy arrays."""

import random

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError, LeakedTracerError


def weighted(*arrays):
    return sum(ops.sum(ops.multiply(a, a)) * (k + 1.0) for k, a in enumerate(arrays))


def assign_element(x):
    y = x * 1.0
    y[1, 2] = 5.0
    return weighted(y)


def assign_row_of_view(x):
    y = x * 1.0
    row = y[1]
    row[0] = y[0, 0] * 2.0
    return weighted(y, row)


def view_sees_write_to_owner(x):
    y = x * 1.0
    v = y[:, 1]
    y[0] = x[1] * 3.0
    return weighted(v, y)


def views_of_views(x):
    y = x * 1.0
    v = y.T[1:]
    w = v[::-1, 0]
    w[...] = w * w
    v += 1.0
    return weighted(y, v, w)


def two_views_overlap(x):
    y = x * 1.0
    a, b = y[:2], y[1:]
    a *= 2.0
    b -= a
    return weighted(a, b, y)


def reshape_is_a_view(x):
    y = x * 1.0
    flat = y.reshape(-1)
    flat[3] = 0.0
    y[2] = flat[:4]
    return weighted(flat, y)


def reshape_of_a_transpose_is_a_copy(x):
    y = x * 1.0
    flat = y.T.reshape(-1)
    flat[3] = 0.0
    y[0] = 1.0
    return weighted(flat, y)


def advanced_index_is_a_copy(x):
    y = x * 1.0
    copy = y[[0, 2]]
    copy[0] = 0.0
    y[2] = 4.0
    return weighted(copy, y)


def element_is_a_number(x):
    y = x * 1.0
    number = y[0, 0]
    other = number
    number += 1.0
    y[0, 0] = 7.0
    return weighted(y) + number * 2.0 + other


def mask_assignment(x):
    y = x * 1.0
    y[y > 0.5] = 0.0
    return weighted(y)


def repeated_index(x):
    y = x * 1.0
    y[[0, 0, 1]] = y[[1, 2, 0]] * 2.0
    return weighted(y)


def loop_fills(x):
    y = x * 0.0
    for k in range(3):
        y[k] = x[k] * (k + 1.0) + (y[k - 1] if k else 0.0)
    return weighted(y)


def in_place_powers(x):
    y = x + 1.0
    z = y
    z **= 2
    y /= 3.0
    return weighted(y, z)


def newaxis_and_ellipsis(x):
    y = x * 1.0
    v = y[..., None, 1]
    v[0] = 9.0
    return weighted(y, v)


PROGRAMS = [
    assign_element, assign_row_of_view, view_sees_write_to_owner, views_of_views, two_views_overlap, reshape_is_a_view,
    reshape_of_a_transpose_is_a_copy, advanced_index_is_a_copy, element_is_a_number, mask_assignment, repeated_index,
    loop_fills, in_place_powers, newaxis_and_ellipsis,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_the_same_program_as_in_numpy(program):
    x = np.random.default_rng(0).random((3, 4))
    dx = np.random.default_rng(1).random((3, 4))
    kept = x.copy()
    expected = program(x)
    step = 1e-6
    slope = (program(x + step * dx) - program(x - step * dx)) / (2 * step)
    value, gradient = dm.value_and_grad(program)(x)
    assert value == pytest.approx(expected, rel=1e-12)
    assert np.sum(gradient * dx) == pytest.approx(slope, rel=1e-6)
    value, tangent = dm.jvp(program, (x,), (dx,))
    assert value == pytest.approx(expected, rel=1e-12)
    assert tangent == pytest.approx(slope, rel=1e-6)
    batch = np.stack([x, x[::-1] + 1.0])
    if program is not mask_assignment:  # a mask that differs between elements has no one shape
        np.testing.assert_allclose(dm.vmap(program)(batch), [program(b.copy()) for b in batch])
        np.testing.assert_allclose(dm.vmap(dm.grad(program))(batch)[0], gradient)
    ahead = dm.grad(program)(x + step * dx)
    behind = dm.grad(program)(x - step * dx)
    np.testing.assert_allclose(dm.hvp(program, (x,), (dx,)), (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(x, kept)


def test_the_argument_itself_may_be_written_to_and_the_caller_keeps_the_array():
    def overwrite(x):
        x[0] = 0.0
        return ops.sum(x * x)

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(dm.grad(overwrite)(x), [0.0, 4.0, 6.0])
    np.testing.assert_array_equal(dm.jvp(overwrite, (x,), (np.ones(3),))[1], 10.0)
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])


def run(program_random, x, steps, seen):
    """A random program of views and writes; `seen` collects the values of all arrays after each step."""
    pool = [x * 1.0, x * 2.0]
    for _ in range(steps):
        a = pool[program_random.randrange(len(pool))]
        action = program_random.randrange(9)
        shape = a.shape
        if action == 0 and shape:
            parts = [slice(None), slice(None, None, -1), slice(0, None, 2), slice(1, None)]
            pool.append(a[tuple(program_random.choice(parts) for _ in shape)])
        elif action == 1 and shape and shape[0]:
            pool.append(a[program_random.randrange(shape[0])])
        elif action == 2:
            pool.append(a.reshape(-1))
        elif action == 3:
            pool.append(a.T)
        elif action == 4 and shape and shape[0]:
            a[program_random.randrange(shape[0])] = program_random.random()
        elif action == 5 and shape:
            b = pool[program_random.randrange(len(pool))]
            try:
                fits = np.broadcast_shapes(b.shape, shape) == shape
            except ValueError:
                fits = False
            if fits:
                a[...] = b * 1.0
        elif action == 6 and shape:
            a += program_random.random()
        elif action == 7 and shape:
            a[..., 0:1] *= 2.0
        elif action == 8 and shape and shape[0]:
            pool.append(a[[0, 0]])
            a[np.array([0])] = a[np.array([0])] * 3.0
        seen.append([np.array(dm.primal(p)) for p in pool])
    return weighted(*pool)


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_alias_as_in_numpy(seed):
    x = np.random.default_rng(seed).random((3, 4))
    dx = np.random.default_rng(seed + 1).random((3, 4))
    expected, found = [], []
    run(random.Random(seed), x, 14, expected)
    gradient = dm.grad(lambda x: run(random.Random(seed), x, 14, found))(x)
    for one, other in zip(expected, found, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-12)
    slope = dm.jvp(lambda x: run(random.Random(seed), x, 14, []), (x,), (dx,))[1]
    assert np.sum(gradient * dx) == pytest.approx(slope, rel=1e-10)
    step = 1e-6
    ahead = run(random.Random(seed), x + step * dx, 14, [])
    behind = run(random.Random(seed), x - step * dx, 14, [])
    assert slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


def test_in_place_results_of_another_shape_are_refused():
    def grow(x):
        x += np.ones((2, 3))
        return ops.sum(x)

    with pytest.raises(ValueError, match="updated in place") as caught:
        dm.grad(grow)(np.ones(3))
    assert isinstance(caught.value, DispatchmlError)


def test_a_newer_value_written_into_an_older_one_is_right_while_the_newer_transform_runs():
    def outer(x, differentiate):
        y = x * 1.0

        def inner(t):
            y[0] = t * t
            return ops.sum(y) * t

        return differentiate(inner)(2.0)

    np.testing.assert_array_equal(dm.grad(lambda x: outer(x, dm.grad))(np.ones(2)), [0.0, 1.0])
    with pytest.raises(TypeError, match="newer transform"):
        dm.grad(lambda x: outer(x, dm.derivative))(np.ones(2))


def test_what_a_newer_transform_wrote_into_is_leaked_when_it_ends():
    def outer(x):
        y = x * 1.0

        def inner(t):
            y[0] = t * t
            return ops.sum(y) * t

        return dm.grad(inner)(2.0) + ops.sum(y)

    with pytest.raises(LeakedTracerError, match="ended"):
        dm.grad(outer)(np.ones(2))
