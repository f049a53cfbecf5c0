"""A batch of structures: for each structure of one's own, the layer that holds as many of them as the batch has.

A `Diagonal` of which each element of a batch has one is neither a `Diagonal` nor a dense array. Its stack has the same
fields with the batch axis in front of each, and is a layer like any other, so that derivatives and units go through it.
Only the batching engine makes one, and below it an element of the batch looks like a `Diagonal` again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .construct import FORMS, Form, construct_plainly
from .define import Array, define
from .errors import NoMethodError, RegistrationError, at_user_line, class_name, describe
from .generated import compiled
from .layers import layer_of
from .operation import LOCK


class Stack:
    """The base of all stacks. payload: names of the fields, in the order of the element's. statics: the constructor's
    other parameters -> the element's. `__template__` is one of the elements, for what is beside the numbers.
    """

    form: Form
    payload: tuple[str, ...]
    statics: dict[str, str]
    __template__: Any

    def fill(self, values: tuple[Any, ...], statics: dict[str, Any]) -> None:
        """What `__init__` does: the constructor of the element's class sees the first element."""
        for name, value in zip(self.payload, values, strict=True):
            setattr(self, name, value)
        for name, value in statics.items():
            setattr(self, name, value)
        parts = [first_of(v) for v in values]
        parameters = [self.form.parameters[name] for name in self.form.payload]
        given = {self.statics[name]: value for name, value in statics.items()}
        made = construct_plainly(self.form, {**dict(zip(parameters, parts, strict=True)), **given})
        for name, part in zip(self.form.payload, parts, strict=True):
            refuse_changed(self.form, name, part, getattr(made, name))
        self.__template__ = made

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of the batch, and the shape of one element."""
        size = next(len(v) for name in self.payload if (v := getattr(self, name)) is not None)
        return (size, *getattr(self.__template__, "shape", ()))

    @property
    def dtype(self) -> Any:
        """The dtype of the elements."""
        from ..ops.metadata import dtype

        return dtype(self.__template__)


#: Plain numbers and arrays, which can be compared.
PLAIN = (np.ndarray, np.generic, float, complex, int)
#: Makes the methods `materialise` and `project` of a stack: name -> function(name). The engines enter theirs.
METHODS: dict[str, Callable[..., Any]] = {}
#: Gives a structure as an instance of its class, whatever is around it: function(value, form). The engines enter it.
BARE: list[Callable[..., Any]] = []


def first_of(value: Any) -> Any:
    """The first element of a field; zeros where the batch is empty."""
    if value is None or len(value):
        return None if value is None else value[0]
    return np.zeros(value.shape[1:], value.dtype)


def refuse_changed(form: Form, name: str, given: Any, kept: Any) -> None:
    """Refuse a constructor that computes something: the fields of a stack are put there without it."""
    plain = isinstance(given, PLAIN) and isinstance(kept, PLAIN)
    if kept is given or not plain or np.array_equal(given, kept, equal_nan=np.asarray(given).dtype.kind in "fc"):
        return
    raise RegistrationError(
        f"vmap: the constructor of {class_name(form.cls)} computes its field {name!r} out of what it is given"
        f"{at_user_line()}, which a batch of them would not. Compute it before the constructor is called, for example "
        "in a function or a classmethod, or declare the class with layer(stacks=True) if the constructor takes axes in "
        "front."
    )


def is_structure(form: Form) -> bool:
    """Whether the shape of a layer is its own; other layers have that of their payload, also with a batch axis."""
    return form.info.slot == "structure"


def needs_stack(form: Form) -> bool:
    """Whether a batch of a layer is something else than the layer with an axis in front of its fields."""
    return is_structure(form) and not form.info.properties.get("stacks")


def is_own_stack(x: Any) -> bool:
    """Whether a value is a structure whose batches are of its own class."""
    info = layer_of(type(x))
    return info is not None and bool(info.properties.get("stacks"))


def stack_of(form: Form) -> Form:
    """The form of a structure's stack, made when it is first asked for."""
    with LOCK:
        known = form.stack
        if known is None or known.cls not in FORMS:
            known = form.stack = FORMS[stack_class(form)]
        return known


def stack_class(form: Form) -> type:
    """A new stack, as a layer."""
    payload = tuple(f"field{k}" for k in range(len(form.payload)))
    statics = {f"static{k}": parameter for k, parameter in enumerate(form.statics)}
    words = "".join(f", {name}" for name in statics)
    source = (
        f"def __init__(self, {', '.join(payload)}{', *' * bool(words)}{words}):\n"
        f"    self.fill(({', '.join(payload)},), {{{', '.join(f'{name!r}: {name}' for name in statics)}}})\n"
    )
    patterns = {name for name, own in zip(payload, form.payload, strict=True) if own in form.pattern}
    annotations = {name: np.typing.NDArray[np.intp] if name in patterns else Array for name in payload}
    body: dict[str, Any] = {
        "__init__": compiled(source, f"stack of {form.cls.__name__}")["__init__"],
        "__annotations__": {**annotations, **dict.fromkeys(statics, object)},
        "__module__": __name__,
        "__doc__": f"A batch of {class_name(form.cls)}.",
        "form": form,
        "payload": payload,
        "statics": statics,
        **{name: made(name) for name, made in METHODS.items() if callable(getattr(form.cls, name, None))},
    }
    cls = type(f"StackOf{form.cls.__name__}", (Stack,), body)
    define(cls, form.info.slot, operators=False)
    return cls


def make_stack(form: Form, values: list[Any], statics: dict[str, Any]) -> Any:
    """A stack round fields that have the batch axis in front, in normal form."""
    made = stack_of(form)
    names = {parameter: name for name, parameter in made.cls.statics.items()}  # type: ignore[attr-defined]
    return made.make(*values, **{names[parameter]: value for parameter, value in statics.items()})


def read_stack(form: Form, name: str, x: Any) -> Any:
    """A field of a stack, which may be inside of something else."""
    if form.stack is None or structure_inside(x, form.stack.cls) is None:
        raise NoMethodError(
            f"{form.read[name].__name__} takes a {class_name(form.cls)}, not a batch of {describe(x)}{at_user_line()}."
        )
    stack = form.stack
    return stack.read[stack.payload[form.payload.index(name)]](x)


def structure_inside(x: Any, cls: type) -> Any:
    """The instance of a class inside of a value, as its user sees it: an element of a stack inside of a batch."""
    hidden = 0
    while True:
        hidden += getattr(type(x), "_hides_axis", False)
        seen = unstacked(x, hidden)
        if isinstance(seen, cls):
            return seen
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return None
        x = info.payload(x)
        if type(x) is tuple:
            x = x[0]


def unstacked(x: Any, hidden: int) -> Any:
    """One element of stacks within each other, as many as there are hidden axes; None where there are fewer stacks.

    A plugin's class that stands for a batch of structures has a `__template__`, as a stack has.
    """
    for _ in range(hidden):
        x = x if is_own_stack(x) else getattr(x, "__template__", None)
    return x
