"""A method that a registered type claims goes before NumPy's method of the same name, on traced values of it only."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import register_type


class Doubled:
    """A number class of another package, whose sum is twice NumPy's and whose T is a name."""

    def __init__(self, numbers):
        self.numbers = numbers

    shape = property(lambda self: self.numbers.shape)
    dtype = property(lambda self: self.numbers.dtype)
    T = property(lambda self: "T")


def rule(op):
    return lambda x, **keywords: Doubled(op(x.numbers, **keywords))


@pytest.fixture(scope="module", autouse=True)
def doubled():
    register_type(
        Doubled,
        slot="meaning",
        payload=lambda x: x.numbers,
        rebuild=lambda x, numbers: Doubled(numbers),
        methods={
            "sum": lambda x, by: ("sum", by),
            "T": lambda x: "T of a traced one",
            "__getattr__": lambda x, name: f"looked up {name}",
        },
    )
    for op in (ops.zeros_like, ops.one_like):
        op.layer(Doubled, rule(op))


def test_claimed_methods_and_properties_win():
    seen = []

    def look(x):
        seen.append((x.sum(by="a"), x.T, x.anything))
        return x

    dm.jvp(look, (Doubled(np.ones(2)),), (Doubled(np.ones(2)),))
    dm.vmap(look)(Doubled(np.ones(2)))
    assert seen == [(("sum", "a"), "T of a traced one", "looked up anything")] * 2


def test_others_have_numpy_s():
    np.testing.assert_array_equal(dm.grad(lambda x: (x.T * x).sum(axis=0))(np.ones(2)), [2.0, 2.0])
    with pytest.raises(AttributeError):
        dm.grad(lambda x: x.anything)(np.ones(2))
