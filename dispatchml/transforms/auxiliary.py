"""has_aux=True: a function that returns a value and something else."""

from __future__ import annotations

from typing import Any, cast

from ..dispatch.errors import NonScalarOutputError, at_user_line, describe


def split_aux(output: Any, name: str) -> tuple[Any, Any]:
    """The pair that has_aux=True promises."""
    pair = cast(tuple[Any, ...], output if isinstance(output, tuple) else ())
    if len(pair) != 2:
        raise NonScalarOutputError(
            f"{name}(has_aux=True): the function must return a pair (value, extra), not "
            f"{describe(output)}{at_user_line()}."
        )
    return pair
