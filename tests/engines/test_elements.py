"""Structures of one's own in batches: they stay structures, under derivatives, units and other batches."""

import math
import warnings

import attrs
import numpy as np
import numpy.typing as npt
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning, NoMethodError, NoRuleError, RegistrationError

X, V = np.array([1.0, 2.0]), np.array([3.0, 10.0])
BATCH = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@dm.layer(slot="structure")
@attrs.frozen
class Diagonal:
    diag: dm.Array
    power: int = 1

    @property
    def shape(self):
        return (len(self.diag),) * 2

    def materialise(self):
        return ops.diag(self.diag) ** self.power

    def project(self, dense):
        return Diagonal(ops.diagonal(dense), self.power)

    def doubled(self):
        return Diagonal(2.0 * self.diag, power=self.power)

    def total(self):
        return ops.sum(self.diag**self.power)


CALLS = []


@dm.dispatch(ops.matmul)
def _(a: Diagonal, b: Diagonal):
    CALLS.append((type(a.diag), type(b.diag)))
    return Diagonal(np.asarray(a.diag) ** a.power * np.asarray(b.diag) ** b.power)


@ops.matmul.layer(Diagonal)
def _(a, b):
    if isinstance(a, Diagonal):
        values = a.diag**a.power
        return ops.multiply(values if ops.ndim(b) == 1 else ops.expand_dims(values, axis=1), b)
    return ops.multiply(a, b.diag**b.power)


@ops.multiply.layer(Diagonal)
def _(a, b):
    if isinstance(b, Diagonal):
        a, b = b, a
    if not isinstance(b, Diagonal) and ops.ndim(b) == 0:
        return type(a)(ops.multiply(a.diag, b))
    return Diagonal(ops.multiply(a.diag, ops.diagonal(b)))


@ops.swapaxes.layer(Diagonal)
def _(x, *, axis1, axis2):
    return x


@dm.layer(slot="structure")
class Scattered:
    values: dm.Array
    where: npt.NDArray[np.intp]
    offset: dm.Array | None
    length: int

    def __init__(self, values, where, length, offset=None):
        assert len(np.shape(where)) == 1
        self.values, self.where, self.length, self.offset = values, where, length, offset
        self.label = f"{length} numbers"

    @property
    def shape(self):
        return (self.length,)

    def materialise(self):
        assert self.label == f"{self.length} numbers"
        dense = ops.put_along_axis(np.zeros(self.length), self.where, self.values, axis=0)
        return dense if self.offset is None else dense + self.offset


@pytest.fixture(autouse=True)
def never_dense():
    with warnings.catch_warnings():
        warnings.simplefilter("error", DensifyWarning)
        yield


def energy(d, x):
    return x @ (Diagonal(d) @ x)


def squares(d):
    return np.sum((Diagonal(d) @ V) ** 2)


def test_second_derivatives():
    expected = np.diag(2 * V**2)
    np.testing.assert_allclose(dm.hessian(squares)(X), expected)
    for outer in (dm.jacfwd, dm.jacrev):
        for inner in (dm.grad, dm.jacrev, dm.jacfwd):
            np.testing.assert_allclose(outer(inner(squares))(X), expected)
    np.testing.assert_allclose(dm.hvp(squares, (X,), (V,)), expected @ V)


def test_jacobians():
    for jacobian in (dm.jacfwd, dm.jacrev):
        np.testing.assert_allclose(jacobian(lambda d: Diagonal(d) @ V)(X), np.diag(V))
        np.testing.assert_allclose(jacobian(lambda d: Diagonal(d).doubled().diag)(X), 2 * np.eye(2))
        np.testing.assert_allclose(jacobian(lambda x: Diagonal(X, power=2) @ x)(V), np.diag(X**2))


@pytest.mark.parametrize("power", [1, 2])
def test_batches(power):
    np.testing.assert_allclose(dm.vmap(lambda d: Diagonal(d, power) @ V)(BATCH), BATCH**power * V)
    np.testing.assert_allclose(dm.vmap(lambda x: Diagonal(X, power) @ x)(BATCH), X**power * BATCH)
    np.testing.assert_allclose(dm.vmap(lambda d: Diagonal(d, power) @ d)(BATCH), BATCH ** (power + 1))
    np.testing.assert_allclose(dm.vmap(lambda d: Diagonal(d, power).total())(BATCH), np.sum(BATCH**power, axis=1))
    matrices = np.arange(12.0).reshape(3, 2, 2)
    products = dm.vmap(lambda d, m: Diagonal(d, power) @ m)(BATCH, matrices)
    np.testing.assert_allclose(products, (BATCH**power)[:, :, None] * matrices)


def test_a_rule_sees_one_element():
    matrices = np.arange(12.0).reshape(3, 2, 2)
    expected = X * np.diagonal(matrices, axis1=1, axis2=2)
    np.testing.assert_allclose(dm.vmap(lambda m: (Diagonal(X) * m).diag)(matrices), expected)
    assert dm.vmap(lambda d: np.asarray(Diagonal(d).shape).sum() + d[0])(BATCH).tolist() == [5.0, 7.0, 9.0]
    assert dm.vmap(lambda d: float(Diagonal(d, 3).power) + d[0])(BATCH).tolist() == [4.0, 6.0, 8.0]


def test_batches_of_derivatives_and_derivatives_of_batches():
    ones = np.ones((3, 2))
    np.testing.assert_allclose(dm.vmap(dm.grad(lambda d: X @ (Diagonal(d) @ X)))(ones), np.tile(X**2, (3, 1)))
    np.testing.assert_allclose(dm.vmap(dm.grad(energy), in_axes=(0, None))(BATCH, V), np.tile(V**2, (3, 1)))
    np.testing.assert_allclose(dm.vmap(dm.grad(energy, 1))(BATCH, BATCH), 2 * BATCH**2)
    np.testing.assert_allclose(dm.vmap(dm.hessian(squares))(BATCH), np.tile(np.diag(2 * V**2), (3, 1, 1)))

    def whole(batch):
        return np.sum(dm.vmap(squares)(batch))

    np.testing.assert_allclose(dm.grad(whole)(BATCH), 2 * BATCH * V**2)
    np.testing.assert_allclose(dm.grad(dm.checkpoint(whole))(BATCH), 2 * BATCH * V**2)
    np.testing.assert_allclose(dm.jvp(whole, (BATCH,), (np.ones((3, 2)),))[1], np.sum(2 * BATCH * V**2))
    np.testing.assert_allclose(dm.hvp(whole, (BATCH,), (BATCH,)), 2 * BATCH * V**2)


def test_batches_of_batches():
    both = np.stack([BATCH, 2 * BATCH])
    np.testing.assert_allclose(dm.vmap(dm.vmap(lambda d: Diagonal(d, 2) @ V))(both), both**2 * V)
    outer = dm.vmap(lambda d: dm.vmap(lambda x: Diagonal(d) @ x)(BATCH))(BATCH)
    np.testing.assert_allclose(outer, BATCH[:, None] * BATCH[None])
    gradient = dm.vmap(lambda d: dm.grad(lambda e: np.sum(dm.vmap(lambda x: Diagonal(e) @ x)(BATCH)))(d))(BATCH)
    np.testing.assert_allclose(gradient, np.tile(BATCH.sum(axis=0), (3, 1)))


def test_methods_are_called_for_each_element():
    CALLS.clear()
    product = dm.vmap(lambda d: (Diagonal(d) @ Diagonal(V)).diag)(BATCH)
    np.testing.assert_allclose(product, BATCH * V)
    assert CALLS == [(np.ndarray, np.ndarray)] * 3
    np.testing.assert_allclose(dm.vmap(lambda d: (Diagonal(d) @ Diagonal(d, 2)).diag)(BATCH), BATCH**3)


def test_dense_with_a_warning_where_there_is_no_rule():
    warnings.simplefilter("always", DensifyWarning)
    expected = np.sin([np.diag(row) for row in BATCH])
    with pytest.warns(DensifyWarning, match=r"sin has no rule for .*Diagonal"):
        np.testing.assert_allclose(dm.vmap(lambda d: np.sin(Diagonal(d)))(BATCH), expected)
    with pytest.warns(DensifyWarning, match="is returned as a dense array"):
        np.testing.assert_allclose(dm.vmap(Diagonal)(BATCH), [np.diag(row) for row in BATCH])
    with pytest.warns(DensifyWarning):
        sums = dm.vmap(lambda d: ops.sum(ops.stack((Diagonal(d), Diagonal(V)), axis=0)))(BATCH)
    np.testing.assert_allclose(sums, BATCH.sum(axis=1) + V.sum())
    with pytest.warns(DensifyWarning):
        gradient = dm.grad(lambda b: np.sum(dm.vmap(lambda d: np.sin(Diagonal(d)))(b)))(BATCH)
    np.testing.assert_allclose(gradient, np.cos(BATCH))


def test_a_dense_tangent_of_a_structure_is_projected():
    """matmul of two structures has a method, but the sum of the two parts of its tangent has none."""
    warnings.simplefilter("ignore", DensifyWarning)

    def f(d):
        return np.sum((Diagonal(d) @ Diagonal(d)).diag)

    np.testing.assert_allclose(dm.grad(f)(X), 2 * X)
    np.testing.assert_allclose(dm.jacfwd(f)(X), 2 * X)
    np.testing.assert_allclose(dm.jvp(f, (X,), (V,))[1], 2 * X @ V)


def test_fields_that_say_where_and_fields_that_are_missing():
    warnings.simplefilter("ignore", DensifyWarning)
    where = np.array([[0, 2], [1, 3], [2, 0]])

    def f(values, where):
        return np.sum(np.arange(4.0) * Scattered(values, where, 4))

    expected = [row @ np.arange(4.0)[w] for row, w in zip(BATCH, where, strict=True)]
    np.testing.assert_allclose(dm.vmap(f)(BATCH, where), expected)
    np.testing.assert_allclose(dm.vmap(f, in_axes=(0, None))(BATCH, where[0]), BATCH @ [0.0, 2.0])
    offset = dm.vmap(lambda v: Scattered(v, np.array([0, 1]), 2, offset=v[0]).offset)(BATCH)
    np.testing.assert_allclose(offset, BATCH[:, 0])


def test_empty_batches():
    assert dm.vmap(lambda d: Diagonal(d) @ V)(np.zeros((0, 2))).shape == (0, 2)


def test_units():
    pint = pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    u = pint.get_application_registry()
    warnings.simplefilter("ignore", DensifyWarning)
    found = dm.vmap(energy, in_axes=(0, None))(BATCH * u.N / u.m, V * u.m)
    assert found.check("[energy]")
    np.testing.assert_allclose(found.to("N * m").magnitude, BATCH @ V**2)
    gradient = dm.vmap(dm.grad(energy), in_axes=(0, None))(BATCH * u.N / u.m, V * u.m)
    np.testing.assert_allclose(gradient.to("m**2").magnitude, np.tile(V**2, (3, 1)))
    hessian = dm.hessian(lambda d: np.sum((Diagonal(d) @ (V * u.m)) ** 2))(X * u.N / u.m)
    np.testing.assert_allclose(hessian.to("m**2").magnitude, np.diag(2 * V**2))
    fields = dm.vmap(lambda d: Diagonal(d).diag * 2.0)(BATCH * u.m)
    np.testing.assert_allclose(fields.to("m").magnitude, 2 * BATCH)
    dense = dm.vmap(lambda d: Diagonal(d))(BATCH * u.m)
    np.testing.assert_allclose(dense.to("m").magnitude, [np.diag(row) for row in BATCH])


def test_layers_of_another_meaning_take_the_batch_axis_themselves():
    @dm.layer(slot="meaning")
    @attrs.frozen
    class Metres:
        number: dm.Array
        prefix: str = ""

    @ops.add.layer(Metres)
    def _(a, b):
        return Metres(ops.add(a.number, b.number), a.prefix)

    found = dm.vmap(lambda x: Metres(x, "k") + Metres(V, "k"))(BATCH)
    assert type(found) is Metres
    assert found.prefix == "k"
    np.testing.assert_allclose(found.number, BATCH + V)


def test_errors_say_what_is_missing():
    @dm.layer(slot="structure")
    @attrs.frozen
    class Bare:
        diag: dm.Array

        @property
        def shape(self):
            return (len(self.diag),) * 2

    with pytest.raises(NoMethodError, match="no method materialise"):
        dm.vmap(Bare)(BATCH)
    with pytest.raises(NoMethodError, match=r"Register one with @sin\.layer\(Bare\)"):
        dm.vmap(lambda d: np.sin(Bare(d)))(BATCH)

    @ops.matmul.layer(Bare)
    def _(a, b):
        return ops.multiply(a.diag, b)

    with pytest.raises(NoRuleError, match="Write a method project"):
        dm.vmap(dm.grad(lambda d: X @ (Bare(d) @ X)))(BATCH)
    assert math.isfinite(dm.vmap(lambda d: np.sum(Bare(d) @ X))(BATCH)[0])


# ---- structures whose derivatives go through their own rules --------------------------------------------------------

SEEN = []


@dm.layer(slot="structure", fieldwise=True)
@attrs.frozen
class Rows:
    """A matrix of which each row is one number repeated; it has no `project`, so no dense cotangent can be used."""

    row: dm.Array
    columns: int

    @property
    def shape(self):
        return (len(self.row), self.columns)

    @property
    def dtype(self):
        return ops.dtype(self.row)

    def materialise(self):
        return ops.broadcast_to(ops.expand_dims(self.row, axis=1), shape=self.shape)


@ops.matmul.layer(Rows)
def _(a, b):
    if not isinstance(a, Rows):
        raise NotImplementedError
    SEEN.append(type(a.row))
    return ops.multiply(a.row, ops.sum(b))


@ops.add.layer(Rows)
def _(a, b):
    return Rows(ops.add(a.row, b.row), a.columns)


@ops.argmax.layer(Rows)
def _(x, *, axis, keepdims):
    assert type(x.row) is np.ndarray
    return 0


def test_rules_see_traced_fields():
    SEEN.clear()
    np.testing.assert_allclose(dm.grad(lambda r: np.sum(X * (Rows(r, 2) @ V)))(X), X * V.sum())
    assert all(issubclass(cls, dm.transforms.boundary.Traced) for cls in SEEN)
    found = dm.grad(lambda m: np.sum(X * (m @ V)) + np.sum(m @ X))(Rows(X, 2))
    assert type(found) is Rows
    assert found.columns == 2
    np.testing.assert_allclose(found.row, X * V.sum() + X.sum())
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(Rows(X, 2) @ x))(V), [X.sum(), X.sum()])


def test_fields_in_every_transform():
    def f(r):
        return np.sum((Rows(r, 2) @ V) ** 3)

    expected = 6 * V.sum() ** 3 * np.diag(X)
    np.testing.assert_allclose(dm.hessian(f)(X), expected)
    np.testing.assert_allclose(dm.hvp(f, (X,), (V,)), expected @ V)
    np.testing.assert_allclose(dm.jvp(f, (X,), (V,))[1], dm.grad(f)(X) @ V)
    np.testing.assert_allclose(dm.vmap(dm.grad(f))(BATCH), 3 * BATCH**2 * V.sum() ** 3)
    np.testing.assert_allclose(dm.grad(lambda b: np.sum(dm.vmap(f)(b)))(BATCH), 3 * BATCH**2 * V.sum() ** 3)
    np.testing.assert_allclose(dm.grad(dm.checkpoint(f))(X), 3 * X**2 * V.sum() ** 3)
    y, dy = dm.jvp(lambda m: m @ V, (Rows(X, 2),), (Rows(V, 2),))
    np.testing.assert_allclose(dy, V * V.sum())


def test_what_has_no_rule_is_dense_with_a_warning():
    with pytest.warns(DensifyWarning, match="exp has no rule for .*Rows"):
        found = dm.grad(lambda r: np.sum(np.exp(Rows(r, 2))))(X)
    np.testing.assert_allclose(found, 2 * np.exp(X))


def test_what_has_no_derivative_sees_the_payload():
    assert dm.grad(lambda m: np.sum(m @ V) + np.argmax(m))(Rows(X, 2)).row.tolist() == [13.0, 13.0]


def test_a_method_for_exact_classes_is_still_taken():
    CALLS.clear()
    found = dm.grad(lambda d: np.sum((Diagonal(d) @ Diagonal(X)).diag))(X)
    np.testing.assert_allclose(found, X)
    assert set(CALLS) == {(np.ndarray, np.ndarray)}


def test_only_structures_are_fieldwise():
    with pytest.raises(TypeError, match=r'fieldwise=True is for the slot "structure"'):

        @dm.layer(slot="meaning", fieldwise=True)
        @attrs.frozen
        class Named:
            value: dm.Array


@dm.layer(slot="structure", fieldwise=True)
@attrs.frozen
class Shifted:
    """A vector, and perhaps a number that is added to it."""

    vector: dm.Array
    shift: dm.Array | None

    @property
    def shape(self):
        return np.shape(self.vector)

    def materialise(self):
        return self.vector if self.shift is None else self.vector + self.shift


@ops.sum.layer(Shifted)
def _(x, *, axis, dtype, keepdims):
    total = ops.sum(x.vector)
    return total if x.shift is None else total + x.shift


@ops.add.layer(Shifted)
def _(a, b):
    return Shifted(ops.add(a.vector, b.vector), None if a.shift is None else ops.add(a.shift, b.shift))


def test_a_field_that_is_missing_is_missing_in_traced_values():
    assert dm.grad(lambda v: np.sum(Shifted(v, None)))(X).tolist() == [1.0, 1.0]
    assert dm.grad(lambda s: np.sum(s) * (2.0 if s.shift is None else 3.0))(Shifted(X, None)).vector.tolist() == [2, 2]
    assert dm.vmap(dm.grad(lambda v: np.sum(Shifted(v, None))))(BATCH).tolist() == [[1.0, 1.0]] * 3
    found = dm.grad(lambda s: np.sum(s) * (2.0 if s.shift is None else 3.0))(Shifted(X, 1.0))
    assert found.vector.tolist() == [3.0, 3.0]


def test_tangents_of_structures_are_not_added_to_their_primals():
    assert dm.jvp(lambda s: np.sum(s), (Shifted(X, 1.0),), (Shifted(V, 2.0),))[1] == 15.0


# ---- structures whose batches are of their own class -----------------------------------------------------------------


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen
class Stackable:
    """Diagonal matrices of vectors (..., n), or of another such structure's sum of rows."""

    diag: dm.Array

    @property
    def shape(self):
        return (*ops.shape(self.diag), ops.shape(self.diag)[-1])

    @property
    def dtype(self):
        return ops.dtype(self.diag)

    def materialise(self):
        return ops.where_or_zero(np.eye(self.shape[-1], dtype=bool), ops.expand_dims(self.diag, axis=-2))


@ops.matmul.layer(Stackable)
def _(a, b):
    if isinstance(b, Stackable):
        return Stackable(ops.multiply(a.diag, b.diag))
    return ops.multiply(a.diag, b)


@ops.add.layer(Stackable)
def _(a, b):
    return Stackable(ops.add(a.diag, b.diag))


def test_a_batch_of_them_is_one_of_them():
    found = dm.vmap(lambda d: Stackable(d) @ Stackable(X))(BATCH)
    assert type(found) is Stackable
    np.testing.assert_allclose(found.diag, BATCH * X)
    np.testing.assert_allclose(dm.vmap(lambda m: m @ V)(Stackable(BATCH)), BATCH * V)
    np.testing.assert_allclose(dm.vmap(lambda m: m.diag * 2)(Stackable(BATCH)), BATCH * 2)
    assert dm.vmap(lambda m: np.sum(m @ V) + m.shape[0])(Stackable(BATCH)).tolist() == [25.0, 51.0, 77.0]


def test_batches_of_them_in_derivatives():
    def f(d):
        return np.sum((Stackable(d) @ (Stackable(d) @ V)) ** 2)

    expected = 4 * BATCH**3 * V**2
    np.testing.assert_allclose(dm.vmap(dm.grad(f))(BATCH), expected)
    np.testing.assert_allclose(dm.grad(lambda b: np.sum(dm.vmap(f)(b)))(BATCH), expected)
    np.testing.assert_allclose(dm.hessian(f)(X), np.diag(12 * X**2 * V**2))
    total = dm.grad(lambda m: np.sum(dm.vmap(lambda e: e @ (e @ V))(m)))(Stackable(BATCH))
    assert type(total) is Stackable
    np.testing.assert_allclose(total.diag, 2 * BATCH * V)


def test_a_structure_that_is_the_same_for_each_element_is_repeated_field_by_field():
    @dm.layer(slot="structure", fieldwise=True, stacks=True)
    @attrs.frozen
    class Pair:
        first: dm.Array
        second: dm.Array

        @property
        def shape(self):
            return ops.shape(self.first)

    dm.order(outer=Pair, inner=Stackable)

    @ops.matmul.layer(Pair)
    def _(a, b):
        return ops.matmul(a.first, ops.matmul(a.second, b))

    found = dm.vmap(lambda d: Pair(Stackable(d), Stackable(X)) @ V)(BATCH)
    np.testing.assert_allclose(found, BATCH * X * V)


def test_a_constructor_that_computes_is_refused_in_a_batch():
    @dm.layer(slot="structure")
    @attrs.frozen
    class Doubled:
        numbers: dm.Array = attrs.field(converter=lambda x: 2.0 * x)

    assert dm.grad(lambda x: np.sum(Doubled(x).numbers))(X).tolist() == [2.0, 2.0]
    with pytest.raises(RegistrationError, match="Doubled computes its field 'numbers'.*test_elements.py"):
        dm.vmap(lambda x: np.sum(Doubled(x).numbers))(BATCH)

    @dm.layer(slot="structure", stacks=True)
    @attrs.frozen
    class DoubledStack:
        numbers: dm.Array = attrs.field(converter=lambda x: 2.0 * x)

    found = dm.vmap(lambda x: np.sum(DoubledStack(x).numbers))(BATCH)
    np.testing.assert_array_equal(found, 2.0 * np.sum(BATCH, axis=1))
