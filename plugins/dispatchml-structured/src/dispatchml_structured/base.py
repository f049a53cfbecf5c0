"""What structured matrices share: shapes, the words in which their rules are written, the fall back to a dense array.

A structured matrix stands for a matrix in its last two axes; axes in front make a stack of matrices. Its methods are
written with operations on its fields, so that a field may be anything: an array, an object array, a traced array.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import DensifyWarning, ShapeError, at_user_line, class_name, warn_at_user_line
from dispatchml.rules import beside, linear

__all__ = ["Structure", "adjoint", "column", "conj", "dense", "densify", "refuse", "swap", "vector_of_ones"]


class Structure:
    """Base of all structured matrices; see `Diagonal` for the simplest one.

    `linear` classes are those whose entries are linear in the fields. Their tangents and cotangents are of the same
    class, and the gradient G with respect to one is orthogonal projection of the dense one: df = sum(conj(G) * dX).
    """

    __slots__ = ()

    #: The fields that hold numbers, and how many axes of its own each has.
    payload_names: tuple[str, ...] = ()
    cores: tuple[int, ...] = ()
    #: Whether the entries are linear in the fields.
    is_linear = True
    #: Whether a field may be a structured matrix.
    holds_matrices = False
    #: Whether the fields of a cotangent are read from its dense array, which is as large as they are.
    reads_dense = False
    #: Whether an entry outside the stored pattern is a zero that nothing changes.
    has_zeros = False

    @property
    def T(self) -> Any:
        """The transpose of the last two axes."""
        return self.transposed()

    def transposed(self) -> Any:
        """The transpose of each matrix."""
        raise NotImplementedError

    def fields(self) -> tuple[Any, ...]:
        """The fields that hold numbers."""
        raise NotImplementedError

    def like(self, *fields: Any) -> Any:
        """The same structure round other fields."""
        raise NotImplementedError

    def mapped(self, function: Any) -> Any:
        """The same structure with a function applied to each field."""
        return self.like(*(None if x is None else function(x) for x in self.fields()))

    def scaled(self, factor: Any) -> Any:
        """The matrix times a number, or each matrix of a stack times one of its own (an array of leading axes)."""
        return self.mapped(lambda x: ops.multiply(x, factor))

    def times(self, x: Any) -> Any:
        """The product with dense columns (..., n, k)."""
        raise NotImplementedError

    def materialise(self) -> Any:
        """The dense array."""
        raise NotImplementedError

    def diagonal_vector(self) -> Any:
        """The diagonal (..., min(m, n))."""
        return ops.diagonal(self.materialise(), axis1=-2, axis2=-1)


# ---- words -----------------------------------------------------------------------------------------------------------


def conj(x: Any) -> Any:
    """The complex conjugate; what is real by its dtype as it is."""
    return ops.conj(x) if ops.dtype(x).kind in "cO" else x


def swap(x: Any) -> Any:
    """The transpose of the last two axes."""
    return x.transposed() if isinstance(x, Structure) else ops.swapaxes(x, axis1=-2, axis2=-1)


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return conj(swap(x))


def column(x: Any) -> Any:
    """Vectors as matrices of one column."""
    return ops.expand_dims(x, axis=-1)


def row(x: Any) -> Any:
    """Vectors as matrices of one row."""
    return ops.expand_dims(x, axis=-2)


def vector_of_ones(n: int, like: Any) -> Any:
    """n ones that change neither precision nor kind of what they are multiplied with."""
    kind = ops.dtype(like)
    return beside(np.ones(n, kind if kind.kind in "fc" else np.int64), like)


def inverted(x: Any) -> Any:
    """1 / x, a floating-point number for whole ones."""
    return ops.divide(1, x)


def floating(x: Any) -> Any:
    """Whole numbers as floating-point ones, as `numpy.linalg` takes them; everything else as it is."""
    return ops.astype(x, dtype=np.dtype(np.float64)) if ops.dtype(x).kind in "iub" else x


def as_array(x: Any) -> Any:
    """Lists as arrays; everything else as it is."""
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def square_size(x: Any, name: str) -> int:
    """The size of square matrices; an error that names the operation for others."""
    m, n = ops.shape(x)[-2:]
    if m != n:
        raise np.linalg.LinAlgError(
            f"{name}: {class_name(type(x))} of shape {ops.shape(x)} is not square{at_user_line()}."
        )
    return n


def refuse(name: str, a: Any, b: Any, reason: str) -> None:
    """The error for two matrices that do not fit."""
    raise ShapeError(
        f"{name}: {named(a)} of shape {ops.shape(a)} and {named(b)} of shape {ops.shape(b)} do not fit"
        f"{at_user_line()}: {reason}."
    )


def named(x: Any) -> str:
    """The class that a user knows."""
    kind = kind_of(x)
    return kind.__name__ if kind is not None else class_name(type(x)).removeprefix("numpy.")


#: The structured classes, from the inside out: a later one may hold an earlier one in its fields. `closure` fills it.
KINDS: list[type] = []


def kind_of(x: Any) -> type | None:
    """The structured class of a value, None for anything else."""
    cls = type(x)
    if cls in KINDS:
        return cls
    try:
        return KIND_OF[cls]
    except KeyError:
        pass
    found = next((c for c in cls.__mro__ if c in KINDS), None) if isinstance(x, Structure) else None
    KIND_OF[cls] = found
    return found


#: The answers by class.
KIND_OF: weakref.WeakKeyDictionary[type, type | None] = weakref.WeakKeyDictionary()


# ---- dense arrays ----------------------------------------------------------------------------------------------------


def densify(name: str, x: Any, reason: str = "") -> Any:
    """The dense array of a structure, with the warning that names the operation."""
    if not isinstance(x, Structure):
        return x
    if hasattr(x, "primal"):
        raise TypeError(
            f"{name}: a tangent of {x.primal.__name__} is a direction of its fields, not a matrix{at_user_line()}. Use "
            "its fields."
        )
    warn_at_user_line(
        f"{name} has no rule for {named(x)}{reason}: it is computed on a dense array. "
        "Write x.materialise() to mean it.",
        DensifyWarning,
    )
    return x.materialise()


@operation(family="structured")
def dense(x: Any) -> Any:
    """The dense array that a structured matrix stands for; anything else as it is."""


@dense.decompose
def dense_already(x: Any) -> Any:
    return x


def dense_inside(top: Any) -> Any:
    """What a quantity round a structure is: a quantity round the dense array."""
    if top.slot != "meaning" or top.payload is None or top.rebuild is None:
        return None
    return lambda x: top.rebuild(x, dense(top.payload(x)))


dense.info.layer_default = dense_inside
linear(dense, transpose=lambda ct, like: ct)
