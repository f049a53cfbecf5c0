"""What is looked at when a primitive of the user's is called: its settings, and what its function and rules return."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import NoRuleError, RegistrationError, TangentMismatchError, at_user_line, code_line, describe
from ..dispatch.operation import Operation
from ..engines.constants import STILL
from ..engines.provider import held
from ..engines.traced import Traced
from .containers import flatten, is_container


def is_traced(x: Any) -> bool:
    """Whether a leaf is a traced value, or an array of lifted code that holds one."""
    return isinstance(held(x), Traced)


def opaque(function: Callable[..., Any], op: Operation) -> Callable[..., Any]:
    """A primitive's function, which no traced value may reach: the rules would know nothing of it."""

    @functools.wraps(function)
    def body(*arguments: Any, **settings: Any) -> Any:
        if settings:
            check_settings(op, settings)
        y = function(*arguments, **settings)
        if any(map(is_traced, y)) if type(y) is tuple else is_traced(y):
            raise NoRuleError(
                f"{op.name}{at_user_line()} has returned a traced value though no argument of its function is one: it "
                f"reaches traced values by its closure, a global or an object's attributes, of which its rules know "
                f"nothing. Pass them to {op.name} as arguments, in a container (a dict, a dataclass) if need be."
            )
        return y

    return body


def check_settings(op: Operation, settings: dict[str, Any]) -> None:
    """Raise where a setting is traced."""
    for name, x in settings.items():
        if type(x) not in STILL and any(map(is_traced, flatten(x)[0])):
            raise NoRuleError(
                f"{op.name}: {name} is traced{at_user_line()}, but it is a setting, of which the rules of a primitive "
                f"give no derivative and which is the same for all elements of a batch. Make it an argument: put "
                f"{name} before the `*` in the parameters of {op.name}, pass it by position, and let the rules give "
                "its derivative."
            )


def check_rule_signature(op: Operation, rule: Any, what: str, names: tuple[str, ...]) -> None:
    """Refuse a rule that cannot be called as it will be: with these arguments and the settings."""
    settings = "".join(f", {k}={v!r}" for k, v in op.keywords.items())
    wanted = f"rule({', '.join(names)}{settings})"
    if what == "defjvp":
        wanted += ", where `tangents` is one tuple with an entry for each argument, None for constants"
    if not callable(rule):
        raise RegistrationError(f"{op.name}.{what} takes a function, not {rule!r}{at_user_line()}: {wanted}.")
    try:
        signature = inspect.signature(rule)
    except ValueError:  # a function of compiled code that tells none
        return
    given = dict(op.keywords, needs=()) if what == "defvjp" and takes_needs(signature) else op.keywords
    try:
        signature.bind(*names, **given)
    except TypeError as error:
        raise RegistrationError(
            f"{op.name}.{what}: {getattr(rule, '__name__', 'the rule')}{signature} ({code_line(rule)}) cannot be "
            f"called as it will be: {error}. It is called as {wanted}."
        ) from None


def takes_needs(signature: inspect.Signature) -> bool:
    """Whether a reverse rule is to be told whose cotangents are needed."""
    parameters = signature.parameters
    return "needs" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def check_output(op: Operation, y: Any) -> None:
    """Raise where what is differentiated is in a container."""
    if type(y) is not tuple and is_container(type(y)):
        raise NoRuleError(
            f"{op.name} returns {describe(y)}{at_user_line()}: a primitive that is differentiated returns an array or "
            "a tuple of arrays. Let it return a tuple, and make the container of it outside."
        )


def checked_batch(op: Operation, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A user's rule for a batch, whose settings must be the same for all elements."""

    @functools.wraps(rule)
    def batch(arguments: Any, batched: Any, size: int, **settings: Any) -> Any:
        check_settings(op, settings)
        return rule(arguments, batched, size, **settings)

    return batch


def checked_jvp(op: Operation, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A user's forward rule, whose tangents must have the shapes of the outputs."""

    @functools.wraps(rule)
    def jvp(y: Any, tangents: tuple[Any, ...], /, *arguments: Any, **keywords: Any) -> Any:
        check_output(op, y)
        dy = rule(y, tangents, *arguments, **keywords)
        outputs, found = (y, dy) if type(y) is tuple else ((y,), (dy,))
        if not isinstance(found, (tuple, list)) or len(found) != len(outputs):
            raise wrong(op, rule, "jvp", f"{len(outputs)} tangents, one for each output, not {said(dy)}")
        for k, (a, b) in enumerate(zip(outputs, found, strict=True)):
            if b is None or ops.shape(b) != ops.shape(a):
                raise wrong(op, rule, "jvp", f"a tangent of shape {ops.shape(a)} for output {k}, not {said(b)}")
        return tuple(found) if type(y) is tuple else dy

    return jvp


def pullbacks_of(op: Operation, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A user's reverse rule, which may leave out `needs` and must return a function."""
    is_told = takes_needs(inspect.signature(rule))

    def made(y: Any, /, *arguments: Any, needs: tuple[Any, ...], **keywords: Any) -> Callable[..., Any]:
        check_output(op, y)
        given = dict(keywords, needs=needs) if is_told else keywords
        pullback = rule(y, *arguments, **given)
        if not callable(pullback):
            raise wrong(op, rule, "vjp", f"a pullback, a function of the cotangent, not {said(pullback)}")
        return pullback

    return made


def checked_vjp(op: Operation, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A user's reverse rule, whose cotangents must have the shapes of the arguments; as_written: without that."""
    count, pullback_of = op.arity, pullbacks_of(op, rule)

    @functools.wraps(rule)
    def vjp(y: Any, /, *arguments: Any, needs: tuple[bool, ...], **keywords: Any) -> Callable[..., Any]:
        pullback = pullback_of(y, *arguments, needs=needs, **keywords)
        shapes = tuple(map(ops.shape, arguments))

        def checked_pullback(ct: Any) -> tuple[Any, ...]:
            found = pullback(ct)
            if count == 1 and not isinstance(found, (tuple, list)):
                found = (found,)
            if not isinstance(found, (tuple, list)) or len(found) != count:
                text = f"a pullback that returns {count} cotangents, one for each argument, not {said(found)}"
                raise wrong(op, rule, "vjp", text)
            return fitting(op, rule, found, needs, shapes, "argument")

        return checked_pullback

    vjp.as_written = pullback_of  # pyright: ignore[reportAttributeAccessIssue]
    return vjp


def fitting(
    op: Operation,
    rule: Callable[..., Any],
    found: Any,
    needs: tuple[bool, ...],
    shapes: tuple[tuple[int, ...], ...],
    what: str,
) -> tuple[Any, ...]:
    """The cotangents that are needed, which must have these shapes; what: what has a cotangent each, as one says it."""
    for k, (x, need) in enumerate(zip(found, needs, strict=True)):
        if need and (x is None or ops.shape(x) != shapes[k]):
            raise wrong(op, rule, "vjp", f"a cotangent of shape {shapes[k]} for {what} {k}, not {said(x)}")
    return tuple(x if need else None for x, need in zip(found, needs, strict=True))


def wrong(op: Operation, rule: Callable[..., Any], mode: str, text: str) -> TangentMismatchError:
    """The error for a rule that returns something else than it must."""
    return TangentMismatchError(
        f"The {mode} of {op.name} ({rule.__name__}, {code_line(rule)}) must return {text}{at_user_line()}."
    )


def said(x: Any) -> str:
    """What a rule returned, by kind and shape."""
    return "None" if x is None else describe(x) if not isinstance(x, list) else f"a list of {len(x)}"
