"""What the matrix has to know of a type, written by whoever knows the type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .expected import Expected

#: Where all programs are evaluated, and the direction of tangents; both are exact in binary.
POINT = np.array([0.5, 1.25, 2.0])
DIRECTION = np.array([1.0, -0.5, 0.25])


def array_of(x: Any, e: Expected) -> Any:
    """The numbers of a plain result."""
    return np.asarray(x)


@dataclass(frozen=True)
class Probe:
    """A use of a type's own interface on a traced value, such as `x.to("km").magnitude`.

    function(x, given): what a user would write; given is the Subject. reference(numbers): the same on plain numbers.
    degree: the result scales like argument ** degree. plain: whether the value is a plain number or array (a derivative
    has the type all the same). axes: as in Expected, for the value.
    """

    name: str
    function: Callable[[Any, Any], Any]
    reference: Callable[[Any], Any]
    degree: int = 1
    plain: bool = False
    axes: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Subject:
    """One row of the matrix: a type, or one way of filling it.

    name: of the row. slot: the type's slot, "value" for what is no layer. family: types of one family never nest in
    one another ("units", "labels", "errors", "arithmetic", "pattern"...). rank: the place within the slot, higher
    outside. cls: the class of its values, or a tuple of classes. make(numbers): an instance round an array of any
    shape, or round a value of another type (for pairs).

    What is compared, besides numbers. metadata(x): what a result carries, as a dictionary: unit, mask, labels,
    pattern...
    expect(e): the same dictionary, written down by hand; PLAIN where the result is no longer of the type. payload(x):
    what is inside, for the type inside to be checked. numbers(payload, e): plain numbers of what is innermost; e says
    which result it is. dtype: of these numbers, None if that does not apply. tolerance: relative, 0 for exact types.
    hidden(e): which numbers of a result do not matter, since they are masked. refuses: error classes where every cell
    must raise instead.

    What programs are given. point, direction: plain numbers of the argument and of its tangent. tangent(numbers): a
    tangent, where it is not made like the argument. embed(numbers): the
    plain array that the programs see, for types that store less than they show (the diagonal of a matrix); what is
    differentiated is the numbers. one: the constant 1 in the type's unit. constant(array, axes): a constant array (axes
    is 0 where it runs along the argument's first axis, None for a new one). factor(numbers): an instance that serves
    as a constant factor: without unit and without error. present: which elements of the point are there; None means
    all. batch(function, numbers): for types of which no batch can be one instance: a function of one batched argument,
    and this argument. programs: name -> function(x, given), where the type's own way of writing a program is another
    one (a labelled dot product). probes: uses of the type's own interface. pairs: whether it stands for its class in
    the table of pairs, or the families with which it has pairs. inner: the type inside, in a pair.
    """

    name: str
    slot: str
    family: str
    cls: Any
    make: Callable[[Any], Any]
    expect: Callable[[Expected], Mapping[str, Any] | None] = lambda e: {}
    metadata: Callable[[Any], Mapping[str, Any]] = lambda x: {}
    payload: Callable[[Any], Any] = lambda x: x
    numbers: Callable[[Any, Expected], Any] = array_of
    point: Any = field(default_factory=POINT.copy)
    direction: Any = field(default_factory=DIRECTION.copy)
    embed: Callable[[Any], Any] = lambda numbers: numbers
    one: Any = 1
    constant: Callable[[Any, tuple[Any, ...]], Any] = lambda array, axes: array
    tangent: Callable[[Any], Any] | None = None
    factor: Callable[[Any], Any] | None = None
    present: Any = None
    hidden: Callable[[Expected], Any] | None = None
    batch: Callable[[Callable[[Any], Any], Any], tuple[Callable[[Any], Any], Any]] | None = None
    dtype: Any = np.float64
    tolerance: float = 1e-8
    rank: int = 0
    pairs: bool | frozenset[str] = True
    probes: Sequence[Probe] = ()
    programs: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    refuses: tuple[type[Exception], ...] = ()
    inner: Subject | None = None

    def as_factor(self, numbers: Any) -> Any:
        """An instance that serves as a constant factor."""
        return self.make(numbers) / self.one if self.factor is None else self.factor(numbers)

    @property
    def layers(self) -> tuple[Subject, ...]:
        """The subject and those inside it, from the outside."""
        return (self,) if self.inner is None else (self, *self.inner.layers)
