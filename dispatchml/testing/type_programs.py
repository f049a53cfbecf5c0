"""Programs on an array type: values and derivatives by both engines, nested and batched, against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import class_name
from ..dispatch.layers import layer_of
from ..engines.batch import Batched
from ..engines.levels import Level
from ..transforms import grad, hvp, jvp, value_and_grad
from ..transforms import inner as inner_product
from .examined import Examined, numbers, seen, with_numbers

#: Differences are this far apart; third derivatives of the programs are small.
STEP = 1e-5

#: Homogeneous in their argument, so that they make sense with units, too.
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "sum of squares": lambda x: ops.sum(ops.multiply(x, x)),
    "sum of cubes": lambda x: ops.sum(ops.power(x, 3)),
    "mean of square roots": lambda x: ops.mean(ops.sqrt(x)),
    "quadratic form": lambda x: ops.matmul(
        x, ops.matmul(np.array([[2.0, 1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 0.0, 1.0]]), x)
    ),
    "elements": lambda x: ops.add(
        ops.multiply(ops.getitem(x, index=0), ops.getitem(x, index=1)), ops.square(ops.getitem(x, index=2))
    ),
    "ratio": lambda x: ops.divide(ops.sum(x), ops.getitem(x, index=0)),
    "choice": lambda x: ops.sum(ops.maximum(x, ops.multiply(ops.getitem(x, index=1), np.array([2.0, 0.5, 0.5])))),
    "solve": lambda x: ops.sum(
        ops.solve(np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]]), ops.multiply(x, x))
    ),
}


def check_program(examined: Examined, x: Any, name: str, program: Callable[[Any], Any]) -> None:
    """A program's derivatives by both engines, nested and batched, against differences; skipped where it is refused."""
    what = f"the program {name!r}"
    try:
        y = program(x)
    except examined.refuses:
        return
    flat = numbers(x)
    direction = np.linspace(0.5, 1.5, flat.size) * (-1.0) ** np.arange(flat.size)
    dx = with_numbers(examined, x, direction)
    forward, backward = (program(with_numbers(examined, x, flat + sign * STEP * direction)) for sign in (1, -1))
    expected = (seen(forward) - seen(backward)) / (2 * STEP)
    tolerance = examined.tolerance

    with examined.doing(f"jvp of {what}"):
        value, dy = jvp(program, (x,), (dx,))
    compare_values(examined, f"jvp of {what}", value, y)
    if layer_of(type(y)) is not examined.layer or type(dy) is type(y):  # else a tangent in other coordinates
        examined.compare(f"jvp of {what}", seen(dy), expected, tolerance, "differences give")
    if ops.shape(y) != ():
        return
    with examined.doing(f"value_and_grad of {what}"):
        value, gradient = value_and_grad(program)(x)
    compare_values(examined, f"value_and_grad of {what}", value, y)
    inner = np.zeros(0)
    if numbers(gradient).shape == direction.shape:
        with examined.doing(f"dispatchml.inner of the gradient of {what} and a direction"):
            inner = np.atleast_1d(numbers(inner_product(gradient, dx)))
    examined.compare(f"the gradient of {what} times a direction", inner, expected, tolerance, "differences give")
    check_nested(examined, x, dx, what, program, gradient)
    check_batched(examined, x, what, program, gradient)


def compare_values(examined: Examined, what: str, value: Any, y: Any) -> None:
    """The value beside a derivative is the value."""
    if type(value) is not type(y):
        examined.fail(f"{what} changes its value: it is {class_name(type(value))}, and must be {class_name(type(y))}")
    examined.compare(f"{what} changes its value, which", numbers(value), numbers(y), 1e-12)


def check_nested(examined: Examined, x: Any, dx: Any, what: str, program: Any, gradient: Any) -> None:
    """Forward over reverse against differences of gradients."""
    flat, direction = numbers(x), numbers(dx)
    with examined.doing(f"hvp of {what}"):
        product = hvp(program, (x,), (dx,))
    ahead, behind = (grad(program)(with_numbers(examined, x, flat + sign * STEP * direction)) for sign in (1, -1))
    expected = (numbers(ahead) - numbers(behind)) / (2 * STEP)
    examined.compare(f"hvp of {what}", numbers(product), expected, 10 * examined.tolerance, "differences give")


def check_batched(examined: Examined, x: Any, what: str, program: Any, gradient: Any) -> None:
    """The gradient of a batch of instances is the batch of their gradients."""
    shape = ops.shape(x)
    if numbers(x).size != int(np.prod(shape, dtype=int)):
        return  # a structure: a batch of it is not one of it with an axis more
    rows = (1.0, 1.5, 0.5)
    try:
        whole = examined.make(np.stack([np.reshape(numbers(x) * f, shape) for f in rows]))
    except (TypeError, ValueError):
        return
    if ops.shape(whole) != (len(rows), *shape):
        return  # a number, which holds no batch
    with Level("check_array_type", len(rows)) as level:
        with examined.doing(f"the gradient of a batch of {what}"):
            made = grad(program)(Batched(whole, level))
        found = numbers(made._value if isinstance(made, Batched) else made)
    expected = np.concatenate([numbers(grad(program)(with_numbers(examined, x, numbers(x) * f))) for f in rows])
    if found.size == numbers(gradient).size:
        found = np.tile(found, len(rows))  # a gradient that does not depend on the batch
    examined.compare(f"the gradient of a batch of {what}", found, expected, 1e-9, "one by one it is")
