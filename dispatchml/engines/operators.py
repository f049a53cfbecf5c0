"""Python's operators on the engines' values. They are the operations themselves, so `x * y` is `ops.multiply(x, y)`."""

from __future__ import annotations

from typing import Any, NoReturn

from .. import ops
from ..dispatch.errors import TracerConversionError, at_user_line
from ..ops.index import refuse_unregistered
from .batch import Batched
from .forward import Dual
from .provider import HOLDERS, held
from .refusals import remember
from .reverse import Var
from .traced import describe_payload
from .writable import Writable, update

BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "matmul": "matmul",
    "floordiv": "floor_divide", "mod": "remainder", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "bitwise_invert"}


def reflected(op: Any) -> Any:
    """The operator with its operands the other way round."""

    def operator(self: Any, other: Any) -> Any:
        return op(other, self)

    operator.__name__ = operator.__qualname__ = f"reflected_{op.__name__}"
    return operator


def in_place(op: Any, name: str) -> Any:
    """The operator of this name that changes its first operand."""

    def operator(self: Any, other: Any) -> Any:
        made = op(self, other)
        return made if made is NotImplemented else update(self, made, name)

    operator.__name__ = operator.__qualname__ = f"in_place_{op.__name__}"
    return operator


def getitem(self: Any, index: Any) -> Any:
    """x[index]: basic and advanced indices; an index that is itself traced selects along axes."""
    kind = type(index)
    if kind is not int and kind is not slice:
        parts = index if kind is tuple else (index,)
        if HOLDERS and any(type(part) in HOLDERS for part in parts):
            parts = tuple(map(held, parts))
            index = parts if kind is tuple else parts[0]
        refuse_unregistered(ops.getitem, self, parts)
        if any(isinstance(part, Writable) for part in parts):
            from ..numpy.indexing import getitem as getitem_layered

            return getitem_layered(self, index)
    return ops.getitem(self, index=index)


def refuse_position(self: Any, *_: Any, **__: Any) -> NoReturn:
    """The error where a plain value is wanted of a batch: each element has one of its own."""
    error = TracerConversionError(
        f"A batched value ({describe_payload(self)}) was taken for one plain index or array{at_user_line()}: each "
        "element of the batch has a value of its own. Instead of x[i] with a plain x, write "
        "dispatchml.numpy.take(x, i), with axis=... where x has several axes; instead of numpy.array([a, b]) or "
        "writing into a plain array, numpy.stack([a, b])."
    )
    remember(error)
    raise error


def comparison(op: Any) -> Any:
    """== or !=: with what is no number at all Python's own answer, which is that they differ."""

    def operator(self: Any, other: Any) -> Any:
        return NotImplemented if other is None or type(other) in (str, bytes) else op(self, other)

    operator.__name__ = operator.__qualname__ = op.__name__
    return operator


def power(self: Any, other: Any) -> Any:
    """x ** y; x ** 2 is the square, as NumPy computes it."""
    return ops.square(self) if type(other) in (int, float) and other == 2 else ops.power(self, other)


def reshape(self: Any, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """As `numpy.reshape`; the sizes as one tuple or one by one. A traced value is never copied by force."""
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = tuple(shape[0])
    return ops.reshape(self, shape=shape, order=order)


def total(
    self: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    """As `numpy.sum`."""
    if where is not True or initial is not None or type(axis) is list:
        from ..numpy.statistics import sum

        return sum(self, axis, dtype, out, keepdims, initial, where)
    return ops.sum(self, axis=axis, dtype=dtype, keepdims=keepdims) if out is None else refuse_out("sum")


total.__name__ = total.__qualname__ = "sum"  # libraries of units decide by a method's name what becomes of the unit


def mean(
    self: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """As `numpy.mean`."""
    if where is not True:
        from ..numpy.statistics import mean

        return mean(self, axis, dtype, out, keepdims, where=where)
    return ops.mean(self, axis=axis, dtype=dtype, keepdims=keepdims) if out is None else refuse_out("mean")


def refuse_out(name: str) -> NoReturn:
    """The error for `out=` with a traced value."""
    from ..numpy.registry import refuse_out

    refuse_out(name)
    raise AssertionError("refuse_out raises")


def install(cls: type) -> None:
    """Put the operators on an engine's class."""
    for name, op_name in (BINARY | COMPARISONS | UNARY).items():
        op = getattr(ops, op_name, None)
        if op is None:
            continue
        setattr(cls, f"__{name}__", comparison(op) if name in ("eq", "ne") else op)
        if name in BINARY:
            setattr(cls, f"__r{name}__", reflected(op))
            if not hasattr(cls, f"__i{name}__"):
                setattr(cls, f"__i{name}__", in_place(op, f"__i{name}__"))
    cls.T = property(ops.transpose, doc="The axes reversed.")  # type: ignore[attr-defined]
    cls.reshape, cls.sum, cls.mean = reshape, total, mean  # type: ignore[attr-defined]
    cls.__pow__ = power  # type: ignore[attr-defined]
    cls.__hash__ = object.__hash__  # type: ignore[method-assign]
    cls.__getitem__ = getitem  # type: ignore[attr-defined]


for engine in (Var, Dual, Batched):
    install(engine)
Batched.__index__ = Batched.__array__ = refuse_position  # type: ignore[method-assign]
