"""NumPy's protocols on a layer: ufuncs with their methods and keywords, what is refused and in which words."""

import sys
import types

import numpy as np
import pytest

import dispatchml as dm
import dispatchml.numpy as dnp
from dispatchml.dispatch import Plugin, plugins
from dispatchml.dispatch.errors import NoMethodError, OutArgumentError, TracerConversionError
from dispatchml.numpy import protocols

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
Y = np.array([2.0, 1.0, -3.0])


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "subtract", "logaddexp"])
@pytest.mark.parametrize("axis", [0, 1])
def test_reduce_and_accumulate(name, axis, box):
    ufunc = getattr(np, name)
    x = box.put(X)
    for method in ("reduce", "accumulate"):
        got = getattr(ufunc, method)(x, axis=axis)
        np.testing.assert_allclose(box.take(got), getattr(ufunc, method)(X, axis=axis))


def test_reduce_goes_over_the_first_axis_by_default_and_takes_keywords(box):
    x = box.put(X)
    np.testing.assert_allclose(box.take(np.add.reduce(x)), np.add.reduce(X))
    got = np.add.reduce(x, axis=None, initial=2.0, where=X > 0, keepdims=True)
    np.testing.assert_allclose(box.take(got), np.add.reduce(X, axis=None, initial=2.0, where=X > 0, keepdims=True))
    assert box.take(np.logical_and.reduce(x, axis=1)).tolist() == [True, True]


def test_outer_and_reduceat(box):
    got = np.multiply.outer(box.put(X), Y)
    np.testing.assert_allclose(box.take(got), np.multiply.outer(X, Y))
    got = np.add.reduceat(box.put(X), [0, 2, 1], axis=1)
    np.testing.assert_allclose(box.take(got), np.add.reduceat(X, [0, 2, 1], axis=1))


def test_dtype_of_a_ufunc(box):
    got = np.add(box.put(X), Y, dtype=np.float32)
    assert box.take(got).dtype == np.float32


def test_lists_are_operands_of_ufuncs_and_functions(box):
    x = box.put(Y)
    np.testing.assert_allclose(box.take(np.add(x, [1, 2, 3])), Y + [1, 2, 3])
    np.testing.assert_allclose(box.take(np.dot(x, [1, 2, 3])), np.dot(Y, [1, 2, 3]))
    np.testing.assert_allclose(box.take(np.dot([1, 2, 3], x)), np.dot([1, 2, 3], Y))
    np.testing.assert_allclose(box.take(np.stack([x, [1.0, 2.0, 3.0]])), np.stack([Y, [1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(box.take(dnp.array([[x, x], [x, x]])), np.array([[Y, Y], [Y, Y]]))


def test_lists_of_different_shapes_are_no_array(box):
    with pytest.raises(ValueError, match=r"its elements have the shapes .*numpy.concatenate"):
        dnp.asarray([box.put(Y), box.put(X)])


@pytest.mark.parametrize(
    "call",
    [
        lambda x, out: np.add(x, 1.0, out=out),
        lambda x, out: np.sum(x, axis=0, out=out),
        lambda x, out: np.sum(x, 0, None, out),
        lambda x, out: np.add.reduce(x, out=out),
        lambda x, out: np.clip(x, 0, 1, out=out),
        lambda x, out: np.concatenate([x, x], out=out),
        lambda x, out: dnp.exp(x, out=out),
        lambda x, out: dnp.cumsum(x, 0, None, out),
        lambda x, out: np.einsum("ij->j", x, out=out),
    ],
)
def test_out_is_refused_with_the_way_out(call, box):
    with pytest.raises(OutArgumentError, match=r"test_protocols.py:\d+.*Use the result"):
        call(box.put(X), np.zeros(3))


def test_in_place_operators_on_plain_arrays_are_refused(box):
    a = np.zeros(3)
    with pytest.raises(OutArgumentError, match=r"write a = a \+ x instead of a \+= x"):
        a += box.put(Y)
    assert a.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: np.fill_diagonal(x, 0.0), "numpy.eye"),
        (lambda x: np.put(x, [0], 1.0), "numpy.where"),
        (lambda x: np.putmask(x, X > 0, 0.0), "numpy.where"),
        (lambda x: np.place(x, X > 0, 0.0), "numpy.where"),
        (lambda x: np.copyto(np.zeros((2, 3)), x), "x = y"),
        (lambda x: np.add.at(x, [0], 1.0), "ops.add_at"),
    ],
)
def test_functions_that_write_are_refused(call, text, box):
    with pytest.raises(OutArgumentError, match=text):
        call(box.put(X))


def test_where_of_a_ufunc_is_refused(box):
    with pytest.raises(NoMethodError, match=r"numpy.where\(mask, numpy.sqrt"):
        np.sqrt(box.put(X), where=X > 0)


def test_unknown_functions_and_ufuncs_raise_and_name_themselves(box):
    with pytest.raises(NoMethodError, match=r"numpy.savetxt.*not defined.*test_protocols.py.*dispatchml.primal"):
        np.savetxt("nowhere", box.put(Y))
    own = np.frompyfunc(lambda a: a, 1, 1)
    with pytest.raises(NoMethodError, match=r"UFUNCS\[ufunc\]"):
        own(box.put(Y))
    protocols.UFUNCS[own] = dnp.negative
    try:
        np.testing.assert_allclose(box.take(own(box.put(Y))), -Y)
    finally:
        del protocols.UFUNCS[own]


def test_a_ufunc_of_a_library_loads_its_plugin(box, monkeypatch):
    own = np.frompyfunc(lambda a: a, 1, 1)
    library = types.ModuleType("ufunc_package.parts")
    setattr(library, own.__name__, own)
    monkeypatch.setitem(sys.modules, library.__name__, library)
    plugin = Plugin("ufuncs", "ufunc_package", lambda: protocols.UFUNCS.update({own: dnp.negative}))
    entry = plugins.Entry(types.SimpleNamespace(load=lambda: plugin))
    monkeypatch.setattr(plugins, "ENTRIES", {"ufuncs": entry})
    monkeypatch.setattr(plugins, "MET", set())
    try:
        np.testing.assert_allclose(box.take(own(box.put(Y))), -Y)
    finally:
        del protocols.UFUNCS[own]


def test_a_batched_condition_cannot_decide_a_shape(box):
    with pytest.raises(NoMethodError, match="depends on values"):
        np.compress(box.put(np.array([1.0, 0.0])), box.put(X), axis=0)
    with pytest.raises(NoMethodError, match="depends on values"):
        dnp.arange(box.put(np.array(3.0)))


def test_array_namespace(box):
    x = box.put(X)
    assert x.__array_namespace__() is dnp
    assert x.__array_namespace__(api_version="2024.12") is dnp
    with pytest.raises(ValueError, match="2024.12"):
        x.__array_namespace__(api_version="1999.01")
    with pytest.raises(TracerConversionError, match="primal"):
        x.__dlpack__()


def test_missing_names_say_what_numpy_has():
    with pytest.raises(AttributeError, match=r"numpy.savetxt is not defined on layered values.*primal"):
        dnp.savetxt  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        dnp.nonsense  # noqa: B018
    with pytest.raises(NoMethodError, match="dispatchml.vmap"):
        dnp.vectorize(abs)


NAMED = {
    "round": lambda x: np.round(a=x, decimals=1),
    "linspace": lambda x: np.linspace(start=x[0], stop=x[1], num=3),
    "the second by name": lambda x: np.linspace(x[0], stop=x[1], num=3),
    "tensordot": lambda x: np.tensordot(b=x, a=2.0 * x, axes=1),
    "zeros_like": lambda x: np.zeros_like(a=x),
    "full_like": lambda x: np.full_like(a=x, fill_value=x[0]),
    "real": lambda x: np.real(val=x),
}


@pytest.mark.parametrize("lift", [True, False])
@pytest.mark.parametrize("name", NAMED)
def test_numpys_names_of_parameters(name, lift):
    x = np.array([1.25, 2.0])
    np.testing.assert_array_equal(dm.jvp(NAMED[name], (x,), (x,), lift=lift)[0], NAMED[name](x))
