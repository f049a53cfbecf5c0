"""Division of many numbers by one, rounded exactly as by itself, at a third of its time.

With y = 1 / b rounded, q = a y and two steps q - y (b q - a) with fused multiply-add give the correctly rounded a / b
(Markstein, IBM J. Res. Dev. 34, 1990, theorem 8.1), signs of zero included for b > 0, as long as nothing overflows or
underflows on the way. That is looked at before each loop; where it is not sure, the loop divides.
"""

from __future__ import annotations

from ..lower.expressions import Expr, needed
from ..lower.forms import Variable
from ..scalars import target
from .passes import Pass
from .text import Text, real_constant

#: Dividends and divisors within these bounds leave room for every intermediate result, also when the quotient is
#: divided once more; so do dividends that are 0.
LEAST, MOST = 2.0**-300, 2.0**300
#: Nanoseconds that computing a dividend twice may cost.
WORTH = 0.7
#: Loops that are shorter are not worth two versions.
SHORTEST = 32


def divisions(each: Pass, inner: Variable, kept: set[Expr]) -> list[Expr]:
    """The divisions of a pass whose divisor does not change in the inner loop and whose dividends are at hand."""
    if inner.extent < SHORTEST or not target.host().has_fma:
        return []
    found = []
    for e in each.wanted:
        if e.kind != "call" or e.payload.symbol != "divide_f64_f64":
            continue
        dividend, divisor = e.args
        if inner in dividend.depends and inner not in divisor.depends and cost(dividend, inner, kept, found) < WORTH:
            found.append(e)
    return found


def looked_at(quick: list[Expr]) -> list[Expr]:
    """The dividends that have to be within bounds; of one that is a quotient its own dividend is enough, once."""
    found: dict[Expr, None] = {}
    for e in quick:
        dividend = e.args[0]
        again = dividend in quick and dividend.args[0] not in quick
        found[dividend.args[0] if again else dividend] = None
    return list(found)


def products(each: Pass, inner: Variable) -> list[Expr]:
    """The products of a pass that mind zeros, with a factor that does not change in the inner loop.

    Where that factor is finite and not zero they are plain products.
    """
    found = []
    for e in each.wanted:
        if e.kind == "call" and e.payload.symbol == "strong_multiply_f64_f64":
            found += [e] if (inner in e.args[0].depends) != (inner in e.args[1].depends) else []
    return found


def cost(expr: Expr, inner: Variable, kept: set[Expr], quick: list[Expr]) -> float:
    """What computing an expression once more costs."""
    total, seen, stack = 0.0, {expr}, [expr]
    while stack and total < WORTH:
        e = stack.pop()
        if e in kept:
            total += 0.1
            continue
        total += 0.1 if e in quick else e.cost
        for a in needed(e):
            if a not in seen and inner in a.depends:
                seen.add(a)
                stack.append(a)
    return total


def quotient(text: Text, a: str, b: str, y: str, exactly: bool = True) -> str:
    """a / b, where y is 1 / b rounded; not exactly: about."""
    fma = text.intrinsic("llvm.fma.f64", "double", "double", "double", "double")
    q = text.let(f"fmul double {a}, {y}")
    if not exactly:
        return q
    negative = text.let(f"fneg double {a}")
    for _ in range(2):
        rest = text.let(f"call double @{fma}(double {b}, double {q}, double {negative})")
        back = text.let(f"fneg double {rest}")
        q = text.let(f"call double @{fma}(double {back}, double {y}, double {q})")
    return q


def is_unsafe(text: Text, a: str, zero: bool, signed: bool = False) -> str:
    """Whether a number is outside of the bounds; zero: whether 0 is inside; signed, zero: whether negative ones are."""
    fabs = text.intrinsic("llvm.fabs.f64", "double", "double")
    size = text.let(f"call double @{fabs}(double {a})") if zero or signed else a
    small = text.let(f"fcmp ule double {size}, {real_constant(LEAST, 'double')}")
    if zero:
        some = text.let(f"fcmp une double {size}, {real_constant(0.0, 'double')}")
        small = text.let(f"and i1 {small}, {some}")
    large = text.let(f"fcmp uge double {size}, {real_constant(MOST, 'double')}")
    return text.let(f"or i1 {small}, {large}")
