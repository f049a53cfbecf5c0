"""What the text of an elementwise rule may be made of; everything else is refused where it is declared."""

from __future__ import annotations

import ast

import numpy as np

from .. import ops
from ..dispatch.errors import RegistrationError
from ..dispatch.operation import Operation
from .text import ARGUMENTS, COMPARISONS, OPERATORS, is_constant, is_literal, parse, value_of


def check_text(text: str, op: Operation, partial: bool = True) -> None:
    """Refuse what the grammar does not have, saying which part. partial: it is a partial derivative, no formula."""
    rule = f"The rule {text!r} of {op.name}"
    try:
        tree = parse(text)
    except SyntaxError as error:
        raise RegistrationError(f"{rule} is not an expression: {error.msg}.") from None
    names = (*ARGUMENTS[: op.arity], "y")
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if id(node) not in called:
                check_name(node.id, names, rule)
        elif isinstance(node, ast.Constant):
            if type(node.value) is not int:
                raise RegistrationError(
                    f"{rule} has the literal {node.value!r}. Write whole numbers and ratios of them, which are exact "
                    "in every type; other constants are operations or arguments."
                )
        elif isinstance(node, ast.BinOp):
            check_operator(node, rule)
        elif isinstance(node, ast.Compare):
            if len(node.ops) > 1:
                raise RegistrationError(
                    f"{rule} compares several values at once: write logical_and({parts_of(node)}), one comparison each."
                )
        elif isinstance(node, ast.Call):
            check_call(node, tree if partial else None, rule)
        elif not isinstance(node, (ast.UnaryOp, ast.USub, ast.Load, *OPERATORS, *COMPARISONS)):
            raise RegistrationError(f"{rule} has {type(node).__name__}, which rules do not have.")


def check_name(name: str, names: tuple[str, ...], rule: str) -> None:
    """A name that is not called is an argument or the output."""
    if name in names:
        return
    if name == "masked" or is_elementwise(name):
        raise RegistrationError(f"{rule} names {name} without calling it: write {name}({names[0]}).")
    raise RegistrationError(f"{rule} uses {name!r}. It may use {', '.join(sorted(names))} and elementwise operations.")


def check_operator(node: ast.BinOp, rule: str) -> None:
    """An operator that rules have; between numbers only a ratio."""
    if type(node.op) not in OPERATORS:
        raise RegistrationError(f"{rule} uses an operator that rules do not have.")
    if not is_literal(node):
        return
    whole = all(
        isinstance(n.operand if isinstance(n, ast.UnaryOp) else n, ast.Constant) for n in (node.left, node.right)
    )
    if not (isinstance(node.op, ast.Div) and whole) or isinstance(node.right, ast.Constant) and node.right.value == 0:
        raise RegistrationError(
            f"{rule} has {ast.unparse(node)!r}. Literals are whole numbers or ratios of two of them: write out what it "
            "comes to."
        )


def check_call(node: ast.Call, tree: ast.expr | None, rule: str) -> None:
    """A call of an elementwise operation with as many arguments as it takes, or of `masked` as the whole tree."""
    if not isinstance(node.func, ast.Name) or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise RegistrationError(f"{rule} may call operations by name with positional arguments only.")
    name, count = node.func.id, len(node.args)
    if name == "masked":
        if node is not tree:
            raise RegistrationError(
                f"{rule} uses masked inside another expression: masked(condition) or masked(condition, tie) must be "
                "the whole partial derivative."
            )
        if count not in (1, 2):
            raise RegistrationError(
                f"{rule} calls masked with {count} arguments. It takes a condition, masked(a > 0), and where two "
                "values can tie, one that says where: masked(a > b, a == b)."
            )
        return
    if not is_elementwise(name):
        raise RegistrationError(f"{rule} calls {name!r}, which is no elementwise operation of dispatchml.ops.")
    arity = getattr(ops, name).info.arity
    if count != arity:
        raise RegistrationError(f"{rule} calls {name} with {count} argument{'s' * (count != 1)}; it takes {arity}.")
    if is_constant(node):
        with np.errstate(all="ignore"):
            value = value_of(node)
        if not np.isfinite(value):
            raise RegistrationError(f"{rule} has the constant {ast.unparse(node)!r}, which is {value}.")


def is_elementwise(name: str) -> bool:
    """Whether an operation of `ops` of this name is elementwise."""
    info = getattr(getattr(ops, name, None), "info", None)
    return isinstance(info, Operation) and info.family == "elementwise" and not info.variadic


def parts_of(node: ast.Compare) -> str:
    """The comparisons that a chain of them stands for."""
    values = [node.left, *node.comparators]
    return ", ".join(
        f"{ast.unparse(a)} {COMPARISONS[type(op)][0] if type(op) in COMPARISONS else '...'} {ast.unparse(b)}"
        for a, op, b in zip(values, node.ops, values[1:], strict=False)
    )
