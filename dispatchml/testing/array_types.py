"""check_array_type: what every registered array type promises, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import (
    LayerOrderError,
    class_name,
)
from ..dispatch.lattice import SLOTS, outermost
from ..dispatch.layers import LAYERS, is_layer, layer_of
from ..engines.batch import Batched
from ..engines.forward import Dual, dual
from ..engines.levels import Level
from ..engines.reverse import Var, variable
from ..engines.space import space_of
from ..engines.tape import Tape
from ..engines.traced import Traced
from .examined import ArrayTypeError, Examined, differ, is_structure, numbers, seen
from .samples import VECTOR, public_operations
from .type_operations import check_operation
from .type_programs import PROGRAMS, check_program

ENGINES = (Var, Dual, Batched)


def check_array_type(
    cls: type,
    make: Callable[[Any], Any],
    *,
    refuses: Sequence[type[Exception]] = (),
    operations: Sequence[str] | None = None,
    programs: Mapping[str, Callable[[Any], Any]] | Sequence[str] | None = None,
    tolerance: float = 1e-6,
) -> dict[str, str]:
    """Check a registered array type; raise ArrayTypeError where it breaks a law, loses itself or derives wrongly.

    cls: the class. make(array): an instance round a plain float array of any shape (or what it can hold of it;
    ValueError and TypeError mean that it cannot). refuses: error classes of the type's own that mean "this has no
    meaning", such as a unit error. operations: the names of operations to try, all of them by default. programs: names
    of those given here, or name -> function of one instance in place of them. tolerance: relative, of derivatives
    against differences.

    Checked are: its slot and its place among the layers that are registered, whatever the order of arguments; the
    round trip through payload and rebuild; single precision stays single; typed zeros; the projection of cotangents
    changes nothing the second time; a traced value that meets an instance is traced outside; every operation works,
    keeping the layer unless the operation or the type's own rule says otherwise, or raises; values, directional
    derivatives and gradients of programs agree with differences and with each other, also nested, batched and in both
    modes at once.

    Returns name of operation -> "works", "refused" or "untried" (no plain call of it is known).

    >>> import numpy as np, dispatchml as dm
    >>> from dispatchml.testing import check_array_type
    >>> check_array_type(Diagonal, lambda a: Diagonal(np.ravel(a)))  # doctest: +SKIP
    """
    instance = make(VECTOR.copy())
    is_layer(instance)  # its plugin may be loaded by the question
    info = layer_of(cls)
    if info is None or not isinstance(instance, cls):
        raise ArrayTypeError(
            f"{class_name(cls)} is not a layer, or make does not return one. Decorate the class with "
            "dispatchml.layer(slot=...) or declare it with dispatchml.register_type."
        )
    examined = Examined(cls, make, info, refuses, tolerance)
    check_place(examined, type(instance))
    check_round_trip(examined, instance)
    check_precision(examined)
    check_zeros(examined, instance)
    check_normal_form(examined, instance)
    outcome = {}
    for name in sorted(public_operations()) if operations is None else operations:
        examined.chosen = f"operations=[{name!r}], programs=[]"
        outcome[name] = check_operation(examined, name)
    if programs is None:
        programs = PROGRAMS
    for name in programs:
        program = programs[name] if isinstance(programs, Mapping) else PROGRAMS[name]
        examined.chosen = f"operations=[], programs=[{name!r}]"
        if program is not PROGRAMS.get(name):
            examined.chosen = f"operations=[], programs={{{name!r}: ...}}"
        check_program(examined, instance, name, program)
    return outcome


# ---- laws ------------------------------------------------------------------------------------------------------------


def check_place(examined: Examined, cls: type) -> None:
    """One place among the layers, for every order of the arguments."""
    info = examined.layer
    if info.slot not in SLOTS:
        examined.fail(f"its slot {info.slot!r} is none of {', '.join(SLOTS)}")
    for engine in ENGINES:
        if not (outermost((cls, engine)) is outermost((engine, cls)) is layer_of(engine)):
            examined.fail(f"{class_name(engine)} is not outside it")
    for other in list(LAYERS):
        if other in ENGINES or layer_of(other) is info:
            continue
        if place(cls, other) != place(other, cls):
            examined.fail(f"its place beside {class_name(other)} depends on the order of the arguments")


def place(one: type, other: type) -> Any:
    """The outermost of two layers, or that it is undecided."""
    try:
        return outermost((one, other))
    except LayerOrderError:
        return "undecided"


def check_round_trip(examined: Examined, x: Any) -> None:
    """rebuild(x, payload(x)) is x again, with the same static attributes."""
    info = examined.layer
    if info.payload is None or info.rebuild is None:
        examined.fail("its registration has no payload or no rebuild")
        return
    with examined.doing("rebuild(x, payload(x))"):
        again = info.rebuild(x, info.payload(x))
    if type(again) is not type(x):
        examined.fail(f"rebuild(x, payload(x)) is {class_name(type(again))}, not {class_name(type(x))}")
    if differ(numbers(again), numbers(x), 0):
        examined.fail("rebuild(x, payload(x)) holds other numbers than x")
    for name in info.static:
        with examined.doing(f"reading the static attribute {name!r}"):
            before, after = getattr(x, name), getattr(again, name)
        if not callable(before) and not np.all(before == after):
            examined.fail(f"rebuild(x, payload(x)) changed the static attribute {name!r}")


def check_precision(examined: Examined) -> None:
    """Single precision stays single, with plain numbers on either side."""
    try:
        x = examined.make(VECTOR.astype(np.float32))
    except (TypeError, ValueError):
        return
    if numbers(x).dtype != np.float32:
        return  # a type of one precision of its own
    for what, call in (("x * 2.0", lambda: ops.multiply(x, 2.0)), ("2.0 * x", lambda: ops.multiply(2.0, x))):
        made = attempt(examined, f"multiply, {what}, of single precision", call)
        if made is not None and numbers(made).dtype != np.float32:
            examined.fail(f"{what} of single precision is {numbers(made).dtype}")


def attempt(examined: Examined, what: str, call: Callable[[], Any]) -> Any:
    """A result, or None where it was refused; what: the operation and its arguments, for the error."""
    with examined.doing(what):
        try:
            return call()
        except examined.refuses:
            return None


def check_zeros(examined: Examined, x: Any) -> None:
    """Zeros have the type, adding them changes nothing, and projecting a cotangent twice is projecting it once."""
    with examined.doing("zeros_like(x)"):
        zero = ops.zeros_like(x)
    if not examined.holds(zero):
        examined.fail(
            f"zeros_like(x) is {class_name(type(zero))}: a typed zero is one of its own type. Give it a rule: "
            f"@dispatchml.ops.zeros_like.layer({examined.cls.__name__})"
        )
    if np.any(numbers(zero) != 0):
        examined.fail("zeros_like(x) is not zero")
    total = attempt(examined, "add of x and zeros_like(x)", lambda: ops.add(x, zero))
    if total is not None and differ(seen(total), seen(x), 0):
        examined.fail("x + zeros_like(x) is not x")
    if total is not None and not examined.holds(total) and not is_structure(examined):
        examined.fail("x + zeros_like(x) is not x")
    with examined.doing("one_like(x)"):
        ct = ops.one_like(x)
    with examined.doing("the projection of a cotangent"):
        space = space_of(x)
        once = space.project(ct)
        twice = space.project(once)
    if type(once) is not type(twice) or differ(numbers(twice), numbers(once), 0):
        examined.fail("projecting a cotangent a second time changes it")


def check_normal_form(examined: Examined, x: Any) -> None:
    """A traced plain value that meets an instance, from either side, is traced outside; an instance round a traced
    value too.
    """
    tape = Tape("check_array_type")
    with Level("check_array_type", VECTOR.size) as level:
        traced = {
            "Var": variable(VECTOR, tape, 0),
            "Dual": dual(VECTOR, np.ones_like(VECTOR), level),
            "Batched": Batched(VECTOR, level),
        }
        tape.append(None)
        for name, value in traced.items():
            for order, arguments in (("right", (value, x)), ("left", (x, value))):
                what = f"multiply of a traced array ({name}) and an instance on the {order}"
                made = attempt(examined, what, lambda arguments=arguments: ops.multiply(*arguments))
                kept = examined.layer.slot == "structure" or examined.holds(made)  # a structure may end in a product
                if made is not None and not (isinstance(made, Traced) and kept):
                    examined.fail(f"a {name} times an instance on the {order} is {made!r}, which is not traced outside")
    tape.close()
