"""pint quantities round sparse arrays: units outside, the pattern inside."""

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml import ops

pint = pytest.importorskip("pint")
COO = sparse.COO([[0, 1, 2], [1, 2, 0]], [2.0, 3.0, 4.0], shape=(3, 3))
NUMBERS = {"COO": COO, "csr_array": sp.csr_array(COO.todense())}
X = np.array([1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def u():
    return pint.UnitRegistry()


@pytest.fixture(params=NUMBERS)
def numbers(request):
    return NUMBERS[request.param]


def assert_quantity(q, units, like, expected):
    """A quantity in these units round a sparse array with these elements."""
    assert q.units == units
    assert type(q.magnitude) is type(like)
    np.testing.assert_allclose(q.magnitude.todense(), expected)


def test_a_stiffness_matrix_in_units(numbers, u):
    stiffness, x = u.Quantity(numbers, "N/m"), X * u.m

    def energy(k, x):
        return x @ (k @ x) / 2

    value, (by_matrix, by_vector) = dm.value_and_grad(energy, argnums=(0, 1))(stiffness, x)
    assert value.units == u.N * u.m
    assert by_vector.units == u.N
    dense = numbers.todense()
    np.testing.assert_allclose(by_vector.magnitude, (dense + dense.T) @ X / 2)
    assert_quantity(by_matrix, u.m**2, numbers, np.outer(X, X) / 2 * (dense != 0))
    forward = dm.jvp(energy, (stiffness, x), (stiffness, x))[1]
    assert forward.to("J").magnitude == pytest.approx(3 * value.to("J").magnitude)


def test_second_derivatives_batches_and_jacobians_in_units(numbers, u):
    q = u.Quantity(numbers, "m")
    product = dm.hvp(lambda q: ops.sum(q**3), (q,), (q,))
    assert_quantity(product, u.m**2, numbers, 6 * numbers.todense() ** 2)
    made = dm.vmap(lambda s: ops.sum((q * s) ** 2))(np.array([1.0, 2.0]) * u.s)
    assert made.units == u.m**2 * u.s**2
    np.testing.assert_allclose(made.magnitude, [29.0, 116.0])
    jacobian = dm.jacobian(lambda q: q @ (X * u.s))(q)
    assert jacobian.units == u.s
    np.testing.assert_allclose(jacobian.magnitude.todense(), np.eye(3)[:, :, None] * X * (numbers.todense() != 0))
    vector, unravel = dm.ravel(q)
    np.testing.assert_array_equal(np.sort(vector), [2.0, 3.0, 4.0])
    assert_quantity(unravel(vector * 2), u.m, numbers, 2 * numbers.todense())
    assert_quantity(dm.zero_tangent(q), u.m, numbers, np.zeros((3, 3)))
    drawn = dm.random_tangent(q, np.random.default_rng(0))
    assert_quantity(drawn, u.m, numbers, drawn.magnitude.todense() * (numbers.todense() != 0))


def test_units_of_different_size_and_kind_meet(u):
    total = dm.grad(lambda q: ops.sum((q + u.Quantity(COO, "km")) ** 2))(u.Quantity(COO, "m"))
    assert_quantity(total, u.m, COO, 2 * 1001 * COO.todense())
    with pytest.raises(pint.DimensionalityError):
        dm.grad(lambda q: ops.sum(q + u.Quantity(COO, "s")))(u.Quantity(COO, "m"))
    with pytest.raises(pint.DimensionalityError):
        dm.grad(lambda q: ops.sum(ops.sin(q)))(u.Quantity(COO, "m"))


def test_fill_values_are_converted_with_the_numbers(u):
    a = sparse.COO([[0, 1]], [3.0, 4.0], shape=(4,), fill_value=2.0)
    b = sparse.COO([[1, 2]], [3.0, 4.0], shape=(4,), fill_value=1.0)
    w = np.arange(1.0, 5.0)

    def f(a, b):
        return ops.sum((a + b) * w)

    value, gradient = dm.value_and_grad(f)(u.Quantity(a, "m"), u.Quantity(b, "km"))
    assert value.to("m").magnitude == pytest.approx(f(a.todense(), 1000 * b.todense()))
    np.testing.assert_allclose(gradient.magnitude.todense(), [1.0, 2.0, 0.0, 0.0])


def test_a_sparse_array_built_round_a_traced_quantity(u):
    ops.add(COO, COO), ops.add(1 * u.m, 1 * u.m)  # the plugins are there

    def f(v):
        return ops.sum(sparse.COO(COO.coords, v, shape=(3, 3)) ** 2)

    gradient = dm.grad(f)(np.array([1.0, 2.0, 3.0]) * u.m)
    assert gradient.units == u.m
    np.testing.assert_array_equal(gradient.magnitude, [2.0, 4.0, 6.0])
    made = sparse.COO(COO.coords, np.array([1.0, 2.0, 3.0]) * u.m, shape=(3, 3))
    assert made.units == u.m
    assert type(made.magnitude) is sparse.COO
