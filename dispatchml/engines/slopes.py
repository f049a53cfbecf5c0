"""Value and partial derivatives of an elementwise operation at Python's floats, by the text of its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.operation import Operation
from ..rules.registry import rule_of
from ..rules.text import ARGUMENTS, Writer, calls_in, parse
from .flavours import FINDERS, raw_function
from .forward_elementwise import replace_call
from .generate import compile_source, word
from .reverse_elementwise import strong_float

#: What the float flavour of a text calls besides operations.
OWN_WORDS = ("literal", "constant", "quotient")


def float_slopes(op: Operation, active: tuple[int, ...]) -> Callable[..., tuple[float, ...]] | None:
    """A function of floats that gives (y, partial derivative in each active argument), generated from the rule's text;
    None where the rule is no text, or chooses. The function raises ArithmeticError or ValueError where Python does.
    """
    rule = rule_of(op)
    if rule is None or rule.kind != "elementwise" or op.variadic or op.keywords:
        return None
    texts = [rule.partials[k] for k in active]
    if any(t is None or "masked" in calls_in(t) for t in texts):
        return None
    names, own = ARGUMENTS[: op.arity], word(op)
    scope: dict[str, Any] = {f"raw_{own}": raw_function(op.function), "strong_float": strong_float}
    scope |= {name: FINDERS["operations"](name) for name in OWN_WORDS}
    written = []
    for text in texts:
        writer = Writer("float")
        partial = writer.write(parse(text))  # type: ignore[arg-type]
        for used in sorted(writer.used - {"strong_float", *OWN_WORDS}):
            scope[f"raw_{used}"] = raw_function(FINDERS["operations"](used))
            partial = replace_call(partial, used, "raw_")
        written.append(partial)
    suffix = "".join(map(str, active))
    source = (
        f"def slopes_of_{own}_{suffix}({', '.join(names)}):\n    y = raw_{own}({', '.join(names)})\n"
        f"    return y, {', '.join(written)}\n"
    )
    made = compile_source(source, scope, f"slopes of {op.name} {suffix}", f"the rule of {op.name}")
    return made[f"slopes_of_{own}_{suffix}"]
