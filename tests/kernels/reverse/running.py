"""Derived sources run by the plain interpreter, and differences to compare them with."""

from typing import Any

import numpy as np

from dispatchml.kernels.reverse import derived
from dispatchml.kernels.reverse.kinds import of_value
from dispatchml.kernels.source import read


def reverse(function: Any, *arguments: Any, positions: Any = None, checkpoints: bool = True) -> Any:
    """The derived function of (arguments, cotangent), as Python."""
    chosen = tuple(range(len(arguments))) if positions is None else positions
    source = derived(read(function), tuple(of_value(a) for a in arguments), chosen, checkpoints)
    return as_function(source)


def as_function(source: Any) -> Any:
    """A derived source, with the functions that it calls, as a Python function."""
    names: dict[str, Any] = {}
    for part in source.reached():
        names.update((name, value) for name, value in part.names.items() if "." not in name)
    for part in source.reached():
        if part.function is None:
            exec(compile(part.text, f"<derived from {part.name}>", "exec"), names)
    return names[source.name]


def flat(result: Any) -> list[float]:
    """The numbers of a structure of tuples."""
    return [n for r in result for n in flat(r)] if isinstance(result, tuple) else list(np.ravel(result))


def paired(result: Any, cotangent: Any) -> float:
    """The inner product of a result and its cotangent."""
    if isinstance(result, tuple):
        return sum(paired(r, c) for r, c in zip(result, cotangent, strict=True))
    return float(np.sum(np.multiply(result, cotangent)))


def differences(function: Any, arguments: tuple[Any, ...], cotangent: Any, step: float = 1e-6) -> list[Any]:
    """Central differences of the paired result in each float argument."""
    found: list[Any] = []
    for place, argument in enumerate(arguments):
        if isinstance(argument, float):
            ends = []
            for sign in (1, -1):
                moved = list(arguments)
                moved[place] = argument + sign * step
                ends.append(paired(function(*moved), cotangent))
            found.append((ends[0] - ends[1]) / (2 * step))
        elif isinstance(argument, np.ndarray) and argument.dtype.kind == "f":
            slope = np.zeros(argument.shape)
            for index in np.ndindex(argument.shape):
                ends = []
                for sign in (1, -1):
                    moved = list(arguments)
                    moved[place] = argument.copy()
                    moved[place][index] += sign * step
                    ends.append(paired(function(*moved), cotangent))
                slope[index] = (ends[0] - ends[1]) / (2 * step)
            found.append(slope)
        else:
            found.append(None)
    return found
