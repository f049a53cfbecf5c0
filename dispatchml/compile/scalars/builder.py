"""Text of LLVM functions, written by arithmetic on terms.

A term is a register of the function that is being written. `a * b + 1` writes two instructions; numbers beside a term
take its kind. Nothing is reordered or contracted: what is written is what is computed, and an instruction that was
written before is used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .kinds import B1, F64, I64, SIGNED_OF, U64, Kind

ADDRESS = Kind("address", "ptr", 64, "u")
Number = int | float


class Builder:
    """The body of one function. needs: what its text calls, other functions ("exp_f64") and intrinsics.

    has_fma: whether the target multiplies and adds in one step; without it `fma` is written as two. lanes: how many
    elements are computed at once; more than one only where a loop could not be vectorised otherwise (see `rarely`).
    """

    def __init__(self, has_fma: bool = True, lanes: int = 1) -> None:
        self.lines: list[str] = []
        self.lanes = lanes
        self.known: dict[str, Term] = {}
        self.needs: dict[str, str] = {}
        self.has_fma = has_fma
        self.labels = 0

    def emit(self, text: str, kind: Kind) -> Term:
        """The register that holds an instruction's result."""
        key = f"{kind.name} {text}"
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Term(self, f"%v{len(self.lines)}", kind)
            self.lines.append(f"  {found.register} = {text}")
        return found

    def type(self, kind: Kind) -> str:
        """The LLVM type of registers of a kind."""
        return kind.llvm if self.lanes == 1 else f"<{self.lanes} x {kind.llvm}>"

    def number(self, value: Number, kind: Kind) -> Term:
        """A constant."""
        text = kind.constant(value)
        return Term(self, text if self.lanes == 1 else f"splat ({kind.llvm} {text})", kind)

    def intrinsic(self, name: str, kind: Kind, *arguments: Term, result: Kind | None = None) -> Term:
        """A call of llvm.<name>.<type>."""
        result = result or kind
        lanes = "" if self.lanes == 1 else f"v{self.lanes}"
        symbol = f"llvm.{name}.{lanes}{kind.name if kind.is_float else kind.llvm}"
        self.needs[symbol] = f"declare {self.type(result)} @{symbol}({', '.join(a.type for a in arguments)})"
        return self.emit(f"call {self.type(result)} @{symbol}({listed(arguments)})", result)

    def call(self, symbol: str, result: Kind, *arguments: Term) -> Term:
        """A call of another function of this library."""
        self.needs[symbol] = ""
        if self.lanes == 1:
            return self.emit(f"call {result.llvm} @{symbol}({listed(arguments)})", result)
        y = Term(self, "poison", result)
        for k in range(self.lanes):
            each = ", ".join(f"{a.kind.llvm} {self.lane(a, k).register}" for a in arguments)
            one = self.emit(f"call {result.llvm} @{symbol}({each})", result)
            y = self.emit(f"insertelement {y.type} {y.register}, {result.llvm} {one.register}, i64 {k}", result)
        return y

    def lane(self, x: Term, k: int) -> Term:
        """One element of a vector."""
        return self.emit(f"extractelement {x.type} {x.register}, i64 {k}", x.kind)

    def table(self, symbol: str, words: Sequence[int], index: Term) -> Term:
        """An element of a constant table of 64-bit words."""
        values = ", ".join(f"i64 {I64.constant(w)}" for w in words)
        kind = f"[{len(words)} x i64]"
        self.needs[symbol] = f"@{symbol} = internal unnamed_addr constant {kind} [{values}]"
        place = self.emit(f"getelementptr inbounds i64, ptr @{symbol}, i64 {index.register}", ADDRESS)
        return self.emit(f"load i64, ptr {place.register}", U64)

    def rarely(self, condition: Term, symbol: str, arguments: tuple[Term, ...], otherwise: Term) -> Term:
        """The result of a function of arguments of one kind where a condition holds, else `otherwise`.

        A branch that is hardly ever taken. LLVM vectorises no loop that has a call on a branch, so a function with one
        is written for several lanes as well, where it is taken if the condition holds in any. The function is called
        with 2**60 for lanes in which it does not.
        """
        n, kind = self.labels, otherwise.kind
        self.labels += 1
        before = f"join{n - 1}" if n else "entry"
        met = condition.register
        if self.lanes > 1:
            reduction = f"llvm.vector.reduce.or.v{self.lanes}i1"
            self.needs[reduction] = f"declare i1 @{reduction}({condition.type})"
            met = self.emit(f"call i1 @{reduction}({condition.type} {condition.register})", B1).register
        self.lines += [f"  br i1 {met}, label %rare{n}, label %join{n}", f"rare{n}:"]
        known = dict(self.known)
        safe = [select(condition, a, 2.0**60 if a.kind.is_float else 1) for a in arguments]
        y = select(condition, self.call(symbol, kind, *safe), otherwise)
        self.known = known
        self.lines += [f"  br label %join{n}", f"join{n}:"]
        result = Term(self, f"%j{n}", kind)
        choices = f"[ {otherwise.register}, %{before} ], [ {y.register}, %rare{n} ]"
        self.lines.append(f"  {result.register} = phi {result.type} {choices}")
        return result


def listed(arguments: Sequence[Term]) -> str:
    """Arguments of a call."""
    return ", ".join(f"{a.type} {a.register}" for a in arguments)


class Term:
    """A register, or a constant, of one kind."""

    __slots__ = ("builder", "register", "kind")

    def __init__(self, builder: Builder, register: str, kind: Kind) -> None:
        self.builder, self.register, self.kind = builder, register, kind

    @property
    def type(self) -> str:
        """The LLVM type of the register."""
        return self.builder.type(self.kind)

    def beside(self, other: Term | Number) -> Term:
        """The other operand in this one's kind."""
        return other if isinstance(other, Term) else self.builder.number(other, self.kind)

    def _two(self, opcode: str, other: Term | Number, swapped: bool = False) -> Term:
        b = self.beside(other)
        left, right = (b, self) if swapped else (self, b)
        return self.builder.emit(f"{opcode} {self.type} {left.register}, {right.register}", self.kind)

    def _arithmetic(self, name: str, other: Term | Number, swapped: bool = False) -> Term:
        return self._two(f"f{name}" if self.kind.is_float else name, other, swapped)

    def __add__(self, other: Term | Number) -> Term:
        return self._arithmetic("add", other)

    __radd__ = __add__

    def __sub__(self, other: Term | Number) -> Term:
        return self._arithmetic("sub", other)

    def __rsub__(self, other: Term | Number) -> Term:
        return self._arithmetic("sub", other, True)

    def __mul__(self, other: Term | Number) -> Term:
        return self._arithmetic("mul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Term | Number) -> Term:
        return self._two("fdiv", other)

    def __rtruediv__(self, other: Term | Number) -> Term:
        return self._two("fdiv", other, True)

    def __neg__(self) -> Term:
        if self.kind.is_float:
            return self.builder.emit(f"fneg {self.type} {self.register}", self.kind)
        return self.builder.number(0, self.kind) - self

    def quotient(self, other: Term | Number) -> Term:
        """Whole-number division towards zero; undefined for a zero divisor and for the least number over -1."""
        return self._two("sdiv" if self.kind.category == "i" else "udiv", other)

    def rest(self, other: Term | Number) -> Term:
        """What `quotient` leaves, with the sign of the dividend; undefined as that is. For floats C's fmod."""
        return self._two({"i": "srem", "u": "urem", "f": "frem"}[self.kind.category], other)

    def __and__(self, other: Term | Number) -> Term:
        return self._two("and", other)

    def __or__(self, other: Term | Number) -> Term:
        return self._two("or", other)

    def __xor__(self, other: Term | Number) -> Term:
        return self._two("xor", other)

    def __invert__(self) -> Term:
        return self._two("xor", 1 if self.kind is B1 else -1)

    def __lshift__(self, other: Term | Number) -> Term:
        return self._two("shl", other)

    def __rshift__(self, other: Term | Number) -> Term:
        """Filled with the sign for signed kinds, with zeros for unsigned ones."""
        return self._two("ashr" if self.kind.category == "i" else "lshr", other)

    def logical_right(self, other: Term | Number) -> Term:
        """Shifted to the right, filled with zeros."""
        return self._two("lshr", other)

    def _compare(self, name: str, other: Term | Number) -> Term:
        b = self.beside(other)
        if self.kind.is_float:
            opcode = f"fcmp {'u' if name == 'ne' else 'o'}{name}"
        else:
            sign = "" if name in ("eq", "ne") else "s" if self.kind.category == "i" else "u"
            opcode = f"icmp {sign}{name}"
        return self.builder.emit(f"{opcode} {self.type} {self.register}, {b.register}", B1)

    # Comparisons are methods: terms are compared by identity, and False for nan (not_equal: True), as NumPy's are.
    def equal(self, other: Term | Number) -> Term:
        """self == other."""
        return self._compare("eq", other)

    def not_equal(self, other: Term | Number) -> Term:
        """self != other."""
        return self._compare("ne", other)

    def less(self, other: Term | Number) -> Term:
        """self < other."""
        return self._compare("lt", other)

    def less_equal(self, other: Term | Number) -> Term:
        """self <= other."""
        return self._compare("le", other)

    def greater(self, other: Term | Number) -> Term:
        """self > other."""
        return self._compare("gt", other)

    def greater_equal(self, other: Term | Number) -> Term:
        """self >= other."""
        return self._compare("ge", other)

    @property
    def is_nan(self) -> Term:
        """Whether it is not a number."""
        return self.builder.emit(f"fcmp uno {self.type} {self.register}, {self.register}", B1)

    def labelled(self, kind: Kind) -> Term:
        """The same register as another kind of its width."""
        return Term(self.builder, self.register, kind)

    @property
    def bits(self) -> Term:
        """The bits of a floating-point number as a signed whole number."""
        whole = SIGNED_OF[self.kind]
        return self.builder.emit(f"bitcast {self.type} {self.register} to {self.builder.type(whole)}", whole)

    def floating(self, kind: Kind = F64) -> Term:
        """The floating-point number of which these are the bits."""
        return self.builder.emit(f"bitcast {self.type} {self.register} to {self.builder.type(kind)}", kind)


def select(condition: Term, a: Term | Number, b: Term | Number) -> Term:
    """a where the condition holds, else b; one of them is a term."""
    one: Any = a if isinstance(a, Term) else b
    left, right = one.beside(a), one.beside(b)
    choices = f"{left.type} {left.register}, {right.type} {right.register}"
    return condition.builder.emit(f"select {condition.type} {condition.register}, {choices}", one.kind)


def fma(a: Term, b: Term | Number, c: Term | Number) -> Term:
    """a * b + c, rounded once where the target can."""
    b, c = a.beside(b), a.beside(c)
    return a.builder.intrinsic("fma", a.kind, a, b, c) if a.builder.has_fma else a * b + c


def unary(name: str, a: Term) -> Term:
    """An intrinsic of one operand: sqrt, fabs, rint, floor, ceil, trunc."""
    return a.builder.intrinsic(name, a.kind, a)


def absolute(a: Term) -> Term:
    """|a| of a floating-point number."""
    return unary("fabs", a)


def copysign(a: Term, b: Term | Number) -> Term:
    """|a| with the sign of b."""
    return a.builder.intrinsic("copysign", a.kind, a, a.beside(b))


def lower_of(a: Term, b: Number) -> Term:
    """The smaller one of a term and a number; nan stays nan."""
    return select(a.greater(b), b, a)


def higher_of(a: Term, b: Number) -> Term:
    """The larger one of a term and a number; nan stays nan."""
    return select(a.less(b), b, a)
