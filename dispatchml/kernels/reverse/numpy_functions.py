"""From the text of a kernel to a program: NumPy's functions of arrays, and those of Python's like them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Lazy
from .kinds import BOOLEAN, Kind
from .primitives import LENGTH
from .program import Number, Operand, Value
from .structures import Constant


class NumPyFunctions:
    """Functions with a method of their own here; a part of the builder."""

    def np_len(self: Any, x: Any) -> Operand:
        return Number(len(x)) if isinstance(x, tuple) else self.shape(x)[0]

    def np_sum(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.total)

    def np_mean(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.mean)

    def np_prod(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.product_of)

    def np_max(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.largest)

    def np_min(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.smallest)

    def np_argmax(self: Any, x: Any) -> Any:
        return self.place_of(self.lazy(x), "maximum")

    def np_argmin(self: Any, x: Any) -> Any:
        return self.place_of(self.lazy(x), "minimum")

    def np_builtin_max(self: Any, *xs: Any) -> Any:
        return self.chosen("python_max", xs)

    def np_builtin_min(self: Any, *xs: Any) -> Any:
        return self.chosen("python_min", xs)

    def chosen(self: Any, name: str, xs: tuple[Any, ...]) -> Any:
        """max and min of Python."""
        if len(xs) == 1 and isinstance(xs[0], tuple):
            xs = xs[0]
        if len(xs) == 1:
            return self.extreme(self.lazy(xs[0]), "maximum" if name == "python_max" else "minimum")
        result = self.number(xs[0])
        for x in xs[1:]:
            result = self.compute(name, result, self.number(x))
        return result

    def np_builtin_sum(self: Any, x: Any, start: Any = None) -> Any:
        total: Any = Number(0) if start is None else start
        if isinstance(x, tuple):
            for item in x:
                known = isinstance(total, Number) and total.value == 0
                total = item if known else self.apply("add", [total, item], None)
            return total
        return (
            self.apply("add", [total, self.total(self.lazy(x))], None)
            if start is not None
            else self.total(self.lazy(x))
        )

    def np_dot(self: Any, a: Any, b: Any) -> Any:
        return self.matmul(a, b, None)

    def np_outer(self: Any, a: Any, b: Any) -> Any:
        x, y = self.lazy(a), self.lazy(b)
        code = "f8" if x.kind.code != y.kind.code else x.kind.code
        return Lazy(
            (x.shape[0], y.shape[0]), code, x.sources | y.sources,
            lambda i: self.compute("multiply", x.at(i[:1]), y.at(i[1:])),
        )  # fmt: skip

    def np_norm(self: Any, x: Any) -> Any:
        squares = self.apply("multiply", [x := self.bound(x), x], None)
        root = self.compute("sqrt", total := self.total(self.lazy(squares)))
        return self.guarded_root(total, root)

    def guarded_root(self: Any, total: Operand, root: Operand) -> Operand:
        """sqrt whose derivative at 0 is 0, as that of a norm."""
        positive = self.compute("gt", self.constant(total), Number(0.0))
        safe = self.compute("select", positive, total, Number(1.0))
        return self.compute("select", positive, self.compute("sqrt", safe), self.constant(root))

    def np_zeros(self: Any, shape: Any, dtype: Any = None) -> Any:
        code, text = self.dtype_of(dtype, "f8")
        return self.new_array("t_", self.dimensions(shape), code, True, text)

    def np_empty(self: Any, shape: Any, dtype: Any = None) -> Any:
        code, text = self.dtype_of(dtype, "f8")
        return self.new_array("t_", self.dimensions(shape), code, False, text)

    def np_ones(self: Any, shape: Any, dtype: Any = None) -> Any:
        return self.np_full(shape, Number(1.0), Constant(np.float64) if dtype is None else dtype)

    def np_full(self: Any, shape: Any, value: Any, dtype: Any = None) -> Any:
        value = self.number(value)
        code, text = self.dtype_of(dtype, value.kind.code)
        made = self.new_array("t_", self.dimensions(shape), code, False, text)
        self.fill(made, value)
        return made

    def np_zeros_like(self: Any, x: Any) -> Any:
        x = self.lazy(x)
        return self.new_array("t_", x.shape, x.kind.code, True)

    def np_empty_like(self: Any, x: Any) -> Any:
        x = self.lazy(x)
        return self.new_array("t_", x.shape, x.kind.code, False)

    def np_ones_like(self: Any, x: Any) -> Any:
        return self.np_full_like(x, Number(1.0))

    def np_full_like(self: Any, x: Any, value: Any) -> Any:
        x = self.lazy(x)
        made = self.new_array("t_", x.shape, x.kind.code, False)
        self.fill(made, value)
        return made

    def np_array(self: Any, x: Any, dtype: Any = None) -> Any:
        if isinstance(x, tuple):
            return self.from_items(x, "t_", None if dtype is None else self.dtype_of(dtype, "f8")[0])
        if isinstance(x, (Value, Number)) and x.kind.scalar:
            raise self.refuse("np.array is given one number; use the number itself")
        return self.np_copy(x) if dtype is None else self.np_astype(x, dtype)

    def np_asarray(self: Any, x: Any, dtype: Any = None) -> Any:
        if isinstance(x, (Value, Lazy)) and (dtype is None or self.dtype_of(dtype, "f8")[0] == x.kind.code):
            return x
        return self.np_array(x, dtype)

    def np_copy(self: Any, x: Any) -> Any:
        return self.materialised(self.lazy(x), "t_")

    def np_astype(self: Any, x: Any, dtype: Any) -> Any:
        lazy, code = self.lazy(x), self.dtype_of(dtype, "f8")[0]
        kind = Kind(code)
        return self.materialised(Lazy(lazy.shape, code, lazy.sources, lambda i: self.converted(lazy.at(i), kind)), "t_")

    def np_reshape(self: Any, x: Any, shape: Any) -> Any:
        return self.reshaped(x, self.dimensions(shape))

    def np_flatten(self: Any, x: Any) -> Any:
        return self.reshaped(self.np_copy(x), (Number(-1),))

    def np_ascontiguousarray(self: Any, x: Any) -> Any:
        return x if isinstance(x, Value) and self.is_contiguous(x) else self.np_copy(x)

    def np_ravel(self: Any, x: Any) -> Any:
        return self.reshaped(x, (Number(-1),))

    def np_transpose(self: Any, x: Any) -> Any:
        return self.transposed(self.bound(x))

    def np_fill(self: Any, x: Any, value: Any) -> Any:
        self.fill(x, value)
        return Constant(None)

    def np_arange(self: Any, *bounds: Any) -> Any:
        numbers = [self.number(b) for b in bounds]
        if all(isinstance(n, Number) for n in numbers) and any(n.kind.floating for n in numbers):
            plain = np.arange(*(n.value for n in numbers))
            first, gap = float(plain[0]) if plain.size else 0.0, numbers[2].value if len(numbers) == 3 else 1.0
            return Lazy(
                (Number(plain.size),), "f8", (),
                lambda i: self.compute("add", Number(first), self.compute("multiply", i[0], Number(float(gap)))),
            )  # fmt: skip
        if not 1 <= len(numbers) <= 3 or any(n.kind.floating for n in numbers):
            raise self.refuse("np.arange takes whole numbers inside of a kernel; use np.linspace")
        start = Number(0) if len(numbers) == 1 else numbers[0]
        stop, step = numbers[len(numbers) > 1], numbers[2] if len(numbers) == 3 else Number(1)
        plain = all(isinstance(n, Number) for n in (start, step)) and (start.value, step.value) == (0, 1)
        length = stop if plain else self.compute(LENGTH, start, stop, step)

        def at(index: tuple[Any, ...]) -> Operand:
            return index[0] if plain else self.compute("add", start, self.compute("multiply", index[0], step))

        return Lazy((length,), "i8", (), at)

    def np_linspace(self: Any, start: Any, stop: Any, num: Any = None) -> Any:
        number = Number(50) if num is None else self.number(num)
        gaps = self.compute("subtract", number, Number(1))
        step = self.compute(
            "divide", self.compute("subtract", stop, start), self.compute("python_max", gaps, Number(1))
        )
        at = lambda i: self.compute("add", start, self.compute("multiply", i[0], step))  # noqa: E731
        return Lazy((number,), "f8", (), at)

    def np_clip(self: Any, x: Any, low: Any, high: Any) -> Any:
        return self.apply("minimum", [self.apply("maximum", [x, low], None), high], None)

    def np_any(self: Any, x: Any) -> Any:
        lazy = self.lazy(x)
        return self.folding(
            "any", lazy.shape, Number(False), BOOLEAN, lambda t, i: self.compute("either", t, self.truth(lazy.at(i)))
        )

    def np_all(self: Any, x: Any) -> Any:
        lazy = self.lazy(x)
        return self.folding(
            "all", lazy.shape, Number(True), BOOLEAN, lambda t, i: self.compute("both", t, self.truth(lazy.at(i)))
        )

    def np_tuple(self: Any, x: Any) -> Any:
        if isinstance(x, tuple):
            return x
        raise self.refuse("it makes a tuple of an array, whose length is not known; write its items out")

    def np_isinstance(self: Any, *_: Any) -> Any:
        raise self.refuse("it asks of which class a value is")

    def np_print(self: Any, *_: Any) -> Any:
        return Constant(None)


def none(x: Any) -> Any:
    """None where an argument is written as None."""
    return None if x is None or isinstance(x, Constant) and x.value is None else x


SPECIAL: dict[Any, str] = {
    len: "len", sum: "builtin_sum", max: "builtin_max", min: "builtin_min", tuple: "tuple", list: "tuple",
    print: "print", isinstance: "isinstance", np.linalg.norm: "norm", np.matmul: "dot", np.vdot: "dot",
    np.inner: "dot", np.amax: "max", np.amin: "min", np.asarray: "asarray", np.ascontiguousarray: "ascontiguousarray",
    **{getattr(np, n): n for n in (
        "sum mean prod max min argmax argmin dot outer zeros empty ones full zeros_like empty_like ones_like full_like "
        "array copy reshape ravel transpose arange linspace clip any all"
    ).split()},
}  # fmt: skip
METHODS: dict[str, str] = {
    "flatten": "flatten",
    **{
        n: n for n in "sum mean prod max min argmax argmin dot copy astype reshape ravel transpose fill any all".split()
    },
}
