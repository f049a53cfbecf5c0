"""Containers of traced values as arguments of a primitive: its rules get the containers, the engines their leaves.

A call with containers becomes one of an operation on the tuple of their values, so that every engine treats it as it
treats any other. Rules see what the function sees: a tangent, a need, a cotangent are containers like the argument,
with None (for a need False) in the places of constants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoRuleError, at_user_line
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation, operation
from ..dispatch.resolve import chosen
from ..engines.constants import kept_static
from ..engines.nesting import normal_form
from ..engines.provider import HOLDERS
from ..rules.registry import BATCH_RULES, RULES, Rule
from .containers import describe_structure, flatten, is_container, unflatten
from .primitive_rules import fitting, is_traced, said, wrong

#: Classes of leaves on which an operation runs.
NUMBERS = (np.ndarray, np.generic, float, complex)


def is_value(x: Any) -> bool:
    """Whether a leaf is one of the values of a call; all others are static."""
    return isinstance(x, NUMBERS) or type(x) in HOLDERS or layer_of(type(x)) is not None


class Call:
    """The arguments of a call without their values, and its settings."""

    __slots__ = ("structure", "leaves", "places", "settings")

    def __init__(self, structure: Any, leaves: list[Any], settings: dict[str, Any]) -> None:
        self.structure = structure
        self.settings = {k: kept_static(v) for k, v in settings.items()}
        self.places = tuple(k for k, x in enumerate(leaves) if is_value(x))
        self.leaves = leaves.copy()
        for k in self.places:
            self.leaves[k] = None

    def arguments(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with these values in them."""
        return unflatten(self.structure, self.filled(self.leaves, values))

    def filled(self, leaves: list[Any], values: tuple[Any, ...]) -> list[Any]:
        """These leaves with the values in their places."""
        leaves = leaves.copy()
        for k, x in zip(self.places, values, strict=True):
            leaves[k] = x
        return leaves

    def beside(self, values: tuple[Any, ...], nothing: Any) -> tuple[Any, ...]:
        """What belongs to the values, such as their tangents, as it is handed to a rule: an argument without any has
        `nothing` as a whole.
        """
        leaves = self.filled([nothing] * len(self.leaves), values)
        rest = iter(leaves)
        counts = [part.num_leaves for part in self.structure.children()]
        known = [sum(next(rest) is not nothing for _ in range(n)) for n in counts]
        trees = unflatten(self.structure, leaves)
        return tuple(tree if one else nothing for tree, one in zip(trees, known, strict=True))

    def described(self) -> str:
        """The arguments by their structure."""
        return describe_structure(self.structure)

    def cotangents(self, found: Any) -> list[Any]:
        """The cotangents of the values out of what a pullback has returned, one for each argument; a single argument
        may come without the tuple. Raises ValueError where the containers are not those of the arguments.
        """
        parts = self.structure.children()
        if len(parts) == 1 and not (isinstance(found, (tuple, list)) and len(found) == 1 and fits(parts[0], found[0])):
            found = (found,)
        if not isinstance(found, (tuple, list)) or len(found) != len(parts):
            raise ValueError
        leaves = [
            leaf
            for part, x in zip(parts, found, strict=True)
            for leaf in ([None] * part.num_leaves if x is None else part.flatten_up_to(x))
        ]
        return [leaves[k] for k in self.places]


def fits(structure: Any, x: Any) -> bool:
    """Whether a value has a structure."""
    try:
        structure.flatten_up_to(x)
    except ValueError:
        return False
    return True


def opening(op: Operation) -> Callable[..., Any]:
    """What an operation does with containers: opening(arguments, classes) is what is called for these classes, None
    where there are none among them.
    """
    made: list[Any] = []
    op.listeners.append(made.clear)

    def on_containers(arguments: tuple[Any, ...], classes: tuple[type, ...]) -> Callable[..., Any] | None:
        if not any(map(is_container, classes)):
            return None
        plain: list[Any] = []

        def opened(*given: Any, **keywords: Any) -> Any:
            leaves, structure = flatten(given)
            leaves = [normal_form(x) for x in leaves]
            if not any(map(is_traced, leaves)):
                if not plain:
                    plain.append(chosen(op, given, classes))
                return plain[0](*given, **keywords)
            if not made:
                made.append(on_values(op))
            call = Call(structure, leaves, keywords)
            return made[0](tuple(leaves[k] for k in call.places), call=call)

        return opened

    return on_containers


def on_values(op: Operation) -> Any:
    """The operation on the values of a call with containers, with the rules that it has now."""

    def stub(values: Any, *, call: Any = None) -> Any:
        """The values of a call with containers."""

    made: Any = operation(stub, name=op.name, variadic=True)
    made.decompose(lambda values, *, call: op.function(*call.arguments(values), **call.settings))
    known = RULES.get(op)
    rule = RULES[made.info] = Rule(made.info, "function")
    if known is not None and known.kind == "nondifferentiable":
        rule.kind = known.kind
    elif known is not None and known.kind == "function":
        rule.jvp, rule.vjp = jvp_of(known), vjp_of(known)
    else:
        rule.jvp = rule.vjp = refusing(op)
    batch = BATCH_RULES.get(op)
    if batch is not None:
        BATCH_RULES[made.info] = batch_of(batch)
    return made


def jvp_of(rule: Rule) -> Callable[..., Any]:
    """The forward rule of an operation for the values of its containers."""

    def jvp(y: Any, tangents: tuple[Any, ...], values: tuple[Any, ...], *, call: Call) -> Any:
        assert rule.jvp is not None
        return rule.jvp(y, call.beside(tangents, None), *call.arguments(values), **call.settings)

    return jvp


def vjp_of(rule: Rule) -> Callable[..., Any]:
    """The reverse rule of an operation for the values of its containers."""

    def vjp(y: Any, values: tuple[Any, ...], *, needs: tuple[bool, ...], call: Call) -> Callable[..., Any]:
        made = rule.vjp
        assert made is not None
        given = call.arguments(values), call.beside(needs, False)
        pullback = getattr(made, "as_written", made)(y, *given[0], needs=given[1], **call.settings)
        shapes = tuple(map(ops.shape, values))

        def pullback_of_values(ct: Any) -> tuple[Any, ...]:
            found = pullback(ct)
            try:
                cotangents = call.cotangents(found)
            except ValueError:
                text = f"a pullback that returns cotangents like the arguments, {call.described()}, not {said(found)}"
                raise wrong(rule.op, made, "vjp", text) from None
            return fitting(rule.op, made, cotangents, needs, shapes, f"the arguments {call.described()}, value")

        return pullback_of_values

    return vjp


def batch_of(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The batch rule of an operation for the values of its containers."""

    def batch(values: tuple[Any, ...], batched: tuple[bool, ...], size: int, *, call: Call) -> Any:
        return rule(call.arguments(values), call.beside(batched, False), size, **call.settings)

    return batch


def refusing(op: Operation) -> Callable[..., Any]:
    """The rule of an operation whose derivative is no function of its arguments."""

    def no_rule(*_: Any, **__: Any) -> Any:
        raise NoRuleError(
            f"{op.name} got a container of traced values{at_user_line()}, but its derivative is declared as text, "
            f"which takes arrays. Pass the arrays in the container as arguments, or give {op.name} rules "
            f"with @{op.name}.defjvp and @{op.name}.defvjp."
        )

    return no_rule
