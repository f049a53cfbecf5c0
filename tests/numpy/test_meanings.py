"""What a library means by a function of NumPy goes before the general implementation, on plain and traced values."""

import numpy as np
import pytest

import dispatchml as dm
import dispatchml.numpy as xp
from dispatchml import ops
from dispatchml.dispatch import register_type
from dispatchml.dispatch.errors import RegistrationError
from dispatchml.numpy.meanings import library_meaning

X = np.array([1.0, 2.0])


class Box:
    """A box round numbers, which no library knows."""

    def __init__(self, inside):
        self.inside = inside


register_type(Box, slot="meaning", payload=lambda x: x.inside, rebuild=lambda x, inside: Box(inside))
for name in ("multiply", "sum", "strong_multiply", "zeros_of", "ones_like", "zeros_like", "broadcast_to", "equal"):
    op = getattr(ops, name)

    def on_boxes(*arguments, op=op, **keywords):
        return Box(op(*(x.inside if isinstance(x, Box) else x for x in arguments), **keywords))

    op.layer(Box, on_boxes)


@library_meaning(Box, np.ones_like, np.cbrt)
def twos(usual, x, **keywords):
    inner = x if isinstance(x, Box) else dm.primal(x)
    return 2 * usual(inner.inside, **keywords)


def test_the_meaning_goes_first_on_plain_and_traced_values_alone_and_in_lists():
    np.testing.assert_array_equal(xp.ones_like(Box(X)), [2.0, 2.0])
    np.testing.assert_array_equal(xp.cbrt(Box(X)), 2 * np.cbrt(X))
    for transform in (dm.vjp, lambda f, x: dm.jvp(f, (x,), (x,))):
        seen = []
        transform(lambda x, seen=seen: (seen.append((np.ones_like(x), np.cbrt(x))), x * 2.0)[1], Box(X))
        np.testing.assert_array_equal(seen[0][0], [2.0, 2.0])
        np.testing.assert_array_equal(seen[0][1], 2 * np.cbrt(X))
    np.testing.assert_array_equal(dm.vjp(lambda x: (np.ones_like(x), x)[0], X)[0], [1.0, 1.0])


def test_a_meaning_is_of_a_layer():
    with pytest.raises(RegistrationError, match=r"not a layer \(at .*test_meanings"):
        library_meaning(int, np.ones_like)
