"""From the text of a kernel to a program: sums, extremes and products of arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .arrays import Lazy
from .kinds import INTEGER, Kind, joined
from .program import Number, Operand


class Reductions:
    """Folds arrays to numbers; a part of the builder."""

    def reduced(self: Any, array: Any, axis: Any, fold: Callable[[Lazy], Operand]) -> Any:
        """A reduction over all axes or one."""
        lazy = self.lazy(array)
        if axis is None or lazy.kind.ndim == 1:
            return fold(lazy)
        if not isinstance(axis, Number):
            raise self.refuse("an axis must be known when the kernel is compiled; write a number")
        place = axis.value % lazy.kind.ndim
        shape = lazy.shape[:place] + lazy.shape[place + 1 :]

        def at(index: tuple[Any, ...]) -> Operand:
            def inner(i: tuple[Any, ...]) -> Operand:
                return lazy.at((*index[:place], *i, *index[place:]))

            return fold(Lazy((lazy.shape[place],), lazy.kind.code, lazy.sources, inner))

        probe = Lazy((lazy.shape[place],), lazy.kind.code, lazy.sources, lambda i: Number(0.0))
        code = "i8" if fold is self.total and probe.kind.code in ("i8", "b1") else probe.kind.code
        if fold in (self.mean, self.total) and probe.kind.floating or fold is self.mean:
            code = probe.kind.code if probe.kind.floating else "f8"
        return self.materialised(Lazy(shape, code, lazy.sources, at))

    def total(self: Any, lazy: Lazy) -> Operand:
        """The sum of all items."""
        kind = Kind(lazy.kind.code) if lazy.kind.floating else INTEGER
        zero = Number(0.0) if kind.floating else Number(0)
        return self.folding("total", lazy.shape, zero, kind, lambda x, i: self.compute("add", x, lazy.at(i)))

    def mean(self: Any, lazy: Lazy) -> Operand:
        """The sum over the number of items."""
        size: Operand = Number(1)
        for n in lazy.shape:
            size = n if isinstance(size, Number) and size.value == 1 else self.compute("multiply", size, n)
        return self.compute("divide", self.total(lazy), size)

    def product_of(self: Any, lazy: Lazy) -> Operand:
        """The product of all items."""
        kind = Kind(lazy.kind.code) if lazy.kind.floating else INTEGER
        unit = Number(1.0) if kind.floating else Number(1)
        return self.folding("product", lazy.shape, unit, kind, lambda x, i: self.compute("multiply", x, lazy.at(i)))

    def largest(self: Any, lazy: Lazy) -> Operand:
        return self.extreme(lazy, "maximum")

    def smallest(self: Any, lazy: Lazy) -> Operand:
        return self.extreme(lazy, "minimum")

    def extreme(self: Any, lazy: Lazy, name: str) -> Operand:
        """The largest or smallest item; ties share the derivative equally."""
        array = self.materialised(lazy, "items")
        origin = tuple(Number(0) for _ in lazy.shape)
        lazy = self.lazy(array)
        first = self.constant(self.load(array, origin))
        kind = Kind(array.kind.code)
        best = self.folding(
            "best", lazy.shape, first, kind, lambda x, i: self.constant(self.compute(name, x, lazy.at(i)))
        )
        if not kind.floating:
            return best

        def tie(i: tuple[Any, ...]) -> Operand:
            return self.compute("eq", self.constant(lazy.at(i)), best)

        def excess(x: Operand, i: tuple[Any, ...]) -> Operand:
            item = self.compute("subtract", lazy.at(i), best)
            return self.compute("add", x, self.compute("select", tie(i), item, Number(0.0)))

        count = self.folding(
            "ties", lazy.shape, Number(0), INTEGER,
            lambda x, i: self.compute("add", x, self.compute("integer", tie(i))),
        )  # fmt: skip
        shared = self.folding("excess", lazy.shape, Number(0.0), kind, excess)
        return self.compute("add", best, self.compute("divide", shared, count))

    def constant(self: Any, x: Operand) -> Operand:
        """The number without its derivative."""
        return self.compute("constant", x)

    def place_of(self: Any, lazy: Lazy, name: str) -> Operand:
        """argmax and argmin of a vector."""
        if len(lazy.shape) != 1:
            raise self.refuse("argmax and argmin take a vector inside of a kernel")
        array = self.bound(lazy)

        def step(x: Operand, i: tuple[Any, ...]) -> Operand:
            better = self.compute("gt" if name == "maximum" else "lt", self.load(array, i), self.load(array, (x,)))
            return self.compute("select", better, i[0], x)

        return self.folding("place", lazy.shape, Number(0), INTEGER, step)

    def matmul(self: Any, left: Any, right: Any, node: ast.AST) -> Any:
        """np.dot and @ of vectors and matrices."""
        left, right = (self.from_items(x, "t") if isinstance(x, tuple) else x for x in (left, right))
        if left.kind.scalar or right.kind.scalar:
            return self.apply("multiply", [left, right], node)
        left, right = self.bound(left), self.bound(right)
        a, b = self.shape(left), self.shape(right)
        if max(len(a), len(b)) > 2:
            raise self.refuse("it multiplies arrays of more than two dimensions; write loops", node)
        (inner,) = self.broadcast([(a[-1],), (b[0],)])
        kind = Kind(joined(left.kind, right.kind).code)
        zero = Number(0.0) if kind.floating else Number(0)

        def at(index: tuple[Any, ...]) -> Operand:
            row, column = index[: len(a) - 1], index[len(a) - 1 :]

            def step(x: Operand, k: tuple[Any, ...]) -> Operand:
                product = self.compute("multiply", self.load(left, (*row, *k)), self.load(right, (*k, *column)))
                return self.compute("add", x, product)

            return self.folding("total", (inner,), zero, kind, step)

        if len(a) == len(b) == 1:
            return at(())
        return self.materialised(Lazy((*a[:-1], *b[1:]), kind.code, (left, right), at), "product")
