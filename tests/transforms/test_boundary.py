"""The boundary of transforms: swallowed errors come back, frames are hidden, lines are named, inputs are checked."""

import collections
import enum
import re
import traceback
import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import (
    ArgumentError,
    DispatchmlError,
    IntegerInputError,
    NoMethodError,
    NonScalarOutputError,
    TracerConversionError,
)
from dispatchml.engines.refusals import REFUSED

TRANSFORMS = [
    dm.grad,
    dm.value_and_grad,
    dm.derivative,
    dm.jacfwd,
    dm.jacrev,
    dm.jacobian,
    dm.hessian,
    lambda f: lambda x: dm.jvp(f, (x,), (1.0,)),
    lambda f: lambda x: dm.vjp(f, x),
    lambda f: lambda x: dm.hvp(f, (x,), (1.0,)),
    lambda f: lambda x: dm.linearize(f, x),
    lambda f: lambda x: dm.vmap(f)(np.array([x])),
    lambda f: lambda x: dm.grad(dm.checkpoint(f))(x),
]
each_transform = pytest.mark.parametrize("transform", TRANSFORMS)


def library_swallows(x):
    try:
        return int(x) * 2.0
    except Exception:
        return x * 0.0


@each_transform
def test_a_swallowed_refusal_comes_back(transform):
    with pytest.raises(TracerConversionError, match=r"test_boundary.py:\d+") as caught:
        transform(library_swallows)(2.0)
    assert any("had caught this error" in note for note in caught.value.__notes__)
    assert REFUSED.get() is None


@pytest.mark.parametrize("convert", [float, int, complex, round, np.asarray, lambda x: x.item(), lambda x: [1, 2][x]])
def test_every_refused_conversion_comes_back(convert):
    def swallowing(x):
        try:
            return x * convert(x)
        except TypeError:
            return x

    with pytest.raises(TracerConversionError):
        dm.grad(swallowing, lift=False)(1.0)


def test_a_refusal_that_two_transforms_swallow_comes_back_at_the_outer_one():
    def outer(x):
        try:
            return dm.grad(lambda y: library_swallows(y) * x)(x)
        except TracerConversionError:
            return x

    with pytest.raises(TracerConversionError):
        dm.grad(outer)(2.0)


def test_nothing_comes_back_after_the_transform():
    with pytest.raises(TracerConversionError):
        dm.grad(library_swallows)(2.0)
    assert dm.grad(lambda x: x * x)(2.0) == 4.0
    assert library_swallows(2.0) == 4.0


@each_transform
def test_an_error_whose_cause_is_ours_leaves_as_ours(transform):
    def wraps(x):
        try:
            int(x)
        except TypeError as error:
            raise ValueError("solver failed") from error

    with pytest.raises(TracerConversionError, match=r"int\(x\)"):
        transform(wraps)(2.0)

    def in_its_context(x):
        try:
            int(x)
        except TypeError:
            raise RuntimeError("solver failed")  # noqa: B904

    with pytest.raises(TracerConversionError):
        transform(in_its_context)(2.0)


@each_transform
def test_an_error_of_the_users_own_stays_as_it_is(transform):
    def mine(x):
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    with pytest.raises(ValueError, match="second") as caught:
        transform(mine)(2.0)
    assert isinstance(caught.value.__cause__, KeyError)


def frames_of(error):
    return [f.filename for f in traceback.extract_tb(error.__traceback__)]


@each_transform
def test_our_frames_are_hidden(transform, monkeypatch):
    monkeypatch.delenv("DISPATCHML_TRACEBACK", raising=False)

    def fails(x):
        raise KeyError("mine")

    def refused(x):
        return int(x)

    for function in (fails, refused):
        with pytest.raises((KeyError, TypeError)) as caught:
            transform(function)(2.0)
        files = frames_of(caught.value)
        assert not [f for f in files if "/dispatchml/" in f and "/tests/" not in f or f.startswith("<dispatchml")], (
            files
        )
        assert files[-1] == __file__


def test_frames_are_shown_on_demand(monkeypatch):
    monkeypatch.setenv("DISPATCHML_TRACEBACK", "full")
    with pytest.raises(TracerConversionError) as caught:
        dm.grad(float)(2.0)
    assert any(f.endswith("boundary.py") and "transforms" in f for f in frames_of(caught.value))


@pytest.mark.parametrize("name", ["grad", "vjp", "jacrev", "grad of grad", "derivative of grad", "checkpoint"])
def test_an_error_in_the_backward_pass_names_the_line_that_made_the_operation(name):
    @dm.primitive
    def broken(x):
        return x * 1.0

    @broken.defvjp
    def broken_vjp(y, x):
        def broken_pullback(ct):
            raise ZeroDivisionError("in the rule")

        return broken_pullback

    @broken.defjvp
    def broken_jvp(y, tangents, x):
        return tangents[0]

    def f(x):
        y = x * 2.0
        y = broken(y)  # this line
        return y * y

    runs = {
        "grad": lambda: dm.grad(f)(1.0),
        "vjp": lambda: dm.vjp(f, 1.0)[1](1.0),
        "jacrev": lambda: dm.jacrev(f)(1.0),
        "grad of grad": lambda: dm.grad(dm.grad(f))(1.0),
        "derivative of grad": lambda: dm.derivative(dm.grad(f))(1.0),
        "checkpoint": lambda: dm.grad(dm.checkpoint(f))(1.0),
    }
    with pytest.raises(ZeroDivisionError, match="in the rule") as caught:
        runs[name]()
    line = f.__code__.co_firstlineno + 2
    notes = getattr(caught.value, "__notes__", [])
    if name == "checkpoint":  # the operation is the segment: the line that called it
        assert any("test_boundary.py" in n for n in notes)
    else:
        assert any(f"test_boundary.py:{line}" in n for n in notes), notes


class Mode(enum.IntEnum):
    fast = 1


@pytest.mark.parametrize("x", [True, "text", None, np.array([True]), np.array(["a"]), Mode.fast, len, object()])
def test_what_has_no_derivative_is_refused(x):
    if x is None:
        assert dm.grad(lambda x: 1.0)(None) is None
        return
    with pytest.raises(IntegerInputError, match="no derivative"):
        dm.grad(lambda x: 1.0)(x)


def test_integers_become_floats():
    assert dm.grad(lambda x: x**3)(2) == 12.0
    assert type(dm.grad(lambda x: x**3)(2)) is float
    found = dm.grad(lambda x: ops.sum(x**2))(np.array([1, 2]))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [2.0, 4.0])


@pytest.mark.parametrize("argnums", [1, -2, "x", True, 1.0, (0, 5)])
def test_argnums_that_do_not_fit(argnums):
    with pytest.raises(ArgumentError, match="argnums"):
        dm.grad(lambda x: x, argnums)(1.0)


@pytest.mark.parametrize("transform", [dm.grad, dm.value_and_grad, dm.jacfwd, dm.jacrev, dm.jacobian, dm.hessian])
@pytest.mark.parametrize("argnums", [(0, 0), (0, -2), (1, 0, -1)])
def test_an_argument_that_is_named_twice(transform, argnums):
    with pytest.raises(ArgumentError, match="more than once"):
        transform(lambda a, b: a * b, argnums)(2.0, 3.0)


class Closed:
    pass


@pytest.mark.parametrize(
    "x", [{1.0}, collections.deque([1.0]), Closed(), type("Renamed", (dict,), {})(a=1.0), [Closed()]]
)
def test_what_is_no_container_is_said_to_be_none(x):
    with pytest.raises(IntegerInputError, match="no container.*dataclass") as caught:
        dm.grad(lambda x: 1.0)(x)
    assert "small changes" not in str(caught.value)


@pytest.mark.parametrize("x", [True, "text", ["text"], Mode.fast, np.array([True]), len])
def test_what_is_constant_is_said_to_be_constant(x):
    with pytest.raises(IntegerInputError, match="small changes"):
        dm.grad(lambda x: 1.0)(x)


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: x, "one number"),
        (lambda x: (x, x), "has_aux=True"),
        (lambda x: "text", "one number"),
        (lambda x: None, "one number"),
        (lambda x: ops.sum(x) * 1j, "real output"),
    ],
)
def test_outputs_that_have_no_gradient(f, text):
    with pytest.raises(NonScalarOutputError, match=text) as caught:
        dm.grad(f)(np.ones(2))
    assert str(caught.value).startswith("grad ")
    assert isinstance(caught.value, DispatchmlError)


def test_no_floating_point_warning_leaks_from_the_backward_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dm.grad(lambda x: ops.sum(ops.sqrt(x)))(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(found, [np.inf, 0.25])


def test_numbers_that_nobody_registered_say_what_to_register(ratio):
    for number in (ratio(1, 3), ratio.Scaled(2)):
        name = rf"{re.escape(type(number).__module__)}.{type(number).__name__}"
        for run in (lambda x: dm.grad(lambda v: v * v)(x), lambda x: dm.jvp(lambda v: v * v, (x,), (x,))):
            with pytest.raises(NoMethodError, match=rf"^No method for multiply\({name}, {name}\).*@multiply\.register"):
                run(number)


def stops(x):
    raise StopIteration("mine")


@pytest.mark.parametrize(
    "run",
    [
        *(
            lambda x, t=t: t(stops)(x)
            for t in (dm.grad, dm.jacfwd, dm.jacrev, dm.jacobian, dm.hessian, dm.vmap, dm.jit)
        ),
        lambda x: dm.jacfwd(stops, chunk_size=1)(x),
        lambda x: dm.jacfwd(dm.jacfwd(stops))(x),
        lambda x: dm.jvp(stops, (x,), (x,)),
        lambda x: dm.vjp(stops, x),
        lambda x: dm.linearize(stops, x),
        lambda x: dm.grad(lambda x: np.sum(dm.checkpoint(stops)(x)))(x),
    ],
)
def test_stop_iteration_leaves_as_it_is(run):
    with pytest.raises(StopIteration, match="mine"):
        run(np.ones(2))
