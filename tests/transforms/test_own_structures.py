"""Structures of one's own as vectors of what they store, and random directions of them."""

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoRuleError


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen
class Bands:
    """A vector of numbers and, perhaps, another such structure or array, each times a factor."""

    first: dm.Array
    second: dm.Array | None
    factor: float = 2.0

    @property
    def shape(self):
        return ops.shape(self.first)

    @property
    def dtype(self):
        return ops.dtype(self.first)


for op in (ops.zeros_like, ops.one_like):
    op.layer(
        Bands, lambda x, op=op, **k: Bands(op(x.first), None if x.second is None else op(x.second), x.factor)
    )  # fmt: skip


@ops.multiply.layer(Bands)
def _(a, b):
    if not isinstance(a, Bands):
        a, b = b, a
    return Bands(ops.multiply(a.first, b), None if a.second is None else ops.multiply(a.second, b), a.factor)


@ops.add.layer(Bands)
def _(a, b):
    return Bands(ops.add(a.first, b.first), None if a.second is None else ops.add(a.second, b.second), a.factor)


@ops.ones_of.layer(Bands)
@ops.zeros_of.layer(Bands)
def _(x, *, shape, dtype):
    return 1.0


@ops.divide.layer(Bands)
def _(a, b):
    return a


X = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize("second", [None, np.array([4.0, 5.0]), Bands(np.array([6.0]), None, 5.0)])
def test_the_vector_has_what_is_stored(second):
    given = {"a": Bands(X, second, 3.0), "b": 7.0}
    vector, unravel = dm.ravel(given)
    inside = [] if second is None else [6.0] if isinstance(second, Bands) else [4.0, 5.0]
    np.testing.assert_array_equal(vector, [1, 2, 3, *inside, 7])
    back = unravel(2 * vector)
    assert type(back["a"]) is Bands
    assert back["a"].factor == 3.0
    np.testing.assert_array_equal(back["a"].first, 2 * X)
    assert (back["a"].second is None) == (second is None)
    gradient = dm.grad(lambda v: unravel(v)["a"].first @ X + unravel(v)["b"])(vector)
    np.testing.assert_array_equal(gradient, [1, 2, 3, *(0 for _ in inside), 1])


def test_complex_numbers_beside_real_ones():
    vector, unravel = dm.ravel(Bands(X * 1j, X))
    assert vector.dtype == complex
    back = unravel(vector)
    assert back.second.dtype == float
    np.testing.assert_array_equal(back.first, 1j * X)


def test_random_directions_have_the_structure():
    found = dm.random_tangent(Bands(X, Bands(X.astype(np.float32), None)), np.random.default_rng(0))
    assert type(found) is type(found.second) is Bands
    assert found.second.first.dtype == np.float32
    assert not np.array_equal(found.first, X)


@dm.layer(slot="structure")
@attrs.frozen
class OnDiagonal:
    """As in the README: its rule for products gives dense cotangents, which `project` brings back."""

    diag: dm.Array

    def project(self, dense):
        return OnDiagonal(ops.diagonal(dense))

    def materialise(self):
        return ops.diag(self.diag)

    @property
    def shape(self):
        return (len(self.diag),) * 2


@ops.matmul.layer(OnDiagonal)
def _(a, b):
    return ops.multiply(a.diag, b) if isinstance(a, OnDiagonal) else ops.multiply(a, b.diag)


@dm.layer(slot="structure")
@attrs.frozen
class Unprojected:
    diag: dm.Array

    def materialise(self):
        return ops.diag(self.diag)

    @property
    def shape(self):
        return (len(self.diag),) * 2


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.DensifyWarning")
def test_gradients_by_a_structure_are_such_structures():
    v = np.array([1.0, 2.0, 3.0])
    given = OnDiagonal(v)

    def f(d):
        return v @ (d @ (d @ v))

    for found in (
        dm.grad(f)(given),
        dm.jit(dm.grad(f))(given),
        dm.value_and_grad(f)(given)[1],
        dm.grad(lambda tree: f(tree["d"]))({"d": given})["d"],
        dm.vjp(f, given)[1](1.0)[0],
        dm.grad(dm.checkpoint(f))(given),
    ):
        assert type(found) is OnDiagonal
        np.testing.assert_allclose(found.diag, 2 * v**3)
    nested = dm.grad(lambda d: np.sum(dm.grad(f)(d).diag ** 2))(given)
    np.testing.assert_allclose(nested.diag, 8 * v**5)


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.DensifyWarning")
def test_a_dense_gradient_by_a_structure_without_project_raises():
    v = np.array([1.0, 2.0, 3.0])
    with pytest.raises(NoRuleError, match="project"):
        dm.grad(lambda d: np.sum(d @ v))(Unprojected(v))
