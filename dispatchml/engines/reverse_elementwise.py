"""Generated reverse code of elementwise operations, from the text of their rules.

For each operation and each set of traced arguments there is a recording function, and for each layout of the tape entry
a backward function with a careful twin. Three layouts: plain arrays of one shape and float dtype; Python's floats;
anything else, where operations are called and the engine projects (`general`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.numpy import kernels
from ..backends.numpy.kernels import RAW_FLOATS, UFUNCS
from ..dispatch.operation import Operation
from ..ops.metadata import OBJECT
from ..rules.registry import Rule
from ..rules.text import ARGUMENTS, InPlace, Writer, calls_in, is_masked, names_in, parse
from .fused import fused_products, fused_recording
from .generate import compile_source, looking, watching, word
from .space import fold, same_space, space_of
from .tape import CAREFUL, IN_PLACE_SIZE, MIXED, PLAIN, Tape, accumulate, run_carefully

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
#: Operations that are Python operators on plain arrays.
SYMBOLS = {"add": "a + b", "subtract": "a - b", "multiply": "a * b", "divide": "a / b", "negative": "-a"}


#: Elements from which on intermediate results are written over: smaller ones stay in the fast caches.
LARGE = 16384


def strong_float(ct: float, partial: float) -> float:
    """ct * partial for Python's floats; zero where one of them is, also when the other is inf or nan."""
    return ct * partial if ct and partial else 0.0


#: What a backward function of each layout meets at singular points; the careful twin then answers.
RAISED = {
    "array": "FloatingPointError",
    "broadcast": "(ArithmeticError, ValueError)",
    "float": "(ArithmeticError, ValueError)",
    "traced": "ArithmeticError",  # numbers of other libraries have exceptions of their own, such as decimal's
    "general": "ArithmeticError",
    "complex": "ArithmeticError",
}


def backward_source(
    name: str, rule: Rule, active: tuple[int, ...], layout: str, careful: bool, at_once: bool = False
) -> str:
    """A backward function. layout: "array", "broadcast", "float", "traced", "general" or "complex".

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
    if "like" in residuals_names(rule, active, layout):
        lines.append("    like = a")
    products = []
    for k in active:
        node = parse(rule.partials[k])  # type: ignore[arg-type]
        strong = careful or (rule.singular and layout not in ("array", "broadcast"))
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


def record_source(op: Operation, rule: Rule, active: tuple[int, ...], small: bool = False) -> str:
    """The recording function for one set of traced arguments, all on the tape `tape`.

    small: whether `fused` records plain arrays.
    """
    names = ARGUMENTS[: op.arity]
    name = word(op)
    suffix = "".join(map(str, active))
    lines = [f"def record_{name}_{suffix}({', '.join(f'x{k}' for k in range(op.arity))}):"]
    if active == (0, 1) and op.arity == 2:
        lines.append(f"    if type(x1) is not Var: return {name}(x0, x1)")
    lines.append(f"    tape = x{active[0]}._tape")
    lines += [
        f"    if x{k}._tape is not tape: return settle({', '.join(f'x{k}' for k in range(op.arity))})"
        for k in active[1:]
    ]
    for k, n in enumerate(names):
        if k in active:
            lines.append(f"    {n} = x{k}._value if x{k}._base is None else current(x{k})")
        else:
            lines.append(f"    {n} = x{k}")
    first = names[active[0]]
    lines += [f"    kind = type({first})"]
    array = plain_array_call(op)
    others = [n for n in names if n != first]
    residuals = residuals_of(rule, active, "array")
    kept = [names[k] for k in range(op.arity) if k not in active and names[k] in residuals]
    push_head = ", ".join(f"x{k}._index" for k in active)
    tail = "".join(f", {r}" for r in residuals)

    def push(layout: str, fits: str = "") -> list[str]:
        return [
            *(f"{n} = keep(tape, {n}) if type({n}) is ndarray else {n}" for n in kept),
            "made = Var()",
            "made._value = y; made._tape = tape; made._index = len(tape); made._base = None",
            f"tape.append((backward_{name}_{suffix}_{layout}, {push_head}{fits}{tail}))",
            "return made",
        ]

    if rule.select:
        lines.append(watching(names))
    # plain arrays of one float dtype; then Python's floats; then NumPy's scalars, which are recorded like arrays
    same = [f"type({n}) is kind" for n in others if names.index(n) in active]
    plain = [f"type({n}) in PLAIN" for n in others if names.index(n) not in active]
    checks = ["(d is F64 or d is F32)"]
    for n in others:
        if names.index(n) in active:
            checks += [f"{n}.dtype is d", f"{n}.shape == {first}.shape"]
        else:
            checks += ["type(y) is kind", "y.dtype is d", f"y.shape == {first}.shape"]
    computed = ["        try:", f"            y = {array}", "        except (TypeError, AttributeError):"]
    computed += [f"            y = {name}({', '.join(names)})"]
    recorded = [f"            {line}" for line in push("array")]
    recorded += [f"        if getattr(y, 'dtype', OBJECT) is OBJECT: y = {name}({', '.join(names)})"]
    plainly = f"        if {' and '.join(dict.fromkeys(checks))}:"
    lines += [f"    if {' and '.join(['kind is ndarray', *same, *plain])}:"]
    if small:
        given = f"tape, backward_{name}_{suffix}_array, {push_head}, {', '.join(names)}"
        lines += plain_ones(given, [names[k] for k in range(op.arity) if k not in active])
    if not kernels.FAST:
        lines += [*computed, f"        d = {first}.dtype", plainly, *recorded]
    else:
        lines += [*computed, f"        if alike(y, {', '.join(names[k] for k in active)}):", *recorded]
    numbers = [f"type({n}) is float" if names.index(n) in active else f"type({n}) in NUMBERS" for n in others]
    lines += [f"    elif {' and '.join(['kind is float', *numbers])}:"]
    if name in SYMBOLS and name != "divide":
        lines += [f"        y = {SYMBOLS[name]}", *(f"        {line}" for line in push("float"))]
    else:
        given = ", ".join(names)
        lines += ["        try:", f"            y = raw_{name}({given})"]
        lines += ["        except (ArithmeticError, ValueError):", f"            y = float_{name}({given})"]
        lines += ["        if type(y) is float:", *(f"            {line}" for line in push("float"))]
    lines += [f"    elif {' and '.join(['(kind is float64 or kind is float32)', *same, *plain])}:", *computed]
    lines += ["        if type(y) is kind:", *recorded]
    # structures inside, whose own rules are differentiated
    lines += [f"    elif {looking(names, op.arity)}: return made"]
    # values of an outer transform: their own operators, and no projection where the primals agree
    lines += [f"    elif {' and '.join(['kind in TRACED', *same])}:"]
    lines += [f"        y = {SYMBOLS.get(name) or f'{name}({chr(44).join(names)})'}"]
    compared = ", ".join([*(names[k] for k in active), *(["y"] if len(active) < op.arity else [])])
    at_once = ""
    if kernels.FAST:  # the payloads of one more level, without a call of Python's
        each = compared.split(", ")
        bases = " and ".join(f"{n}._base is None" for n in each)
        at_once = f"{bases} and alike({', '.join(f'{n}._value' for n in each)}) or "
    lines += [f"        if {at_once}same_space({compared}):"]
    lines += [
        *(f"            {n} = keep(tape, {n}) if type({n}) is ndarray else {n}" for n in kept),
        "            made = Var()",
    ]
    lines += ["            made._value = y; made._tape = tape; made._index = len(tape); made._base = None"]
    lines += [f"            tape.append((backward_{name}_{suffix}_traced, {push_head}{tail}))"]
    lines += ["            tape.plain = False", "            return made"]
    lines += ["    else:", f"        y = {name}({', '.join(names)})"]
    # plain floats of different shapes
    lines += [f"    if type(y) in FLOATS and {' and '.join(f'type({n}) in PLAIN' for n in names)}:"]
    lines += ["        d = y.dtype"]
    fitting = [f"(type({names[k]}) is float or type({names[k]}) in FLOATS and {names[k]}.dtype is d)" for k in active]
    lines += [f"        if (d is F64 or d is F32) and {' and '.join(fitting)}:"]
    homes = [f"{names[k]}.shape if type({names[k]}) is ndarray else type({names[k]})" for k in active]
    lines += [f"            {line}" for line in push("broadcast", "".join(f", {h}" for h in homes) + ", d")]
    # anything else
    spaces = "".join(f", space_of({names[k]})" for k in active)
    lines += [f"    {n} = keep(tape, {n}) if type({n}) is ndarray else {n}" for n in kept]
    lines += ["    made = Var()", "    made._value = y; made._tape = tape; made._index = len(tape); made._base = None"]
    lines += [
        f"    tape.append((backward_{name}_{suffix}_complex if is_complex(y) "
        f"else backward_{name}_{suffix}_general, {push_head}{spaces}{tail}))"
    ]
    tests = " or ".join(f"type({n}) not in PLAIN" for n in (*names, "y"))
    lines += [f"    if {tests}:", "        tape.plain = False", "    return made"]
    return "\n".join(lines) + "\n"


def plain_ones(given: str, constants: list[str]) -> list[str]:
    """The lines that leave plain arrays to machine code, where what is constant is one of Python's numbers."""
    numbers = " and ".join(f"(type({n}) is float or type({n}) is int)" for n in constants)
    found = f"(made := fused({given})) is not None"
    return [f"        if {numbers} and {found}: return made" if numbers else f"        if {found}: return made"]


def plain_array_call(op: Operation) -> str:
    """NumPy's own expression for plain arrays."""
    symbol = SYMBOLS.get(word(op)) if not kernels.FAST else None
    return symbol or f"array_{word(op)}({', '.join(ARGUMENTS[: op.arity])})"


def flavour_of(layout: str) -> str:
    """How the rule's text is written for a layout."""
    return "calls" if layout in ("array", "broadcast") and kernels.FAST else LAYOUTS[layout]


def elementwise_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """Generate the recording function of an elementwise operation for one set of traced arguments."""
    from .provider import TRACED, settle
    from .reverse import Var, current, keep, watch_choice

    differentiable = tuple(k for k in active if rule.partials[k] is not None)
    if not differentiable:
        from .provider import on_payloads

        return on_payloads(op, active)
    suffix = "".join(map(str, active))
    if differentiable != active:
        return partly(op, rule, active, differentiable)
    name = word(op)
    scope: dict[str, Any] = {
        "Var": Var, "current": current, "keep": keep, "watch_choice": watch_choice, "PLAIN": PLAIN,
        "ndarray": np.ndarray, "OBJECT": OBJECT, "float64": np.float64, "float32": np.float32, "F32": F32, "F64": F64,
        "NUMBERS": frozenset((float, int)), "FLOATS": frozenset((np.ndarray, np.float64, np.float32)),
        "space_of": space_of, "TRACED": TRACED, "same_space": same_space,
        "is_complex": ops.is_complex, "looked": None, "settle": settle(op, active),
        name: op.function, f"array_{name}": UFUNCS.get(op, op.function),
        f"float_{name}": float_function(op.function), f"raw_{name}": raw_function(op.function), **kernels.FAST,
    }  # fmt: skip
    origin = f"the rule of {op.name}: {', '.join(str(t) for t in rule.partials)}"
    for layout in LAYOUTS:
        add_backward(scope, op, rule, active, layout, origin)
    scope["fused"] = at_once = fused_recording(op, residuals_of(rule, active, "array"), active, Var, Tape)
    compile_source(record_source(op, rule, active, at_once is not None), scope, f"reverse {op.name} {suffix}", origin)
    return scope[f"record_{name}_{suffix}"]


LAYOUTS = {
    "array": "array", "broadcast": "array", "float": "float", "traced": "traced", "general": "operations",
    "complex": "operations",
}  # fmt: skip
#: What the text of a rule may turn into.
VOCABULARY = frozenset(
    "add subtract multiply divide power negative strong_multiply conj literal constant quotient equal "
    "not_equal less less_equal greater greater_equal where square where_or_zero".split()
)


def add_backward(
    scope: dict[str, Any], op: Operation, rule: Rule, active: tuple[int, ...], layout: str, origin: str
) -> None:
    """Enter a backward function and its careful twin in a recorder's scope; each is generated when first run."""
    suffix = "".join(map(str, active))
    name = f"backward_{word(op)}_{suffix}_{layout}"
    made: dict[bool, Callable[..., None]] = {}

    def generated(careful: bool) -> Callable[..., None]:
        if careful not in made:
            at_once = None
            if layout == "array" and not careful:
                at_once = fused_products(rule, active, residuals_of(rule, active, layout))
            text = backward_source(name, rule, active, layout, careful, at_once is not None)
            words = VOCABULARY.union(*(calls_in(t) for t in rule.partials))
            find = FINDERS["operations" if careful else flavour_of(layout)]
            local = {
                "fold": fold,
                "fused": at_once,
                "np": np,
                "ndarray": np.ndarray,
                "accumulate": accumulate,
                "run_carefully": run_carefully,
                "strong_float": strong_float,
            }
            local.update((w, find(w)) for w in words)
            compile_source(text, local, f"{'careful ' * careful}reverse {op.name} {suffix} {layout}", origin)
            made[careful] = local[name]
        return made[careful]

    def first(cotangents: Any, ct: Any, entry: Any) -> None:
        real = scope[name] = generated(False)
        CAREFUL[real] = careful_first
        if first in MIXED:
            MIXED[real] = mixed_first
        real(cotangents, ct, entry)

    def careful_first(cotangents: Any, ct: Any, entry: Any) -> None:
        generated(True)(cotangents, ct, entry)

    def mixed_first(cotangents: Any, ct: Any, entry: Any) -> None:
        run_carefully(cotangents, ct, (careful_first, *entry[1:]))

    first.__name__ = name
    CAREFUL[first] = careful_first
    if layout in ("array", "broadcast", "float"):
        MIXED[first] = mixed_first
    scope[name] = first


def partly(op: Operation, rule: Rule, active: tuple[int, ...], differentiable: tuple[int, ...]) -> Callable[..., Any]:
    """Some traced arguments have no derivative: they are constants, and the others are recorded."""
    from .provider import payload_of

    inner = elementwise_recorder(op, rule, differentiable)
    drop = [k for k in active if k not in differentiable]

    def recorded(*arguments: Any) -> Any:
        values = list(arguments)
        for k in drop:
            values[k] = payload_of(values[k])
        return inner(*values)

    return recorded


def operation_named(name: str) -> Any:
    """An operation or plain function of `ops` by name."""
    return getattr(ops, name, None)


def array_function(name: str) -> Any:
    """NumPy's function behind an operation, for plain arrays."""
    found = getattr(ops, name, None)
    return UFUNCS.get(found.info, found) if found is not None and hasattr(found, "info") else found


def named(operation: Any) -> Any:
    """An operation of `ops` by name, or anybody's operation itself."""
    return getattr(ops, operation, None) if isinstance(operation, str) else operation


def float_function(name: Any) -> Any:
    """The method of an operation for Python's floats, where it has one."""
    found = named(name)
    if not hasattr(found, "info"):
        return found
    method = found.info.exact.get((float,) * found.info.arity)
    return method.function if method is not None else found


def raw_function(name: Any) -> Any:
    """The bare function of Python's floats behind an operation; it may raise where NumPy gives inf or nan."""
    found = named(name)
    return RAW_FLOATS.get(found.info) or float_function(name) if hasattr(found, "info") else found


FINDERS: dict[str, Callable[[str], Any]] = {
    "array": array_function,
    "calls": array_function,
    "traced": operation_named,
    "float": raw_function,
    "operations": operation_named,
}
