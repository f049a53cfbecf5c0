"""Operators, attributes and methods of a layer against those of NumPy's arrays."""

import operator

import attrs
import numpy as np
import pytest

import dispatchml.numpy as dnp
from dispatchml.dispatch import Array, layer
from dispatchml.dispatch.errors import ReadOnlyError, ShapeError

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
Y = np.array([2.0, 1.0, -3.0])
BINARY = "add sub mul truediv floordiv mod pow eq ne lt le gt ge".split()


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "other", [Y, 2.0, 3, np.float64(1.5), [1.0, 2.0, 4.0]], ids=["array", "float", "int", "scalar", "list"]
)
def test_binary_operators_in_both_directions(name, other, box):
    op = getattr(operator, name)
    x = np.abs(X)
    np.testing.assert_allclose(box.take(op(box.put(x), other)), op(x, other))
    np.testing.assert_allclose(box.take(op(other, box.put(x))), op(np.asarray(other), x))
    np.testing.assert_allclose(box.take(op(box.put(x), box.put(x))), op(x, x))


def test_other_operators(box):
    x = box.put(X)
    for op in (operator.neg, operator.pos, operator.abs):
        np.testing.assert_array_equal(box.take(op(x)), op(X))
    np.testing.assert_allclose(box.take(x @ Y), X @ Y)
    np.testing.assert_allclose(box.take(np.ones(2) @ x), np.ones(2) @ X)
    np.testing.assert_allclose(box.take(divmod(x, 2.0)), divmod(X, 2.0))
    np.testing.assert_allclose(box.take(round(x)), np.round(X))
    whole, mask = box.cls(np.array([5, 6])), box.cls(np.array([True, False]))
    for op in (operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift):
        np.testing.assert_array_equal(box.take(op(whole, 3)), op(np.array([5, 6]), 3))
        np.testing.assert_array_equal(box.take(op(3, whole)), op(3, np.array([5, 6])))
    np.testing.assert_array_equal(box.take(~mask), [False, True])


def test_strangers_are_left_to_themselves(box):
    class Stranger:
        def __radd__(self, other):
            return "theirs"

        __rmul__ = None

    assert box.put(X) + Stranger() == "theirs"
    with pytest.raises(TypeError):
        box.put(X) + "text"
    assert (box.put(X) == "text") is False
    assert (box.put(X) == None) is False  # noqa: E711


def test_container(box):
    x = box.put(X)
    assert len(x) == 2
    assert [box.take(r).tolist() for r in x] == X.tolist()
    np.testing.assert_array_equal(box.take(x[1, ::2]), X[1, ::2])
    np.testing.assert_array_equal(box.take(x[X > 0]), X[X > 0])
    np.testing.assert_array_equal(box.take(x[:, [2, 0]]), X[:, [2, 0]])
    scalar = box.put(np.array(2.0))
    with pytest.raises(TypeError):
        iter(scalar)
    with pytest.raises(TypeError):
        len(scalar)
    with pytest.raises(TypeError):
        hash(x)


def test_indices_that_are_layered(box):
    i = box.cls(np.array([1, 0, -1]))
    np.testing.assert_array_equal(box.take(dnp.getitem(X, i)), X[[1, 0, -1]])
    np.testing.assert_array_equal(box.take(box.put(X)[:, i]), X[:, [1, 0, -1]])
    np.testing.assert_array_equal(box.take(dnp.getitem(X, (i, np.array([0, 1, 2])))), X[[1, 0, -1], [0, 1, 2]])
    np.testing.assert_array_equal(box.take(dnp.getitem(X[None], (0, i))), X[None][0, [1, 0, -1]])


def test_attributes(box):
    x = box.put(X)
    for name in ("shape", "dtype", "ndim", "size", "itemsize", "nbytes"):
        assert getattr(x, name) == getattr(X, name)
    assert x.device == "cpu"
    np.testing.assert_array_equal(box.take(x.T), X.T)
    np.testing.assert_array_equal(box.take(box.put(X[None]).mT), X[None].mT)
    z = box.put(X + 1j)
    np.testing.assert_array_equal(box.take(z.real), X)
    np.testing.assert_array_equal(box.take(z.imag), np.ones_like(X))
    assert [float(box.take(e)) for e in x.flat] == X.ravel().tolist()


METHODS = [
    ("sum", (), {}), ("sum", (0,), {"keepdims": True}), ("prod", (1,), {}), ("mean", (), {}),
    ("var", (0,), {"ddof": 1}), ("std", (), {}), ("min", (1,), {}), ("max", (), {}), ("any", (), {}),
    ("all", (0,), {}), ("argmax", (1,), {}), ("argmin", (), {}), ("cumsum", (1,), {}), ("cumprod", (), {}),
    ("trace", (), {}), ("reshape", (3, 2), {}), ("reshape", ((3, 2),), {}), ("reshape", (-1,), {"order": "F"}),
    ("reshape", (6,), {"order": "C"}), ("ravel", (), {}), ("flatten", (), {}), ("transpose", (), {}),
    ("transpose", (1, 0), {}), ("transpose", ((1, 0),), {}), ("swapaxes", (0, 1), {}), ("squeeze", (), {}),
    ("diagonal", (), {}), ("repeat", (2, 0), {}), ("take", ([0, 2], 1), {}), ("compress", ([True, False], 0), {}),
    ("clip", (0, 1), {}), ("clip", (), {"min": 0.0}), ("nonzero", (), {}), ("argsort", (), {}), ("dot", (Y,), {}),
    ("round", (1,), {}), ("conj", (), {}), ("conjugate", (), {}), ("astype", (np.float32,), {}), ("copy", (), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "keywords"), METHODS, ids=[m[0] for m in METHODS])
def test_methods(name, arguments, keywords, box):
    got = box.take(getattr(box.put(X), name)(*arguments, **keywords))
    wanted = getattr(X, name)(*arguments, **keywords)
    assert np.shape(got) == np.shape(wanted)
    np.testing.assert_allclose(got, wanted)


def test_searchsorted_choose_ptp_item_tolist(box):
    p = np.sort(Y)
    np.testing.assert_array_equal(box.take(box.put(p).searchsorted(X)), p.searchsorted(X))
    np.testing.assert_array_equal(
        box.take(box.cls(np.array([1, 0])).choose([Y[:2], Y[1:]])), np.choose([1, 0], [Y[:2], Y[1:]])
    )
    np.testing.assert_allclose(box.take(box.put(X).ptp(0)), np.ptp(X, 0))
    assert box.take(box.put(X).item(4)) == X.item(4)
    assert box.take(box.put(X).item(0, 2)) == X.item(0, 2)
    assert box.take(box.put(X[:1, :1]).item()) == 1.0
    with pytest.raises(ValueError, match="size 1"):
        box.put(X).item()
    assert np.array(box.take(box.put(X).tolist())).tolist() == X.tolist()


def test_methods_that_work_in_place_are_refused(box):
    for call in (lambda x: x.resize((6,)), lambda x: x.view(np.int64)):
        with pytest.raises(ShapeError):
            call(box.put(X))
    for call in (lambda x: x.sort(), lambda x: x.fill(1.0), lambda x: x.partition(0), lambda x: x.put([0], 1.0)):
        with pytest.raises(ReadOnlyError, match="does not change"):
            call(box.put(X))
    assert box.take(box.put(X).view()).shape == X.shape


def test_layers_of_ones_own_are_dressed_and_keep_what_they_define():
    @layer(slot="meaning")
    @attrs.frozen
    class Labelled:
        data: Array
        label: str = ""

        def sum(self):
            return "own"

    x = Labelled(X, "a")
    assert x.shape == (2, 3)
    assert x.sum() == "own"
    assert Labelled.__array_function__ is not None
    assert Labelled.__hash__ is None
    assert "own" == x.sum()

    @layer(slot="meaning", operators=False)
    @attrs.frozen
    class Bare:
        data: Array

    assert not hasattr(Bare, "__array_function__")
