"""Arrays that the user's function makes and fills: what is written through views, and functions that write."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError, ReadOnlyError

X = np.arange(12.0)[::-1].reshape(3, 4) / 10
W = np.arange(16.0).reshape(4, 4)


def filled(x):
    z = np.zeros_like(x)
    z += x
    return z


def of_a_square(x):
    z = filled(x)
    v = np.einsum("ii->i", z[:3, :3])
    z[0, 0] = 7.0
    v[1] *= 3.0
    return np.sum(v) + np.sum(z * W[:3])


def unequal_parts(x):
    z = filled(x)
    parts = [*np.split(z, [1, 3], axis=1), *np.array_split(z, 2), *np.hsplit(z, [1]), *np.vsplit(z, [1])]
    z[0] = 7.0
    parts[0][1] = x[0, 0]
    return sum(np.sum(p) * (k + 1) for k, p in enumerate(parts)) + np.sum(np.dsplit(z[None], [1])[1])


def of_several(x):
    z, w = filled(x), np.zeros((1, 4))
    w[0] = x[0]
    a, b = np.broadcast_arrays(z[:2], w)
    c, d = np.atleast_2d(z[1], w)
    z[1] = 2.0 * x[2]
    w[0, 1] = 5.0
    return np.sum(a * W[:2]) + np.sum(b * W[1:3]) + np.sum(c * W[:1]) + np.sum(d)


def the_same_array(x):
    z = filled(x)
    v, w, u = np.real(z), z.astype(float, copy=False), np.real_if_close(z)
    z[0] = 7.0
    w[1] = x[0]
    return np.sum(v * W[:3]) + np.sum(u)


def parts_of_complex_numbers(x):
    z = np.zeros(3, complex)
    v, w = np.real(z), np.imag(z)
    z[0] = x[0, 0] * (1 + 2j)
    w[1] = x[1, 1]
    v[2] = 3.0
    z[1] += 1.0
    return np.sum(v * W[0, :3]) + np.sum(w * W[1, :3]) + np.sum(np.abs(z) ** 2)


def one_by_one(x):
    z = filled(x)
    flat = z.flat
    z[0] = 7.0
    flat[5] = x[0, 0]
    flat[[1, 2]] = 2.0
    total = sum(v * k for k, v in enumerate(z.flat))
    for place, v in np.ndenumerate(z):
        total = total + v * (place[0] + 2 * place[1])
    return total + np.sum(z.flat[:4]) + np.sum(z * W[:3])


def put_and_placed(x):
    plain = np.zeros(3)
    np.put(plain, [0, -1], [x[0, 1], 2.0])
    z = filled(x) + np.sum(plain)
    np.put(z, [0, -1], [0.7, x[1, 1]])
    z.put([1, -2], x[0, :2])
    np.put(z, [13], x[2, 0], mode="wrap")
    np.place(z, z > 0.75, [1.0, x[0, 0]])
    np.put_along_axis(z, np.array([[0], [1], [2]]), x[:, :1], 1)
    np.fill_diagonal(z, x[2])
    return np.sum(z * W[:3])


def in_columns(x):
    z = np.ones((4, 4), order="F")
    z[:3] = x
    v = np.asfortranarray(z)
    v[0] = 5.0
    c = np.ascontiguousarray(np.broadcast_to(x[0], (2, 4)))
    c[0] = 3.0
    return np.sum(z * W) + np.sum(z.T.ravel("K") * W.ravel()) + np.sum(c)


def windows(x):
    z = filled(x)
    v, w = (np.lib.stride_tricks.sliding_window_view(y, 2, axis=1) for y in (x, z))
    x[0], z[1] = 7.0, 8.0
    return np.sum(v * W[:3, :3, None]) + np.sum(w * W[:3, 1:, None])


def element_without_axes(x):
    z = np.zeros(3)
    z[:] = x[0, :3]
    v = z[..., 1]
    z[1] = x[1, 1] * 3.0
    return v * 2.0


PROGRAMS = [
    of_a_square, unequal_parts, of_several, the_same_array, parts_of_complex_numbers, one_by_one, put_and_placed,
    in_columns, windows, element_without_axes,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_as_in_numpy(program):
    step = np.random.default_rng(0).random(X.shape)
    wanted = program(X.copy())
    slope = (program(X + 1e-6 * step) - program(X - 1e-6 * step)) / 2e-6
    value, gradient = dm.value_and_grad(program)(X)
    np.testing.assert_allclose(value, wanted, rtol=1e-12)
    np.testing.assert_allclose(np.sum(gradient * step), slope, rtol=1e-6)
    np.testing.assert_allclose(dm.jvp(program, (X,), (step,)), (wanted, slope), rtol=1e-6)
    np.testing.assert_allclose(dm.vmap(program)(np.stack([X, 2 * X])), [wanted, program(2 * X)], rtol=1e-12)
    np.testing.assert_allclose(dm.jvp(dm.grad(program), (X,), (step,))[0], gradient, rtol=1e-12)


def written_diagonal(x):
    z = filled(x)
    np.diagonal(z)[0] = x[0, 0]
    return np.sum(z)


def seen_as_other_numbers(x):
    z = np.zeros(2, complex)
    v = z.view(float)
    z[0] = x[0, 0]
    return np.sum(v)


@pytest.mark.parametrize(("program", "error"), [(written_diagonal, ReadOnlyError), (seen_as_other_numbers, LiftError)])
def test_what_cannot_be_had_is_refused(program, error):
    with pytest.raises(error, match=r"test_buffers\.py"):
        dm.grad(program)(X)


def through_strides(x):
    z = np.zeros(4)
    z[:] = x
    seen = np.lib.stride_tricks.as_strided(z, (3, 2), (8, 8))
    z[0] = 7.0
    return np.sum(seen * np.arange(6.0).reshape(3, 2))


def test_arrays_seen_through_strides():
    x = np.arange(1.0, 5.0)
    value, gradient = dm.value_and_grad(through_strides)(x)
    assert value == through_strides(x)
    np.testing.assert_array_equal(gradient, [0.0, 3.0, 7.0, 5.0])

    def blind(x):
        z = np.zeros(4)
        seen = np.lib.stride_tricks.as_strided(z, (2, 2))
        z[0] = x[0]
        return np.sum(seen)

    with pytest.raises(LiftError, match="would not see the value"):
        dm.grad(blind)(x)
