"""The operations that sparse arrays are computed with: values, both modes, second derivatives, precision, batches."""

import numpy as np
import pytest
from dispatchml_sparse.products import sampled, sparse_product
from dispatchml_sparse.solving import sparse_solve

from dispatchml.testing import check_rule

GENERATOR = np.random.default_rng(0)
ROWS, COLUMNS = np.array([0, 0, 1, 3, 2]), np.array([1, 2, 0, 2, 1])
DATA, COMPLEX = GENERATOR.normal(size=5), GENERATOR.normal(size=5) + 1j * GENERATOR.normal(size=5)
VECTOR, MATRIX = GENERATOR.normal(size=3), GENERATOR.normal(size=(3, 2))
LEFT, LEFTS = GENERATOR.normal(size=4), GENERATOR.normal(size=(4, 2))


def matrix(data):
    made = np.zeros((4, 3), np.result_type(data))
    np.add.at(made, (ROWS, COLUMNS), data)
    return made


@pytest.mark.parametrize("data", [DATA, COMPLEX], ids=["real", "complex"])
@pytest.mark.parametrize("d", [VECTOR, MATRIX, MATRIX * (1 - 2j)], ids=["vector", "matrix", "complex"])
def test_stored_numbers_times_a_dense_matrix(data, d):
    def reference(data, d, **_):
        return matrix(data) @ d

    check_rule(sparse_product, data, d, rows=ROWS, columns=COLUMNS, count=4, reference=reference)


@pytest.mark.parametrize(("u", "v"), [(LEFT, VECTOR), (LEFTS, MATRIX), (LEFTS * 1j, MATRIX * (1 - 2j))])
def test_a_product_where_something_is_stored(u, v):
    def reference(u, v, **_):
        u, v = (np.reshape(x, (len(x), -1)) for x in (u, v))
        return (u @ v.T)[ROWS, COLUMNS]

    check_rule(sampled, u, v, rows=ROWS, columns=COLUMNS, reference=reference)


@pytest.mark.parametrize("b", [VECTOR, MATRIX, MATRIX * (1 - 2j)], ids=["vector", "matrix", "complex"])
def test_linear_systems(b):
    rows, columns = np.array([0, 1, 2, 0, 2]), np.array([0, 1, 2, 2, 1])
    data = np.array([3.0, 4.0, 5.0, 1.0, -1.0])

    def reference(data, b, **_):
        a = np.zeros((3, 3), np.result_type(data))
        a[rows, columns] = data
        return np.linalg.solve(a, b)

    check_rule(sparse_solve, data, b, rows=rows, columns=columns, count=3, reference=reference)


def test_large_products_are_done_column_by_column():
    generator = np.random.default_rng(1)
    rows, columns = generator.integers(0, 50, 2000), generator.integers(0, 40, 2000)
    u, v = generator.normal(size=(50, 64)), generator.normal(size=(40, 64))
    np.testing.assert_allclose(sampled(u, v, rows=rows, columns=columns), (u @ v.T)[rows, columns], rtol=1e-10)
