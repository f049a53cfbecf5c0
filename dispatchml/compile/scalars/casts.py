"""From one kind of number to another, as NumPy's astype converts on this machine, out of range too."""

from __future__ import annotations

from typing import Any

from .builder import Term, absolute, select
from .complexes import Pair
from .kinds import B1, COMPLEX, F16, F32, F64, I32, I64, KINDS, U64, Kind


def instruction(opcode: str, x: Term, kind: Kind) -> Term:
    """A conversion instruction of LLVM."""
    return x.builder.emit(f"{opcode} {x.type} {x.register} to {x.builder.type(kind)}", kind)


def converted(x: Term, kind: Kind) -> Term:
    """A real number in another kind."""
    if x.kind is kind:
        return x
    if kind is B1:
        return x.not_equal(0)
    if x.kind.is_float:
        return between_floats(x, kind) if kind.is_float else truncated(x, kind)
    if kind.is_float:
        if kind is F16:  # NumPy goes by way of float32, and rounds twice
            return between_floats(converted(x, F32), F16)
        return instruction("sitofp" if x.kind.category == "i" else "uitofp", x, kind)
    if kind.bits > x.kind.bits:
        return instruction("sext" if x.kind.category == "i" else "zext", x, kind)
    return instruction("trunc", x, kind) if kind.bits < x.kind.bits else x.labelled(kind)


def between_floats(x: Term, kind: Kind) -> Term:
    """Rounded once to nearest even."""
    if kind.bits > x.kind.bits:
        return instruction("fpext", x, kind)
    if x.kind is F64 and kind is F16:
        return instruction("fptrunc", rounded_to_odd(x), F16)
    return instruction("fptrunc", x, kind)


def rounded_to_odd(x: Term) -> Term:
    """float64 to float32, an odd neighbour where it is between two: rounding the result again is rounding once."""
    y = instruction("fptrunc", x, F32)
    back = instruction("fpext", y, F64)
    odd = (y.bits & 1).not_equal(0)
    above = absolute(back).greater(absolute(x))
    other = select(above, y.bits - 1, y.bits + 1).floating(F32)
    return select(back.equal(x) | odd | x.is_nan, y, other)


def truncated(x: Term, kind: Kind) -> Term:
    """A floating-point number towards zero. What does not fit becomes what the processor makes of it in NumPy's loops:
    32 bits for narrow results, 64 for the rest, the least number where it does not fit there.
    """
    if x.kind is F16:
        x = converted(x, F32)
    if kind is U64:
        large = x.greater_equal(2.0**63)
        low = signed(select(large, x - 2.0**63, x), I64)
        return select(large, low ^ -(2**63), low).labelled(U64)
    return converted(signed(x, I32 if kind.bits < 32 or kind is I32 else I64), kind)


def signed(x: Term, kind: Kind) -> Term:
    """Towards zero as a signed whole number, the least one for nan and for what does not fit."""
    fits = absolute(x).less(2.0 ** (kind.bits - 1))
    whole = instruction("fptosi", select(fits, x, 0.0), kind)
    return select(fits, whole, -(2 ** (kind.bits - 1)))


def as_kind(x: Any, name: str) -> Any:
    """A real or complex number as the kind of a name: real ones get a zero beside them, complex ones lose theirs."""
    if name in COMPLEX:
        part = COMPLEX[name]
        pair = x if isinstance(x, Pair) else Pair(x, x.builder.number(0.0, part))
        return Pair(converted(pair.real, part), converted(pair.imag, part))
    if isinstance(x, Pair):
        return x.real.not_equal(0) | x.imag.not_equal(0) if name == "b1" else converted(x.real, KINDS[name])
    return converted(x, KINDS[name])


def astype(from_kind: str, to_kind: str) -> Any:
    """What writes a conversion."""

    def write(x: Any) -> Any:
        return as_kind(x, to_kind)

    return write


__all__ = ["as_kind", "astype", "converted"]
