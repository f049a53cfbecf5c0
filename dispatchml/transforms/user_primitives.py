"""primitive: differentiable operations of one's own, from a Python function or from the text of a formula."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from ..dispatch.errors import NoRuleError, RegistrationError, at_user_line, code_line, describe_call
from ..dispatch.operation import Operation, operation
from ..engines.flavours import FINDERS
from ..engines.generate import compile_source, word
from ..rules.grammar import check_text
from ..rules.registry import BATCH_RULES, RULES, Rule, batch
from ..rules.registry import elementwise as declare_elementwise
from ..rules.text import ARGUMENTS, Writer, parse
from .primitive_containers import opening
from .primitive_rules import check_rule_signature, checked_batch, checked_jvp, checked_vjp, opaque


def primitive(function: Any) -> Any:
    """A differentiable operation of one's own, of which dispatchml does not look inside.

    function: takes arrays, or containers of them, by position and static settings by keyword (with defaults), and
    returns an array or a tuple of arrays; or an operation made by `ops.operation(name, arity=...)`. It runs on the
    payloads: plain arrays inside a derivative, quantities inside a derivative of quantities. The result is called like
    the function and has

    - `f.defjvp(rule)`: rule(y, tangents, *arguments, **keywords) returns the tangent of y; the entries of `tangents`
      are None for constants.
    - `f.defvjp(rule)`: rule(y, *arguments, needs, **keywords) returns a pullback; pullback(ct) returns a tuple with a
      cotangent in the shape of each argument, None where `needs` is False. `needs` may be left out of the parameters,
      and the tuple for one argument.
    - `f.defbatch(rule)`: rule(arguments, batched, size, **keywords), as `dispatchml.rules.batch`; without one, vmap
      runs the function once for each element.
    - `f.elementwise(text, ...)`: for a Python function, the partial derivatives as text in a, b, c (the arguments) and
      y (the result), one for each argument; for a bare operation, first the formula itself.

    Where an argument is a container (a tuple, a list, a dict, a dataclass), its tangent, its entry of `needs` and its
    cotangent are containers like it, with None or False in the places of constants, or None or False as a whole.

    The first three are decorators too. Write rules with `dispatchml.ops` or NumPy functions, so that they can be
    differentiated again. A derivative whose rule was not given raises NoRuleError, and so do traced values that reach
    the function as settings or by its closure; a tangent or cotangent of the wrong shape raises TangentMismatchError
    and names the rule.

    >>> import numpy as np, dispatchml as dm
    >>> @dm.primitive
    ... def cube(x): return x**3
    >>> @cube.defvjp
    ... def cube_vjp(y, x): return lambda ct: ct * 3 * x**2
    >>> dm.grad(cube)(2.0)
    12.0
    >>> softclip = dm.primitive(dm.ops.operation("softclip", arity=1))
    >>> softclip.elementwise("a/(1+abs(a))", "1/(1+abs(a))**2")
    >>> dm.grad(softclip)(1.0)
    0.25
    """
    if isinstance(getattr(function, "info", None), Operation):
        made, body = function, None
        if function.info.methods or function.info.decomposition is not None:
            body = function
    elif inspect.isfunction(function):
        check_parameters(function)
        made, body = operation(function), function
        made.decompose(opaque(function, made.info))
    else:
        raise RegistrationError(f"primitive takes a function or an operation, not {function!r}{at_user_line()}.")
    if made.info.opening is None:
        made.info.opening = opening(made.info)
    tools = Tools(made, body)
    for name in ("defjvp", "defvjp", "defbatch", "elementwise"):
        setattr(made, name, getattr(tools, name))
    if made.info not in RULES:
        tools.declare()
    return made


def check_parameters(function: Callable[..., Any]) -> None:
    """Refuse signatures that an operation cannot have, with the way to write them."""
    where = f"primitive: {function.__name__} ({code_line(function)})"
    for p in inspect.signature(function).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise RegistrationError(f"{where} has *{p.name}; name its arguments, arrays first, settings behind a `*`.")
        if p.kind is p.KEYWORD_ONLY and p.name == "needs":
            raise RegistrationError(
                f"{where}: a setting cannot be called `needs`, by which rules are told whose cotangents are needed."
            )
        if p.kind is not p.KEYWORD_ONLY and p.default is not p.empty:
            raise RegistrationError(
                f"{where}: {p.name} has a default, so it is a setting: put it behind a `*` in the parameters."
            )
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty:
            raise RegistrationError(f"{where}: the setting {p.name} needs a default.")


class Tools:
    """What `f.defjvp`, `f.defvjp`, `f.defbatch` and `f.elementwise` do."""

    __slots__ = ("function", "op", "body")

    def __init__(self, function: Any, body: Callable[..., Any] | None) -> None:
        self.function, self.op, self.body = function, function.info, body

    def declare(self) -> Rule:
        """A rule whose two modes raise until the user gives them."""
        RULES[self.op] = made = Rule(self.op, "function")
        made.jvp, made.vjp = self.missing("jvp"), self.missing("vjp")
        self.op.forget()
        return made

    def missing(self, mode: str) -> Callable[..., Any]:
        """The rule of a mode that was not given."""
        name = self.op.name
        said_name = name if name.isidentifier() else "f"  # a lambda, which has no name that could be written
        mode_name = {"jvp": "forward", "vjp": "reverse"}[mode]

        def no_rule(y: Any, /, *given: Any, **keywords: Any) -> Any:
            arguments = given[1:] if mode == "jvp" else given
            raise NoRuleError(
                f"{describe_call(name, arguments)} has no rule for {mode_name} mode{at_user_line()}. Give it one with "
                f"@{said_name}.def{mode}, or {said_name}.elementwise(...) for both modes."
            )

        return no_rule

    def rule(self) -> Rule:
        """The rule as functions."""
        known = RULES.get(self.op)
        return known if known is not None and known.kind == "function" else self.declare()

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give the forward rule, rule(y, tangents, *arguments, **settings); a second one replaces the first."""
        check_rule_signature(self.op, rule, "defjvp", ("y", "tangents", *self.op.arguments))
        self.rule().jvp = checked_jvp(self.op, rule)
        self.op.forget()
        return rule

    def defvjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give the reverse rule, rule(y, *arguments, needs, **settings), `needs` being optional; a second one replaces
        the first.
        """
        check_rule_signature(self.op, rule, "defvjp", ("y", *self.op.arguments))
        self.rule().vjp = checked_vjp(self.op, rule)
        self.op.forget()
        return rule

    def defbatch(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give the rule for a batch, rule(arguments, batched, size, **settings); a second one replaces the first."""
        check_rule_signature(self.op, rule, "defbatch", ("arguments", "batched", "size"))
        BATCH_RULES.pop(self.op, None)
        batch(self.function)(checked_batch(self.op, rule))
        return rule

    def elementwise(self, *texts: str | None, singular: bool = False) -> None:
        """Declare partial derivatives as text, behind the formula itself where the operation has none."""
        if self.op.keywords:
            raise RegistrationError(
                f"{self.op.name}.elementwise: the operation has settings ({', '.join(self.op.keywords)})"
                f"{at_user_line()}, of which the text of a formula knows nothing. Give it rules with "
                f"@{self.op.name}.defjvp and @{self.op.name}.defvjp, or make the settings arguments."
            )
        written = [None if t is None else with_names(t) for t in texts]
        formula = None
        if self.body is None:
            formula = written.pop(0) if written else None
            if formula is None:
                raise RegistrationError(
                    f"{self.op.name}.elementwise: the first text is the formula, then one for each partial derivative."
                )
            check_text(formula, self.op, partial=False)
        self.op.family = "elementwise"
        declare_elementwise(self.function, *written, singular=singular, replace=True)
        if formula is not None:
            define(self.function, formula)
            self.body = self.function


def with_names(text: str) -> str:
    """A rule's text with Python's `abs` under its name here."""
    return re.sub(r"(?<![\w.])abs\s*\(", "absolute(", text)


def define(function: Any, formula: str) -> None:
    """Give an operation its formula: by operations for every type, with NumPy's own functions for plain arrays."""
    for flavour, register in (("operations", function.decompose), ("array", array_method(function))):
        writer = Writer(flavour)
        names = ARGUMENTS[: function.info.arity]
        body = writer.write(parse(formula))
        source = f"def {word(function.info)}({', '.join(names)}):\n    like = a\n    return {body}\n"
        scope: dict[str, Any] = {w: FINDERS[flavour](w) for w in writer.used | called(body)}
        compile_source(source, scope, f"{flavour} {function.info.name}", f"the formula {formula}")
        register(scope[word(function.info)])


def array_method(function: Any) -> Callable[[Any], Any]:
    """Register a method for plain arrays."""
    import numpy as np

    return lambda method: function.info.register(method, (np.ndarray,) * function.info.arity, True)


def called(body: str) -> set[str]:
    """The functions that a piece of generated code calls by name."""
    return set(re.findall(r"([A-Za-z_]\w*)\(", body))
