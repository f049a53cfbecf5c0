"""The text of an elementwise rule: its grammar, and the code that it becomes.

The text is parsed once, never evaluated. It becomes Python in flavours: with operators and NumPy's ufuncs for
plain arrays, with guarded functions for Python's floats (NumPy's results where Python would raise), and with operations
for everything else, so that units, tapes and exact numbers flow through a derivative as through any program. Numbers of
other libraries whose operators are the operations have a fourth, with both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

ARGUMENTS = ("a", "b", "c")
OPERATORS: dict[type, tuple[str, str]] = {
    ast.Add: ("+", "add"),
    ast.Sub: ("-", "subtract"),
    ast.Mult: ("*", "multiply"),
    ast.Div: ("/", "divide"),
    ast.Pow: ("**", "power"),
}
COMPARISONS: dict[type, tuple[str, str]] = {
    ast.Eq: ("==", "equal"),
    ast.NotEq: ("!=", "not_equal"),
    ast.Lt: ("<", "less"),
    ast.LtE: ("<=", "less_equal"),
    ast.Gt: (">", "greater"),
    ast.GtE: (">=", "greater_equal"),
}
#: Operators that Python's floats answer with an exception where NumPy answers with inf or nan.
RAISING = frozenset({"divide", "power"})


def parse(text: str) -> ast.expr:
    """The expression of a rule's text."""
    return ast.parse(text, mode="eval").body


def names_in(text: str | None) -> set[str]:
    """The arguments and outputs that a text reads: what a tape has to keep."""
    if text is None:
        return set()
    tree = parse(text)  # kept: the identities of its nodes are compared
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called}


def calls_in(text: str | None) -> set[str]:
    """The operations that a text calls by name."""
    if text is None:
        return set()
    return {n.func.id for n in ast.walk(parse(text)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


def is_literal(node: ast.expr) -> bool:
    """Whether a node is made of numbers only."""
    return not any(isinstance(n, (ast.Name, ast.Call)) for n in ast.walk(node))


def is_constant(node: ast.expr) -> bool:
    """Whether a node is made of numbers and calls of operations on numbers: sqrt(2*arccos(-1))."""
    names = {id(n) for n in ast.walk(node) if isinstance(n, ast.Name)}
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return bool(called) and names <= called


def value_of(node: ast.expr) -> float:
    """The number behind a constant node, by the operations on Python's floats."""
    from .. import ops

    if isinstance(node, ast.Constant):
        return float(node.value)  # pyright: ignore[reportArgumentType]
    if isinstance(node, ast.UnaryOp):
        return -value_of(node.operand)
    if isinstance(node, ast.BinOp):
        return getattr(ops, OPERATORS[type(node.op)][1])(value_of(node.left), value_of(node.right))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return getattr(ops, node.func.id)(*map(value_of, node.args))


def is_masked(node: ast.expr) -> bool:
    """Whether a partial is masked(...): what is not chosen gets exactly zero, whatever the cotangent is."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "masked"


def is_two(node: ast.expr) -> bool:
    """Whether a node is the number 2."""
    return isinstance(node, ast.Constant) and node.value == 2


#: Flavours without Python's operators.
CALLING = frozenset({"operations", "calls"})
#: Flavours in which numbers may be of another library, so that constants take the class of one of them.
SEEDED = frozenset({"operations", "traced", "numbers"})
#: The operators of the flavour "numbers".
ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide"})


class Writer:
    """Turns expressions into Python of one flavour.

    "array", "calls" (plain arrays too, with functions in place of operators), "float", "traced" (operators, and
    operations for calls), "numbers" (the four operators of arithmetic, and operations for everything else) or
    "operations".
    """

    def __init__(self, flavour: str, seed: str = "") -> None:
        self.flavour = flavour
        self.used: set[str] = set()
        #: What the expression is multiplied with: its class is that of the numbers in the expression, where these may
        #: be of another library.
        self.seed = seed if flavour in SEEDED else ""

    def write(self, node: ast.expr) -> str:
        """The Python text of an expression."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Constant):
            return repr(node.value)
        if is_constant(node):  # a Python float, which leaves the dtype of arrays alone
            if self.seed:
                return self.call("constant", repr(value_of(node)), repr(ast.unparse(node)), self.seed)
            return f"({value_of(node)!r})"
        if isinstance(node, ast.UnaryOp):
            return self.negative(self.write(node.operand)) if not is_literal(node) else f"(-{self.write(node.operand)})"
        if isinstance(node, ast.BinOp):
            if (self.flavour == "operations" or self.seed) and is_literal(node):
                return self.ratio(node)
            if self.seed and isinstance(node.op, ast.Div) and is_literal(node.left):
                return self.call("quotient", self.write(node.left), self.write(node.right), self.seed)
            if self.flavour == "calls" and is_literal(node):
                return f"({ast.unparse(node)})"
            if self.flavour == "calls" and isinstance(node.op, ast.Pow) and is_two(node.right):
                return self.call("square", self.write(node.left))
            symbol, name = OPERATORS[type(node.op)]
            return self.apply(symbol, name, self.write(node.left), self.write(node.right))
        if isinstance(node, ast.Compare):
            symbol, name = COMPARISONS[type(node.ops[0])]
            return self.apply(symbol, name, self.write(node.left), self.write(node.comparators[0]))
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return self.call(node.func.id, *(self.write(n) for n in node.args))

    def ratio(self, node: ast.BinOp) -> str:
        """A ratio of whole numbers, exact in the argument's own type."""
        self.used.add("literal")
        assert isinstance(node.op, ast.Div), "literals are whole numbers or ratios of them"
        return f"literal({self.write(node.left)}, {self.write(node.right)}, {self.seed or 'like'})"

    def apply(self, symbol: str, name: str, left: str, right: str) -> str:
        """A binary operator in this flavour."""
        if (
            self.flavour in CALLING
            or (self.flavour == "float" and name in RAISING)
            or (self.flavour == "numbers" and name not in ARITHMETIC)
        ):
            return self.call(name, left, right)
        return f"({left} {symbol} {right})"

    def negative(self, text: str) -> str:
        """Minus something in this flavour."""
        return self.call("negative", text) if self.flavour in CALLING else f"(-{text})"

    def call(self, name: str, *arguments: str) -> str:
        """A call of an operation in this flavour."""
        self.used.add(name)
        return f"{name}({', '.join(arguments)})"

    def product(self, factor: str, node: ast.expr) -> str:
        """`factor * expression`, with divisions applied to the factor: `ct / a` rather than `ct * (1/a)`."""
        if isinstance(node, ast.Constant) and node.value == 1:
            return factor
        if is_masked(node):
            return self.masked(factor, *map(self.write, node.args))  # type: ignore[attr-defined]
        if is_constant(node):
            return self.apply("*", "multiply", factor, self.write(node))
        if isinstance(node, ast.UnaryOp):
            return self.negative(self.product(factor, node.operand))
        if isinstance(node, ast.BinOp) and not is_literal(node):
            if isinstance(node.op, ast.Div):
                return self.apply("/", "divide", self.product(factor, node.left), self.write(node.right))
            if isinstance(node.op, ast.Mult) and not is_literal(node.left):
                return self.apply("*", "multiply", self.product(factor, node.left), self.write(node.right))
        return self.apply("*", "multiply", factor, self.write(node))

    def chosen(self, factor: str, condition: str) -> str:
        """The factor where a condition holds, exactly zero elsewhere; plain arrays without the opposite condition."""
        if self.flavour != "calls":
            return self.call("where_or_zero", condition, factor)
        opposite = condition.removeprefix("logical_not(").removesuffix(")")
        if condition == f"logical_not({opposite})" and opposite.isidentifier():
            return self.call("masked_where_not", opposite, "0.0", factor)
        return self.call("masked_where", condition, factor, "0.0")

    def masked(self, factor: str, condition: str, tie: str = "") -> str:
        """The factor where a condition holds, half of it at ties, exactly zero elsewhere."""
        chosen = self.chosen(factor, condition)
        return self.call("where", tie, self.apply("/", "divide", factor, "2"), chosen) if tie else chosen


#: NumPy's functions that can write their result over an argument of the same kind.
IN_PLACE = frozenset(
    "add subtract multiply divide negative square sqrt exp log sin cos tan sinh cosh tanh reciprocal absolute".split()
)


class InPlace(Writer):
    """The same for large plain arrays of one shape and dtype, as statements: a result is written over an intermediate
    one that nothing else reads, so that memory is touched once and not allocated again.

    lines: the statements. arrays: the names that stand for arrays.
    """

    def __init__(self, arrays: Iterable[str]) -> None:
        super().__init__("calls")
        self.lines: list[str] = []
        self.arrays = set(arrays)
        self.fresh: set[str] = set()

    def call(self, name: str, *arguments: str) -> str:
        """A statement that makes a new name."""
        text = super().call(name, *arguments)
        if name not in IN_PLACE or not any(a in self.arrays for a in arguments):
            return text
        made = f"t{len(self.lines)}"
        over = next((a for a in arguments if a in self.fresh), "")
        self.lines.append(f"{made} = np.{name}({', '.join((*arguments, over) if over else arguments)})")
        self.arrays.add(made)
        self.fresh.add(made)
        return made
