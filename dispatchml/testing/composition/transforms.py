"""The transforms of the matrix: how each is called, and what its results are by finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import transforms
from ...dispatch.errors import FallbackWarning
from . import differences
from .expected import Expected
from .programs import Form
from .subjects import Subject

Program = Callable[[Any], Any]

#: How far the elements of a batch are apart, as factors of the point.
BATCH = (1, 2)


@dataclass(frozen=True)
class Task:
    """A program for a subject: the function to be transformed, its reference, and the arguments."""

    subject: Subject
    program: str
    form: Form
    function: Program
    reference: Program

    @property
    def x(self) -> Any:
        """The argument."""
        return self.subject.make(self.subject.point)

    @property
    def dx(self) -> Any:
        """The tangent."""
        made = self.subject.tangent or self.subject.make
        return made(self.subject.direction)

    @property
    def own_axes(self) -> tuple[Any, ...]:
        """The axes of a gradient: those of the argument."""
        return tuple(np.arange(n) for n in np.shape(self.subject.point))

    def total(self, x: Any) -> Any:
        """The program with its outputs added up; the real part, where that is complex."""
        y = np.sum(self.function(x))
        return np.real(y) if is_complex(self.subject) else y

    def analytic_total(self, x: Any) -> Any:
        """The program with its outputs added up."""
        return np.sum(self.function(x))

    def plain_total(self, numbers: Any) -> Any:
        """The reference of `analytic_total`: absent outputs do not count."""
        y = np.asarray(self.reference(numbers))
        there = self.outputs_present(y.shape)
        return np.asarray(np.sum(y if there is None else np.where(there, y, 0 * y)))

    def plain_real_total(self, numbers: Any) -> Any:
        """The reference of `total`."""
        y = self.plain_total(numbers)
        return np.real(y) if is_complex(self.subject) else y

    def outputs_present(self, shape: tuple[int, ...]) -> Any:
        """Which outputs are there: those whose place along the argument is."""
        present = present_of(self.subject)
        if present is None or not self.form.axes or self.form.axes[0] is None:
            return None
        return np.broadcast_to(present[self.form.axes[0]], shape)

    def expect(self, transform: str, role: str, function: Program, lost: int, axes: tuple[Any, ...]) -> Expected:
        """A result of `lost` degrees less than the program's value."""
        point = self.subject.point
        degree = self.form.degree - lost
        return Expected(self.program, transform, role, function, point, degree, axes, transform == "vmap")


def is_complex(subject: Subject) -> bool:
    """Whether the argument is complex."""
    return np.iscomplexobj(subject.point)


def present_of(subject: Subject) -> Any:
    """Which elements of the argument are there, or None for all."""
    return next((s.present for s in subject.layers if s.present is not None), None)


Results = list[tuple[Expected, Any]]


def gradient_of(task: Task, name: str) -> Expected:
    return task.expect(name, "gradient", differences.gradient(task.plain_real_total), 1, task.own_axes)


def grad(task: Task) -> Results:
    """The gradient of the sum of the outputs."""
    return [(gradient_of(task, "grad"), transforms.grad(task.total)(task.x))]


def value_and_grad(task: Task) -> Results:
    """Value and gradient of the sum of the outputs."""
    value, gradient = transforms.value_and_grad(task.total)(task.x)
    expected = task.expect("value_and_grad", "value", task.plain_real_total, 0, ())
    return [(expected, value), (gradient_of(task, "value_and_grad"), gradient)]


def jvp(task: Task) -> Results:
    """The value and its derivative in a direction."""
    value, tangent = transforms.jvp(task.function, (task.x,), (task.dx,))
    slope = differences.directional(task.reference, task.subject.direction)
    return [
        (task.expect("jvp", "value", task.reference, 0, task.form.axes), value),
        (task.expect("jvp", "tangent", slope, 0, task.form.axes), tangent),
    ]


def hvp(task: Task) -> Results:
    """The Hessian of the sum of the outputs times a direction."""
    change = differences.directional(differences.gradient(task.plain_real_total), task.subject.direction)
    product = transforms.hvp(task.total, (task.x,), (task.dx,))
    return [(task.expect("hvp", "product", change, 1, task.own_axes), product)]


def jacobian(task: Task) -> Results:
    """All partial derivatives of the outputs."""
    partials = differences.jacobian(task.reference)
    expected = task.expect("jacobian", "jacobian", partials, 1, (*task.form.axes, *task.own_axes))
    return [(expected, transforms.jacobian(task.function)(task.x))]


def hessian(task: Task) -> Results:
    """All second derivatives of the sum of the outputs."""
    second = differences.jacobian(differences.jacobian(task.plain_total))
    expected = task.expect("hessian", "hessian", second, 2, (*task.own_axes, *task.own_axes))
    return [(expected, transforms.hessian(task.analytic_total)(task.x))]


def vmap(task: Task) -> Results:
    """The program over a batch of two."""
    stack = np.stack([k * np.asarray(task.subject.point) for k in BATCH])
    batch = task.subject.batch
    function, argument = batch(task.function, stack) if batch else (task.function, task.subject.make(stack))

    def rows(numbers: Any) -> Any:
        return np.stack([np.asarray(task.reference(k * numbers)) for k in BATCH])

    expected = task.expect("vmap", "value", rows, 0, (None, *task.form.axes))
    return [(expected, transforms.vmap(function)(argument))]


def checkpoint(task: Task) -> Results:
    """The gradient through a checkpoint."""
    return [(gradient_of(task, "checkpoint"), transforms.grad(transforms.checkpoint(task.total))(task.x))]


def jit(task: Task) -> Results:
    """The gradient as a compiled program, at its second call; of types that cannot be compiled, what runs instead."""
    compiled = transforms.jit(transforms.grad(task.total))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        compiled(task.x)
        return [(gradient_of(task, "jit"), compiled(task.x))]


#: By name, in the order of the table.
TRANSFORMS: dict[str, Callable[[Task], Results]] = {
    f.__name__: f for f in (grad, jvp, value_and_grad, hvp, jacobian, hessian, vmap, checkpoint, jit)
}
#: Those that pairs and the probes of a type's own interface go through.
FIRST_ORDER = ("grad", "jvp")
