"""check_array_type: what every registered array type promises, whoever wrote it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.errors import (
    AmbiguousMethodError,
    DensifyWarning,
    DispatchmlError,
    LayerOrderError,
    NoMethodError,
    NonDifferentiableError,
    NoRuleError,
    class_name,
)
from ..dispatch.lattice import SLOTS, outermost
from ..dispatch.layers import LAYERS, Layer, is_layer, layer_of
from ..engines.batch import Batched
from ..engines.forward import Dual, dual
from ..engines.levels import Level
from ..engines.reverse import Var, variable
from ..engines.space import space_of
from ..engines.tape import Tape
from ..engines.traced import Traced
from ..transforms import grad, hvp, jvp, value_and_grad
from ..transforms import inner as inner_product
from .samples import VECTOR, Sample, public_operations, sample

ENGINES = (Var, Dual, Batched)
#: Differences are this far apart; third derivatives of the programs are small.
STEP = 1e-5
#: What an operation may say instead of a result.
REFUSALS = (NoMethodError, NoRuleError)


class ArrayTypeError(DispatchmlError, AssertionError):
    """A registered array type breaks a promise that every array type makes."""


class Examined:
    """The type that is being checked."""

    __slots__ = ("cls", "make", "layer", "refuses", "tolerance", "chosen")

    def __init__(self, cls: type, make: Callable[[Any], Any], layer: Layer, refuses: Any, tolerance: float) -> None:
        self.cls, self.make, self.layer = cls, make, layer
        self.refuses, self.tolerance = (*REFUSALS, *refuses), tolerance
        self.chosen = "operations=[], programs=[]"

    def error(self, what: str) -> ArrayTypeError:
        """The error that names the type, what is wrong with it, and a call that repeats it."""
        cls = self.cls.__name__
        return ArrayTypeError(
            f"{class_name(self.cls)}: {what}.\nReproduce: check_array_type({cls}, make, {self.chosen})"
        )

    def fail(self, what: str) -> NoReturn:
        """Raise it."""
        raise self.error(what)

    def compare(self, what: str, got: Any, expected: Any, tolerance: float, against: str = "it must be") -> None:
        """Raise where two flat arrays of numbers are not the same within a tolerance, naming the first that is off."""
        if not differ(got, expected, tolerance):
            return
        if got.shape != expected.shape:
            self.fail(f"{what} has {got.size} numbers, and must have {expected.size}")
        k = int(np.argmax(off_by(got, expected, tolerance)))
        count = f" ({int(off_by(got, expected, tolerance).sum())} of {got.size} are off)" if got.size > 1 else ""
        self.fail(f"{what} at index ({k},) of its numbers is {got[k]!r}, {against} {expected[k]!r}{count}")

    def holds(self, x: Any) -> bool:
        """Whether a value carries the layer, at any depth."""
        if isinstance(x, (tuple, list)):
            return any(map(self.holds, x))
        if type(x) is np.ndarray and x.dtype == object:
            return any(map(self.holds, x.flat))
        info = layer_of(type(x))
        if info is self.layer:
            return True
        template = getattr(x, "__template__", None)
        if template is not None:  # a batch of structures
            return self.holds(template)
        return info is not None and info.payload is not None and self.holds(info.payload(x))

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Name what was being done when something else than an ArrayTypeError came."""
        try:
            yield
        except ArrayTypeError:
            raise
        except Exception as error:
            raise self.error(f"{what} raised {type(error).__name__}: {error}") from error


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


# ---- numbers below all layers ----------------------------------------------------------------------------------------


def numbers(x: Any) -> Any:
    """All plain numbers inside, flat, in the order of the payloads."""
    if isinstance(x, (tuple, list)):
        parts = [numbers(v) for v in x]
        return np.concatenate(parts) if parts else np.zeros(0)
    info = layer_of(type(x))
    if info is not None and info.payload is not None:
        return numbers(info.payload(x))
    if type(x) is np.ndarray and x.dtype == object and any(layer_of(type(v)) is not None for v in x.flat):
        return numbers(list(x.flat))
    return np.ravel(np.asarray(x))


def seen(x: Any) -> Any:
    """All numbers that a user sees, flat: the entries that a structure stands for, which may be stored in any way."""
    if isinstance(x, (tuple, list)):
        parts = [seen(v) for v in x]
        return np.concatenate(parts) if parts else np.zeros(0)
    info = layer_of(type(x))
    dense = info is not None and info.slot == "structure" and info.materialise is not None
    return numbers(info.materialise(x)) if dense else numbers(x)  # type: ignore[union-attr, misc]


def with_numbers(examined: Examined, x: Any, flat: Any) -> Any:
    """The same instance round other numbers."""
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None:
        made = np.reshape(flat, np.shape(x))
        return made if isinstance(x, np.ndarray) else made[()]
    payload = info.payload(x)
    if type(payload) is not tuple:
        return info.rebuild(x, with_numbers(examined, payload, flat))
    sizes = np.cumsum([numbers(p).size for p in payload])[:-1]
    parts = zip(payload, np.split(flat, sizes), strict=True)
    return info.rebuild(x, tuple(with_numbers(examined, p, f) for p, f in parts))


def differ(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether two flat arrays of numbers are not the same within a tolerance."""
    if got.shape != expected.shape:
        return True
    return bool(np.any(off_by(got, expected, tolerance)))


def off_by(got: Any, expected: Any, tolerance: float) -> Any:
    """Which numbers are not the same within a tolerance."""
    scale = np.max(np.abs(expected), initial=1.0)
    return ~np.isclose(got, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


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
        made = attempt(examined, call)
        if made is not None and numbers(made).dtype != np.float32:
            examined.fail(f"{what} of single precision is {numbers(made).dtype}")


def attempt(examined: Examined, call: Callable[[], Any]) -> Any:
    """A result, or None where it was refused."""
    try:
        return call()
    except examined.refuses:
        return None


def check_zeros(examined: Examined, x: Any) -> None:
    """Zeros have the type, adding them changes nothing, and projecting a cotangent twice is projecting it once."""
    with examined.doing("zeros_like(x)"):
        zero = ops.zeros_like(x)
    if not examined.holds(zero):
        examined.fail(f"zeros_like(x) is {class_name(type(zero))}: a typed zero is one of its own type")
    if np.any(numbers(zero) != 0):
        examined.fail("zeros_like(x) is not zero")
    total = attempt(examined, lambda: ops.add(x, zero))
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
                made = attempt(examined, lambda arguments=arguments: ops.multiply(*arguments))
                kept = examined.layer.slot == "structure" or examined.holds(made)  # a structure may end in a product
                if made is not None and not (isinstance(made, Traced) and kept):
                    examined.fail(f"a {name} times an instance on the {order} is {made!r}, which is not traced outside")
    tape.close()


# ---- every operation -------------------------------------------------------------------------------------------------


def check_operation(examined: Examined, name: str) -> str:
    """An operation works, keeping the layer, or raises."""
    op = public_operations()[name]
    found = sample(op)
    if found is None:
        return "untried"
    outcome = "refused"
    for chosen, arguments in wrapped_calls(examined, found):
        what = f"{name} with the layer in argument {' and '.join(map(str, chosen))}"
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                y = found.call(arguments)
        except (*examined.refuses, NonDifferentiableError):
            continue
        except AmbiguousMethodError as error:
            raise examined.error(f"{what} is ambiguous: {error}") from error
        except Exception as error:
            if is_structure(examined) and dense_result(examined, found, arguments) is None:
                continue  # the dense array has no result either
            raise examined.error(f"{what} raised {type(error).__name__}: {error}") from error
        outcome = "works"
        check_dense(examined, what, found, arguments, y)
        densified = any(issubclass(w.category, DensifyWarning) for w in said)
        if not examined.holds(y) and is_numeric(y) and not densified and not may_be_plain(examined, found):
            examined.fail(
                f"{what} loses the layer: the result is {class_name(type(y))}, and nothing says that it may be plain"
            )
    return outcome


#: Operations whose result is one of several, whatever was in memory, or of the structure itself.
FREE = frozenset(
    {"argpartition", "argsort", "eig", "eigh", "eigvals", "empty_like", "lu", "one_like", "partition", "qr", "svd"}
)


def is_structure(examined: Examined) -> bool:
    """Whether the type stands for a dense array that it can give."""
    return examined.layer.slot == "structure" and examined.layer.materialise is not None


def dense_result(examined: Examined, found: Sample, arguments: tuple[Any, ...]) -> Any:
    """What an operation gives for the dense arrays of structures; None where it raises."""
    given = tuple(examined.layer.materialise(x) if examined.holds(x) else x for x in arguments)  # type: ignore[misc]
    try:
        with np.errstate(all="ignore"):
            return found.call(given)
    except Exception:  # whatever NumPy says to arguments that do not fit
        return None


def check_dense(examined: Examined, what: str, found: Sample, arguments: tuple[Any, ...], y: Any) -> None:
    """A structure gives the numbers that its dense array gives."""
    if not is_structure(examined) or found.op.name in FREE:
        return
    expected = dense_result(examined, found, arguments)
    if expected is None or not is_numeric(expected) or isinstance(expected, (tuple, list)):
        return
    wanted, got = seen(expected), seen(y)
    finite = np.isfinite(wanted)  # zeros of a structure stay zeros where dense ones are divided by zero
    if got.shape != wanted.shape or differ(np.where(finite, got, 0), np.where(finite, wanted, 0), 1e-9):
        examined.fail(f"{what} gives other numbers than for its dense array")


def wrapped_calls(examined: Examined, found: Sample) -> list[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """The sample's calls with wrapped arguments, as far as the type can hold them."""
    try:
        return list(found.wrapped(examined.make))
    except (TypeError, ValueError):
        return []


def may_be_plain(examined: Examined, found: Sample) -> bool:
    """Whether the operation's stub or a rule of the type itself decides that the result is plain."""
    op = found.op
    by_parts = is_structure(examined) and op.decomposition is not None  # by operations that decide
    return by_parts or examined.layer.slot in op.strips or any(c in op.layers for c in examined.cls.__mro__)


def is_numeric(y: Any) -> bool:
    """Whether a result holds floating-point numbers, which a layer would wrap."""
    leaves = y if isinstance(y, (tuple, list)) else (y,)
    return any(ops.dtype(v).kind in "fc" for v in leaves)


# ---- programs --------------------------------------------------------------------------------------------------------

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
