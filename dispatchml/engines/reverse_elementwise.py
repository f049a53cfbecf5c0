"""Generated reverse code of elementwise operations, from the text of their rules.

For each operation and each set of traced arguments there is a recording function, and for each layout of the tape entry
a backward function with a careful twin. Three layouts: plain arrays of one shape and float dtype; Python's floats;
anything else, where operations are called and the engine projects (`general`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.numpy import kernels
from ..backends.numpy.kernels import UFUNCS
from ..dispatch.families import FAMILIES
from ..dispatch.operation import Operation
from ..ops.metadata import OBJECT
from ..rules.registry import Rule
from ..rules.text import ARGUMENTS, calls_in
from .elementwise_backward import LAYOUTS, backward_source, flavour_of, residuals_of
from .flavours import FINDERS, float_function, raw_function
from .fused import fused_products, fused_recording
from .generate import belongs, compile_source, looking, watching, word, words_of_looking
from .space import F32, F64, fit_number, fold, same_space, space_of
from .tape import CAREFUL, MIXED, PLAIN, Tape, accumulate, run_carefully

#: Operations that are Python operators on plain arrays.
SYMBOLS = {"add": "a + b", "subtract": "a - b", "multiply": "a * b", "divide": "a / b", "negative": "-a"}


def strong_float(ct: float, partial: float) -> float:
    """ct * partial for Python's floats; zero where one of them is, also when the other is inf or nan."""
    return ct * partial if ct and partial else 0.0


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

    def push(layout: str, fits: str = "", plain: bool = True) -> list[str]:
        return [
            *(f"{n} = keep(tape, {n}) if type({n}) is ndarray else {n}" for n in kept if plain),
            "made = Var()",
            "made._value = y; made._tape = tape; made._index = len(tape); made._base = None",
            f"tape.append((backward_{name}_{suffix}_{layout}, {push_head}{fits}{tail}))",
            *["tape.plain = False"] * (not plain),
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
    # numbers of other libraries whose operators are the operations
    owned = [belongs(n, "own" if names.index(n) in active else "beside") for n in others]
    lines += [f"    elif {' and '.join(['(family := FAMILIES[kind]) is not None', *owned])}:"]
    given = f"{name}({', '.join(names)})"
    if name in SYMBOLS and name != "divide":
        lines += [f"        y = {SYMBOLS[name]}", *(f"        {line}" for line in push("number", "", False))]
    else:
        lines += ["        try:", f"            y = {SYMBOLS.get(name) or given}"] if name in SYMBOLS else []
        lines += ["        except (ArithmeticError, ValueError):"] if name in SYMBOLS else []
        lines += [f"        {'    ' * (name in SYMBOLS)}y = {given}"]
        lines += [f"        if {belongs('y', 'own')}:", *(f"            {line}" for line in push("number", "", False))]
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


def elementwise_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """Generate the recording function of an elementwise operation for one set of traced arguments."""
    from .provider import settle
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
        "Var": Var, "current": current, "keep": keep, "watch_choice": watch_choice,
        "ndarray": np.ndarray, "OBJECT": OBJECT, "float64": np.float64, "float32": np.float32, "F32": F32, "F64": F64,
        "NUMBERS": frozenset((float, int)), "FLOATS": frozenset((np.ndarray, np.float64, np.float32)),
        "space_of": space_of, "same_space": same_space, **words_of_looking(),
        "is_complex": ops.is_complex, "settle": settle(op, active),
        name: op.function, f"array_{name}": UFUNCS.get(op, op.function),
        f"float_{name}": float_function(op.function), f"raw_{name}": raw_function(op.function), **kernels.FAST,
    }  # fmt: skip
    origin = f"the rule of {op.name}: {', '.join(str(t) for t in rule.partials)}"
    for layout in LAYOUTS:
        add_backward(scope, op, rule, active, layout, origin)
    scope["fused"] = at_once = fused_recording(op, residuals_of(rule, active, "array"), active, Var, Tape)
    compile_source(record_source(op, rule, active, at_once is not None), scope, f"reverse {op.name} {suffix}", origin)
    return scope[f"record_{name}_{suffix}"]


#: What the text of a rule may turn into.
VOCABULARY = frozenset(
    "add subtract multiply divide power negative strong_multiply conj literal constant quotient equal "
    "not_equal less less_equal greater greater_equal where square where_or_zero".split()
)


#: What machine code writes for masks of plain arrays.
MASKS = ("masked_where", "masked_where_not")


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
                "FAMILIES": FAMILIES,
                "fit_number": fit_number,
            }
            local.update((w, find(w)) for w in words)
            local.update((w, kernels.FAST[w]) for w in MASKS if w in kernels.FAST)
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
        if type(ct) in PLAIN:
            entry[0](cotangents, ct, entry)
            return
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
