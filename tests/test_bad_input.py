"""Bad input raises its own error, with the user's line and what to write instead; the texts are kept in `texts/`.

The line that is to blame ends in the comment `here`: each message must name it.
"""

import linecache
import math
import os
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import errors, operation, plugins

X = np.array([1.0, 2.0])
LARGE = 100_000


def is_served(trigger):
    """Whether an installed plugin has registered the types of a module; not in a run without plugins."""
    found = (plugins.describe_plugin(entry) for entry in plugins.entries().values())
    return any(trigger in plugin.triggers for plugin in found if plugin is not None)


#: What a masked array meets where nobody has registered it is tested in a run without plugins.
unless_served = pytest.mark.skipif(is_served("numpy.ma"), reason="a plugin for masked arrays is installed")


class Tagged(np.ndarray):
    """An array class that nobody has registered."""


# ---- functions that lose a derivative; a transform is put round each -------------------------------------------------


def element_into_a_plain_array(x):
    a = np.zeros(2)
    a[0] = x[0]  # here
    return np.sum(a)


def all_into_a_plain_array(x):
    a = np.zeros(2)
    a[:] = x  # here
    return np.sum(a)


def into_an_integer_array(x):
    a = np.zeros(2, dtype=int)
    a[0] = x[0]  # here
    return np.sum(a)


def in_place_on_a_plain_array(x):
    b = a = np.zeros(2)
    a += x + np.sum(b)  # here
    return np.sum(a)


def python_float(x):
    return float(x[0])  # here


def python_int(x):
    return x[1] * int(x[0])  # here


def python_complex(x):
    return abs(complex(x[0]))  # here


def python_round(x):
    return round(x[0])  # here


def as_plain_array(x):
    return np.sum(np.asarray(x))  # here


def list_to_array(x):
    return np.sum(np.array([x[0], x[1]]))  # here


def math_sin(x):
    return math.sin(x[0])  # here


def math_floor(x):
    return x[0] * math.floor(x[1])  # here


def item(x):
    return x[0].item()  # here


def tolist(x):
    return sum(x.tolist())  # here


def out_of_a_ufunc(x):
    return np.sum(np.add(x, 1.0, out=np.zeros(2)))  # here


def out_of_a_function(x):
    return np.sum(x, out=np.zeros(()))  # here


def at_of_a_ufunc(x):
    total = np.zeros(2)
    np.add.at(total, [0, 0], x)  # here
    return np.sum(total)


def unknown_numpy_function(x):
    return np.busday_count(x, x)  # here


def unknown_ufunc(x):
    return np.sum(np.frompyfunc(abs, 1, 1)(x))  # here


def plain_random_numbers(x):
    return np.random.default_rng(0).normal(x[0])  # here


def masked_constant(x):
    return np.sum(x * np.ma.array([1.0, 2.0], mask=[False, True]))  # here


def masked_method(x):
    return np.sum(np.ma.array([1.0, 2.0], mask=[False, True]) * x)  # here


def masked_index(x):
    return np.sum(x[np.ma.array([0, 1], mask=[False, True])])  # here


def masked_assignment(x):
    y = x * 1.0
    y[np.ma.array([True, True], mask=[False, True])] = 0.0  # here
    return np.sum(y)


def unregistered_constant(x):
    return np.sum(x + X.view(Tagged))  # here


def matrix_constant(x):
    return np.sum(x @ np.matrix(np.eye(2)))  # here


def swallowed(x):
    try:
        return np.sum(np.asarray(x))  # here
    except Exception:
        return 0.0


def wrapped_in_another_error(x):
    try:
        return np.sum(np.asarray(x))  # here
    except TypeError as error:
        raise ValueError("cannot compute") from error


LOSES = {
    element_into_a_plain_array: "TracerConversionError",
    all_into_a_plain_array: "TracerConversionError",
    into_an_integer_array: "TracerConversionError",
    in_place_on_a_plain_array: "OutArgumentError",
    python_float: "TracerConversionError",
    python_int: "TracerConversionError",
    python_complex: "TracerConversionError",
    python_round: "TracerConversionError",
    as_plain_array: "TracerConversionError",
    list_to_array: "TracerConversionError",
    math_sin: "TracerConversionError",
    math_floor: "TracerConversionError",
    item: "TracerConversionError",
    tolist: "TracerConversionError",
    out_of_a_ufunc: "OutArgumentError",
    out_of_a_function: "OutArgumentError",
    at_of_a_ufunc: "OutArgumentError",
    unknown_numpy_function: "NoMethodError",
    unknown_ufunc: "NoMethodError",
    plain_random_numbers: "TracerConversionError",
    masked_constant: "UnregisteredTypeError",
    masked_method: "TracerConversionError",  # numpy.ma does not ask us before it takes the payload
    masked_index: "UnregisteredTypeError",
    masked_assignment: "UnregisteredTypeError",
    unregistered_constant: "UnregisteredTypeError",
    matrix_constant: "UnregisteredTypeError",
    swallowed: "TracerConversionError",
    wrapped_in_another_error: "TracerConversionError",
}

TRANSFORMS = {
    "grad": lambda f: dm.grad(f, lift=False)(X),
    "value_and_grad": lambda f: dm.value_and_grad(f, lift=False)(X),
    "jvp": lambda f: dm.jvp(f, (X,), (X,), lift=False),
    "vjp": lambda f: dm.vjp(f, X, lift=False),
    "hvp": lambda f: dm.hvp(f, (X,), (X,), lift=False),
    "jacobian": lambda f: dm.jacobian(f, lift=False)(X),
    "vmap": lambda f: dm.vmap(f, lift=False)(np.stack([X, X])),
}


def marked(thing, name):
    """A parameter, left out where it is about masked arrays and a plugin has registered them."""
    return pytest.param(thing, id=name, marks=[unless_served] if name.startswith("masked") else [])


FUNCTIONS = [marked(function, function.__name__) for function in LOSES]


def test_masked_arrays_that_nobody_registered():
    """The tests of this file that are about masked arrays, in a process that sees no plugins."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "masked and not nobody", __file__]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "DISPATCHML_TESTS_WITHOUT_PLUGINS": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout.splitlines()[-1]


def check_place(error):
    """The message names a line of this file that ends in the comment."""
    places = re.findall(r"(\S+\.py):(\d+)", str(error))
    assert places, f"no place in: {error}"
    found = [linecache.getline(file.lstrip("("), int(line)).rstrip() for file, line in places]
    assert any(line.endswith("# here") for line in found), f"{error}\nnames {found}"


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_would_lose_a_derivative(function, transform, check_text):
    with pytest.raises(getattr(errors, LOSES[function])) as found:
        TRANSFORMS[transform](function)
    check_place(found.value)
    assert isinstance(found.value, (TypeError, ValueError, RuntimeError))
    if transform == "grad":
        check_text(found.value, function.__name__)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_frame_of_ours_in_the_traceback(function, monkeypatch):
    def files():
        with pytest.raises(errors.DispatchmlError) as found:
            dm.grad(function, lift=False)(X)
        return [str(entry.path) for entry in found.traceback]

    monkeypatch.delenv("DISPATCHML_TRACEBACK", raising=False)
    assert not [f for f in files()[:-1] if "/dispatchml/engines/" in f]
    monkeypatch.setenv("DISPATCHML_TRACEBACK", "full")
    assert [f for f in files() if "/dispatchml/transforms/" in f]


# ---- values that outlive their transform -----------------------------------------------------------------------------


@pytest.mark.parametrize("transform", ["grad", "jvp", "vjp", "vmap"])
def test_leaked_tracer(transform, check_text):
    kept = []

    def leaky(x):
        kept.append(x)
        return np.sum(x)

    TRANSFORMS[transform](leaky)
    with pytest.raises(errors.LeakedTracerError) as found:
        np.sin(kept[0])  # here
    check_place(found.value)
    check_text(found.value, f"leaked_tracer_{transform}")
    with pytest.raises(errors.LeakedTracerError) as found:
        dm.grad(lambda x: np.sum(x * kept[0]))(X)  # here
    check_place(found.value)


# ---- operations ------------------------------------------------------------------------------------------------------


def test_an_operation_without_a_method(check_text):
    with pytest.raises(errors.NoMethodError) as found:
        ops.sin("text")  # here
    check_place(found.value)
    check_text(str(found.value).split("Nearest")[0], "no_method")


@pytest.mark.parametrize("name", ["sum", "sin", "isin", "histogram", "unique", "lexsort", "mean"])
def test_the_namespace_refuses_what_nobody_registered(name):
    arguments = (X,) if name == "isin" else ()
    with pytest.raises(errors.UnregisteredTypeError) as found:
        getattr(dm.numpy, name)(X.view(Tagged), *arguments)  # here
    check_place(found.value)
    with pytest.raises(errors.UnregisteredTypeError):
        ops.getitem(X, index=np.array([0, 1]).view(Tagged))


def test_an_operation_without_a_rule(check_text):
    @operation
    def weighed(a):
        """No rule."""

    weighed.register(lambda a: 2 * a, np.ndarray)
    with pytest.raises(errors.NoRuleError) as found:
        dm.grad(lambda x: np.sum(weighed(x)))(X)  # here
    check_place(found.value)
    check_text(found.value, "no_rule_vjp")
    with pytest.raises(errors.NoRuleError) as found:
        dm.jvp(lambda x: np.sum(weighed(x)), (X,), (X,))  # here
    check_text(found.value, "no_rule_jvp")


def test_an_ambiguous_pair(check_text):
    class A:
        pass

    class B(A):
        pass

    @operation
    def meet(a, b):
        """Two methods fit."""

    meet.register(lambda a, b: 1, A, B)
    meet.register(lambda a, b: 2, B, A)
    with pytest.raises(errors.AmbiguousMethodError) as found:
        meet(B(), B())  # here
    check_place(found.value)
    check_text(found.value, "ambiguous")


# ---- arguments and outputs of the transforms -------------------------------------------------------------------------

CALLS = {
    "array_output_of_grad": ("NonScalarOutputError", lambda: dm.grad(lambda x: x * 2)(X)),  # here
    "tuple_output_of_grad": ("NonScalarOutputError", lambda: dm.grad(lambda x: (x[0], x[1]))(X)),  # here
    "no_output_of_grad": ("NonScalarOutputError", lambda: dm.grad(lambda x: None)(X)),  # here
    "complex_output_of_grad": ("NonScalarOutputError", lambda: dm.grad(lambda x: x * 1j)(1.0)),  # here
    "no_pair_for_has_aux": ("NonScalarOutputError", lambda: dm.grad(lambda x: x * x, has_aux=True)(1.0)),  # here
    "bool_input": ("IntegerInputError", lambda: dm.grad(lambda x: x * 1.0)(True)),  # here
    "array_of_bools": ("IntegerInputError", lambda: dm.grad(lambda x: np.sum(x * 1.0))(X > 1)),  # here
    "string_input": ("IntegerInputError", lambda: dm.grad(lambda x: 1.0)("text")),  # here
    "argnums_out_of_range": ("ArgumentError", lambda: dm.grad(lambda x: x, 2)(1.0)),  # here
    "tangent_of_another_shape": ("TangentMismatchError", lambda: dm.jvp(np.sin, (X,), (np.ones(3),))),  # here
    "tangents_missing": ("TangentMismatchError", lambda: dm.jvp(np.sin, (X,), ())),  # here
    "complex_tangent_of_a_real_primal": ("TangentMismatchError", lambda: dm.jvp(np.sin, (X,), (X * 1j,))),  # here
    "tangent_of_another_structure": ("ContainerMismatchError", lambda: dm.jvp(lambda t: t[0], ((X, X),), (X,))),  # here
    "primals_not_in_a_tuple": ("TangentMismatchError", lambda: dm.jvp(np.sin, X, X)),  # here
    "cotangent_of_another_shape": ("TangentMismatchError", lambda: dm.vjp(np.sin, X)[1](np.ones(3))),  # here
    "derivative_of_an_array": ("NonDifferentiableError", lambda: dm.derivative(np.sin)(X)),  # here
    "masked_argument": ("UnregisteredTypeError", lambda: dm.grad(lambda x: x.sum())(np.ma.array(X))),  # here
    "unregistered_argument": ("UnregisteredTypeError", lambda: dm.grad(lambda x: x.sum())(X.view(Tagged))),  # here
}  # fmt: skip


@pytest.mark.parametrize("name", [marked(name, name) for name in CALLS])
def test_arguments_and_outputs(name, check_text):
    cls, call = CALLS[name]
    with pytest.raises(getattr(errors, cls)) as found:
        call()
    check_place(found.value)
    check_text(found.value, name)


@pytest.mark.parametrize("x", [3, np.array(3), np.int64(3), np.array([3], dtype=np.uint8)], ids=repr)
def test_an_integer_input_gets_a_float_gradient(x):
    found = dm.grad(lambda v: np.sum(v**2 / 4))(x)
    assert np.asarray(found).dtype == np.float64
    np.testing.assert_array_equal(found, np.full(np.shape(x), 1.5))


# ---- constants that are overwritten ----------------------------------------------------------------------------------


def overwritten(size):
    weights = np.full(size, 2.0)

    def f(x):
        y = x * weights  # here
        weights[:] = 7.0
        return np.sum(y)

    return f


def test_a_small_constant_overwritten_after_use_is_copied():
    np.testing.assert_array_equal(dm.grad(overwritten(3))(np.ones(3)), np.full(3, 2.0))


def test_a_large_constant_overwritten_after_use_is_noticed(check_text):
    with pytest.raises(errors.MutatedConstantError) as found:
        dm.grad(overwritten(LARGE))(np.ones(LARGE))
    check_place(found.value)
    check_text(found.value, "mutated_constant")


@pytest.mark.parametrize(
    "change", [slice(0, 1), slice(LARGE // 2, LARGE // 2 + 1), slice(-1, None), slice(None, None, -1)]
)
def test_every_kind_of_change_is_noticed(change):
    weights = np.arange(LARGE, dtype=float)
    pullback = dm.vjp(lambda x: x * weights, np.ones(LARGE))[1]
    pullback(np.ones(LARGE))
    weights[:] = weights[change].copy() if change.step else weights
    weights[change] += 0.5
    with pytest.raises(errors.MutatedConstantError):
        pullback(np.ones(LARGE))


def test_a_frozen_constant_is_neither_copied_nor_watched():
    weights = np.full(LARGE, 2.0)
    pullback = dm.vjp(lambda x: x * dm.frozen(weights), np.ones(LARGE))[1]
    weights[:] = 7.0
    assert pullback(np.ones(LARGE))[0][0] == 7.0


def test_constants_in_forward_mode_need_no_care():
    y, dy = dm.jvp(overwritten(LARGE), (np.ones(LARGE),), (np.ones(LARGE),))
    assert (y, dy) == (2.0 * LARGE, 2.0 * LARGE)


# ---- the backward pass names the line of the operation ---------------------------------------------------------------


def test_an_error_in_the_backward_pass_names_the_line():
    @operation(family="shaping")
    def fails(a):
        """Its pullback raises."""

    def pullback(ct):
        raise ArithmeticError("no way back")

    fails.register(lambda a: a + 0, np.ndarray)
    dm.rules.rule(fails).vjp(lambda y, a, needs: pullback)

    def f(x):
        y = fails(x)  # here
        return np.sum(y * 2)

    with pytest.raises(ArithmeticError, match="no way back") as found:
        dm.grad(f)(X)
    (note,) = found.value.__notes__
    check_place(note)
    assert note.startswith("In the backward pass of")


def test_plain_numpy_is_left_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a = np.zeros(2)
        a[0] = X[0]
        assert float(a[0]) == 1.0
        assert np.add(a, 1.0, out=np.zeros(2)).tolist() == [2.0, 1.0]
