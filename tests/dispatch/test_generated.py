"""Functions of operations are compiled once for each shape of parameters, and have the names of their own."""

import inspect
import traceback

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.generated import FACTORIES


def made(source, **scope):
    exec(source, scope)
    return operation(scope["stub"])


def test_names_of_parameters_are_the_operations_own():
    assert str(inspect.signature(ops.sum)).startswith("(x: 'Any', *, axis: 'Axis' = None, dtype: 'Any' = None")
    with pytest.raises(TypeError, match="unexpected keyword argument 'axes'"):
        ops.sum(np.ones(2), axes=1)
    with pytest.raises(TypeError, match="positional-only"):
        ops.sum(x=np.ones(2))


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: ops.matmul(np.ones(2), np.ones(3)), "return method(a, b)"),
        (lambda: ops.tensordot(np.ones(2), np.ones(3), axes=1), "return method(a, b, axes=axes)"),
    ],
)
def test_a_traceback_shows_them(call, line):
    try:
        call()
    except Exception as error:
        shown = "".join(traceback.format_exception(error))
    assert line in shown


@pytest.mark.parametrize("name", ["table", "miss", "method", "elements", "type", "map", "_k0", "_0"])
def test_any_name_will_do(name):
    own = made(f"def stub(first, *, {name}=2, other=3): 'Nothing.'")
    own.register(lambda first, **keywords: (first, keywords), float)
    assert own(1.0) == (1.0, {name: 2, "other": 3})
    assert own(1.0, **{name: 5}) == (1.0, {name: 5, "other": 3})
    own = made(f"def stub({name}, second): 'Nothing.'")
    own.register(lambda a, b: (a, b), float, float)
    assert own(1.0, 2.0) == (1.0, 2.0)


def test_few_are_compiled():
    shapes = [key for key in FACTORIES if all(name.startswith("_") for name in key[0])]
    assert len(shapes) < len(FACTORIES) / 3
