"""Expressions as instructions, in the scope of a row and of the inner loop."""

from __future__ import annotations

from typing import Any

from ..lower.expressions import Expr
from ..lower.forms import Form, Variable
from .division import quotient
from .text import REGISTERS, Text, constant

INFINITY = float("inf")
#: What `jit(fast=True)` lets LLVM join to fused products and sums.
CONTRACTED = {
    name + f"_{c}" * count: opcode
    for name, count, opcode in zip(
        ("add", "subtract", "multiply", "square"), (2, 2, 2, 1), ("fadd", "fsub", "fmul", "fmul"), strict=True
    )
    for c in ("f32", "f64")
}


class Scope:
    """Registers that hold expressions and forms, within one loop; `around` is the scope of the loop around it."""

    def __init__(self, around: Scope | None = None) -> None:
        self.around = around
        self.registers: dict[Any, str] = {}

    def get(self, key: Any) -> str | None:
        """The register, here or further out."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.registers.get(key)
            if found is not None:
                return found
            scope = scope.around
        return None


class Body:
    """Writes expressions. variables: the register of each loop variable. pointer: the register of a value's address."""

    def __init__(self, text: Text, pointer: Any, needs: dict[str, Any], fast: bool = False) -> None:
        self.text, self.pointer, self.needs, self.fast = text, pointer, needs, fast
        self.variables: dict[Variable, str] = {}
        #: Variables that run along vectors.
        self.lanes: set[Variable] = set()
        #: Divisions that are done with the reciprocal of the divisor: its register; exactly: to the last bit.
        self.reciprocals: dict[Expr, str] = {}
        self.exactly = True
        #: Conditions of which it is known whether they hold where something is written now.
        self.known: dict[Any, bool] = {}
        #: Products that mind zeros, but need not where they are written now.
        self.plain: set[Expr] = set()
        #: Of values in rings: how, and the register of the ring's address.
        self.rings: dict[Any, tuple[Any, str]] = {}

    # ---- forms -------------------------------------------------------------------------------------------------------

    def form(self, form: Form, scope: Scope, outer: Scope | None = None) -> str:
        """The register with a form's value. What does not change in the inner loop is written into `outer`."""
        key = ("form", form)
        found = scope.get(key)
        if found is not None:
            return found
        text = self.text
        total = text.size(form.constant) if form.constant or not form.terms else ""
        for atom, c in form.terms:
            register = self.variables.get(atom) if type(atom) is Variable else scope.get(atom)
            assert register is not None, (atom, form)
            if type(atom) is Expr and REGISTERS[atom.character] != "i64":
                register = text.let(
                    f"{'sext' if atom.character in 'bhi' else 'zext'} {REGISTERS[atom.character]} {register} to i64"
                )
            if c == -1 and total:
                total = text.let(f"sub i64 {total}, {register}")
                continue
            if c != 1:
                register = text.let(f"mul i64 {register}, {self.step(atom, c)}")
            total = text.let(f"add i64 {total}, {register}") if total else register
        scope.registers[key] = total
        return total

    def is_contiguous(self, offset: Form) -> bool:
        """Whether neighbours in a vector are neighbours in memory.

        Only these are read under a condition of their own, which is one masked load then. LLVM would read others one by
        one, and the assertions of its version 22 do not hold for all of them: they end the process.
        """
        steps = [c for atom, c in offset.terms if atom in self.lanes or type(atom) is Expr]
        return steps == [1]

    def step(self, atom: Any, c: int) -> str:
        """A coefficient. That of a vector's variable is said to be at least 2: LLVM would make vectors for 1 only."""
        size = self.text.size(c)
        if atom not in self.lanes or not size.startswith("%"):
            return size
        symbol = self.text.intrinsic("llvm.umax.i64", "i64", "i64", "i64")  # negative ones are large then
        return self.text.let(f"call i64 @{symbol}(i64 {size}, i64 2)")

    def condition(self, conditions: Any, scope: Scope) -> str:
        """The register that says whether low <= form < high for each condition."""
        text, found = self.text, ""
        for form, low, high in conditions:
            is_known = self.known.get((form, low, high))
            if is_known is not None:
                if is_known:
                    continue
                return "false"
            least, most = form.bounds
            register = self.form(form, scope)
            tests = []
            if least < low:
                tests.append(text.let(f"icmp sge i64 {register}, {text.size(int(low))}"))
            if most >= high:
                tests.append(text.let(f"icmp slt i64 {register}, {text.size(int(high))}"))
            for test in tests:
                found = text.let(f"and i1 {found}, {test}") if found else test
        return found or "true"

    # ---- expressions -------------------------------------------------------------------------------------------------

    def write(self, expr: Expr, scope: Scope) -> str:
        """The register with an expression whose arguments are written."""
        text = self.text
        if expr.kind == "literal":
            found = constant(expr.payload, expr.character)
        elif expr.kind == "load":
            found = self.load(expr, scope)
        elif expr in self.reciprocals:
            a, b = (scope.get(x) for x in expr.args)
            assert a is not None
            assert b is not None
            found = quotient(text, a, b, self.reciprocals[expr], self.exactly)
        elif expr in self.plain:
            found = text.let(f"fmul double {scope.get(expr.args[0])}, {scope.get(expr.args[1])}")
        elif self.fast and expr.kind == "call" and expr.payload.symbol in CONTRACTED:
            kind, opcode = REGISTERS[expr.character], CONTRACTED[expr.payload.symbol]
            a, b = (scope.get(x) for x in (*expr.args, *expr.args)[:2])
            found = text.let(f"{opcode} contract {kind} {a}, {b}")
        elif expr.kind == "call":
            scalar = expr.payload
            self.needs[scalar.symbol] = scalar
            given = ", ".join(f"{REGISTERS[a.character]} {scope.get(a)}" for a in expr.args)
            found = text.let(f"call {REGISTERS[expr.character]} @{scalar.symbol}({given})")
        elif expr.kind == "choose":
            kind = REGISTERS[expr.character]
            test = self.condition(expr.payload, scope)
            yes, no = (scope.get(a) for a in expr.args)
            found = text.let(f"select i1 {test}, {kind} {yes}, {kind} {no}")
        elif expr.kind == "staged":
            found = self.in_ring(expr, scope)
        elif expr.kind in ("index", "outside"):
            found = self.index(expr, scope)
        elif expr.kind == "position":
            found = self.form(expr.payload, scope)
        else:
            raise AssertionError(f"{expr} was not reduced")
        scope.registers[expr] = found
        return found

    def in_ring(self, expr: Expr, scope: Scope) -> str:
        """An element of a row in a ring."""
        value, row, place = expr.payload
        stage, ring = self.rings[value]
        start = self.ring_row(stage, self.form(row, scope))
        offset = self.text.let(f"add i64 {start}, {self.form(place, scope)}")
        return self.text.load(expr.character, ring, offset)

    def ring_row(self, stage: Any, row: str) -> str:
        """Where a row lies in its ring: the offset of its first element behind the zeros on its left."""
        text = self.text
        lift = -(stage.first // stage.rows) * stage.rows if stage.first < 0 else 0
        lifted = text.let(f"add i64 {row}, {lift}")
        place = text.let(f"urem i64 {lifted}, {stage.rows}")
        start = text.let(f"mul i64 {place}, {text.size(stage.width)}")
        return text.let(f"add i64 {start}, {text.size(stage.lead)}")

    def index(self, expr: Expr, scope: Scope) -> str:
        """A whole number as a position, or whether it is none."""
        text, number = self.text, expr.args[0]
        size, register = text.size(expr.payload[0]), scope.get(number)
        kind = REGISTERS[number.character]
        if kind != "i64":
            register = text.let(f"{'sext' if number.character in 'bhi' else 'zext'} {kind} {register} to i64")
        mode = "raise" if expr.kind == "outside" else expr.payload[1]
        if mode == "clip":
            register = text.let(
                f"call i64 @{text.intrinsic('llvm.smax.i64', 'i64', 'i64', 'i64')}(i64 {register}, i64 0)"
            )
            last = text.let(f"sub i64 {size}, 1")
            return text.let(
                f"call i64 @{text.intrinsic('llvm.smin.i64', 'i64', 'i64', 'i64')}(i64 {register}, i64 {last})"
            )
        if mode == "wrap":
            register = text.let(f"srem i64 {register}, {size}")
        negative = text.let(f"icmp slt i64 {register}, 0")
        added = text.let(f"add i64 {register}, {size}")
        register = text.let(f"select i1 {negative}, i64 {added}, i64 {register}")
        if mode == "wrap":
            return register
        outside = text.let(f"icmp uge i64 {register}, {size}")
        if expr.kind == "outside":
            return outside
        return text.let(f"select i1 {outside}, i64 0, i64 {register}")

    def load(self, expr: Expr, scope: Scope) -> str:
        """An element in memory; zero where it is outside, without touching memory there."""
        value, offset, bounds = expr.payload
        text, kind = self.text, REGISTERS[expr.character]
        if not bounds:
            return text.load(expr.character, self.pointer(value), self.form(offset, scope))
        test = self.condition(tuple((form, 0, n) for form, n in bounds), scope)
        if test == "false":
            return constant(0, expr.character)
        place = self.form(offset, scope)
        if test == "true":
            return text.load(expr.character, self.pointer(value), place)
        if not self.is_contiguous(offset):
            place = text.let(f"select i1 {test}, i64 {place}, i64 0")
            found = text.load(expr.character, self.pointer(value), place)
            return text.let(f"select i1 {test}, {kind} {found}, {kind} {constant(0, expr.character)}")
        inside, after, before = text.fresh("inside"), text.fresh("after"), text.label
        text.branch(test, inside, after)
        text.begin(inside)
        found = text.load(expr.character, self.pointer(value), place)
        text.jump(after)
        text.begin(after)
        zero = constant(0, expr.character)
        return text.let(f"phi {kind} [ {found}, %{inside} ], [ {zero}, %{before} ]")
