"""Leaving the derivatives that are being taken: the plain value, and values as constants."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch.carriers import Carrier, foreign_class
from ..dispatch.shown import Shown
from ..engines.batch import plain
from ..engines.provider import HOLDERS
from ..engines.traced import Traced
from .containers import map_leaves
from .inputs import input_leaf
from .watching import handed_out


def primal(x: Any) -> Any:
    """The value without any derivative or batch that is being taken, at all levels; layers such as units stay.

    For printing, logging and decisions in the middle of a differentiated function. Inside vmap the plain value has the
    batch axis in front. Containers are gone through leaf by leaf; what is not traced is returned as it is.

    >>> import dispatchml as dm
    >>> seen = []
    >>> dm.grad(lambda x: (seen.append(dm.primal(x)), x * x)[1])(3.0), seen
    (6.0, [3.0])
    """
    return own(x) if isinstance(x, Traced) or type(x) in HOLDERS else map_leaves(own, x)


def own(x: Any) -> Any:
    """A plain value that may be written into: the derivative keeps its own."""
    if type(x) in HOLDERS:
        x = HOLDERS[type(x)][0](x)
    if isinstance(x, Traced):
        return handed_out(plain(x))
    return x.copy() if type(x) is Shown else x


def stop_gradient(x: Any) -> Any:
    """x as a constant to every derivative that is being taken, at all levels; a batch stays a batch.

    Containers are gone through leaf by leaf, strings and other leaves pass through.

    >>> import dispatchml as dm
    >>> dm.grad(lambda x: x * dm.stop_gradient(x))(3.0)
    3.0
    """
    if isinstance(x, Traced) or type(x) in HOLDERS:
        return ops.stop_gradient(x)
    return map_leaves(lambda v: v if input_leaf(v, "stop_gradient") is None else ops.stop_gradient(v), x)


def is_instance(x: Any, classes: type | tuple[type, ...]) -> bool:
    """Whether a value, or what it is below the derivatives that are being taken, is an instance of a class.

    It is `dispatchml.isinstance`.

    >>> import dispatchml as dm
    >>> dm.grad(lambda x: x * dm.isinstance(x, float))(3.0)
    1.0
    """
    if isinstance(x, classes) or isinstance(plain(x), classes):
        return True
    inside = plain(x)
    return isinstance(inside, Carrier) and issubclass(foreign_class(inside), classes)
