"""Rules of what acts entry by entry: sums, products with numbers and arrays, functions, comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import layer_of

from .base import Structure, densify, inverted, kind_of, named, refuse
from .block import Block, BlockDiagonal
from .closure import SUMS, field_by_field, find
from .diagonal import Diagonal, ScaledIdentity
from .kronecker import Kronecker
from .low_rank import DiagonalPlusLowRank, LowRank
from .symmetric import Hermitian, Symmetric
from .toeplitz import Circulant, Toeplitz
from .triangular import Triangular, triangle

__all__ = ["RULES"]

#: Where every entry is a number of the fields: any function of entries is one of the fields.
FULL = (Symmetric, Circulant, Toeplitz)
#: Where entries outside the pattern are zeros: functions with f(0) = 0 are functions of the fields.
ZEROS = (Diagonal, Triangular, BlockDiagonal)


def broadcast_pair(name: str, a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both shapes; those that do not broadcast are refused, naming both structures."""
    one = () if type(a) is float else ops.shape(a)
    other = one if b is a else () if type(b) is float else ops.shape(b)
    if one != other and one and other:
        try:
            np.broadcast_shapes(one, other)
        except ValueError:
            refuse(name, a, b, "the shapes do not broadcast")
    return one, other


def number_of(x: Any) -> Any:
    """The number, or numbers of a stack, by which all entries of a matrix are multiplied; None for anything else."""
    if isinstance(x, Structure):
        return None
    if type(x) is float or type(x) is int:
        return x
    shape = ops.shape(x)
    if shape == ():
        return x
    if len(shape) >= 2 and shape[-2:] == (1, 1):
        return ops.getitem(x, index=(..., 0, 0))
    return None


def scaled(a: Any, factor: Any) -> Any:
    """Each matrix times a number of its own, where the result is of the same kind."""
    if type(factor) is float or not ops.ndim(factor):
        return a.scaled(factor)
    if isinstance(a, (ScaledIdentity, Triangular, Symmetric, Hermitian, LowRank, Kronecker)):
        lead = ops.shape(factor)
        if not isinstance(a, ScaledIdentity):
            factor = ops.reshape(factor, shape=(*lead, 1, 1))
        return a.scaled(factor)
    return None if isinstance(a, (Block, DiagonalPlusLowRank)) else a.scaled(factor)


def both_dense(op: Any, a: Any, b: Any) -> Any:
    """The operation on dense arrays: quietly where the other one is a dense array of the full shape, else warning."""
    full = np.broadcast_shapes(ops.shape(a), ops.shape(b))
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Structure) and not isinstance(y, Structure) and ops.shape(y) == full:
            return op(*(z.materialise() if isinstance(z, Structure) else z for z in (a, b)))
    name, reason = op.info.name, (f" and {named(b)}" if isinstance(a, Structure) else f" and {named(a)}")
    first, second = a, b
    if isinstance(a, Structure):
        first = densify(name, a, reason)
        second = b.materialise() if isinstance(b, Structure) else b
    else:
        second = densify(name, b, reason)
    return op(first, second)


# ---- sums ------------------------------------------------------------------------------------------------------------


def add(a: Any, b: Any) -> Any:
    """The sum; with a number added to every entry, structured only where every entry is stored."""
    shapes = broadcast_pair("add", a, b)
    if isinstance(a, Structure) and isinstance(b, Structure):
        if shapes[0][-2:] == shapes[1][-2:]:
            found = find(SUMS, a, b)
            if found is not None:
                return found
    else:
        x, other = (a, b) if isinstance(a, Structure) else (b, a)
        number = number_of(other)
        if number is not None and ops.ndim(number) == 0 and isinstance(x, FULL):
            return x.mapped(lambda v: ops.add(v, number))
    return both_dense(ops.add, a, b)


def subtract(a: Any, b: Any) -> Any:
    """a + (-b)."""
    shapes = broadcast_pair("subtract", a, b)
    if isinstance(a, Structure) and isinstance(b, Structure):
        found = SUMS.get((one := kind_of(a), kind_of(b)))  # type: ignore[arg-type]
        if found is not None and shapes[0][-2:] == shapes[1][-2:]:
            if found is field_by_field and one is kind_of(b):
                return a.like(*map(ops.subtract, a.fields(), b.fields()))
            return ops.add(a, ops.negative(b))
    else:
        x, other = (a, b) if isinstance(a, Structure) else (b, a)
        number = number_of(other)
        if number is not None and ops.ndim(number) == 0 and isinstance(x, FULL):
            return x.mapped(lambda v: ops.subtract(v, number) if x is a else ops.subtract(number, v))
    return both_dense(ops.subtract, a, b)


# ---- products --------------------------------------------------------------------------------------------------------


def multiplied(op: Any) -> Any:
    """The product of entries, where zeros of the pattern stay zeros whatever they meet."""

    def multiply(a: Any, b: Any) -> Any:
        broadcast_pair(op.info.name, a, b)
        for x, y, swapped in ((a, b, False), (b, a, True)):
            if not isinstance(x, Structure):
                continue
            number = number_of(y)
            if number is not None:
                found = scaled(x, number)
                if found is not None:
                    return found
            found = on_pattern(lambda u, v, s=swapped: op(v, u) if s else op(u, v), x, y)
            if found is not None:
                return found
        found = same_kind(op, a, b)
        return both_dense(op, a, b) if found is None else found

    return multiply


def on_pattern(op: Any, x: Any, y: Any) -> Any:
    """A product or quotient of a matrix with zeros and anything, on its pattern; None where it has none."""
    shape = ops.shape(x)
    other = ops.shape(y)
    if other != shape and np.broadcast_shapes(shape, other) != shape:
        return None
    if isinstance(x, ScaledIdentity) and isinstance(y, ScaledIdentity):
        return x.like(op(x.scale, y.scale))
    if isinstance(x, (ScaledIdentity, Diagonal)):
        return Diagonal(op(x.diagonal_vector(), diagonal_of(y, shape)))
    if isinstance(x, Triangular):
        return x.like(op(x.materialise(), triangle_of(y, x)))
    return None


def diagonal_of(y: Any, shape: tuple[int, ...]) -> Any:
    """The diagonal of what broadcasts to a square matrix."""
    if isinstance(y, Structure):
        return y.diagonal_vector()
    if ops.ndim(y) < 2:
        return y
    if ops.shape(y)[-1] == ops.shape(y)[-2]:
        found = ops.diagonal(y, axis1=-2, axis2=-1)
        info = layer_of(type(found))
        sparse = info is not None and info.slot == "structure" and info.materialise is not None
        return info.materialise(found) if sparse else found  # type: ignore[union-attr, misc]
    return ops.getitem(y, index=(..., 0, slice(None)) if ops.shape(y)[-2] == 1 else (..., slice(None), 0))


def triangle_of(y: Any, x: Any) -> Any:
    """The triangle of what broadcasts to a square matrix: outside nothing must spoil the zeros."""
    y = y.materialise() if isinstance(y, Structure) else y
    mask = triangle(np.ones(x.shape[-2:]), x.lower) != 0
    return ops.where(mask, y, ops.ones_of(y, shape=()))


def same_kind(op: Any, a: Any, b: Any) -> Any:
    """Two matrices of one kind that stores every entry, or whose entries are products."""
    kind = kind_of(a)
    if kind_of(b) is not kind:
        if {kind, kind_of(b)} == {Circulant, Toeplitz} and a.shape[-2:] == b.shape[-2:]:
            x, y = ((z.column, z.first_row() if isinstance(z, Circulant) else z.row) for z in (a, b))
            return Toeplitz(*map(op, x, y))
        return None
    if kind in (Circulant, Toeplitz):
        return a.like(*map(op, a.fields(), b.fields())) if a.shape[-2:] == b.shape[-2:] else None
    if kind in (Symmetric, Hermitian):
        return a.like(op(a.materialise(), b.materialise()))
    if kind is BlockDiagonal and ops.shape(a.blocks)[-3:] == ops.shape(b.blocks)[-3:] and op is not ops.divide:
        return BlockDiagonal(op(a.blocks, b.blocks))
    if kind is Kronecker:
        same = all(ops.shape(x)[-2:] == ops.shape(y)[-2:] for x, y in zip(a.fields(), b.fields(), strict=True))
        if same and op is not ops.divide:
            return Kronecker(op(a.left, b.left), op(a.right, b.right))
    if kind is LowRank and op is not ops.divide and a.shape[-2:] == b.shape[-2:]:
        return LowRank(column_products(op, a.left, b.left), column_products(ops.multiply, a.right, b.right))
    if kind is Block and op is not ops.divide:
        if ops.shape(a.a)[-2:] == ops.shape(b.a)[-2:] and ops.shape(a.d)[-2:] == ops.shape(b.d)[-2:]:
            pairs = zip(a.fields(), b.fields(), strict=True)
            return Block(*(None if x is None or y is None else op(x, y) for x, y in pairs))
    return None


def column_products(op: Any, a: Any, b: Any) -> Any:
    """Every column of one factor times every column of another, entry by entry."""
    y = op(ops.expand_dims(a, axis=-1), ops.expand_dims(b, axis=-2))
    *lead, r, s = ops.shape(y)
    return ops.reshape(y, shape=(*lead, r * s))


def divide(a: Any, b: Any) -> Any:
    """a / b: by a number, or on the pattern of a by a dense array; zeros of the pattern stay zeros."""
    broadcast_pair("divide", a, b)
    if isinstance(a, Structure):
        number = number_of(b)
        if number is not None:
            found = divided(a, number)
            if found is not None:
                return found
        if not isinstance(b, Structure):
            found = on_pattern(ops.divide, a, b)
            if found is not None:
                return found
        found = same_kind(ops.divide, a, b)
        if found is not None:
            return found
    return both_dense(ops.divide, a, b)


def divided(a: Any, number: Any) -> Any:
    """A matrix by a number, of which linear classes divide each field and products one factor: that rounds once."""
    if type(number) is float or ops.ndim(number) == 0:
        if a.is_linear and not isinstance(a, Hermitian):
            return a.mapped(lambda v: ops.divide(v, number))
        if isinstance(a, (LowRank, Kronecker)):
            return a.like(ops.divide(a.left, number), a.right)
        if isinstance(a, DiagonalPlusLowRank):
            return a.like(ops.divide(a.diag, number), ops.divide(a.left, number), a.right)
    return scaled(a, inverted(number))


def power(a: Any, b: Any) -> Any:
    """a ** b entry by entry, for a constant whole exponent above 0 on the pattern."""
    constant = type(b) in (int, float) or (isinstance(b, (np.ndarray, np.generic)) and np.shape(b) == ())
    if isinstance(a, Structure) and constant and b > 0:
        found = entrywise(a, lambda v: ops.power(v, b), float(b).is_integer())
        if found is not None:
            return found
    return both_dense(ops.power, a, b)


# ---- functions of entries --------------------------------------------------------------------------------------------

#: Functions with f(0) = 0.
KEEP_ZERO = """
    negative positive absolute square sqrt cbrt sin tan arcsin arctan sinh tanh arcsinh arctanh expm1 log1p sign floor
    ceil trunc rint round real imag conj deg2rad rad2deg erf nan_to_num stop_gradient astype
""".split()
#: Of these, f(x y) = f(x) f(y).
MULTIPLICATIVE = frozenset({"positive", "absolute", "square", "conj", "astype", "stop_gradient", "sign"})
#: Linear ones: also what is no matrix of entries, such as factors, takes them in one field.
LINEAR = frozenset({"negative"})
#: Functions with any value at 0.
OTHERS = """
    exp exp2 log log2 log10 cos cosh arccos reciprocal expit softplus erfc gamma gammaln digamma sinc i0 logit
""".split()


def entrywise(a: Any, function: Any, multiplicative: bool) -> Any:
    """A function with f(0) = 0 of each entry; None where that is no matrix of the same kind."""
    if isinstance(a, ScaledIdentity):
        return a.mapped(function)
    if isinstance(a, (*ZEROS, *FULL)):
        return a.mapped(function)
    if isinstance(a, Block):
        return a.mapped(function)
    if isinstance(a, (Kronecker, Hermitian)) and multiplicative:
        return a.mapped(function)
    return None


def unary(name: str) -> Any:
    """The rule of a function of entries."""
    op = getattr(ops, name)
    keeps, multiplicative = name in KEEP_ZERO, name in MULTIPLICATIVE

    def rule(a: Any, **keywords: Any) -> Any:
        def function(v: Any) -> Any:
            return op(v, **keywords)

        if keeps:
            found = special(name, a, function)
            if found is None:
                found = entrywise(a, function, multiplicative)
        else:
            found = a.mapped(function) if isinstance(a, FULL) else None
        return op(densify(name, a), **keywords) if found is None else found

    return rule


def special(name: str, a: Any, function: Any) -> Any:
    """What classes that are no arrays of entries do with functions that are linear or change nothing."""
    if name == "negative":
        return a.like(ops.negative(a.fields()[0]), *a.fields()[1:]) if isinstance(a, (LowRank, Kronecker)) else (
            DiagonalPlusLowRank(ops.negative(a.diag), ops.negative(a.left), a.right)
            if isinstance(a, DiagonalPlusLowRank) else a.mapped(function)
        )  # fmt: skip
    if name in ("conj", "astype", "positive", "stop_gradient"):
        if name == "astype" and isinstance(a, Hermitian):
            return Hermitian(function(a.materialise()), a.lower)
        return a.mapped(function)
    if isinstance(a, Hermitian):
        if name == "real":
            return Symmetric(ops.real(a.materialise()), a.lower)
        if name == "absolute":
            return Symmetric(ops.absolute(a.materialise()), a.lower)
    return None


def compared(name: str) -> Any:
    """Comparisons give dense arrays of truth values."""
    op = getattr(ops, name)

    def rule(*arguments: Any, **keywords: Any) -> Any:
        if len(arguments) == 2:
            broadcast_pair(name, *arguments)
        return op(*(x.materialise() if isinstance(x, Structure) else x for x in arguments), **keywords)

    return rule


COMPARISONS = "equal not_equal less less_equal greater greater_equal isclose isnan isinf isfinite logical_not".split()

RULES = {
    "add": add,
    "subtract": subtract,
    "multiply": multiplied(ops.multiply),
    "strong_multiply": multiplied(ops.strong_multiply),
    "divide": divide,
    "power": power,
    **{name: unary(name) for name in (*KEEP_ZERO, *OTHERS) if hasattr(ops, name)},
    **{name: compared(name) for name in COMPARISONS},
}
