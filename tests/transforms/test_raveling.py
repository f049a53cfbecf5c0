"""ravel: containers as vectors and back."""

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ContainerMismatchError


@attrs.frozen
class State:
    x: object
    v: object
    name: str = "s"


def test_round_trip():
    tree = {"b": np.arange(6.0).reshape(2, 3), "a": State(1.0, np.array([7.0, 8.0])), "none": None, "flag": True}
    vector, unravel = dm.ravel(tree)
    assert vector.shape == (9,)
    back = unravel(vector)
    assert list(back) == list(tree)
    np.testing.assert_array_equal(back["b"], tree["b"])
    assert type(back["a"]) is State
    assert back["a"].x == 1.0
    assert type(back["a"].x) is float
    assert back["a"].name == "s"
    assert back["none"] is None
    assert back["flag"] is True


def test_dtypes():
    vector, unravel = dm.ravel((np.ones(2, np.float32), np.ones(1, np.float32)))
    assert vector.dtype == np.float32
    vector, unravel = dm.ravel((np.ones(2, np.float32), 1 + 2j, 3))
    assert vector.dtype == np.complex128
    a, z, n = unravel(vector * 2)
    assert a.dtype == np.float32
    assert z == 2 + 4j
    assert (n, type(n)) == (6.0, float)


@pytest.mark.parametrize("tree", [[1j, np.ones(3)], np.ones(4), [1j, 1.0, np.ones(2, np.float32)]], ids=str)
def test_imaginary_parts_of_real_leaves_raise(tree):
    vector, unravel = dm.ravel(tree)
    complex_vector = vector.astype(complex)
    np.testing.assert_array_equal(dm.ravel(unravel(complex_vector * 3))[0], vector * 3)
    complex_vector[-1] += 1j
    with pytest.raises(ContainerMismatchError, match="imaginary part"):
        unravel(complex_vector)
    last = lambda v: np.sum(dm.ravel(unravel(v))[0].real)  # noqa: E731
    for transform in (dm.grad, dm.jacrev):
        with pytest.raises(ContainerMismatchError, match="imaginary part"):
            transform(last)(complex_vector)
    with pytest.raises(ContainerMismatchError, match="imaginary part"):
        dm.vmap(unravel)(np.stack([vector, complex_vector]))
    np.testing.assert_array_equal(dm.grad(last)(vector.astype(complex)), np.ones(4))


def test_scalars_arrays_and_nothing():
    vector, unravel = dm.ravel(2.0)
    assert vector.tolist() == [2.0]
    assert unravel(vector) == 2.0
    vector, unravel = dm.ravel(np.float32(2))
    assert type(unravel(vector)) is np.float32
    vector, unravel = dm.ravel(())
    assert vector.shape == (0,)
    assert unravel(vector) == ()


def test_vectors_of_another_length():
    vector, unravel = dm.ravel({"a": np.ones(3)})
    with pytest.raises(ContainerMismatchError, match="vector of 3 numbers"):
        unravel(np.ones(4))
    with pytest.raises(ContainerMismatchError, match="vector of 3 numbers"):
        unravel(np.ones((3, 1)))


def test_both_ways_are_differentiable():
    tree = {"a": np.array([[1.0, 2.0]]), "b": 3.0}
    found = dm.grad(lambda t: ops.sum(dm.ravel(t)[0] ** 2))(tree)
    np.testing.assert_array_equal(found["a"], [[2.0, 4.0]])
    assert found["b"] == 6.0
    vector, unravel = dm.ravel(tree)

    def f(t):
        return ops.sum(t["a"] ** 3) * t["b"]

    gradient = dm.grad(lambda v: f(unravel(v)))(vector)
    np.testing.assert_allclose(gradient, dm.ravel(dm.grad(f)(tree))[0])
    hessian = dm.hessian(lambda v: f(unravel(v)))(vector)
    assert hessian.shape == (3, 3)
    np.testing.assert_allclose(hessian, hessian.T)
    rows = dm.vmap(lambda v: unravel(v)["b"])(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(rows, [2.0, 5.0])


def test_the_argument_is_not_shared():
    x = np.ones(3)
    vector, unravel = dm.ravel([x])
    vector[0] = 5.0
    assert x[0] == 1.0
