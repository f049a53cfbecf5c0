"""What is carried by axes comes off before a Jacobian is put together, and both sides' is put on again."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import dressing, operation, register_type
from dispatchml.dispatch.errors import RegistrationError
from dispatchml.rules import batch, linear


class Named:
    """An array with a name for each axis."""

    def __init__(self, numbers, names):
        self.numbers, self.names = numbers, names

    shape = property(lambda self: self.numbers.shape)
    dtype = property(lambda self: self.numbers.dtype)


@operation(family="layers")
def bare_of(x):
    """The numbers of a named array."""


@operation(family="layers")
def name_axes(x, *, names=()):
    """A named array."""


def names_of(x):
    while not isinstance(x, Named):
        if not hasattr(x, "_value"):
            return ("",) * ops.ndim(x)
        x = x._value
    return x.names


@pytest.fixture(scope="module", autouse=True)
def named():
    register_type(
        Named, slot="meaning", payload=lambda x: x.numbers, rebuild=lambda x, numbers: Named(numbers, x.names)
    )
    bare_of.register(lambda x: x, object)
    bare_of.layer(Named, lambda x: x.numbers)
    name_axes.register(lambda x, *, names=(): Named(x, names), object)
    name_axes.layer(Named, lambda x, *, names=(): Named(x.numbers, names))
    linear(bare_of, transpose=lambda ct, like: ct)
    linear(name_axes, transpose=lambda ct, like, *, names=(): bare_of(ct))
    batch(bare_of)(lambda arguments, batched, size: bare_of(arguments[0]))
    batch(name_axes)(lambda arguments, batched, size, *, names=(): name_axes(arguments[0], names=("batch", *names)))
    for op in (ops.one_like, ops.zeros_like, ops.astype):
        op.layer(Named, lambda x, op=op, **keywords: Named(op(x.numbers, **keywords), x.names))
    for op in (ops.ones_of, ops.zeros_of):
        op.layer(Named, lambda x, op=op, **keywords: op(x.numbers, **keywords))
    dressing(
        Named,
        bare=bare_of,
        again=lambda x, numbers: name_axes(numbers, names=names_of(x)),
        block=lambda found, y, x: name_axes(found, names=(*names_of(y), *names_of(x))),
    )


def squares(x):
    return name_axes(ops.square(bare_of(x)), names=("out",))


@pytest.mark.parametrize("name", ["jacfwd", "jacrev"])
@pytest.mark.parametrize("chunk_size", [None, 1])
def test_a_jacobian_carries_the_names_of_output_and_input(name, chunk_size):
    jacobian = getattr(dm, name)
    found = jacobian(squares, chunk_size=chunk_size)(Named(np.array([1.0, 2.0]), ("in",)))
    assert found.names == ("out", "in")
    np.testing.assert_array_equal(found.numbers, np.diag([2.0, 4.0]))
    found = jacobian(squares)(np.array([3.0]))
    assert found.names == ("out", "")
    np.testing.assert_array_equal(found.numbers, [[6.0]])


def test_a_random_tangent_carries_the_names_of_its_primal():
    x = Named(np.zeros(2), ("in",))
    found = dm.random_tangent(x, np.random.default_rng(0))
    assert found.names == ("in",)
    assert found.shape == (2,)


def test_ravel_gives_the_names_back():
    vector, unravel = dm.ravel({"a": Named(np.array([1.0, 2.0]), ("in",)), "b": 3.0})
    np.testing.assert_array_equal(vector, [1.0, 2.0, 3.0])
    found = unravel(2 * vector)
    assert found["a"].names == ("in",)
    np.testing.assert_array_equal(found["a"].numbers, [2.0, 4.0])
    assert found["b"] == 6.0


def test_a_class_that_is_no_layer_is_refused():
    with pytest.raises(RegistrationError, match="is not a layer"):
        dressing(str, bare=None, again=None, block=None)
