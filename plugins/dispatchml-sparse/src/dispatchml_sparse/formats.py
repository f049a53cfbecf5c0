"""Methods of traced sparse arrays that say the same in another format, or as a dense array."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml.dispatch.errors import at_user_line

from .doors import STANDS_FOR, common_pattern, converted
from .foreign import SparseRefusal
from .numbers import assemble, pattern_of
from .pattern import PYDATA
from .view import todense, view
from .views import itself, moved


def asformat(x: Any, format: Any = None, *arguments: Any, **keywords: Any) -> Any:
    """x.asformat(...)."""
    ours = pattern_of(x).kind in PYDATA
    if format is None:
        return x
    names = {"coo": "COO", "gcxs": "GCXS", "dok": "DOK"} if ours else {}
    kind = names.get(format, f"{str(format).removesuffix('_array')}_array")
    if kind not in (*PYDATA, "DOK", "csr_array", "csc_array", "coo_array", *STANDS_FOR):
        raise SparseRefusal(f"x.asformat({format!r}) of a traced sparse array{at_user_line()}: no format is called so.")
    axes = keywords.get("compressed_axes", arguments[0] if arguments and ours else None)
    if axes is None and itself(x, kind, keywords.get("copy", arguments and not ours and arguments[0])):
        return x
    made = converted(x, kind)
    return made if kind != "GCXS" or axes is None else change_compressed_axes(made, axes)


def to(kind: str) -> Any:
    """A method that converts to one class."""

    def method(x: Any, copy: Any = False, **keywords: Any) -> Any:
        return x if itself(x, kind, copy) else converted(x, kind)

    return method


def tocoo(x: Any, copy: Any = None, **keywords: Any) -> Any:
    """x.tocoo(...): COO for GCXS, coo_array for SciPy's classes, which share the numbers where no copy is wanted."""
    kind = pattern_of(x).kind
    if kind == "coo_array" and not copy:
        return x
    if kind in ("csr_array", "csc_array") and not (kind == "csc_array" if copy is None else copy):
        return moved(lambda owner: in_place(owner, "coo_array"))(x)
    return converted(x, "COO" if kind in PYDATA else "coo_array")


def in_place(x: Any, kind: str) -> Any:
    """The same numbers in the same order in another class."""
    v = view(x)
    return assemble(v.data, pattern=v.pattern.like(v.pattern.coords, v.shape, kind=kind))


def to_scipy_sparse(x: Any, *, accept_fv: Any = None) -> Any:
    """x.to_scipy_sparse(): coo_array for COO; csr_array or csc_array for GCXS."""
    pattern = pattern_of(x)
    return converted(x, "coo_array" if pattern.kind == "COO" else "csc_array" if pattern.compressed == (1,) else (
        "csr_array"
    ))  # fmt: skip


def change_compressed_axes(x: Any, new_compressed_axes: Any) -> Any:
    """x.change_compressed_axes(axes)."""
    pattern = pattern_of(x)
    made = pattern.like(pattern.coords, pattern.shape, known=pattern)
    made.compressed = tuple(k % pattern.ndim for k in np.atleast_1d(new_compressed_axes))
    return assemble(view(x).data, pattern=made)


def todense_method(x: Any, order: Any = None, out: Any = None) -> Any:
    """x.todense(order), x.toarray(order): the order of the memory is that of a plain array only."""
    refuse_out("todense", out)
    return todense(x)


def maybe_densify(x: Any, max_size: int = 1000, min_density: float = 0.25) -> Any:
    """x.maybe_densify(...): dense where it is small or well filled."""
    pattern = common_pattern(x, "maybe_densify")
    if pattern.size > max_size and pattern.nnz / max(pattern.size, 1) < min_density:
        raise ValueError("Operation would require converting large sparse array to dense")
    return todense(x)


def refuse_out(name: str, out: Any) -> None:
    """Refuse to write a traced result into somebody's array."""
    if out is not None:
        raise SparseRefusal(
            f"x.{name}(out=...) of a traced sparse array{at_user_line()} would lose its derivative. Write y = "
            f"x.{name}(...), without out."
        )


METHODS: dict[str, Any] = {
    "todense": todense_method,
    "toarray": todense_method,
    "maybe_densify": maybe_densify,
    **{f"to{name}": to(f"{name}_array") for name in ("csr", "csc", "bsr", "dia", "lil")},
    "tocoo": tocoo,
    "todok": lambda x, copy=False: converted(x, "DOK" if pattern_of(x).kind in PYDATA else "dok_array"),
    "to_coo": to("COO"),
    "to_scipy_sparse": to_scipy_sparse,
    "change_compressed_axes": change_compressed_axes,
    "asformat": asformat,
}
