"""Which kinds an elementwise operation computes in, for given dtypes and Python numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: Operations that are a ufunc under another name.
UFUNCS = {
    "bitwise_invert": "invert", "bitwise_left_shift": "left_shift", "bitwise_right_shift": "right_shift",
    "conj": "conjugate", "divide": "true_divide", "gcd": "gcd", "lcm": "lcm",
}  # fmt: skip
#: Operations whose whole numbers and truth values become float64, while half and single precision stay.
INEXACT = frozenset({
    "sigmoid", "softplus", "logit", "sinc", "sinc_derivative", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div",
    "factorial", "divide_or_zero",
})  # fmt: skip
#: Operations that SciPy computes, in single or in double precision: half precision becomes single.
SCIPY = frozenset({
    "beta", "betainc", "betaln", "binom", "dawsn", "digamma", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "exp1",
    "expi", "gamma", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jv", "k0",
    "k1", "kv", "log_ndtr", "ndtr", "ndtri", "polygamma", "y0", "y1", "yv", "zeta",
})  # fmt: skip
#: Operations that keep the kind of their operands, however it is.
KEEPING = frozenset({"strong_multiply", "real", "imag", "angle", "nan_to_num", "round", "stop_gradient"})
WEAK = {float, int, complex}

Operand = np.dtype[Any] | type


def together(operands: Sequence[Operand]) -> np.dtype[Any]:
    """The dtype of operands side by side; Python's numbers give way."""
    return np.result_type(*(x(0) if x in WEAK else x for x in operands))  # type: ignore[operator]


def resolve(
    name: str, operands: Sequence[Operand], keywords: Mapping[str, Any] | None = None
) -> tuple[tuple[str, ...], str] | None:
    """The dtype characters of the loop's inputs and of its result; None where that is not known.

    operands: dtypes, and int, float, complex for Python's numbers, which take the dtype of what is beside them
    (Python's bool does not: np.dtype(bool)).

    >>> import numpy as np
    >>> from dispatchml.compile import scalars
    >>> scalars.resolve("add", (np.dtype(np.float32), float))
    (('f', 'f'), 'f')
    """
    ufunc = getattr(np, UFUNCS.get(name, name), None)
    try:
        if isinstance(ufunc, np.ufunc):
            return of_ufunc(ufunc, operands)
        return of_composition(name, operands, keywords or {})
    except TypeError:
        return None


def of_ufunc(ufunc: np.ufunc, operands: Sequence[Operand]) -> tuple[tuple[str, ...], str] | None:
    """NumPy's own answer."""
    if all(x in WEAK for x in operands):  # of Python's whole numbers alone NumPy would compare objects
        operands = [np.dtype(x) for x in operands]
    found = ufunc.resolve_dtypes((*operands, *(None,) * ufunc.nout))  # type: ignore[arg-type]
    return tuple(d.char for d in found[: ufunc.nin]), found[ufunc.nin].char


def of_composition(
    name: str, operands: Sequence[Operand], keywords: Mapping[str, Any]
) -> tuple[tuple[str, ...], str] | None:
    """What the kernels of operations that are no ufuncs do."""
    if name == "astype":
        given = together(operands)
        return (given.char, np.dtype(keywords["dtype"]).char), np.dtype(keywords["dtype"]).char
    if name in ("where", "where_or_zero"):
        condition = together(operands[:1])
        kind = together(operands[1:])
        return (condition.char, *(kind.char,) * (len(operands) - 1)), kind.char
    if name == "make_complex":
        kind = np.result_type(together(operands), np.float32)
        return None if kind.kind == "c" else ((kind.char,) * 2, np.result_type(kind, np.complex64).char)
    kind = together(operands)
    if name in KEEPING:
        return (kind.char,) * len(operands), real_part(kind).char if name in ("real", "imag", "angle") else kind.char
    if name in INEXACT or name in SCIPY:
        if kind.kind in "iub":
            kind = np.dtype(np.float64)
        if name in SCIPY and kind == np.float16:
            kind = np.dtype(np.float32)
        return (kind.char,) * len(operands), kind.char
    if name == "isclose":
        kind = np.dtype(np.float64) if kind.kind in "iub" else kind
        return (kind.char,) * 2, "?"
    return None


def real_part(kind: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of the parts of complex numbers; of others their own."""
    return {"F": np.dtype("f"), "D": np.dtype("d")}.get(kind.char, kind)
