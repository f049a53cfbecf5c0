"""What happens when an operation has no derivative rule: an error that names the way out, never a zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.errors import NoRuleError, at_user_line, describe_call
from ..dispatch.operation import Operation


def missing_rule(op: Operation, mode: str) -> Callable[..., Any]:
    """An implementation that raises when it is called."""

    def no_rule(*arguments: Any, **keywords: Any) -> Any:
        raise NoRuleError(
            f"{op.name} has no derivative rule ({mode}){at_user_line()}: {describe_call(op.name, arguments)}. "
            f"Declare one with dispatchml.rules.rule({op.name}).{mode}, or "
            f"dispatchml.rules.elementwise({op.name}, ...); "
            f"dispatchml.rules.nondifferentiable({op.name}) if its derivative is zero; or take the value out with "
            "dispatchml.stop_gradient(x)."
        )

    return no_rule
