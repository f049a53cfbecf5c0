"""Source of the backward functions of elementwise operations, from the text of their rules."""

from __future__ import annotations

import ast

from ..backends.numpy import kernels
from ..rules.registry import Rule
from ..rules.text import ARGUMENTS, InPlace, Writer, is_masked, names_in, parse
from .tape import IN_PLACE_SIZE

#: Elements from which on intermediate results are written over: smaller ones stay in the fast caches.
LARGE = 16384


#: What a backward function of each layout meets at singular points; the careful twin then answers.
RAISED = {
    "array": "FloatingPointError",
    "broadcast": "(ArithmeticError, ValueError)",
    "float": "(ArithmeticError, ValueError)",
    "number": "(ArithmeticError, ValueError)",
    "traced": "ArithmeticError",  # numbers of other libraries have exceptions of their own, such as decimal's
    "general": "ArithmeticError",
    "complex": "ArithmeticError",
}


def backward_source(
    name: str, rule: Rule, active: tuple[int, ...], layout: str, careful: bool, at_once: bool = False
) -> str:
    """A backward function. layout: "array", "broadcast", "float", "number", "traced", "general" or "complex".

    at_once: whether `fused` computes all products of plain arrays.
    """
    residuals = residuals_of(rule, active, layout)
    flavour = "operations" if careful else flavour_of(layout)
    writer = Writer(flavour, "ct")
    spaces = layout in ("general", "complex")
    lines = [f"def {name}(cotangents, ct, entry):"]
    unpack = ["_", *(f"slot{k}" for k in active)]
    unpack += [f"space{k}" for k in active if spaces]
    unpack += [*(f"home{k}" for k in active), "kind"] if layout == "broadcast" else []
    unpack += residuals
    lines.append(f"    {', '.join(unpack)} = entry")
    if layout == "number" and not careful:  # what the user gave, or a functional
        lines.append("    if (family := FAMILIES[type(ct)]) is None: return run_carefully(cotangents, ct, entry)")
    if "like" in residuals_names(rule, active, layout):
        lines.append("    like = a")
    products = []
    for k in active:
        node = parse(rule.partials[k])  # type: ignore[arg-type]
        strong = careful or (rule.singular and layout not in ("array", "broadcast", "number"))
        one = isinstance(node, ast.Constant) and node.value == 1
        if is_masked(node):
            text = writer.product("ct", node)
        elif layout == "complex" and not one:
            text = writer.call("conj", writer.write(node))
            text = writer.call("strong_multiply", "ct", text) if strong else writer.call("multiply", "ct", text)
        elif strong and not is_signed_one(node):
            text = writer.call("strong_float" if flavour == "float" else "strong_multiply", "ct", writer.write(node))
        else:
            text = writer.product("ct", node)
        if spaces:
            text = f"space{k}.project({text})"
        elif layout == "broadcast":
            text = f"fold({text}, home{k}, kind)"
        elif layout == "number" and careful:
            text = f"fit_number({text})"
        products.append(f"term{k} = {text}")
    if careful:
        lines += [f"    {p}" for p in products]
    else:
        large = over_intermediate_results(rule, active, residuals) if layout == "array" else []
        if large:
            lines += ["    try:", f"        if type(ct) is ndarray and ct.size >= {LARGE}:", *large, "        else:"]
            lines += [f"            {p}" for p in products]
        else:
            lines += ["    try:", *(f"        {p}" for p in products)]
        lines += [f"    except {RAISED[layout]}:", "        return run_carefully(cotangents, ct, entry)"]
        if at_once:
            tried = lines.index("    try:")
            terms = ", ".join(f"term{k}" for k in active)
            head = [f"    found = fused(ct, {', '.join(residuals)})", f"    if found is not None: {terms} = found"]
            lines[tried:] = [*head, "    else:", *(f"    {line}" for line in lines[tried:])]
    doubtful = [k for k in active if not is_signed_one(parse(rule.partials[k]))]  # type: ignore[arg-type]
    if layout == "float" and not careful and doubtful:  # 0.0 * inf raises nothing between Python's floats
        unequal = " or ".join(f"term{k} != term{k}" for k in doubtful)
        lines.append(f"    if {unequal}: return run_carefully(cotangents, ct, entry)")
    if layout == "number" and not careful and rule.singular and doubtful:  # a zero may have met inf
        lines.append("    if (finite := family.finite) is not None:")
        lines += [
            f"        if type(term{k}) not in family.own or not finite(term{k}): "
            "return run_carefully(cotangents, ct, entry)"
            for k in doubtful
        ]
    for k in active:
        lines += accumulation(k, layout if not careful else "general")
    return "\n".join(lines) + "\n"


def over_intermediate_results(rule: Rule, active: tuple[int, ...], residuals: list[str]) -> list[str]:
    """The products for large arrays, where something can be written over; else nothing."""
    lines: list[str] = []
    spared = 0
    for k in active:
        writer = InPlace(("ct", *residuals))
        text = writer.product("ct", parse(rule.partials[k]))  # type: ignore[arg-type]
        spared += len(writer.lines) - 1
        lines += [*writer.lines, f"term{k} = {text}"]
    return [f"            {line}" for line in lines] if spared > 0 else []


def accumulation(k: int, layout: str) -> list[str]:
    """Add a product to the cotangent of argument k; small arrays and floats without a call."""
    known = [f"    known = cotangents[slot{k}]", f"    if known is None: cotangents[slot{k}] = term{k}"]
    if layout == "float":
        return [*known, f"    else: cotangents[slot{k}] = known + term{k}"]
    if layout == "array":
        both = f"known + term{k}" if not kernels.FAST else f"add(known, term{k})"
        known += [f"    elif term{k}.size < {IN_PLACE_SIZE}:", f"        try: cotangents[slot{k}] = {both}"]
        known += [f"        except FloatingPointError: accumulate(cotangents, slot{k}, known, term{k})"]
    if layout == "number":
        known += [f"    elif type(known) is type(term{k}): cotangents[slot{k}] = known + term{k}"]
    if layout == "traced":
        known += ["    else:", f"        try: cotangents[slot{k}] = known + term{k}"]
        return [*known, f"        except FloatingPointError: accumulate(cotangents, slot{k}, known, term{k})"]
    return [*known, f"    else: accumulate(cotangents, slot{k}, known, term{k})"]


def is_signed_one(node: ast.expr) -> bool:
    """Whether a partial is 1 or -1."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and node.value == 1


def residuals_names(rule: Rule, active: tuple[int, ...], layout: str) -> set[str]:
    """What the backward function reads besides the cotangent."""
    found: set[str] = set()
    for k in active:
        found |= names_in(rule.partials[k])
        text = rule.partials[k]
        if text is not None and any(
            isinstance(n, ast.BinOp) and not any(isinstance(m, (ast.Name, ast.Call)) for m in ast.walk(n))
            for n in ast.walk(parse(text))
        ):
            found |= {"like", "a"}
    return found


def residuals_of(rule: Rule, active: tuple[int, ...], layout: str) -> list[str]:
    """The residuals in the order of the entry."""
    names = residuals_names(rule, active, layout)
    return [n for n in (*ARGUMENTS, "y") if n in names]


def flavour_of(layout: str) -> str:
    """How the rule's text is written for a layout."""
    return "calls" if layout in ("array", "broadcast") and kernels.FAST else LAYOUTS[layout]


LAYOUTS = {
    "array": "array", "broadcast": "array", "float": "float", "number": "numbers", "traced": "traced",
    "general": "operations",
    "complex": "operations",
}  # fmt: skip
