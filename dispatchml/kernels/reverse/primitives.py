"""The functions that a kernel's program is made of, and what is known of them.

Elementwise functions take their partial derivatives from the rules of the operations of the same name. Everything else
is written with loops over these when the program is built, so that no second table of derivatives exists.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...rules.registry import RULES
from ...rules.text import Writer, calls_in, names_in, parse
from .kinds import BOOLEAN, FLOAT, INTEGER, Kind, joined


class Primitive:
    """text: how it is written, with {0}, {1} for arguments. kind: of the result; "same": the arguments' common one;
    "float": that as a float. rule: the operation whose partial derivatives it has. costly: worth a place in memory
    rather than computing it again. raises: it may fail, so that it must not run where the program does not say so.
    """

    def __init__(self, name: str, text: str, kind: Any, rule: str, costly: bool, raises: bool = False) -> None:
        self.name, self.text, self.kind, self.rule, self.costly, self.raises = name, text, kind, rule, costly, raises

    def result_kind(self, arguments: Sequence[Any]) -> Kind:
        """Of which kind the result is."""
        if isinstance(self.kind, Kind):
            return self.kind
        kinds = [a.kind for a in arguments]
        common = functools.reduce(joined, kinds)
        if self.kind == "float" and not common.floating:
            return FLOAT
        if self.kind == "same" and common == BOOLEAN and not self.name.endswith(("maximum", "minimum", "max", "min")):
            return INTEGER
        return common

    def partials(self, arguments: Sequence[Any]) -> tuple[str | None, ...]:
        """The text of the partial derivative in each argument."""
        if not self.rule:
            return (None,) * len(arguments)
        special = SPECIAL.get(self.rule)
        if special is not None:
            return special(arguments)
        found = RULES[getattr(ops, self.rule).info]
        return found.partials

    def is_costly(self, arguments: Sequence[Any]) -> bool:
        """Whether the result is worth a place in memory."""
        return self.costly and not (self.rule == "power" and small_power(arguments))

    def is_singular(self, arguments: Sequence[Any]) -> bool:
        """Whether a partial derivative can be infinite or nan where the cotangent is zero."""
        if self.rule == "power":
            return not small_power(arguments)
        return bool(self.rule) and self.rule not in SPECIAL and RULES[getattr(ops, self.rule).info].singular

    def __repr__(self) -> str:
        return self.name


def small_power(arguments: Sequence[Any]) -> bool:
    """Whether an exponent is a small positive whole number."""
    exponent = getattr(arguments[1], "value", None)
    return exponent in (1, 2, 3, 4)


def power_partials(arguments: Sequence[Any]) -> tuple[str | None, ...]:
    """b * a**(b-1) and y * log(a), exact at a = 0; a number as exponent is looked at."""
    exponent = getattr(arguments[1], "value", None)
    if exponent is None:
        return (
            "where(logical_and(a == 0, b == 0), 0, b*a**(b - 1))",
            "where(logical_and(a == 0, b > 0), 0, y*log(a))",
        )
    if exponent == 0:
        return None, None
    if exponent in (1, 2):
        return ("1" if exponent == 1 else "2*a"), None
    return f"{exponent!r}*a**({exponent - 1!r})", None


def absolute_partials(arguments: Sequence[Any]) -> tuple[str | None, ...]:
    """sign(a)."""
    return ("sign(a)",)


#: Operations whose rule is a function, as texts.
SPECIAL: dict[str, Callable[[Sequence[Any]], tuple[str | None, ...]]] = {
    "power": power_partials,
    "absolute": absolute_partials,
    # Python's max and min choose by a comparison, as they do on dual numbers
    "python_max": lambda arguments: ("masked(logical_not(b > a))", "masked(b > a)"),
    "python_min": lambda arguments: ("masked(logical_not(b < a))", "masked(b < a)"),
    "deg2rad": lambda arguments: ("arccos(-1)/180",),
    "rad2deg": lambda arguments: ("180/arccos(-1)",),
}

TABLE: dict[str, Primitive] = {}


def define(name: str, text: str, kind: Any, rule: str = "", costly: bool = False, raises: bool = False) -> Primitive:
    TABLE[name] = made = Primitive(name, text, kind, rule, costly, raises)
    return made


define("add", "{0} + {1}", "same", "add")
define("subtract", "{0} - {1}", "same", "subtract")
define("multiply", "{0} * {1}", "same", "multiply")
define("divide", "{0} / {1}", "float", "divide", raises=True)
define("power", "{0} ** {1}", "same", "power", True, raises=True)
define("floor_divide", "{0} // {1}", "same", "floor_divide", raises=True)
define("remainder", "{0} % {1}", "same", "remainder", raises=True)
define("negative", "-{0}", "same", "negative")
define("positive", "+{0}", "same", "positive")
define("invert", "~{0}", "same")
for _name, _sign in (("left_shift", "<<"), ("right_shift", ">>"), ("and", "&"), ("or", "|"), ("xor", "^")):
    define(_name, f"{{0}} {_sign} {{1}}", "same")
for _name, _sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!=")):
    define(_name, f"{{0}} {_sign} {{1}}", BOOLEAN)
define("not", "not {0}", BOOLEAN)
define("both", "{0} and {1}", BOOLEAN)
define("either", "{0} or {1}", BOOLEAN)
define("absolute", "abs({0})", "same", "absolute")
define("maximum", "np.maximum({0}, {1})", "same", "maximum")
define("minimum", "np.minimum({0}, {1})", "same", "minimum")
define("python_max", "max({0}, {1})", "same", "python_max")
define("python_min", "min({0}, {1})", "same", "python_min")
define("fmax", "np.fmax({0}, {1})", "same", "fmax")
define("fmin", "np.fmin({0}, {1})", "same", "fmin")
define("select", "{1} if {0} else {2}", "same", "where")
define("float", "float({0})", FLOAT, "positive")
define("float32", "np.float32({0})", Kind("f4"), "positive")
define("integer", "int({0})", INTEGER)
define("truth", "bool({0})", BOOLEAN)
define("constant", "{0}", "same")
define("sign", "np.sign({0})", "same")
define("square", "np.square({0})", "same", "square")
for _name in (
    "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh cbrt"
).split():
    define(_name, f"np.{_name}({{0}})", "float", _name, True)
define("sqrt", "np.sqrt({0})", "float", "sqrt")
for _name in ("deg2rad", "rad2deg"):
    define(_name, f"np.{_name}({{0}})", "float", _name)
for _name in ("hypot", "arctan2", "logaddexp", "logaddexp2"):
    define(_name, f"np.{_name}({{0}}, {{1}})", "float", _name, True)
for _name in ("fmod", "copysign"):
    define(_name, f"np.{_name}({{0}}, {{1}})", "same" if _name == "fmod" else "float", _name)
define("erf", "math.erf({0})", "float", "erf", True)
define("erfc", "math.erfc({0})", "float", "erfc", True)
for _name in ("floor", "ceil", "trunc", "rint"):
    define(_name, f"np.{_name}({{0}})", "float")
for _name in ("floor", "ceil", "trunc"):
    define(f"whole_{_name}", f"int(np.{_name}({{0}}))", INTEGER)
define("round", "int(np.rint({0}))", INTEGER)
for _name in ("isnan", "isinf", "isfinite"):
    define(_name, f"np.{_name}({{0}})", BOOLEAN)
SHAPE = define("shape", "{0}.shape[{s[0]}]", INTEGER)
LENGTH = define("length", "len(range({0}, {1}, {2}))", INTEGER)
EMPTY = define("empty", "np.empty({s[0]}, {s[1]})", None)
ZEROS = define("zeros", "np.zeros({s[0]}, {s[1]})", None)
RESHAPE = define("reshape", "{0}.reshape({s[0]})", None)
TRANSPOSE = define("transpose", "np.transpose({0})", None)
#: Those that make an array of their own.
FRESH = frozenset(("empty", "zeros"))
#: Those that look at the same memory in another way.
VIEWS = frozenset(("reshape", "transpose"))
#: What a rule's text calls, as Python over numbers.
NUMBERS: dict[str, str] = {
    "where": "({1} if {0} else {2})",
    "where_or_zero": "({1} if {0} else 0.0)",
    "logical_and": "({0} and {1})",
    "logical_or": "({0} or {1})",
    "logical_not": "(not {0})",
    "divide_or_zero": "({0} / {1} if {1} != 0 else 0.0)",
    "sigmoid": "(1.0 / (1.0 + np.exp(-{0})))",
    "sign": "np.sign({0})",
    "square": "({0} * {0})",
    "reciprocal": "(1.0 / {0})",
    "floor_divide": "({0} // {1})",
    "multiply": "({0} * {1})",
    **{n: f"np.{n}({{0}})" for n in "exp log sin cos tan sinh cosh tanh sqrt log1p expm1 trunc isinf isnan".split()},
    **{n: f"np.{n}({{0}}, {{1}})" for n in ("hypot", "maximum", "minimum")},
}


class NumberWriter(Writer):
    """A rule's text as Python over the numbers of a program. names: what stands for a, b, c, y."""

    def __init__(self, names: dict[str, str]) -> None:
        super().__init__("array")
        self.names = names

    def write(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.names[node.id]
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
            return repr(node.value)
        return super().write(node)

    def call(self, name: str, *arguments: str) -> str:
        return NUMBERS[name].format(*arguments)


def reads(text: str | None) -> set[str]:
    """Which of a, b, c, y a partial derivative reads."""
    return names_in(text)


def known(text: str | None) -> bool:
    """Whether numbers have everything that a text calls."""
    return calls_in(text) <= {*NUMBERS, "masked", "arccos"}


def slope(text: str, factor: str, names: dict[str, str]) -> str:
    """factor * partial derivative."""
    return NumberWriter(names).product(factor, parse(text))
