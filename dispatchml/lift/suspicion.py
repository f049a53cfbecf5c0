"""A quick look at a function: most need nothing, and are run without importing the rest."""

from __future__ import annotations

import dis
import types
from typing import Any

import numpy as np

from ..dispatch.errors import is_ours
from ..engines.traced import Traced

#: Names that stand-ins are for, as globals or as attributes of NumPy.
SUSPECTS = frozenset(
    """zeros empty ones eye identity linspace arange logspace geomspace tri fromfunction zeros_like empty_like
    ones_like full full_like array asarray asanyarray ascontiguousarray asfortranarray require copy asarray_chkfinite
    fromiter isscalar vectorize float64 float32 complex128 float complex isinstance math cmath numpy type hasattr
    getattr __class__ ndarray generic number inexact floating complexfloating complex64
    item tolist is_integer frompyfunc __array__ dot polynomial r_ c_ single double cdouble as_strided
    ndenumerate""".split()
)
SIMPLE = (int, float, complex, str, bytes, bool, type(None), np.ndarray, np.generic, np.dtype, np.ufunc, Traced)
#: The names that some code mentions with those of the code in it, by identity; the code is kept with them.
NAMES: dict[int, tuple[types.CodeType, frozenset[str]]] = {}


def names_in(code: types.CodeType) -> frozenset[str]:
    """All names that some code, or code in it, mentions."""
    known = NAMES.get(id(code))
    if known is None or known[0] is not code:
        if len(NAMES) > 20_000:
            NAMES.clear()
        inner = (names_in(c) for c in code.co_consts if isinstance(c, types.CodeType))
        known = NAMES[id(code)] = code, frozenset(code.co_names).union(*inner)
    return known[1]


def is_innocent(function: Any, depth: int = 3) -> bool:
    """Whether a function, and what it reaches by names, certainly reads nothing that needs a stand-in."""
    if isinstance(function, np.ufunc):
        return True
    if type(function) is not types.FunctionType:
        return False
    code = function.__code__
    if is_ours(code.co_filename):
        return all(is_innocent_cell(cell, depth - 1) for cell in function.__closure__ or ())
    names, around = names_in(code), function.__globals__
    if not SUSPECTS.isdisjoint(names) or code.co_exceptiontable or writes_elements(code):
        return False
    for name in names:
        if name in around:
            if not is_innocent_value(around[name], depth - 1):
                return False
    if not all(is_innocent_value(x, depth - 1) for x in function.__defaults__ or ()):
        return False
    return all(is_innocent_cell(cell, depth - 1) for cell in function.__closure__ or ())


#: Instructions that write elements, or make lists.
NAMES_OF_WRITES = ("STORE_SUBSCR", "STORE_SLICE", "BUILD_LIST", "LIST_APPEND")
WRITES = [dis.opmap[name] for name in NAMES_OF_WRITES if name in dis.opmap]


def writes_elements(code: types.CodeType) -> bool:
    """Whether some code, or code in it, writes elements of something or makes lists, which NumPy may be given."""
    instructions = code.co_code[::2]
    if any(instructions.find(w) >= 0 for w in WRITES):
        return True
    return any(writes_elements(c) for c in code.co_consts if isinstance(c, types.CodeType))


def is_innocent_cell(cell: Any, depth: int) -> bool:
    """The same for what a cell holds."""
    try:
        return is_innocent_value(cell.cell_contents, depth)
    except ValueError:
        return True


def holds_numbers(x: Any, depth: int = 3) -> bool:
    """Whether an argument is or holds a list, tuple or dictionary of traced numbers: rank 0 each."""
    cls = type(x)
    if cls is not list and cls is not tuple and cls is not dict:
        return False
    values = x.values() if cls is dict else x
    if cls is not dict and any(isinstance(v, Traced) and not v.shape for v in values):
        return True
    return depth > 0 and any(holds_numbers(v, depth - 1) for v in values)


def is_innocent_value(x: Any, depth: int) -> bool:
    """The same for something that a function reads."""
    if x is np or isinstance(x, SIMPLE):
        return True
    if type(x) is np.vectorize:
        return False
    if type(x) is types.FunctionType:
        return depth > 0 and is_innocent(x, depth)
    if type(x) is types.ModuleType:
        return x.__name__.partition(".")[0] in ("dispatchml", "numpy") and "polynomial" not in x.__name__
    module = getattr(type(x), "__module__", "")
    if isinstance(x, type):
        module = x.__module__
    if type(x) is types.BuiltinFunctionType:
        module = x.__module__ or ""
    return module.partition(".")[0] in ("dispatchml", "numpy", "builtins") and "polynomial" not in module
