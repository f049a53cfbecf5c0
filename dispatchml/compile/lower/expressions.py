"""What one element is made of: a graph of scalar expressions in which equal ones are one object."""

from __future__ import annotations

import itertools
import math
from typing import Any

from .forms import Form, Variable

COUNTER = itertools.count()
NONE: frozenset[Variable] = frozenset()
#: Nanoseconds an element, about, in a loop that is vectorised; for choosing between computing again and keeping.
COSTS: dict[str, float] = {
    "divide": 0.5, "sqrt": 0.7, "reciprocal": 0.5, "exp": 0.7, "exp2": 0.7, "expm1": 0.8, "log": 0.9, "log2": 0.9,
    "log10": 0.9, "log1p": 1.1, "tanh": 1.1, "sigmoid": 1.3, "softplus": 2.0, "sin": 1.3, "cos": 1.3, "tan": 2.0,
    "erf": 1.5, "power": 3.0, "logaddexp": 2.0, "divide_or_zero": 0.6,
}  # fmt: skip
CHEAP = frozenset(
    "add subtract multiply negative positive absolute square where where_or_zero strong_multiply maximum minimum less "
    "less_equal greater greater_equal equal not_equal isnan isfinite isinf logical_and logical_or logical_not "
    "logical_xor sign signbit copysign conj real imag astype stop_gradient rint floor ceil trunc fmax fmin "
    "make_complex full_of full_like zeros_of ones_of zeros_like ones_like one_like scatter setitem add_at pad_constant "
    "concatenate stack roll tril triu sum prod max min any all bitwise_and bitwise_or bitwise_xor bitwise_invert "
    "heaviside".split()
)


def cost_of(name: str) -> float:
    """What one call costs."""
    return 0.08 if name in CHEAP else COSTS.get(name, 2.5)


class Expr:
    """One scalar expression.

    kind: "literal" (payload: the number), "load" (buffer, offset, bounds), "staged" (value, row, place), "call"
    (Scalar), "choose" (conditions), "reduce" (operation, variable), "position" (form), "index" (size, mode): a whole
    number made one of 0 ... size - 1, "outside" (size): whether that changed it. character: the dtype's. depends: the
    loop variables. stage: how many passes over the inner loop come before it is known.
    """

    __slots__ = ("kind", "character", "payload", "args", "depends", "stage", "cost", "serial")

    def __init__(self, kind: str, character: str, payload: Any, args: tuple[Expr, ...], cost: float) -> None:
        self.kind, self.character, self.payload, self.args = kind, character, payload, args
        self.serial = next(COUNTER)
        self.stage = max((a.stage for a in args), default=0)
        self.cost = cost
        depends = NONE.union(*(a.depends for a in args)) if args else NONE
        for form in forms_of(self):
            depends |= depends_of(form)
            self.stage = max([self.stage, *(a.stage for a, _ in form.terms if type(a) is Expr)])
        if kind == "reduce":
            depends -= {payload[1]}
            self.stage += 1
        self.depends = depends

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value of a whole number."""
        return (0, self.payload[0] - 1) if self.kind == "index" else (-math.inf, math.inf)

    def __repr__(self) -> str:
        said = getattr(self.payload, "symbol", self.payload)
        return f"{self.kind}#{self.serial}({said!r}; {', '.join(f'#{a.serial}' for a in self.args)})"


def forms_of(expr: Expr) -> list[Form]:
    """The forms that an expression reads."""
    if expr.kind == "load":
        _, offset, bounds = expr.payload
        return [offset, *(form for form, _ in bounds)]
    if expr.kind == "choose":
        return [form for form, _, _ in expr.payload]
    if expr.kind == "staged":
        return [*expr.payload[1:]]
    return [expr.payload] if expr.kind == "position" else []


def is_zero(expr: Expr) -> bool:
    """Whether an expression is 0, not -0."""
    return expr.kind == "literal" and not any(expr.payload.tobytes())


def zero_outside(expr: Expr) -> list[tuple[Form, float, float]]:
    """Outside of which conditions an expression is zero by itself."""
    if expr.kind == "load":
        return [(form, 0, n) for form, n in expr.payload[2]]
    if expr.kind == "staged":
        value, *places = expr.payload
        return [(form, 0, n) for form, n in zip(places, (n for n in value.shape if n != 1), strict=True)]
    if expr.kind == "call" and expr.payload.symbol.startswith(("add_f", "multiply_f")):
        first, second = map(zero_outside, expr.args)
        return [condition for condition in first if condition in second]
    return []


def postorder(targets: list[Expr], known: Any) -> list[Expr]:
    """Expressions that the targets need and that are not known, arguments first."""
    seen: set[Expr] = set()
    found: list[Expr] = []
    stack: list[tuple[Expr, bool]] = [(t, False) for t in reversed(targets)]
    while stack:
        expr, ready = stack.pop()
        if ready:
            found.append(expr)
            continue
        if expr in seen or known(expr):
            continue
        seen.add(expr)
        stack.append((expr, True))
        stack += [(a, False) for a in reversed(needed(expr)) if a not in seen]
    return found


def needed(expr: Expr) -> list[Expr]:
    """The expressions that an expression reads."""
    if expr.kind == "reduce":
        return []
    atoms = [a for form in forms_of(expr) for a, _ in form.terms if type(a) is Expr]
    return [*expr.args, *atoms]


def depends_of(form: Form) -> frozenset[Variable]:
    """The loop variables that a form depends on."""
    return NONE.union(*({a} if type(a) is Variable else a.depends for a, _ in form.terms))


class Graph:
    """The expressions of one kernel."""

    def __init__(self) -> None:
        self.known: dict[Any, Expr] = {}

    def make(self, kind: str, character: str, payload: Any, args: tuple[Expr, ...] = (), cost: float = 0.0) -> Expr:
        """The expression with this content, made once."""
        key = (kind, character, payload, tuple(a.serial for a in args))
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Expr(kind, character, payload, args, cost)
        return found

    def literal(self, value: Any, character: str) -> Expr:
        """A number of a dtype: NumPy's scalar, of which bits count (0.0 is not -0.0, nan is nan)."""
        key = ("literal", character, value.tobytes())
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Expr("literal", character, value, (), 0.0)
        return found

    def load(self, buffer: Any, character: str, offset: Form, bounds: tuple[tuple[Form, int], ...]) -> Expr:
        """An element of a buffer; zero outside of the bounds (form, size)."""
        return self.make("load", character, (buffer, offset, bounds), (), 0.15)

    def call(self, scalar: Any, name: str, character: str, args: tuple[Expr, ...]) -> Expr:
        """A scalar function of machine code."""
        return self.make("call", character, scalar, args, cost_of(name))

    def choose(self, conditions: tuple[tuple[Form, float, float], ...], inside: Expr, outside: Expr) -> Expr:
        """`inside` where low <= form < high for each condition, else `outside`. What is decided already vanishes."""
        left = []
        for form, low, high in conditions:
            least, most = form.bounds
            if least >= low and most < high:
                continue
            if most < low or least >= high:
                return outside
            left.append((form, low, high))
        if not left or inside is outside or is_zero(outside) and set(left) <= set(zero_outside(inside)):
            return inside
        return self.make("choose", inside.character, tuple(left), (inside, outside), 0.1)

    def reduce(self, operation: str, source: Expr, variable: Variable) -> Expr:
        """The reduction of an expression over all values of a variable."""
        return self.make("reduce", source.character, (operation, variable), (source,), 0.1)
