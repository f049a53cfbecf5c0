"""How products of plain matrices and vectors are recorded: without spaces and closures, by formulas for their ranks.

Everything else about matmul (stacks, other types, mixed dtypes) is recorded by its rule, as any function's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.numpy import kernels
from ..dispatch.operation import Operation
from ..rules.products import matmul_vjp
from ..rules.registry import Rule
from ..rules.strong import strong
from .generate import compile_source, looking, words_of_looking
from .reverse import Var, current, keep
from .reverse_rules import function_recorder
from .space import F32, F64
from .tape import CAREFUL, MIXED, Cotangents, accumulate, run_carefully

#: Cotangents of the left and the right factor by the ranks of both, on plain arrays.
FORMULAS = {
    (2, 2): ("matmul(ct, b.T)", "matmul(a.T, ct)"),
    (2, 1): ("multiply(ct[:, None], b)", "matmul(a.T, ct)"),
    (1, 2): ("matmul(b, ct)", "multiply(a[:, None], ct)"),
    (1, 1): ("multiply(ct, b)", "multiply(ct, a)"),
}

RECORD = """\
def record_matmul_{suffix}(x0, x1):
    tape = x{first}._tape
{settle}    a = {a}
    b = {b}
    if type(a) is ndarray and type(b) is ndarray:
        d = a.dtype
        if (d is F64 or d is F32) and b.dtype is d:
            backward = BACKWARD.get((a.ndim, b.ndim))
            if backward is not None:
                y = matmul(a, b)
                made = Var()
                made._value = y; made._tape = tape; made._index = len(tape); made._base = None
                tape.append((backward, {slots}, {residuals}))
                return made
    if {look}: return made
    return general(x0, x1)
"""

BACKWARD = """\
def backward_matmul(cotangents, ct, entry):
    _, {slots}, {residuals} = entry
    try:
{terms}
    except FloatingPointError:
        return run_carefully(cotangents, ct, entry)
{contributions}"""

CONTRIBUTION = """\
    known = cotangents[slot{k}]
    if known is None: cotangents[slot{k}] = term{k}
    else: accumulate(cotangents, slot{k}, known, term{k})
"""


def product_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """How matmul is recorded when these arguments are traced on one tape."""
    from .provider import settle

    general = function_recorder(op, rule, active)
    if rule.vjp is not matmul_vjp:
        return general
    suffix = "".join(map(str, active))
    plain = kernels.FAST.get("matmul", op.function)
    backward = {ranks: backward_of(formulas, active, suffix, ranks, plain) for ranks, formulas in FORMULAS.items()}
    needed = [n for k, n in ((0, "b"), (1, "a")) if k in active]
    kept = [f"keep(tape, {n})" if (n == "a") != (0 in active) else n for n in needed]
    source = RECORD.format(
        suffix=suffix,
        first=active[0],
        settle="    if type(x1) is not Var or x1._tape is not tape: return settle(x0, x1)\n" if len(active) > 1 else "",
        a="x0._value if x0._base is None else current(x0)" if 0 in active else "x0",
        b="x1._value if x1._base is None else current(x1)" if 1 in active else "x1",
        slots=", ".join(f"x{k}._index" for k in active),
        residuals=", ".join(kept),
        look=looking("ab", 2),
    )
    scope: dict[str, Any] = {
        "Var": Var, "current": current, "ndarray": np.ndarray, "F64": F64, "F32": F32, "BACKWARD": backward,
        **words_of_looking(), "matmul": plain, "keep": kernels.FAST.get("keep", keep),
        "general": general, "settle": settle(op, active),
    }  # fmt: skip
    compile_source(source, scope, f"reverse matmul {suffix}", "engines/reverse_products.py")
    return scope[f"record_matmul_{suffix}"]


def backward_of(
    formulas: tuple[str, str], active: tuple[int, ...], suffix: str, ranks: tuple[int, int], plain: Callable[..., Any]
) -> Callable[..., None]:
    """The backward function for factors of these ranks, with its twins for cotangents not plain or not finite."""
    residuals = ", ".join(n for k, n in ((0, "b"), (1, "a")) if k in active)
    source = BACKWARD.format(
        slots=", ".join(f"slot{k}" for k in active),
        residuals=residuals,
        terms="\n".join(f"        term{k} = {formulas[k]}" for k in active),
        contributions="".join(CONTRIBUTION.format(k=k) for k in active),
    )
    scope: dict[str, Any] = {
        "matmul": plain, "multiply": kernels.UFUNCS[ops.multiply.info], "accumulate": accumulate,
        "run_carefully": run_carefully,
    }  # fmt: skip
    name = f"reverse matmul {suffix} {ranks[0]}-d {ranks[1]}-d"
    compile_source(source, scope, name, "engines/reverse_products.py")

    def careful_matmul(cotangents: Cotangents, ct: Any, entry: Any) -> None:
        slots, known = entry[1 : 1 + len(active)], iter(entry[1 + len(active) :])
        b = next(known) if 0 in active else None
        a = next(known) if 1 in active else None
        for k, slot in zip(active, slots, strict=True):
            term = careful_term(k, ranks, ct, a, b)
            seen = cotangents[slot]
            if seen is None:
                cotangents[slot] = term
            else:
                accumulate(cotangents, slot, seen, term)

    def mixed_matmul(cotangents: Cotangents, ct: Any, entry: Any) -> None:
        run_carefully(cotangents, ct, (careful_matmul, *entry[1:]))

    made = scope["backward_matmul"]
    CAREFUL[made] = careful_matmul
    MIXED[made] = mixed_matmul
    return made


def careful_term(k: int, ranks: tuple[int, int], ct: Any, a: Any, b: Any) -> Any:
    """The same formulas with operations, in which a zero wins over inf or nan."""
    if ranks == (1, 1):
        return ops.strong_multiply(ct, b if k == 0 else a)
    strong_matmul = strong(ops.matmul)
    if k == 0:
        if ranks == (1, 2):
            return strong_matmul(b, ct)
        return strong_matmul(ct, b.T) if ranks[1] == 2 else outer(ct, b)
    return outer(a, ct) if ranks == (1, 2) else strong_matmul(a.T, ct)


def outer(a: Any, b: Any) -> Any:
    """All products of two vectors."""
    return ops.strong_multiply(ops.expand_dims(a, axis=1), b)
