"""Recorded numbers and how they are held: as arrays without axes, as NumPy's scalars, as Python's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.join import python_scalar
from ..dispatch.operation import operation
from .record import Rec
from .space import SPACES, ArraySpace


@operation(family="conversion")
def python_number(a):
    """A number of NumPy's as Python's own: what a derivative by a Python number is."""


@operation(family="conversion")
def array_of_number(a):
    """A number as an array without axes: what a derivative by such an array is."""


@operation(family="conversion")
def numpy_number(a):
    """A number of Python's as NumPy's: what NumPy's functions give."""


def in_form(y: Any, form: str) -> Any:
    """A recorded number held in another way: as an array without axes, NumPy's scalar or Python's number."""
    if type(y) is not Rec or y.shape != () or y._symbol.form == form:
        return y
    if form == "array":
        return array_of_number(y)
    if form == "scalar":
        return numpy_number(y) if y._symbol.is_weak else ops.getitem(y, index=())
    return python_number(y)


class RecordedNumberSpace(ArraySpace):
    """Python's own numbers, recorded."""

    __slots__ = ()

    def project(self, ct: Any) -> Any:
        ct = super().project(ct)
        return python_number(ct) if type(ct) is Rec and not ct._symbol.is_weak else ct


def recorded_space(x: Rec) -> ArraySpace:
    """The space of cotangents of a recorded value."""
    return (RecordedNumberSpace if x._symbol.is_weak else ArraySpace)(x.shape, x.dtype)


def like_recorded(g: Any, x: Rec) -> Any:
    """A derivative by a recorded number or array without axes, held as that is."""
    form = x._symbol.form
    if type(g) is np.ndarray and not g.shape and form != "array":  # a constant, as directions may be
        return g.item() if x._symbol.is_weak else g[()]
    if form == "array" and isinstance(g, (np.generic, float, complex)):
        return np.asarray(g)
    return g if type(g) is Rec and g._symbol.is_weak and x._symbol.is_weak else in_form(g, form)


for number, numpys in ((float, np.float64), (int, np.int64), (complex, np.complex128), (bool, np.bool_)):
    numpy_number.info.register(numpys, (number,), False)
    array_of_number.info.register(np.asarray, (number,), False)
python_number.info.register(python_scalar, (np.ndarray,), False)
array_of_number.info.register(np.asarray, (np.ndarray,), False)
SPACES[Rec] = recorded_space
