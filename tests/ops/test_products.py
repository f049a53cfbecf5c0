"""Products against NumPy, over shapes, dtypes and keywords, and their errors."""

from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError

RNG = np.random.default_rng(0)
DTYPES = [np.float32, np.float64, np.complex64, np.complex128, np.int64]


def numbers(shape, dtype):
    x = 3 * RNG.standard_normal(shape)
    return (x + 1j * RNG.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else x.astype(dtype)


BINARY = [
    ("matmul", (2, 3), (3, 4), {}), ("matmul", (3,), (3,), {}),
    ("matmul", (5, 2, 3), (3,), {}), ("matmul", (0, 3), (3, 2), {}),
    ("dot", (2, 3), (5, 3, 4), {}), ("dot", (), (3,), {}), ("inner", (2, 3), (4, 3), {}),
    ("outer", (2, 3), (4,), {}),
    ("vdot", (2, 3), (3, 2), {}), ("vecdot", (4, 3), (3,), {}), ("vecdot", (3, 4), (3, 4), {"axis": 0}),
    ("tensordot", (2, 3, 4), (3, 4, 5), {}), ("tensordot", (2, 3), (3, 2), {"axes": ((0, 1), (1, 0))}),
    ("kron", (2, 3), (2,), {}),
    ("cross", (4, 3), (3,), {}), ("cross", (3, 4), (3, 4), {"axis": 0}), ("convolve", (5,), (3,), {"mode": "same"}),
    ("correlate", (3,), (5,), {"mode": "same"}), ("correlate", (5,), (3,), {}),
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("case", BINARY, ids=lambda c: f"{c[0]}{c[1]}{c[2]}")
def test_against_numpy(case, dtype):
    name, a, b, keywords = case
    a, b = numbers(a, dtype), numbers(b, dtype)
    found, wanted = getattr(ops, name)(a, b, **keywords), getattr(np, name)(a, b, **keywords)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == wanted.dtype


def test_numbers_and_numpy_scalars():
    assert ops.dot(2.0, 3.0) == 6.0
    assert type(ops.dot(2.0, 3.0)) is float
    np.testing.assert_array_equal(ops.dot(2.0, np.arange(3)), [0, 2, 4])


def test_einsum_with_and_without_an_order():
    a, b, c = numbers((30, 20), float), numbers((20, 40), float), numbers((40, 10), float)
    for optimize in (True, False, "greedy"):
        found = ops.einsum((a, b, c), subscripts="ij,jk,kl->li", optimize=optimize)
        np.testing.assert_allclose(found, (a @ b @ c).T, rtol=1e-12, atol=1e-10)
    assert ops.einsum((a[:3, :3],), subscripts="ii") == pytest.approx(np.trace(a[:3, :3]))


def test_multi_dot():
    arrays = [numbers(s, float) for s in ((3, 9), (9, 2), (2, 8), (8, 4))]
    wanted = np.linalg.multi_dot(arrays)
    np.testing.assert_allclose(ops.multi_dot(arrays), wanted)
    np.testing.assert_allclose(ops.multi_dot.decomposition(arrays), wanted)
    np.testing.assert_allclose(ops.multi_dot.decomposition([arrays[0][0], *arrays[1:3], arrays[3][:, 0]]), wanted[0, 0])


def test_exact_numbers():
    a = np.array([[Fraction(1, 3), Fraction(1, 2)], [Fraction(2), Fraction(0)]])
    assert (ops.matmul(a, a) == a @ a).all()
    assert ops.einsum((a, a), subscripts="ij,jk->ik")[0, 0] == Fraction(10, 9)
    _, pullback = dm.vjp(lambda x: ops.matmul(x, a), a)
    (g,) = pullback(a)
    assert (g == a @ a.T).all()
    assert type(g[0, 0]) is Fraction


@pytest.mark.parametrize(
    ("name", "a", "b"),
    [("matmul", (2, 3), (2, 3)), ("dot", (2, 3), (2, 3)), ("inner", (2, 3), (2,)), ("vdot", (2,), (3,)),
     ("vecdot", (2,), (3,)), ("tensordot", (2, 3), (3, 3)), ("cross", (2,), (2,)), ("convolve", (2, 3), (3,)),
     ("correlate", (0,), (3,)), ("matmul", (), (2,))],
)  # fmt: skip
def test_shapes_that_do_not_fit(name, a, b):
    with pytest.raises(ShapeError) as raised:
        getattr(ops, name)(np.ones(a), np.ones(b))
    text = str(raised.value)
    assert text.startswith(f"{name}(numpy.ndarray[float64, shape {a}]")
    assert f"shape {b}" in text
    assert "test_products.py" in text
    assert isinstance(raised.value, ValueError)


def test_einsum_names_what_is_wrong():
    with pytest.raises(ShapeError, match="one size a letter"):
        ops.einsum((np.ones((2, 3)), np.ones((2, 3))), subscripts="ij,jk")
    with pytest.raises(ShapeError, match="as many groups of subscripts as arrays"):
        ops.einsum((np.ones((2, 3)),), subscripts="ij,jk")
