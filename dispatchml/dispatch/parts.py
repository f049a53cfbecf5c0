"""Parts: what a library's attribute hands out as a view, so that a write to it reaches the value.

The magnitude of a quantity, the data of a masked array and the stored numbers of a sparse one are memory of the value
itself. On a traced value such an attribute is an operation; a `Part` says how a value is made of new numbers besides,
and the engines write through it: whole or element by element, through views of views, and under all transforms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import RegistrationError, at_user_line


class Part:
    """An attribute, method or function that gives a view: call it with the value.

    read(x): what is handed out, by operations that have derivatives. write(x, new): x with all of that replaced.
    aligned: whether the axes are those of x, so that an element of x[1:] is one of x; read and write then also act on
    what x is a view of; of others write may return NotImplemented, and what was handed out then goes its own way.
    bare(value): what is written, as a value that the part can hold.

    >>> import numpy as np, dispatchml as dm
    >>> from dispatchml import ops
    >>> from dispatchml.dispatch import Part
    >>> real = Part(ops.real, lambda z, new: ops.make_complex(new, ops.imag(z)))
    >>> def doubled(z):
    ...     part = real(z)
    ...     part *= 2.0
    ...     return z
    >>> dm.jvp(doubled, (np.array([1.0 + 1.0j]),), (np.array([1.0 + 1.0j]),))
    (array([2.+1.j]), array([2.+1.j]))
    """

    __slots__ = ("read", "write", "aligned", "bare")

    def __init__(
        self,
        read: Callable[..., Any],
        write: Callable[..., Any],
        *,
        aligned: bool = True,
        bare: Callable[..., Any] | None = None,
    ) -> None:
        self.read, self.write, self.aligned, self.bare = read, write, aligned, bare

    def __call__(self, x: Any, /) -> Any:
        made = self.read(x)
        return ENGINE["link"](made, x, self) if ENGINE else made


#: Operations declared with view=True that are parts: what they give is written to by these.
PARTS: dict[Any, Part] = {}
#: What the engines do with a traced value, by name; they enter it: link(made, x, part), change(x, function, name),
#: rewrite(x, part, value), replace(x, part, value) and lend(x).
ENGINE: dict[str, Callable[..., Any]] = {}
#: What a class does to a view of its values before a value is written into it.
BEFORE_WRITING: dict[type, Callable[[Any, Any, bool], None]] = {}


def part_of(op: Any, part: Part) -> None:
    """Declare how a write goes through an operation that was declared with view=True, where its result has other
    elements than its argument. The functions of the part get the keywords of the operation.

    Raises RegistrationError for an operation that gives no views.
    """
    if not getattr(getattr(op, "info", None), "view", False):
        raise RegistrationError(f"part_of: {op!r} is no operation with view=True{at_user_line()}.")
    PARTS[op] = part


def before_writing(cls: type, function: Callable[[Any, Any, bool], None]) -> None:
    """Declare what happens to a view of a traced value of a class before a value is written into it.

    function(view, value, in_place), with in_place for operators such as +=. Where a library gives the view something of
    its own then, such as a mask, `change` does.
    """
    BEFORE_WRITING[cls] = function


def lent(x: Any) -> Any:
    """An argument of a constructor whose array shares the memory that it is given.

    An array of lifted code, which other functions take as what it holds now, sees what is written to the new array, and
    the other way. Anything else is given back as it is.
    """
    return ENGINE["lend"](x) if "lend" in ENGINE else x


def change(x: Any, function: Callable[[Any], Any], name: str) -> None:
    """Make a traced value stand for what a function makes of it, as a method that works in place does: every alias sees
    it. name: what was called, for the error.

    Raises ReadOnlyError for a view of other elements, unless what the function gives is a view of its argument.
    """
    ENGINE["change"](x, function, name)


def rewrite(x: Any, part: Part, value: Any) -> None:
    """Write all elements of an aligned part of a traced value, in what it is a view of, too. The part may be of plain
    numbers, such as a mask.
    """
    ENGINE["rewrite"](x, part, value)


def replace(x: Any, part: Part, value: Any) -> None:
    """Give a traced value other memory for a part, as x.data = numbers does: what it was a view of stays as it is."""
    ENGINE["replace"](x, part, value)
