"""Random programs: what every part of the compiler is tested on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.compile.graph import Program
from dispatchml.engines.record import Rec, Recorder

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -2.2e-308, 1e30, 0.5, 3.0]
UNARY = ["negative", "absolute", "square", "sqrt", "floor", "sign", "isnan", "logical_not", "exp", "log", "sin", "tanh"]
BINARY = [
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "less", "equal", "greater_equal", "where_or_zero",
]  # fmt: skip
REDUCTIONS = ["sum", "max", "min", "any", "all", "mean"]
DTYPES = ["f8", "f8", "f8", "f4", "i8", "i4", "?"]


def traced(function: Callable[..., Any], *arguments: Any) -> Program:
    """The program of a function of plain arrays and numbers."""
    recorder = Recorder()
    results = function(*map(recorder.input, arguments))
    return recorder.program(list(results) if isinstance(results, (tuple, list)) else [results])


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """An array with ordinary numbers and, here and there, unusual ones."""
    kind = np.dtype(dtype).kind
    if kind == "f":
        x = rng.normal(scale=3.0, size=shape)
        unusual = rng.choice(SPECIAL, size=shape)
        with np.errstate(all="ignore"):
            return np.where(rng.random(shape) < 0.15, unusual, x).astype(dtype)
    if kind == "b":
        return rng.random(shape) < 0.5
    return rng.integers(-4, 5, size=shape).astype(dtype)


class Chooser:
    """Builds a random program on recorded values."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> None:
        self.rng, self.shape = rng, shape

    def run(self, values: list[Any], count: int) -> list[Any]:
        """Apply operations to values and to what comes of them; some of the last ones are the result."""
        values = list(values)
        while len(values) < count:
            made = self.one(values)
            if made is not None and ops.size(made) <= 20000:
                values.append(made)
        results = [v for v in values[-4:] if type(v) is Rec]
        return results or [values[-1]]

    def pick(self, values: list[Any]) -> Any:
        """One of the values, later ones more often."""
        n = len(values)
        return values[min(int(n * self.rng.random() ** 0.5), n - 1)]

    def one(self, values: list[Any]) -> Any:
        """One more value, or None where the choice does not fit."""
        rng, x = self.rng, self.pick(values)
        what = rng.integers(10)
        shape, ndim = ops.shape(x), ops.ndim(x)
        try:
            with np.errstate(all="ignore"):
                if what <= 3:
                    y = self.pick(values) if rng.random() < 0.7 else rng.choice([2.0, -0.5, 1.0, 0.0, 3.0]).item()
                    return getattr(ops, rng.choice(BINARY))(x, y)
                if what == 4:
                    return getattr(ops, rng.choice(UNARY))(x)
                if what == 5 and ndim:
                    axis = int(rng.integers(ndim)) if rng.random() < 0.7 else None
                    keepdims = bool(rng.random() < 0.6)
                    return getattr(ops, rng.choice(REDUCTIONS))(x, axis=axis, keepdims=keepdims)
                if what == 6 and ndim:
                    return self.shaped(x, shape, ndim)
                if what == 7:
                    return ops.where(ops.less(x, 0.5), self.pick(values), x)
                if what == 8:
                    return ops.astype(x, dtype=np.dtype(rng.choice(["f8", "f4", "?"])))
                if what == 9 and ndim:
                    return self.indexed(x, shape, ndim)
        except (ValueError, TypeError):
            return None
        return None

    def shaped(self, x: Any, shape: tuple[int, ...], ndim: int) -> Any:
        """Another shape of the same elements."""
        rng = self.rng
        how = rng.integers(7)
        if how == 0:
            return ops.transpose(x, axes=tuple(map(int, rng.permutation(ndim))))
        if how == 1:
            return ops.reshape(x, shape=(-1,))
        if how == 2:
            return ops.expand_dims(x, axis=int(rng.integers(ndim + 1)))
        if how == 3:
            return ops.flip(x, axis=int(rng.integers(ndim)))
        if how == 4:
            return ops.roll(x, shift=int(rng.integers(-2, 3)), axis=int(rng.integers(ndim)))
        if how == 5:
            return ops.broadcast_to(x, shape=(3, *shape))
        return ops.reshape(x, shape=(*shape[1:], shape[0]))

    def indexed(self, x: Any, shape: tuple[int, ...], ndim: int) -> Any:
        """Some of the elements, or elements put among others."""
        rng, axis = self.rng, int(self.rng.integers(ndim))
        n = shape[axis]
        cuts = [slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, None, 2), slice(1, max(n - 1, 1))]
        cut = cuts[rng.integers(len(cuts))]
        index = (slice(None),) * axis + (cut,)
        how = rng.integers(4)
        if how == 0:
            return ops.getitem(x, index=index)
        part = ops.getitem(x, index=index)
        if how == 1:
            return ops.scatter(part, index=index, shape=shape)
        if how == 2:
            return ops.concatenate((x, part), axis=axis)
        return ops.setitem(x, part, index=index)


def random_program(seed: int, shape: tuple[int, ...], count: int = 14) -> tuple[Program, list[Any]]:
    """A random program of a shape and arguments for it."""
    rng = np.random.default_rng(seed)
    kinds = [str(rng.choice(DTYPES)) for _ in range(3)]
    shapes = [shape, shape[1:] if rng.random() < 0.5 else shape, (*shape[:-1], 1) if shape else ()]
    arguments = [numbers(rng, s, k) for s, k in zip(shapes, kinds, strict=True)]
    arguments.append(float(rng.normal()))
    program = traced(lambda *values: Chooser(rng, shape).run(list(values), count), *arguments)
    return program, arguments


def assert_alike(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """The same class, dtype and shape, and the same numbers up to rounding."""
    assert type(found) is type(expected)
    if not isinstance(expected, (np.ndarray, np.generic)):
        assert found == expected or abs(found - expected) <= tolerance * abs(expected) or found != found != expected
        return
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, expected)
        return
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
