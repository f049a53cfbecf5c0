"""From the text of a kernel to a program: expressions of whole arrays become loops over numbers.

An expression like `a * b + 1` is an array that is not computed yet: a shape, and a function from an index to a number.
It is computed, in one loop, where it is assigned; a reduction of it needs no memory at all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .kinds import BOOLEAN, FLOAT, INTEGER, Kind, joined, of_dtype
from .primitives import EMPTY, FRESH, RESHAPE, SHAPE, TABLE, TRANSPOSE, ZEROS
from .program import Carried, Compute, Load, Loop, Number, Operand, Slice, Value
from .structures import Constant

#: Arrays of a known size up to this one are computed without a loop.
UNROLLED = 9


class Lazy:
    """An array that is not computed yet. sources: the arrays that it reads. at: from an index to a number."""

    __slots__ = ("shape", "kind", "sources", "at")

    def __init__(
        self, shape: tuple[Operand, ...], code: str, sources: Iterable[Value], at: Callable[[tuple[Any, ...]], Operand]
    ) -> None:
        self.shape, self.kind, self.sources, self.at = shape, Kind(code, len(shape)), frozenset(sources), at


class Arrays:
    """Expressions of arrays; a part of the builder."""

    def shape(self: Any, array: Any) -> tuple[Operand, ...]:
        """The lengths of an array."""
        if isinstance(array, Lazy):
            return array.shape
        if isinstance(array, tuple):
            return (Number(len(array)), *(self.shape(array[0]) if array and isinstance(array[0], tuple) else ()))
        known = self.shapes.get(array)
        if known is not None:
            return known
        return tuple(self.compute(SHAPE, array, settings=(axis,)) for axis in range(array.kind.ndim))

    def bound(self: Any, value: Any, name: str = "t") -> Any:
        """A value that can be kept: arrays are computed."""
        if isinstance(value, Lazy):
            return self.materialised(value, name)
        if isinstance(value, tuple):
            return tuple(self.bound(v, f"{name}_{i}") for i, v in enumerate(value))
        return value

    def apply(self: Any, name: str, arguments: list[Any], node: ast.AST) -> Any:
        """A primitive on numbers or elementwise on arrays."""
        primitive = TABLE[name]
        for a in arguments:
            if not isinstance(a, (Value, Number, Lazy)):
                raise self.refuse(f"{name} takes numbers and arrays", node)
        arrays = [a for a in arguments if not a.kind.scalar]
        if not arrays:
            return self.compute(primitive, *arguments)
        shape = self.broadcast([self.shape(a) for a in arrays])
        sources = {s for a in arrays for s in (a.sources if isinstance(a, Lazy) else (a,))}
        code = primitive.result_kind([Number(0.0) if a is None else a for a in arguments]).code
        shapes = {id(a): self.shape(a) for a in arrays}

        def at(index: tuple[Any, ...]) -> Operand:
            numbers = []
            for a in arguments:
                if a.kind.scalar:
                    numbers.append(a)
                    continue
                own = index[len(index) - a.kind.ndim :]
                lengths = shapes[id(a)]
                numbers.append(
                    self.load(a, tuple(Number(0) if one(n) else i for i, n in zip(own, lengths, strict=True)))
                )
            return self.compute(primitive, *numbers)

        return Lazy(shape, code, sources, at)

    def broadcast(self: Any, shapes: list[tuple[Operand, ...]]) -> tuple[Operand, ...]:
        """The common shape; lengths that differ when the kernel runs raise there."""
        longest = max(map(len, shapes))
        made: list[Operand] = []
        for axis in range(-longest, 0):
            lengths = [s[axis] for s in shapes if len(s) >= -axis]
            proper = [n for n in lengths if not one(n)] or lengths[:1]
            for other in proper[1:]:
                if same_length(proper[0], other):
                    continue
                if isinstance(other, Number) and isinstance(proper[0], Number):
                    raise self.refuse(f"arrays of lengths {proper[0]} and {other} meet")
                self.check(
                    "if {0} != {1}: raise ValueError('arrays of different lengths meet; inside of a kernel an axis of "
                    "length 1 is not repeated: take its item instead')",
                    None,
                    proper[0],
                    other,
                )
            made.append(next((n for n in proper if isinstance(n, Number)), proper[0]))
        return tuple(made)

    # ---- loops that are not in the text ------------------------------------------------------------------------------

    def counting(self: Any, lengths: tuple[Operand, ...], body: Callable[[tuple[Any, ...]], None]) -> None:
        """Nested loops over an index; none where all lengths are known and small."""
        if not lengths:
            body(())
            return
        known = [n.value for n in lengths if isinstance(n, Number)]
        if len(known) == len(lengths) and int(np.prod(known)) <= UNROLLED:
            for index in np.ndindex(*known):
                body(tuple(Number(i) for i in index))
            return
        op = Loop()
        self.put(op)
        op.count = self.value("count", INTEGER)
        op.stop = lengths[0]
        op.index = self.value("i", INTEGER)
        assert op.index is not None
        op.index.made, op.index.block = op, op.body
        here, memory = self.block, self.memory
        self.block, self.memory = op.body, self.inner_memory(memory)
        self.counting(lengths[1:], lambda rest: body((op.index, *rest)))
        self.block, self.memory = here, memory
        memory.passed(op.body)

    def folding(
        self: Any, name: str, lengths: tuple[Operand, ...], first: Operand, kind: Kind,
        step: Callable[[Operand, tuple[Any, ...]], Operand],
    ) -> Operand:  # fmt: skip
        """A number that nested loops over an index change."""
        known = [n.value for n in lengths if isinstance(n, Number)]
        if len(known) == len(lengths) and int(np.prod(known)) <= UNROLLED:
            for index in np.ndindex(*known):
                first = self.converted(step(first, tuple(Number(i) for i in index)), kind)
            return first
        op = Loop()
        self.put(op)
        op.count = self.value("count", INTEGER)
        op.stop = lengths[0]
        op.index = self.value("i", INTEGER)
        assert op.index is not None
        op.index.made, op.index.block = op, op.body
        head = self.value(name, kind)
        head.made, head.block = op, self.block
        here, memory = self.block, self.memory
        self.block, self.memory = op.body, self.inner_memory(memory)
        if len(lengths) == 1:
            end = step(head, (op.index,))
        else:
            end = self.folding(name, lengths[1:], head, kind, lambda x, rest: step(x, (op.index, *rest)))
        end = self.converted(end, kind)
        self.block, self.memory = here, memory
        memory.passed(op.body)
        op.carried.append(Carried(head, first, end))
        return head

    def new_array(self: Any, name: str, shape: tuple[Operand, ...], code: str, zero: bool, dtype: str = "") -> Value:
        """An array of its own."""
        dtype = dtype or {"f8": "np.float64", "f4": "np.float32", "i8": "np.int64", "b1": "np.bool_"}[code]
        result = self.value(name, Kind(code, len(shape)))
        text = "(" + ", ".join(f"{{{i}}}" for i in range(len(shape))) + ("," if len(shape) == 1 else "") + ")"
        self.put(Compute(result, ZEROS if zero else EMPTY, shape, (text, dtype)))
        self.shapes[result] = shape
        return result

    def materialised(self: Any, lazy: Lazy, name: str = "t") -> Value:
        """An array that is not computed yet, computed."""
        made = self.new_array(name, lazy.shape, lazy.kind.code, False)
        self.fill(made, lazy)
        return made

    def fill(self: Any, target: Value, value: Any, sign: int = 0) -> None:
        """target[...] = value, or += it, elementwise."""
        shape = self.shape(target)
        if isinstance(value, (Value, Lazy)) and not value.kind.scalar:
            own = self.broadcast([shape, self.shape(value)][::-1]) and self.shape(value)
            if len(own) > len(shape):
                raise self.refuse(f"a {value.kind} is written into a {target.kind}")

            def number(index: tuple[Any, ...]) -> Operand:
                inner = index[len(index) - len(own) :]
                return self.load(value, tuple(Number(0) if one(n) else i for i, n in zip(inner, own, strict=True)))
        else:
            value = self.number(value)

            def number(index: tuple[Any, ...]) -> Operand:
                return value

        self.counting(shape, lambda index: self.store(target, index, number(index), sign))

    def store_region(self: Any, array: Value, index: tuple[Any, ...], value: Any, sign: int) -> None:
        """array[index] = value for an index that leaves dimensions over."""
        if isinstance(value, tuple):
            value = self.from_items(value, "t")
        sources = value.sources if isinstance(value, Lazy) else (value,) if isinstance(value, Value) else ()
        if any(not s.kind.scalar and s.root is array.root and (s is not array or index) for s in sources):
            value = self.materialised(self.lazy(value), "t")
        self.fill(self.load(array, index), value, sign)

    def lazy(self: Any, array: Any) -> Lazy:
        """An array as one that is not computed yet."""
        if isinstance(array, Lazy):
            return array
        if isinstance(array, tuple):
            array = self.from_items(array, "t")
        if not isinstance(array, Value) or array.kind.scalar:
            raise self.refuse("an array is needed here")
        return Lazy(self.shape(array), array.kind.code, (array,), lambda index: self.load(array, index))

    # ---- making arrays -----------------------------------------------------------------------------------------------

    def from_items(self: Any, items: Any, name: str, code: str | None = None) -> Value:
        """np.array of nested tuples."""
        shape, rest = [], items
        while isinstance(rest, tuple):
            shape.append(len(rest))
            rest = rest[0] if rest else None
        numbers: list[Any] = []

        def collect(part: Any, depth: int, index: tuple[int, ...]) -> None:
            if depth == len(shape):
                if isinstance(part, (Value, Lazy)) and not part.kind.scalar:
                    raise self.refuse("np.array is given arrays; make an array of numbers and fill its rows")
                numbers.append((index, self.number(part)))
                return
            if not isinstance(part, tuple) or len(part) != shape[depth]:
                raise self.refuse("np.array is given rows of different lengths")
            for i, p in enumerate(part):
                collect(p, depth + 1, (*index, i))

        collect(items, 0, ())
        kind = FLOAT if not numbers else numbers[0][1].kind
        for _, number in numbers[1:]:
            kind = joined(kind, number.kind)
        made = self.new_array(name, tuple(Number(n) for n in shape), code or kind.code, False)
        for index, number in numbers:
            self.store(made, tuple(Number(i) for i in index), number, 0)
        return made

    def dimensions(self: Any, shape: Any) -> tuple[Operand, ...]:
        """A shape that is written as a number or a tuple."""
        parts = shape if isinstance(shape, tuple) else (shape,)
        for p in parts:
            if not isinstance(p, (Value, Number)) or p.kind not in (INTEGER, BOOLEAN):
                raise self.refuse("a shape is made of whole numbers")
        return parts

    def dtype_of(self: Any, given: Any, default: str) -> tuple[str, str]:
        """The code and the text of a dtype argument."""
        if given is None:
            return default, ""
        value = given.value if isinstance(given, Constant) else None
        if value in (float, int, bool):
            return {float: "f8", int: "i8", bool: "b1"}[value], ""  # type: ignore[index]
        try:
            dtype = np.dtype(value)
        except TypeError:
            raise self.refuse("a dtype is not known when the kernel is compiled") from None
        code = of_dtype(dtype)
        if code is None:
            raise self.refuse(f"it makes an array of dtype {dtype}")
        return code, f"np.{dtype.name}" if dtype != np.bool_ else "np.bool_"

    def array_attribute(self: Any, array: Any, node: ast.Attribute) -> Any:
        """x.shape, x.size, x.ndim, x.T, x.dtype; a method before it is called."""
        name = node.attr
        if name == "shape":
            return self.shape(array)
        if name == "ndim":
            return Number(array.kind.ndim)
        if name == "size":
            total: Operand = Number(1)
            for n in self.shape(array):
                total = n if isinstance(total, Number) and total.value == 1 else self.compute("multiply", total, n)
            return total
        if name == "T":
            return self.transposed(self.bound(array))
        if name == "dtype":
            return Constant({"f8": np.float64, "f4": np.float32, "i8": np.int64, "b1": np.bool_}[array.kind.code])
        return Constant(Method(array, name))

    def transposed(self: Any, array: Value) -> Value:
        """The array with its axes reversed: a view."""
        if array.kind.ndim < 2:
            return array
        result = self.value("t_", array.kind)
        result.share(array)
        shape = self.shape(array)
        self.put(Compute(result, TRANSPOSE, (array,), ()))
        self.shapes[result] = shape[::-1]
        return result

    def reshaped(self: Any, array: Any, shape: tuple[Operand, ...]) -> Value:
        """The array in another shape: a view of the same memory."""
        array = self.bound(array)
        if isinstance(array, tuple):
            array = self.from_items(array, "t")
        if not self.is_contiguous(array):
            raise self.refuse("it reshapes a part of an array, which may be a view or a copy; copy it first: x.copy()")
        for n in shape:
            if isinstance(n, Number) and n.value < 0:
                total: Operand = Number(1)
                for m in self.shape(array):
                    total = self.compute("multiply", total, m)
                for m in shape:
                    if m is not n:
                        total = self.compute("floor_divide", total, m)
                shape = tuple(total if m is n else m for m in shape)
                break
        result = self.value("t_", array.kind.with_ndim(len(shape)))
        result.share(array)
        text = "(" + ", ".join(f"{{{i + 1}}}" for i in range(len(shape))) + ("," if len(shape) == 1 else "") + ")"
        self.put(Compute(result, RESHAPE, (array, *shape), (text,)))
        self.shapes[result] = shape
        return result

    def is_contiguous(self: Any, array: Value) -> bool:
        """Whether the items of an array surely lie one after the other, or it is never written."""
        op = array.made
        if op is None:
            return True  # an argument
        if isinstance(op, Compute):
            return op.primitive.name in FRESH or op.primitive.name == "reshape"
        if isinstance(op, Load):
            slices = [i for i in op.index if isinstance(i, Slice)]
            leading = not slices or slices == [op.index[-1]] and slices[0].step is None
            return leading and self.is_contiguous(op.array)
        return False


class Method:
    """A method of an array before it is called."""

    __slots__ = ("array", "name")

    def __init__(self, array: Any, name: str) -> None:
        self.array, self.name = array, name


def one(length: Operand) -> bool:
    """Whether a length is known to be 1."""
    return isinstance(length, Number) and length.value == 1


def same_length(a: Operand, b: Operand) -> bool:
    """Whether two lengths are surely equal."""
    if a is b:
        return True
    if isinstance(a, Number) and isinstance(b, Number):
        return a.value == b.value
    if isinstance(a, Value) and isinstance(b, Value) and isinstance(a.made, Compute) and isinstance(b.made, Compute):
        x, y = a.made, b.made
        return (
            x.primitive is y.primitive
            and x.settings == y.settings
            and x.primitive.kind is not BOOLEAN
            and len(x.arguments) == len(y.arguments)
            and all(
                p is q or (isinstance(p, (Value, Number)) and same_length(p, q))
                for p, q in zip(x.arguments, y.arguments, strict=True)
            )
            and not x.primitive.raises
        )
    return False
