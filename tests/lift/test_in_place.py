"""What lifted packages do with arrays in place, and where they ask what an array is: place, where=, 0-d, flags."""

import numpy as np
import pytest

import dispatchml as dm

linalg = pytest.importorskip("scipy.linalg")
stats = pytest.importorskip("scipy.stats")
from scipy import interpolate, spatial  # noqa: E402

PACKAGE = """
import numpy as np
from numpy import place

AT_IMPORT = None


def placed(x, mask):
    made = np.zeros(np.shape(mask))
    place(made, mask, x)
    return made


def placed_in_number(x):
    made = np.zeros(())
    place(made, np.asarray(True), x)
    return made[()] * 2


def quotient(x, y):
    return np.true_divide(x, y, out=np.zeros_like(x), where=y != 0)


def valued(x):
    made = np.ones(3, dtype=bool) * np.nan
    made[np.array([True, False, True])] = x
    return made[0] + made[2]


def contiguous(x):
    return x * 2 if x.flags["C_CONTIGUOUS"] and x.base is None else x


def doubled(x):
    return 2 * x if x > 0 else x


AT_IMPORT = np.vectorize(doubled, otypes="d")


def without_copy(x):
    return np.array(np.array(x, copy=None), copy=np._CopyMode.IF_NEEDED) * 3


def by_element(x):
    return AT_IMPORT(x)


def imported_within(x):
    from scipy.linalg import expm

    return expm, None if x is None else expm(x)
"""


X = np.array([2.0, 3.0])


def test_place_goes_round(package):
    mask = np.array([True, False, True, True])
    np.testing.assert_array_equal(package.placed(X, mask), [2.0, 0.0, 3.0, 2.0])
    np.testing.assert_allclose(dm.jacobian(lambda x: package.placed(x, mask))(X), [[1, 0], [0, 0], [0, 1], [1, 0]])
    np.testing.assert_array_equal(dm.grad(lambda x: np.sum(package.placed(x, mask & False)) + x[0])(X), [1.0, 0.0])


def test_place_into_a_number(package):
    assert dm.grad(package.placed_in_number)(3.0) == 2.0
    assert dm.jvp(package.placed_in_number, (3.0,), (1.0,)) == (6.0, 2.0)


def test_a_division_that_leaves_out_zeros(package):
    y = np.array([0.0, 4.0])
    gradient = dm.grad(lambda x, y: np.sum(package.quotient(x, y)), argnums=(0, 1))(X, y)
    np.testing.assert_allclose(gradient[0], [0.0, 0.25])
    np.testing.assert_allclose(gradient[1], [0.0, -3 / 16])


def test_arrays_made_of_truth_values(package):
    np.testing.assert_array_equal(dm.grad(package.valued)(X), [1.0, 1.0])


def test_flags_and_base(package):
    np.testing.assert_array_equal(dm.grad(lambda x: np.sum(package.contiguous(x)))(X), [2.0, 2.0])


def test_copies_where_needed(package):
    np.testing.assert_array_equal(dm.grad(lambda x: np.sum(package.without_copy(x)))(X), [3.0, 3.0])


def test_vectorize_of_before(package):
    np.testing.assert_array_equal(package.by_element(np.array([1.0, -1.0])), [2.0, -1.0])
    np.testing.assert_array_equal(dm.grad(lambda x: np.sum(package.by_element(x)))(np.array([1.0, -1.0])), [2.0, 1.0])


def test_imports_within_functions_are_plain_outside_of_transforms(package):
    pytest.importorskip("dispatchml_scipy")
    assert package.imported_within(None)[0] is linalg.expm
    slope = dm.grad(lambda x: np.sum(package.imported_within(np.diag(x))[1]))(X)
    np.testing.assert_allclose(slope, np.exp(X), rtol=1e-12)
    assert package.imported_within(None)[0] is linalg.expm


def test_scipys_front_for_arrays_of_other_libraries():
    dm.lift.enable("scipy")
    try:
        x = np.array([0.1, 0.2, 0.3])
        assert abs(dm.grad(lambda x: stats.norm.logpdf(x))(0.3) + 0.3) < 1e-14
        np.testing.assert_allclose(dm.grad(lambda x: np.sum(linalg.expm(np.diag(x))))(x), np.exp(x), rtol=1e-12)
        np.testing.assert_allclose(dm.grad(lambda x: np.sum(stats.zscore(x) ** 2))(x), 0, atol=1e-12)
    finally:
        dm.lift.disable("scipy")


def test_class_methods_of_replaced_classes():
    dm.lift.enable("scipy")
    try:
        turned = dm.grad(lambda p: spatial.transform.Rotation.from_rotvec(p).as_rotvec()[0])(np.array([0.1, 0.2, 0.3]))
        np.testing.assert_allclose(turned, [1, 0, 0], atol=1e-12)
        assert abs(dm.grad(lambda x: stats.norm.logpdf(x))(0.3) + 0.3) < 1e-14
        spline = dm.grad(lambda y: interpolate.interp1d([0.0, 1.0, 2.0, 3.0], y, kind="cubic")(1.0))(np.arange(4.0))
        np.testing.assert_allclose(spline, [0, 1, 0, 0], atol=1e-12)
    finally:
        dm.lift.disable("scipy")
