"""The whole public namespace: what the topic files define, and what NumPy has that needs no dispatch."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from . import TOPICS
from .placing import MAKING, placed
from .registry import IMPLEMENTATIONS, PUBLIC

API_VERSION = "2024.12"
API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")

#: NumPy's own: types, constants, and functions whose arguments are never layered.
PASSED_ON = """
bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp int_ uint float16 float32 float64 longdouble
complex64 complex128 clongdouble single double half csingle cdouble object_ str_ bytes_ generic number integer
signedinteger unsignedinteger inexact floating complexfloating ndarray dtype ufunc e pi inf nan newaxis euler_gamma
True_ False_ zeros ones empty eye identity tri indices broadcast_shapes tril_indices triu_indices diag_indices
mask_indices bartlett blackman hamming hanning kaiser ndindex ndenumerate errstate geterr seterr printoptions
set_printoptions get_printoptions promote_types issubdtype isscalar iterable finfo iinfo mgrid ogrid r_ c_ s_
index_exp fromiter frombuffer fromstring typename base_repr binary_repr
""".split()

#: What to do instead, for functions that cannot be had on layered values.
DIRECTIONS = {
    "vectorize": "Write the function on whole arrays, or use dispatchml.vmap.",
    "frompyfunc": "Write the function on whole arrays, or use dispatchml.vmap.",
    "save": "Save dispatchml.primal(x).", "savez": "Save dispatchml.primal(x).", "savetxt": "Save "
    "dispatchml.primal(x).",
    "nditer": "Loop over numpy.ndindex(x.shape).",
    "einsum_path": "Give the shapes of plain arrays.",
}  # fmt: skip

FILLED: dict[str, Any] = {}


#: The topics, those first that programs use most: a function of NumPy is looked for in one after the other.
BY_USE = (*(FIRST := ("statistics", "manipulation", "products", "joining", "indexing")), *sorted({*TOPICS} - {*FIRST}))


def implementation_of(function: Any) -> Any:
    """What answers for one of NumPy's functions, None where nothing does. Topics behind the one that has it are not
    imported.
    """
    for topic in BY_USE:
        if function in IMPLEMENTATIONS:
            break
        import_module(f"{__package__}.{topic}")
    return IMPLEMENTATIONS.get(function)


def implementations() -> dict[Any, Any]:
    """The table that answers `__array_function__`, with every topic in it."""
    if not FILLED:
        collect()
    return IMPLEMENTATIONS


def collect() -> None:
    """Import the topics and put the namespace together."""
    modules = {topic: import_module(f"{__package__}.{topic}") for topic in TOPICS}
    found: dict[str, Any] = {name: getattr(np, name) for name in PASSED_ON}
    found |= PUBLIC[""]
    found |= {name: placed(found[name]) for name in MAKING}
    found["vectorize"] = vectorize
    found["getitem"] = modules["indexing"].getitem
    found |= {"linalg": modules["linalg"], "fft": modules["fft"], "__array_api_version__": API_VERSION}
    found["__all__"] = sorted(n for n in found if not n.startswith("_") and n != "getitem")
    FILLED.update(found)


def fill(namespace: dict[str, Any]) -> dict[str, Any]:
    """Make the names real attributes of the module."""
    if not FILLED:
        collect()
    if "__all__" not in namespace:
        namespace.update(FILLED)
    return FILLED


def missing(name: str) -> AttributeError:
    """The error for a name that is not there, with what NumPy has under it."""
    text = f"module 'dispatchml.numpy' has no attribute {name!r}."
    if hasattr(np, name):
        text += f" numpy.{name} is not defined on layered values; call it by numpy for plain arrays."
        text += f" {DIRECTIONS[name]}" if name in DIRECTIONS else ""
    return AttributeError(text)


def vectorize(*_: Any, **__: Any) -> Any:
    """Raises: a function called element by element cannot be differentiated as a whole."""
    from ..dispatch.errors import NoMethodError, at_user_line

    raise NoMethodError(f"dispatchml.numpy.vectorize is not defined{at_user_line()}. {DIRECTIONS['vectorize']}")
