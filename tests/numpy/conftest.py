"""A layer that does nothing but wrap: what the surface gives for it must equal NumPy's result for what is inside."""

import numpy as np
import pytest

import dispatchml  # noqa: F401  (registers the kernels)
from dispatchml.dispatch import Layer, add_layer
from dispatchml.numpy.operators import ArrayOperators


class Boxed(ArrayOperators):
    """An array in a box."""

    __slots__ = ("inside",)

    def __init__(self, inside):
        self.inside = inside

    def __repr__(self):
        return f"Boxed({self.inside!r})"


def unboxed(x):
    """What is in the box; containers are looked into."""
    if isinstance(x, Boxed):
        return x.inside
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(unboxed, x))
    if isinstance(x, (list, tuple)):
        return type(x)(map(unboxed, x))
    return x


def boxed(x):
    """Arrays put into boxes; containers are looked into."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        return Boxed(x)
    if isinstance(x, (list, tuple)):
        return type(x)(map(boxed, x))
    return x


def provider(op, classes):
    """Every operation works inside the box."""

    def on_inside(*arguments, **keywords):
        y = op.function(*map(unboxed, arguments), **keywords)
        if op.strips:
            return y
        return tuple(map(Boxed, y)) if isinstance(y, tuple) else Boxed(y)

    return on_inside


add_layer(Layer(Boxed, "structure", payload=unboxed, rebuild=lambda _, p: Boxed(p), provider=provider))


@pytest.fixture
def box():
    """The class, and the functions that put arrays in and take them out."""

    class Tools:
        cls = Boxed
        put = staticmethod(boxed)
        take = staticmethod(unboxed)

    return Tools
