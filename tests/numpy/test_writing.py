"""What NumPy does in place gives the same numbers on traced arrays, and reaches whatever shares their memory."""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import (
    DispatchmlError,
    OutArgumentError,
    ReadOnlyError,
    TracerConversionError,
)
from dispatchml.engines.seen import OF_MEMORY

X = np.array([[0.3, 1.2, -0.7], [2.5, 0.1, 0.9], [-1.4, 0.8, 1.1]])
Z = X + 1j * X[::-1]
WEIGHTS = np.arange(1.0, 10.0).reshape(3, 3)


def fill(x):
    x[1].fill(2.0)


def sort(x):
    x.sort()


def sort_first_axis(x):
    x.sort(axis=0)


def sort_a_view(x):
    x[:, 1].sort()


def partition(x):
    x.partition(1, axis=1)


def put_method(x):
    x.put([0, 4, -1], [5.0, 6.0])


def put_wrapped(x):
    np.put(x, [0, 13], 5.0, mode="wrap")


def put_clipped(x):
    np.put(x, [0, 13], [x[0, 1] * 3, 2.0], mode="clip")


def flat_element(x):
    x.flat[4] = x.flat[3] * 2


def flat_slice_repeats(x):
    x.flat[1:6] = [1.0, 2.0]


def flat_cuts(x):
    x.flat[[0, 5]] = [1.0, 2.0, 3.0]


def flat_of_a_transpose(x):
    x.T.flat[1:4] = x[0] ** 2


def flat_all(x):
    x.flat = 3.0


def flat_copies(x):
    part = x.flat[:3]
    part[0] = 100.0


def copyto(x):
    np.copyto(x, x[0] * 2)


def copyto_where(x):
    np.copyto(x, [1.0, 2.0, 3.0], where=X > 0.5)


def putmask(x):
    np.putmask(x, x > 0.5, [1.0, 2.0])


def place(x):
    np.place(x, X > 0.5, [1.0, 2.0])


def fill_diagonal(x):
    np.fill_diagonal(x, x[0])


def fill_diagonal_of_a_view(x):
    np.fill_diagonal(x[:, ::-1], 0.0)


def put_along_axis(x):
    np.put_along_axis(x, np.array([[0], [2], [1]]), 9.0, axis=1)


def add_at(x):
    np.add.at(x, ([0, 0, 1], [1, 1, 2]), x[2])


def subtract_at(x):
    np.subtract.at(x, [0, 0], 1.0)


def multiply_at(x):
    np.multiply.at(x, ([0, 1], [1, 2]), 3.0)


def negative_at(x):
    np.negative.at(x, [0, 2])


def einsum_diagonal(x):
    np.einsum("ii->i", x)[...] *= 3.0


def einsum_transpose(x):
    np.einsum("ij->ji", x)[0] = 5.0


def einsum_implicit_transpose(x):
    np.einsum("ji", x)[0] = 5.0


def einsum_ellipsis(x):
    np.einsum("...j->j...", x)[0] = 5.0


def einsum_sum_is_a_copy(x):
    np.einsum("ij->i", x)[...] = 5.0


def real_of_real(x):
    np.real(x)[0] = 2.0
    x.real = x.real * 2


def conj_of_real(x):
    x.conj()[0] = 2.0
    np.conj(x)[1] = 2.0


def copy_is_contiguous(x):
    y = x.T.copy()
    flat = y.ravel()
    flat[0] = 10.0
    x += y


def copy_keeps_the_order(x):
    y = np.copy(x.T)
    flat = y.ravel()
    flat[0] = 10.0
    x += y


def copy_in_fortran_order(x):
    y = x.copy(order="F")
    y.ravel()[0] = 10.0
    y.ravel(order="F")[1] = 7.0
    x += y


def pads(x):
    for a in (x, x.T):
        for mode in ("constant", "edge", "reflect", "wrap", "mean", "linear_ramp"):
            y = np.pad(a, 1, mode=mode)
            y.ravel()[1:9] = 7.0
            x += 0.01 * (y[1:-1, 1:-1] + y[:-2, :-2])


WRITERS = [
    fill, sort, sort_first_axis, sort_a_view, partition, put_method, put_wrapped, put_clipped, flat_element,
    flat_slice_repeats, flat_cuts, flat_of_a_transpose, flat_all, flat_copies, copyto, copyto_where, putmask, place,
    fill_diagonal, fill_diagonal_of_a_view, put_along_axis, add_at, subtract_at, multiply_at, negative_at,
    einsum_diagonal, einsum_transpose, einsum_implicit_transpose, einsum_ellipsis, einsum_sum_is_a_copy, real_of_real,
    conj_of_real, copy_is_contiguous, copy_keeps_the_order, copy_in_fortran_order, pads,
]  # fmt: skip


def real_part(z):
    z.real[0] = 2.0


def real_attribute(z):
    z.real = z.imag * 3.0


def imaginary_part(z):
    z.imag[:, 1] *= 3.0


def real_function(z):
    np.real(z[1:])[...] = 2.0


def part_of_a_view_of_a_part(z):
    z.T.imag[1:][0] = z.real[0]


def part_sees_a_write(z):
    part = z.real
    z *= 2.0
    z += part


def part_of_a_copy(z):
    z.copy().real[...] = 0.0


PART_WRITERS = [
    real_part, real_attribute, imaginary_part, real_function, part_of_a_view_of_a_part, part_sees_a_write,
    part_of_a_copy,
]  # fmt: skip


def after(writer):
    """A number that depends on every element of what the writer leaves."""

    def f(x):
        y = x * 1.0
        writer(y)
        return np.sum(WEIGHTS * abs(y) ** 2 + y.real**3 + y.imag)

    return f


@pytest.mark.parametrize("writer", WRITERS + PART_WRITERS, ids=lambda w: w.__name__)
def test_values_and_derivatives(writer):
    f = after(writer)
    x = Z if writer in PART_WRITERS else X
    plain = f(x)
    value, slope = dm.value_and_grad(f)(x)
    np.testing.assert_allclose(value, plain, rtol=1e-14)
    direction = np.cos(np.arange(9.0)).reshape(3, 3) * (1 + 0.5j if x is Z else 1)
    primal, along = dm.jvp(f, (x,), (direction,))
    np.testing.assert_allclose(primal, plain, rtol=1e-14)
    expected = (f(x + 1e-6 * direction) - f(x - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(along, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.sum((np.conj(slope) * direction).real), along, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "writer", [w for w in WRITERS + PART_WRITERS if w not in (copyto_where, place)], ids=lambda w: w.__name__
)
def test_in_a_batch(writer):
    f = after(writer)
    x = Z if writer in PART_WRITERS else X
    batch = np.stack([x, 0.5 * x[::-1], x.T])
    np.testing.assert_allclose(dm.vmap(f)(batch), [f(a) for a in batch], rtol=1e-12)


# ---- what stays an error ---------------------------------------------------------------------------------------------


def imaginary_part_of_real(x):
    x.imag[0] = 1.0


def set_imaginary_part_of_real(x):
    x.imag = 1.0


@pytest.mark.parametrize("writer", [imaginary_part_of_real, set_imaginary_part_of_real])
def test_the_imaginary_part_of_a_real_array_is_read_only(writer):
    with pytest.raises((ValueError, TypeError)):
        after(writer)(X)
    with pytest.raises(ReadOnlyError, match=r"test_writing.py:\d+.*x \+ 0j"):
        dm.grad(after(writer))(X)


def test_complex_values_do_not_fit_a_part():
    def f(z):
        z = z * 1.0
        z.real[...] = z
        return np.sum(abs(z))

    with pytest.raises(TracerConversionError, match="v.real"):
        dm.grad(f)(Z)


def test_numbers_have_no_parts_to_write_to():
    def f(z):
        z = z * 1.0
        z.real = 2.0
        return abs(z)

    with pytest.raises(AttributeError, match="do not change"):
        dm.grad(f)(1.0 + 2.0j)


@pytest.mark.parametrize(
    "write",
    [
        lambda a, x: np.copyto(a, x),
        lambda a, x: np.put(a, [0], x[0]),
        lambda a, x: np.add.at(a, [0], x[0]),
        lambda a, x: np.putmask(a, a > 0, x),
        lambda a, x: np.fill_diagonal(a, x[0]),
    ],
)
def test_a_plain_array_takes_no_traced_values(write):
    def f(x):
        a = np.ones((3, 3))
        write(a, x)
        return np.sum(a)

    with pytest.raises((OutArgumentError, TracerConversionError)):
        dm.grad(f, lift=False)(X)


def test_a_number_of_times_that_only_numpy_knows():
    def f(x):
        x = x * 1.0
        np.multiply.at(x, [0, 0], 2.0)
        return np.sum(x)

    with pytest.raises(OutArgumentError, match="multiply.at"):
        dm.grad(f)(X)


def shuffle_rows(x):
    np.random.default_rng(0).shuffle(x)


def shuffle_rows_by_name(x):
    mix = np.random.RandomState(0).shuffle
    mix(x)


@pytest.mark.parametrize("writer", [shuffle_rows, shuffle_rows_by_name])
@pytest.mark.parametrize("transform", [dm.grad, lambda f: lambda x: dm.jvp(f, (x,), (x,)), dm.vmap])
def test_shuffled_rows_would_be_doubled(writer, transform):
    x = np.stack([X, X]) if transform is dm.vmap else X
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(TracerConversionError, match=r"permutation\(len\(x\)\)"):
            transform(after(writer))(x)


def test_numbers_may_be_shuffled():
    def f(x):
        y = x * 1.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.random.default_rng(0).shuffle(y)
        return np.sum(y * np.arange(5.0))

    x = np.linspace(0, 1, 5)
    order = np.arange(5)
    np.random.default_rng(0).shuffle(order)
    slope = dm.grad(f)(x)
    assert sorted(slope) == [0, 1, 2, 3, 4]
    assert dm.primal(f(x)) == np.sum(x[np.random.default_rng(0).permutation(5)] * np.arange(5.0))


def test_assigning_a_view_is_no_shuffle():
    def f(x):
        x = x * 1.0
        x[0] = x[1]
        x[2], x[1] = x[0] * 2, x[0]
        x.T[0] = x[1]
        return np.sum(WEIGHTS * x)

    np.testing.assert_allclose(dm.value_and_grad(f)(X)[0], f(X))


@pytest.mark.parametrize("name", ["shape", "dtype"])
def test_attributes_that_cannot_be_set(name):
    def f(x):
        setattr(x, name, (9,) if name == "shape" else np.float32)
        return np.sum(x)

    for transform in (dm.grad, dm.vmap):
        with pytest.raises(AttributeError, match=r"x = x\.(reshape|astype)"):
            transform(f)(X)


@pytest.mark.parametrize("name", ["strides", "flags", "data", "ctypes", "byteswap", "base", "setflags", "tofile"])
def test_what_is_about_memory_points_to_the_primal(name, monkeypatch):
    monkeypatch.delitem(OF_MEMORY, name, raising=False)  # what enabled packages are told, if a test has enabled one
    with pytest.raises(AttributeError, match=rf"dispatchml\.primal\(x\)\.{name}"):
        dm.grad(lambda x: getattr(x, name))(X)


@pytest.mark.parametrize(
    ("call", "called", "instead"),
    [
        (lambda x: np.full((3, 3), x[0, 0]), "np.full", "broadcast_to"),
        (lambda x: np.full((3, 3), x[0, 0], dtype=float), "np.full|numpy.full", "broadcast_to"),
        (lambda x: np.full_like(X, x[0, 0]), "np.full_like|numpy.full_like", "broadcast_to"),
        (lambda x: np.arange(x[0, 0]), "np.arange", "linspace"),
        (lambda x: np.ascontiguousarray(x), "np.ascontiguousarray", r"x\.copy\(\)"),
        (lambda x: np.asfortranarray(x), "np.asfortranarray", "order='F'"),
        (lambda x: np.random.default_rng(0).permutation(x), "permutation", "len"),
        (lambda x: np.fromiter((v for v in x[0]), float), "np.fromiter", "numpy.stack"),
        (lambda x: np.vectorize(abs)(x), "np.vectorize", "vmap"),
        (lambda x: x.tolist(), r"x\.tolist\(\)", r"list\(x\)"),
        (lambda x: x.tobytes(), r"x\.tobytes\(\)", "primal"),
        (lambda x: f"{x[0, 0]:.3f}", "f-string", r"primal\(x\):\.3f"),
        (lambda x: "%.3f" % x[0, 0], r"float\(x\)", "primal"),  # noqa: UP031
    ],
)
def test_the_function_that_was_called_is_named(call, called, instead):
    with pytest.raises(DispatchmlError, match=rf"({called}).*test_writing\.py:\d+.*{instead}"):
        dm.grad(lambda x: np.sum(x) * np.sum(call(x)), lift=False)(X)


def test_a_traced_value_can_be_shown():
    texts = []

    def f(x):
        texts.append(f"{x} {x!r} {x[0, 0]}")
        return np.sum(x)

    dm.grad(f)(X)
    assert texts[0].count("traced Var") == 3
