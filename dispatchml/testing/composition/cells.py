"""One cell of the matrix: run it, and say what came out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...dispatch.errors import DensifyWarning, DispatchmlError
from ...transforms.plain_values import is_instance
from .expected import Expected
from .pairs import MEETING, meeting_form
from .programs import FORMS, Form
from .subjects import Probe, Subject
from .transforms import TRANSFORMS, Task, present_of

#: What a cell may be. Good: ok, refused (the type declares that it must raise), meaningless (declared with a reason).
GOOD = ("ok", "refused", "meaningless")
BAD = ("lossy", "wrong", "raised")


@dataclass(frozen=True)
class Cell:
    """One place of the matrix: a row (a type, or a pair outer(inner)), a program (or a probe), a transform."""

    row: str
    program: str
    transform: str


@dataclass(frozen=True)
class Verdict:
    """What came out of a cell: one of ok, refused, meaningless, lossy, wrong, raised, missing; and the reason."""

    status: str
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether the cell is as it should be."""
        return self.status in GOOD


class Lossy(AssertionError):
    """A result came without something that it had to carry."""


class Wrong(AssertionError):
    """A result carries something, or numbers, that are not the expected ones."""


def task_of(subject: Subject, program: str) -> Task:
    """A program of the table for a subject."""
    form = meeting_form(subject) if program == MEETING else FORMS[np.ndim(subject.embed(subject.point))][program]
    own = subject.programs.get(program, form.function)
    present = present_of(subject)
    return Task(
        subject,
        program,
        form,
        lambda x: own(x, subject),
        lambda numbers: form.reference(subject.embed(numbers), present),
    )


def probe_task(subject: Subject, probe: Probe) -> Task:
    """A probe of a type's own interface as a program."""
    form = Form(probe.function, lambda x, present: probe.reference(x), probe.degree, probe.axes)
    name = f"probe: {probe.name}"
    return Task(subject, name, form, lambda x: probe.function(x, subject), probe.reference)


def run(subject: Subject, program: str, transform: str) -> Verdict:
    """The verdict on one cell of the table."""
    return verdict(subject, task_of(subject, program), transform)


def run_probe(subject: Subject, probe: Probe, transform: str) -> Verdict:
    """The verdict on one probe."""
    return verdict(subject, probe_task(subject, probe), transform, plain_value=probe.plain)


def verdict(subject: Subject, task: Task, transform: str, plain_value: bool = False) -> Verdict:
    """Run a task through a transform and compare every result with what it must be."""
    with warnings.catch_warnings(record=True) as seen, np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", DensifyWarning)
        try:
            results = TRANSFORMS[transform](task)
        except Exception as error:
            if subject.refuses and isinstance(error, subject.refuses):
                return Verdict("refused", one_line(error))
            return Verdict("raised", f"{type(error).__name__}: {one_line(error)}")
        if subject.refuses:
            return Verdict("wrong", f"it must raise, and gave {one_line(results[-1][1])}")
        said = [str(w.message) for w in seen if issubclass(w.category, DensifyWarning)]
        try:
            for expected, result in results:
                compare(subject, expected, result, plain_value, bool(said))
        except Lossy as error:
            return Verdict("lossy", one_line(error))
        except Wrong as error:
            return Verdict("wrong", one_line(error))
        except Exception as error:  # reading a result in its library's own way failed
            return Verdict("wrong", f"the result cannot be read: {type(error).__name__}: {one_line(error)}")
    return Verdict("ok", f"said: {one_line(said[0])}" if said else "")


def one_line(x: Any) -> str:
    """A message without line breaks."""
    return " ".join(str(x).split())[:400]


def type_name(x: Any) -> str:
    """The class of a value in a message."""
    return f"{type(x).__module__}.{type(x).__qualname__}"


def compare(subject: Subject, e: Expected, result: Any, plain_value: bool = False, said: bool = False) -> None:
    """Raise Lossy or Wrong where a result is not what it must be. said: whether a warning named an operation that was
    computed on a dense array, after which a structure need not come back.
    """
    layer, value = subject, result
    for layer in subject.layers:
        wanted = layer.expect(e)
        if wanted is None or (plain_value and e.role in ("value", "tangent")):
            if is_instance(value, layer.cls) and layer.slot != "value":
                raise Wrong(f"{e.role}: {type_name(value)}, and must be plain: {value!r}")
            continue
        if not is_instance(value, layer.cls):  # a carrier stands for its class
            if said and layer.slot == "structure" and e.role not in ("gradient", "product"):
                continue
            raise Lossy(f"{e.role}: the type {layer.name} is lost: {type_name(value)} {value!r}")
        metadata = layer.metadata(value)
        for name, item in wanted.items():
            if name not in metadata:
                raise Lossy(f"{e.role}: {name} is lost; {item!r} was expected")
            if not same(metadata[name], item):
                raise Wrong(f"{e.role}: {name} is {metadata[name]!r}, not {item!r}")
        value = layer.payload(value)
        if layer.slot == "structure" and layer.inner is not None:
            value = with_zeros(layer.numbers(value, e))  # what is stored, at its places: the type inside is read there
        if layer.hidden is not None and layer.inner is not None and e.shape:
            value, e = visible(value, e, np.broadcast_to(layer.hidden(e), e.shape))
    compare_numbers(subject, e, value)


def visible(value: Any, e: Expected, hidden: Any) -> tuple[Any, Expected]:
    """What the type inside of a mask is asked for: the elements that are not masked, as a vector."""
    if not hidden.any() or np.shape(value) != e.shape:
        return value, e

    def numbers(x: Any) -> Any:
        return np.asarray(e.function(x))[~hidden]

    return value[~hidden], replace(e, function=numbers, axes=(None,))


def with_zeros(dense: Any) -> Any:
    """An object array in which places that a structure does not store, Python's 0, are zeros of the others' class."""
    if type(dense) is not np.ndarray or dense.dtype != object:
        return dense
    empty = np.array([type(v) is int and v == 0 for v in dense.flat], bool).reshape(dense.shape)
    if not empty.any() or empty.all():
        return dense
    return np.where(empty, 0 * dense[~empty][0], dense)


def same(got: Any, wanted: Any) -> bool:
    """Whether two pieces of metadata are equal; floats and arrays of them nearly."""
    if isinstance(wanted, (np.ndarray, float)):
        got = np.asarray(got)
        if got.shape != np.shape(wanted):
            return False
        if np.asarray(wanted).dtype.kind in "fc":
            return bool(np.allclose(got, wanted, rtol=1e-6, atol=1e-9, equal_nan=True))
        return bool(np.array_equal(got, wanted))
    return bool(got == wanted)


def compare_numbers(subject: Subject, e: Expected, value: Any) -> None:
    """The plain numbers: shape, precision, values."""
    if isinstance(value, DispatchmlError) or type(value).__module__.startswith("dispatchml.engines"):
        raise Wrong(f"{e.role}: a traced value came out: {value!r}")
    innermost = subject.layers[-1]
    got, wanted = np.asarray(innermost.numbers(value, e)), e.numbers
    if got.shape != wanted.shape:
        raise Wrong(f"{e.role}: shape {got.shape}, not {wanted.shape}")
    if (
        subject.dtype is not None
        and got.dtype != subject.dtype
        and not (got.dtype.kind == "f" and np.dtype(subject.dtype).kind == "c" and np.isrealobj(wanted))
    ):
        raise Lossy(f"{e.role}: the precision is {got.dtype}, not {np.dtype(subject.dtype)}")
    if subject.tolerance == 0:
        off = np.asarray(got != wanted, bool)
    else:
        got, wanted = (np.asarray(v, np.complex128 if np.iscomplexobj(v) else np.float64) for v in (got, wanted))
        scale = np.max(np.abs(wanted), initial=1.0) * subject.tolerance
        off = ~(np.abs(got - wanted) <= scale)
    hidden = None if innermost.hidden is None else innermost.hidden(e)
    if hidden is not None:
        off &= ~np.broadcast_to(hidden, off.shape)
    if off.any():
        index = np.unravel_index(int(np.argmax(off)), off.shape)
        place = f" at index {tuple(map(int, index))}" if index else ""
        raise Wrong(f"{e.role}{place}: {got[index]!r}, not {wanted[index]!r} ({int(off.sum())} of {off.size} are off)")
