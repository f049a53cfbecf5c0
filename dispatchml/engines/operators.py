"""Python's operators on the engines' values. They are the operations themselves, so `x * y` is `ops.multiply(x, y)`."""

from __future__ import annotations

from typing import Any

from .. import ops
from .batch import Batched
from .forward import Dual
from .reverse import Var

BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "matmul": "matmul",
    "floordiv": "floor_divide", "mod": "remainder", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
COMPARISONS = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "bitwise_invert"}


def reflected(op: Any) -> Any:
    """The operator with its operands the other way round."""

    def operator(self: Any, other: Any) -> Any:
        return op(other, self)

    operator.__name__ = operator.__qualname__ = f"reflected_{op.__name__}"
    return operator


def getitem(self: Any, index: Any) -> Any:
    """x[index]: basic and advanced indices; an index that is itself traced selects along axes."""
    return ops.getitem(self, index=index)


def power(self: Any, other: Any) -> Any:
    """x ** y; x ** 2 is the square, as NumPy computes it."""
    return ops.square(self) if type(other) in (int, float) and other == 2 else ops.power(self, other)


def install(cls: type) -> None:
    """Put the operators on an engine's class."""
    for name, op_name in (BINARY | COMPARISONS | UNARY).items():
        op = getattr(ops, op_name, None)
        if op is None:
            continue
        setattr(cls, f"__{name}__", op)
        if name in BINARY:
            setattr(cls, f"__r{name}__", reflected(op))
    cls.__pow__ = power  # type: ignore[attr-defined]
    cls.__hash__ = object.__hash__  # type: ignore[method-assign]
    cls.__getitem__ = getitem  # type: ignore[attr-defined]


for engine in (Var, Dual, Batched):
    install(engine)
