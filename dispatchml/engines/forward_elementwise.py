"""Generated forward code of elementwise operations, from the text of their rules."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends.numpy import kernels
from ..backends.numpy.kernels import UFUNCS
from ..dispatch.operation import Operation
from ..ops.metadata import OBJECT
from ..rules.registry import Rule
from ..rules.text import ARGUMENTS, SEEDED, Writer, calls_in, is_masked, names_in, parse
from .elementwise_backward import flavour_of, is_signed_one, residuals_names
from .flavours import FINDERS, raw_function
from .forward import REALS, Dual, dual, fit_tangent, fresh
from .fused import fused_dual
from .generate import belongs, compile_source, looking, word, words_of_looking
from .levels import leaked
from .provider import on_payloads, settle
from .reverse_elementwise import SYMBOLS, VOCABULARY, plain_array_call, plain_ones, strong_float
from .views import current

ndarray = np.ndarray


def tangent_text(writer: Writer, rule: Rule, active: tuple[int, ...], careful: bool) -> str:
    """The tangent of the output as a sum of products."""
    total = ""
    for k in active:
        node = parse(rule.partials[k])  # type: ignore[arg-type]
        writer.seed = f"p{k}" if writer.flavour in SEEDED else ""
        if (
            (rule.singular and writer.flavour != "numbers" or careful)
            and not is_signed_one(node)
            and not is_masked(node)
        ):
            strong = "strong_float" if writer.flavour == "float" else "strong_multiply"
            term = writer.call(strong, f"p{k}", writer.write(node))
        elif total and isinstance(node, ast.UnaryOp):
            term = writer.product(f"p{k}", node.operand)
            total = writer.apply("-", "subtract", total, term)
            continue
        else:
            term = writer.product(f"p{k}", node)
        total = writer.apply("+", "add", total, term) if total else term
    return total


def dual_source(
    op: Operation, rule: Rule, active: tuple[int, ...], at_once: bool
) -> tuple[str, set[str], dict[str, str]]:
    """The forward function for one set of traced arguments, with the words that each flavour uses.

    at_once: whether `fused` makes the dual number of plain arrays.
    """
    names = ARGUMENTS[: op.arity]
    name, suffix = word(op), "".join(map(str, active))
    parameters = ", ".join(f"x{k}" for k in range(op.arity))
    lines = [f"def dual_{name}_{suffix}({parameters}):", f"    level = x{active[0]}._level"]
    if active == (0, 1) and op.arity == 2:
        lines.insert(1, f"    if type(x1) is not Dual: return op_{name}(x0, x1)")
    lines += [f"    if x{k}._level is not level: return settle({parameters})" for k in active[1:]]
    lines.append(f"    if level.state: return unusual({parameters})")
    for k, n in enumerate(names):
        if k in active:
            lines += [
                f"    if x{k}._base is not None: current(x{k})",
                f"    {n} = x{k}._value",
                f"    p{k} = x{k}._partials",
            ]
        else:
            lines.append(f"    {n} = x{k}")
    mentioned = set().union(*(names_in(rule.partials[k]) for k in active))
    complete = "y" in mentioned or set(names) <= mentioned or len(active) == op.arity
    fit = "{}" if complete else "fit_tangent({}, y)"
    plain_fit = "t if alike(t, y) else fit_tangent(t, y)" if kernels.FAST and not complete else fit.format("t")
    first = names[active[0]]
    others = list(active[1:])
    constants = [n for k, n in enumerate(names) if k not in active]
    array = plain_array_call(op)
    words: dict[str, str] = {}
    like = "like" in residuals_names(rule, active, "array")

    def body(flavour: str, prefix: str) -> str:
        writer = Writer(flavour)
        text = tangent_text(writer, rule, active, False)
        if prefix:
            for word in sorted(writer.used - {"strong_float", "literal", "constant", "quotient"}):
                words[f"{prefix}{word}"] = word
                text = replace_call(text, word, prefix)
        return text

    lines.append(f"    kind = type({first})")
    # plain arrays (or NumPy's scalars) with plain partials
    kinds = [f"type({names[k]}) is kind" for k in others] + [f"type(p{k}) is kind" for k in active]
    kinds += [f"type({n}) in PLAIN" for n in constants]
    indent = "            "
    # a bare object has no dtype; object arrays go to the elements' own operations
    on_arrays = ["        try:", f"{indent}y = {array}", f"{indent}if y.dtype is OBJECT: raise TypeError"]
    if rule.singular:
        on_arrays += [
            f"{indent}with ignoring(divide='ignore', invalid='ignore', over='ignore'):",
            f"{indent}    t = {body(flavour_of('array'), '')}",
        ]
    else:
        on_arrays += [f"{indent}t = {body(flavour_of('array'), '')}"]
    on_arrays += [
        *returned(plain_fit, indent),
        "        except (TypeError, AttributeError, ZeroDivisionError, FloatingPointError): pass",
    ]
    given = ", ".join(("level", *names, *(f"p{k}" for k in active)))
    whole = plain_ones(given, constants) if at_once else []
    lines += [f"    if {' and '.join(['kind is ndarray', *kinds])}:", *whole, *on_arrays]
    floats = [f"type({names[k]}) is float" for k in others] + [f"type(p{k}) is float" for k in active]
    floats += [f"type({n}) in REALS" for n in constants]
    symbol = SYMBOLS.get(name) if name != "divide" else None
    lines += [f"    elif {' and '.join(['kind is float', *floats])}:"]
    lines += ["        try:", f"            y = {symbol or f'raw_{name}({chr(44).join(names)})'}"]
    lines += [
        f"            t = {body('float', 'raw_')}",
        "            if type(y) is float:",
        *returned("t", "                "),
    ]
    lines += ["        except (ArithmeticError, ValueError): pass"]
    lines += [f"    elif {' and '.join(['(kind is float64 or kind is float32)', *kinds])}:", *on_arrays]
    # structures inside, whose own rules are differentiated
    lines += [f"    elif {looking(names, op.arity)}: return made"]
    # values of an outer transform: their own operators
    traced = [f"type({names[k]}) in TRACED" for k in others]
    if like:
        lines.append("    like = a")
    lines += (
        [f"    elif {' and '.join(['kind in TRACED', *traced])}:"]
        if not like
        else [f"    if {' and '.join(['kind in TRACED', *traced])}:"]
    )
    lines += [f"        y = {SYMBOLS.get(name) or f'op_{name}({chr(44).join(names)})'}"]
    words[f"op_{name}"] = name
    lines += returned(fit.format(body("traced", "op_")), "        ")
    # numbers of other libraries whose operators are the operations
    owned = [belongs(n, "own") for n in (*(names[k] for k in others), *(f"p{k}" for k in active))]
    owned += [belongs(n, "beside") for n in constants]
    lines += [f"    elif {' and '.join(['(family := FAMILIES[kind]) is not None', *owned])}:", "        try:"]
    lines += [f"{indent}y = {SYMBOLS.get(name) or f'op_{name}({chr(44).join(names)})'}"]
    lines += [f"{indent}t = {body('numbers', 'op_')}"]
    right = [] if name in SYMBOLS else [belongs("y", "own"), belongs("t", "own")]
    right += ["(family.finite is None or family.finite(t))"] if rule.singular else []
    lines += [f"{indent}if {' and '.join(right)}:"] if right else []
    lines += returned("t", indent + "    " * bool(right))
    lines += ["        except (ArithmeticError, ValueError): pass"]
    lines += [f"    y = op_{name}({', '.join(names)})"]
    lines += returned(fit.format(body("operations", "op_")), "    ")
    return "\n".join(lines) + "\n", mentioned, words


def returned(tangent: str, indent: str) -> list[str]:
    """The lines that return a dual number of y."""
    made = [
        "made = Dual()",
        f"made._partials = {tangent}",
        "made._value = y; made._level = level; made._base = None",
        "return made",
    ]
    return [indent + line for line in made]


def replace_call(text: str, word: str, prefix: str = "float_") -> str:
    """Give the calls of one operation the name of their flavour."""
    import re

    return re.sub(rf"(?<![\w.]){word}\(", f"{prefix}{word}(", text)


def elementwise_dual(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """Generate the forward function of an elementwise operation for one set of traced arguments."""
    differentiable = tuple(k for k in active if rule.partials[k] is not None)
    if not differentiable:
        return on_payloads(op, active)
    if differentiable != active:
        inner = elementwise_dual(op, rule, differentiable)
        drop = frozenset(active) - frozenset(differentiable)
        return lambda *arguments: inner(*(fresh(x)._value if k in drop else x for k, x in enumerate(arguments)))
    at_once = fused_dual(op, rule, active, lambda writer: tangent_text(writer, rule, active, False), Dual)
    source, _, words = dual_source(op, rule, active, at_once is not None)
    own = word(op)
    called = set().union(*(calls_in(rule.partials[k]) for k in active)) | VOCABULARY
    scope: dict[str, Any] = {n: FINDERS["array"](n) for n in called}
    scope.update(
        (alias, (raw_function if alias.startswith("raw_") else FINDERS["operations"])(w)) for alias, w in words.items()
    )
    scope.update({
        "Dual": Dual, "ndarray": ndarray, "OBJECT": OBJECT, "REALS": REALS,
        **words_of_looking(), "float64": np.float64, "float32": np.float32, "leaked": leaked, "current": current,
        "fit_tangent": fit_tangent,
        "settle": settle(op, active), "fused": at_once, "strong_float": strong_float,
        "ignoring": np.errstate,
        f"array_{own}": UFUNCS.get(op, op.function), f"raw_{own}": raw_function(op.function),
        f"op_{own}": op.function,
        **kernels.FAST, "strong_multiply": FINDERS["operations"]("strong_multiply"),
        "literal": FINDERS["operations"]("literal"),
        "constant": FINDERS["operations"]("constant"), "quotient": FINDERS["operations"]("quotient"),
    })  # fmt: skip
    scope["unusual"] = careful_dual(op, rule, active)
    name = f"dual_{own}_{''.join(map(str, active))}"
    compile_source(
        source, scope, f"forward {op.name} {''.join(map(str, active))}", f"the rule of {op.name}: {rule.partials}"
    )
    return scope[name]


def careful_dual(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """What runs when the level is closed (an error) or careful: every product with a partial lets zeros win."""
    names = ARGUMENTS[: op.arity]
    made: list[Callable[..., Any]] = []

    def generated() -> Callable[..., Any]:
        words = VOCABULARY.union(*(calls_in(rule.partials[k]) for k in active))
        scope: dict[str, Any] = {w: FINDERS["operations"](w) for w in words}
        lines = [f"def tangent(y, {', '.join(names)}, {', '.join(f'p{k}' for k in active)}):", "    like = a"]
        lines.append(f"    return {tangent_text(Writer('operations'), rule, active, True)}")
        compile_source("\n".join(lines) + "\n", scope, f"careful forward {op.name} {active}", f"the rule of {op.name}")
        return scope["tangent"]

    def unusual(*arguments: Any) -> Any:
        level = arguments[active[0]]._level
        if level.closed:
            leaked(level.name)
        if not made:
            made.append(generated())
        values = [fresh(x)._value if k in active else x for k, x in enumerate(arguments)]
        y = op.function(*values)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            t = made[0](y, *values, *(arguments[k]._partials for k in active))
        return dual(y, fit_tangent(t, y), level)

    return unusual
