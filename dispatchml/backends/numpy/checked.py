"""Kernels whose errors say what was called: the arguments' shapes, the user's line, NumPy's words and the way out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...dispatch.errors import ShapeError, at_user_line, describe_call

#: Words in the messages of LinAlgError that are about the numbers, not about the shapes; those errors pass as they are.
NUMERICAL = ("singular", "positive definite", "converge", "real")


def checked(operation: Any, function: Callable[..., Any], advice: str) -> Callable[..., Any]:
    """The function with NumPy's errors about shapes turned into ShapeError; `advice` says what would be right."""
    name = operation.info.name

    @functools.wraps(function)
    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except ShapeError:
            raise
        except (ValueError, IndexError) as error:
            if isinstance(error, np.linalg.LinAlgError) and any(word in str(error).lower() for word in NUMERICAL):
                raise
            raise shape_error(name, arguments, advice, error) from error

    return on_arrays


def shape_error(name: str, arguments: tuple[Any, ...], advice: str, error: Any) -> ShapeError:
    """The error for arguments whose shapes do not fit."""
    reason = str(error).rstrip(".")
    return ShapeError(f"{describe_call(name, arguments)}{at_user_line()}: {reason}. {advice}")
