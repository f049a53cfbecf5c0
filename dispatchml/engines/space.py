"""Spaces: where a cotangent must live.

The engines bring each cotangent back to its primal's shape, dtype and realness, once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoRuleError, at_user_line, class_name, describe
from ..dispatch.families import FAMILIES
from ..dispatch.layers import LAYERS, Layer, layer_of
from ..dispatch.operation import FORGETTING
from ..dispatch.structures import structure_of
from ..ops.metadata import OBJECT, dtype, is_complex, known_dtype, shape

ndarray = np.ndarray
#: What makes a number of an object that is the cotangent of a real number, where that is known; one at most.
NUMBER_OF: list[Callable[[Any], Any]] = []
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)


class PlainSpace:
    """Arrays of one shape and dtype; also what a linear rule sees of its primal (`like`). Its slots are filled by
    generated code.
    """

    __slots__ = ("shape", "dtype")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def project(self, ct: Any) -> Any:
        """A cotangent as an element of this space: broadcast axes summed, dtype and realness of the primal."""
        if type(ct) is ndarray and ct.dtype is self.dtype and ct.shape == self.shape:
            return ct
        return fit_dtype(fit_shape(ct, self.shape), self.dtype)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape}, {self.dtype})"


class ArraySpace(PlainSpace):
    """The same, made by a call."""

    __slots__ = ()

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = shape, dtype


class NumberSpace(ArraySpace):
    """Python's own numbers: a cotangent that is a plain NumPy scalar becomes Python's again."""

    __slots__ = ("number",)

    def __init__(self, number: type) -> None:
        super().__init__((), dtype(number()))
        self.number = number

    def project(self, ct: Any) -> Any:
        cls = type(ct)
        if cls is self.number:
            return ct
        if cls is not ndarray or ct.shape:
            ct = fit_shape(ct, ())
        if self.number is not complex:
            ct = fit_realness(ct)
            if NUMBER_OF and dtype(ct) is OBJECT:
                ct = NUMBER_OF[0](ct)
        elif type(ct) is float:
            return complex(ct)
        if type(ct) is ndarray and ct.ndim == 0 or isinstance(ct, np.generic):
            return ct.item() if ct.dtype != OBJECT else ct
        return ct  # a subclass of ndarray, too: a quantity keeps its unit


class OpaqueSpace(ArraySpace):
    """Numbers of other libraries (Fraction, Decimal, uncertain): shape and realness are fitted, their arithmetic is
    their own.
    """

    __slots__ = ("real", "number")

    def __init__(self, x: Any) -> None:
        super().__init__(shape(x), OBJECT)
        self.real = not is_complex(x)
        alone = self.real and not self.shape and layer_of(type(x)) is None and not isinstance(x, ndarray)
        self.number = type(x) if alone else None  # what is of this class has the shape of the primal, too

    def project(self, ct: Any) -> Any:
        if type(ct) is self.number:
            return ct
        ct = fit_shape(ct, self.shape)
        return ops.real(ct) if self.real and is_complex(ct) else ct


class StorageSpace(PlainSpace):
    """An array of another library: what is of its class, dtype and shape belongs to it as it is."""

    __slots__ = ("cls", "kind", "extent")

    cls: type
    kind: Any
    extent: Any

    # No __init__: `storage_space` fills the slots at each operation, and most are never asked for shape and dtype.

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """As NumPy would tell it."""
        return tuple(self.extent)

    @property
    def dtype(self) -> np.dtype[Any]:  # type: ignore[override]
        """By NumPy's name."""
        return known_dtype(self.kind)

    def project(self, ct: Any) -> Any:
        if type(ct) is self.cls and ct.dtype == self.kind and ct.shape == self.extent:
            return ct
        return fit_dtype(fit_shape(ct, self.shape), self.dtype)


def storage_space(x: Any) -> StorageSpace:
    """The space of an array of another library."""
    made = StorageSpace()
    made.cls, made.kind, made.extent = type(x), x.dtype, x.shape
    return made


class StructureSpace(ArraySpace):
    """A transparent structure: cotangents live on its pattern."""

    __slots__ = ("primal", "fit")

    def __init__(self, x: Any, fit: Callable[[Any, Any], Any]) -> None:
        super().__init__(shape(x), dtype(x))
        self.primal, self.fit = x, fit

    def project(self, ct: Any) -> Any:
        return fit_dtype(self.fit(self.primal, fit_shape(ct, self.shape)), self.dtype)


class ForeignStructureSpace(ArraySpace):
    """A structure of somebody else's: a dense cotangent is projected by the plugin, or refused."""

    __slots__ = ("primal", "info")

    def __init__(self, x: Any, primal: Any, info: Layer) -> None:
        super().__init__(shape(x), dtype(x))
        self.primal, self.info = primal, info

    def project(self, ct: Any) -> Any:
        if structure_layer(ct) is not None:
            return ct
        name, info = class_name(self.info.cls), layer_of(type(ct))
        if info is not None and info.slot == "meaning" and info.payload is not None and info.rebuild is not None:
            return info.rebuild(ct, self.project(info.payload(ct)))  # the structure belongs inside of a unit
        project = self.info.properties["project"]
        if project is None or info is not None:
            raise NoRuleError(
                f"A derivative with respect to {name} arrived as {describe(ct)}{at_user_line()}: nobody has said which "
                f"part of it belongs to the structure. Give register_type({name}, ...) a project=, a function (x, ct) "
                "for plain arrays ct; for derivatives of derivatives declare it with dispatch.transparent."
            )
        return project(self.primal, ct)


#: Whether there are foreign structures that are not transparent; empty where it must be found out.
FOREIGN_STRUCTURES: list[bool] = []
FORGETTING.append(FOREIGN_STRUCTURES.clear)


def foreign_structures() -> bool:
    """Whether there are foreign structures that are not transparent; most programs have none, and pay nothing."""
    if not FOREIGN_STRUCTURES:
        layers = [info for info in LAYERS.values() if info.slot == "structure" and "project" in info.properties]
        FOREIGN_STRUCTURES.append(any("inside" not in info.properties for info in layers))
    return FOREIGN_STRUCTURES[0]


def structure_layer(x: Any) -> tuple[Any, Layer] | None:
    """The foreign structure inside of a value, below engines and meanings, and its layer; None where there is none."""
    while True:
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return None
        if info.slot == "structure":
            return (x, info) if "project" in info.properties else None
        x = info.payload(x)
        if type(x) is tuple:
            return None


def fit_shape(ct: Any, wanted: tuple[int, ...]) -> Any:
    """Sum over the axes that broadcasting had added or stretched; stretch what a rule left short."""
    have = shape(ct)
    if have == wanted:
        return ct
    extra = len(have) - len(wanted)
    if extra > 0:
        ct = ops.sum(ct, axis=None if not wanted else 0 if extra == 1 else tuple(range(extra)))
        have = shape(ct)
    stretched = tuple(k for k in range(len(have)) if wanted[k - extra if extra < 0 else k] == 1 and have[k] != 1)
    if stretched:
        ct = ops.sum(ct, axis=stretched, keepdims=True)
    return ct if shape(ct) == wanted else ops.broadcast_to(ct, shape=wanted)


def fit_number(ct: Any) -> Any:
    """A cotangent as one of a real number of another library."""
    ct = fit_shape(ct, ())
    return ops.real(ct) if is_complex(ct) else ct


def fold(ct: Any, home: Any, kind: np.dtype[Any]) -> Any:
    """A product in the backward pass of plain floats of different shapes, as the cotangent of one of them.

    home: the shape of an array of dtype `kind`, or the class of a number.
    """
    if type(home) is not tuple:
        if type(ct) is ndarray:
            ct = ops.sum(ct)
        if type(ct) is home:
            return ct
        return float(ct) if home is float and type(ct) is np.float64 else space_of(home(0)).project(ct)
    if type(ct) is ndarray and ct.dtype is kind:
        have = ct.shape
        if have == home:
            return ct
        if home and have[1:] == home:
            return ops.sum(ct, axis=0)
    return ArraySpace(home, kind).project(ct)


def fit_realness(ct: Any) -> Any:
    """The real part of a complex cotangent."""
    return ops.real(ct) if dtype(ct).kind == "c" else ct


def fit_dtype(ct: Any, wanted: np.dtype[Any]) -> Any:
    """A cotangent in the primal's dtype; integer primals have float cotangents."""
    have = dtype(ct)
    if NUMBER_OF and have is OBJECT and wanted.kind == "f":
        ct = NUMBER_OF[0](ct)
        have = dtype(ct)
    if have is wanted or have == wanted or have == OBJECT or wanted.kind not in "fc":
        return ct
    if wanted.kind == "f" and have.kind == "c":
        ct = ops.real(ct)
        if dtype(ct) == wanted:
            return ct
    return ops.astype(ct, dtype=wanted)


NUMBER_SPACES = {cls: NumberSpace(cls) for cls in (float, complex, int, bool)}
#: Spaces of classes that have one of their own; engines and layers enter theirs.
SPACES: dict[type, Callable[[Any], Any]] = {
    ndarray: lambda x: ArraySpace(x.shape, x.dtype) if x.dtype != OBJECT else OpaqueSpace(x),
    **{cls: lambda x, space=space: space for cls, space in NUMBER_SPACES.items()},
}


#: The spaces of classes of numbers that wrap nothing, all of which are alike; forgotten when a layer is declared.
OPAQUE: dict[type, OpaqueSpace] = {}
FORGETTING.append(OPAQUE.clear)


def opaque_space(x: Any) -> OpaqueSpace:
    """The space of a number of another library, or of an array of such."""
    space = OpaqueSpace(x)
    if space.number is not None:
        OPAQUE[type(x)] = space
    return space


#: The spaces of the classes of other libraries' arrays; forgotten when a layer is declared.
STORAGES: dict[type, Callable[[Any], Any]] = {}
FORGETTING.append(STORAGES.clear)


def is_storage(cls: type, x: Any) -> bool:
    """Whether a class that is no layer holds arrays of numbers that its dtype tells."""
    return (
        hasattr(x, "shape") and hasattr(x, "dtype") and not isinstance(x, ndarray | np.generic) and dtype(x) != OBJECT
    )


def space_of(x: Any) -> Any:
    """The space of a primal's cotangents."""
    cls = type(x)
    if cls in OPAQUE:
        return OPAQUE[cls]
    if cls is ndarray and x.dtype is not OBJECT:
        return ArraySpace(x.shape, x.dtype)
    find = SPACES.get(cls) or STORAGES.get(cls)
    if find is not None:
        return find(x)
    info = layer_of(cls)
    if info is None and is_storage(cls, x):
        STORAGES[cls] = storage_space
        return storage_space(x)
    if info is not None and "space" in info.properties:
        return info.properties["space"](x)
    inside = structure_of(x)
    if inside is not None:
        return StructureSpace(x, inside.project)
    found = structure_layer(x) if info is not None and foreign_structures() else None
    if found is not None:
        return ForeignStructureSpace(x, *found)
    kind = dtype(x)
    return opaque_space(x) if kind == OBJECT else ArraySpace(shape(x), kind)


def space_of_traced(x: Any) -> Any:
    """The space of an inner engine value is that of its payload."""
    from .views import current

    return space_of(current(x))


def same_space(first: Any, *others: Any) -> bool:
    """Whether traced values have primals of one shape and real float type, so that no cotangent needs projection."""
    kind = found = None
    while True:
        if first._base is not None:
            return False
        first = first._value
        kind = type(first)
        if kind is ndarray:
            shape, found = first.shape, first.dtype
            if found is not F64 and found is not F32:
                return False
            break
        if kind is float or kind is np.float64 or kind is np.float32:
            break
        if SPACES.get(kind) is not space_of_traced:
            if FAMILIES[kind] is None:
                return False
            break
    for x in others:
        while SPACES.get(type(x)) is space_of_traced:
            if x._base is not None:
                return False
            x = x._value
        if type(x) is not kind and (FAMILIES[kind] is None or FAMILIES[type(x)] is not FAMILIES[kind]):
            return False
        if kind is ndarray and (x.dtype is not found or x.shape != shape):  # pyright: ignore[reportAttributeAccessIssue]
            return False
    return True
