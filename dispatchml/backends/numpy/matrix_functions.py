"""Kernels of powers, norms and functions of matrices."""

import itertools
from typing import Any

import numpy as np

from ... import ops
from .checked import checked
from .divided_differences import divided_difference, scalar_function
from .kernels import kernel

SQUARE = "The last two axes must be of one length."
#: The [13/13] Pade approximant of exp, and the norm up to which it is exact to rounding (Higham 2005, table 2.3).
PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
THETA = 5.371920351148152


def floating(a: Any) -> Any:
    """The matrix in a floating dtype, refused where it is not square."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("the matrix is not square")
    return a if a.dtype.kind in "fc" else a.astype(np.float64)


def matrix_power(a: Any, *, n: int) -> Any:
    """The n-th power."""
    return np.linalg.matrix_power(a, n)


def matrix_norm(a: Any, *, ord: Any, keepdims: bool) -> Any:
    """A norm of the matrices on the last two axes."""
    if a.ndim < 2:
        raise ValueError("the matrix has fewer than two axes")
    if a.shape[-1] == 0 or a.shape[-2] == 0:
        stack = a.shape[:-2] + (1, 1) * keepdims
        return np.zeros(stack, np.abs(a[:0]).dtype if a.dtype.kind in "fc" else np.float64)
    return np.linalg.norm(a, ord=ord, axis=(-2, -1), keepdims=keepdims)


def expm(a: Any) -> Any:
    """exp of matrices: scaling, Pade approximant, squaring; every matrix of a stack by its own power of two."""
    a = floating(a)
    if 0 in a.shape:
        return a.copy()
    norm = np.abs(a).sum(axis=-2).max(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        squarings = np.where(norm > THETA, np.ceil(np.log2(norm / THETA)), 0)
    squarings = np.where(np.isfinite(squarings), squarings, 0).astype(int)
    a = a * (0.5 ** squarings.astype(norm.dtype))[..., None, None]
    unit = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    coefficients = [a.dtype.type(float(c) / PADE[0]) for c in PADE]
    square = a @ a
    powers = [unit, square, square @ square]
    powers.append(powers[2] @ square)

    def half(first: int) -> Any:
        low, high = (
            sum(coefficients[first + s + 2 * k] * powers[k] for k in ks) for s, ks in ((0, range(4)), (6, range(1, 4)))
        )
        return low + powers[3] @ high

    even, odd = half(0), a @ half(1)
    y = np.linalg.solve(even - odd, even + odd)
    for step in range(int(squarings.max())):
        y = np.where((squarings > step)[..., None, None], y @ y, y)
    return y


def through_scipy(name: str, a: Any) -> Any:
    """One of SciPy's matrix functions over a stack, in double precision; a real matrix must have a real result."""
    try:
        from scipy import linalg
    except ImportError as error:
        raise ImportError(f"{name} needs SciPy: pip install dispatchml[scipy]") from error
    a = floating(a)
    result = np.empty(a.shape, a.dtype)
    for place in np.ndindex(a.shape[:-2]):
        if a.shape[-1]:
            value = getattr(linalg, name)(a[place].astype(np.result_type(a, np.float64)))
            if a.dtype.kind == "f" and np.iscomplexobj(value):
                if np.abs(value.imag).max() > 100 * a.shape[-1] * np.finfo(a.dtype).eps * np.abs(value).max():
                    raise np.linalg.LinAlgError(
                        f"{name}: the result of a real matrix is not real. Pass a complex matrix."
                    )
                value = value.real
            result[place] = value
    return result


def sqrtm(a: Any) -> Any:
    """The principal square root."""
    return through_scipy("sqrtm", a)


def logm(a: Any) -> Any:
    """The principal logarithm."""
    return through_scipy("logm", a)


def general_function(function: Any, a: Any) -> Any:
    """A function of general matrices by name."""
    if isinstance(function, tuple):
        return np.linalg.matrix_power(a, function[1])
    return {"exp": expm, "log": logm, "sqrt": sqrtm}[function](a)


def hermitian_function(a: Any, *, function: Any) -> Any:
    """A function of Hermitian matrices."""
    w, v = np.linalg.eigh(floating(a))
    return (v * scalar_function(function, 0, w)[..., None, :]) @ np.conj(np.swapaxes(v, -1, -2))


def frechet(matrices: Any, *, function: Any, hermitian: bool) -> Any:
    """The mixed derivative of a function of the first matrix in the directions of the others."""
    a, *directions = np.broadcast_arrays(*map(floating, matrices)) if len(matrices) > 1 else (floating(matrices[0]),)
    if hermitian:
        return hermitian_frechet(a, directions, function)
    wanted = np.result_type(a, *directions)
    size = a.shape[-1]
    block = a.astype(wanted)
    for k, direction in enumerate(directions):
        copies = 2**k
        corner = np.zeros(block.shape, wanted)
        for c in range(copies):
            corner[..., c * size : (c + 1) * size, c * size : (c + 1) * size] = direction
        block = np.block([[block, corner], [np.zeros_like(block), block]])
    return general_function(function, block)[..., :size, block.shape[-1] - size :]


def hermitian_frechet(a: Any, directions: list[Any], function: Any) -> Any:
    """Daleckii and Krein: in the eigenbasis, divided differences times all orders of the directions."""
    w, v = np.linalg.eigh(a)
    adjoint = np.conj(np.swapaxes(v, -1, -2))
    order = len(directions)
    if order == 0:
        return hermitian_function(a, function=function)
    letters = "ijklmnopq"[: order + 1]
    points = [w.reshape(w.shape[:-1] + (1,) * k + w.shape[-1:] + (1,) * (order - k)) for k in range(order + 1)]
    table = divided_difference(function, points)
    inner = [adjoint @ x @ v for x in directions]
    pairs = [f"...{letters[k]}{letters[k + 1]}" for k in range(order)]
    subscripts = ",".join([f"...{letters}", *pairs]) + f"->...{letters[0]}{letters[-1]}"
    total: Any = 0
    for chosen in itertools.permutations(inner):
        total = total + np.einsum(subscripts, table, *chosen, optimize=order > 1)
    return v @ total @ adjoint


kernel(ops.matrix_power, checked(ops.matrix_power, matrix_power, SQUARE))
kernel(ops.matrix_norm, checked(ops.matrix_norm, matrix_norm, 'ord is "fro", "nuc", 2, -2, 1, -1, inf or -inf.'))
kernel(ops.expm, checked(ops.expm, expm, SQUARE))
kernel(ops.sqrtm, checked(ops.sqrtm, sqrtm, SQUARE))
kernel(ops.logm, checked(ops.logm, logm, SQUARE))
kernel(ops.hermitian_function, checked(ops.hermitian_function, hermitian_function, SQUARE))
kernel(ops.frechet, checked(ops.frechet, frechet, SQUARE))
