"""Random functions of arrays, for any size: what is exact in NumPy must be the same bit for bit when it is compiled.

A value that went through a sum or a transcendental function is rounded; what depends on single bits (comparisons,
rounding, casts, positions) is taken of exact values only, and functions are not piled up on rounded ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml.numpy as dnp

FLOATS = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -2.2e-308, 1e300, 1e30, 0.5, 3.0, -7.25]
DTYPES = ["f8", "f8", "f8", "f8", "f4", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", "c16", "c8"]
#: How an array lies in memory: in one piece, by columns, turned round, every second element, and the same number again.
LAYOUTS = ["C", "C", "C", "F", "turned", "steps", "spread"]
#: Dtypes of further arguments without axes, and Python's own kinds of numbers.
SCALARS = ["f8", "f8", "f4", "f2", "i8", "u1", "?", "c8"]
PYTHONS = [float, float, int, complex, bool]
EXACT = ["negative", "absolute", "square", "sqrt", "positive", "conj"]
STEPS = ["floor", "ceil", "rint", "trunc", "sign", "isnan", "isfinite", "signbit", "logical_not"]
ROUNDED = ["exp", "log", "sin", "cos", "tanh", "expm1", "log1p", "arctan", "cbrt", "sinh", "arcsinh"]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin"]
TESTS = ["less", "equal", "greater_equal", "not_equal"]
WHOLE = ["floor_divide", "remainder", "bitwise_and", "bitwise_xor", "left_shift", "right_shift", "gcd"]
AROUND = ["floor_divide", "remainder", "fmod", "copysign", "heaviside"]


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """An array with ordinary numbers and, here and there, the extreme ones of its dtype."""
    kind = np.dtype(dtype)
    strange = rng.random(shape) < 0.15
    with np.errstate(all="ignore"):
        if kind.kind == "f":
            return np.where(strange, rng.choice(FLOATS, size=shape), rng.normal(scale=3.0, size=shape)).astype(kind)
        if kind.kind == "c":
            return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(kind)
        if kind.kind == "b":
            return rng.random(shape) < 0.5
        info = np.iinfo(kind)
        extremes = np.array([info.min, info.max, 0, 1, info.max - 1], kind)
        low = 0 if kind.kind == "u" else -9
        return np.where(strange, rng.choice(extremes, size=shape), rng.integers(low, 10, size=shape).astype(kind))


def laid_out(x: Any, layout: str) -> Any:
    """The same numbers, in memory of another form."""
    if not x.ndim or layout == "C":
        return x
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "turned":
        return x[..., ::-1].copy()[..., ::-1]
    if layout == "steps":
        return np.repeat(x, 2, axis=0)[::2]
    return np.broadcast_to(x[:1], x.shape)


def number(rng: np.random.Generator) -> Any:
    """An argument without axes: of NumPy, as a scalar or as an array, or of Python."""
    how = int(rng.integers(3))
    if how == 2:
        kind = PYTHONS[int(rng.integers(len(PYTHONS)))]
        return kind(int(rng.integers(-3, 4))) if kind in (int, bool) else kind(rng.normal())
    made = numbers(rng, (), str(rng.choice(SCALARS)))
    return np.asarray(made) if how else made[()]


#: Relative errors by dtype that a few roundings may grow to.
ERRORS = {"e": 3e-2, "f": 3e-4, "F": 3e-4}


class Unfitting(Exception):
    """An operation that is left out."""


class Step:
    """A value within a function: how often it was rounded, 0 for exact ones; error: what compiling may change."""

    def __init__(self, value: Any, rounded: int = 0, error: float = 0.0) -> None:
        self.value, self.rounded, self.error = value, rounded, error


def kind_of(x: Any) -> str:
    """The kind of a value's dtype."""
    return getattr(x, "dtype", np.dtype(type(x)) if isinstance(x, (int, float, complex)) else None).kind


class RandomFunction:
    """A function of three arrays and two numbers that applies `count` operations, the same ones for every size."""

    def __init__(self, seed: int, count: int, ndim: int) -> None:
        self.seed, self.count, self.ndim = seed, count, ndim
        rng = np.random.default_rng(seed)
        self.dtypes = [str(rng.choice(DTYPES)) for _ in range(3)]
        self.rows = bool(rng.random() < 0.4)
        self.layouts = [str(rng.choice(LAYOUTS)) for _ in range(3)]
        self.applies: list[bool] | None = None

    def arguments(self, shape: tuple[int, ...]) -> list[Any]:
        """Arguments of a size: one array of the shape, one that may be broadcast, one with a last axis of size 1."""
        rng = np.random.default_rng(self.seed + 1 + sum(shape))
        shapes = [shape, shape[1:] if self.rows else shape, (*shape[:-1], 1)]
        found = [numbers(rng, s, k) for s, k in zip(shapes, self.dtypes, strict=True)]
        found = [laid_out(x, layout) for x, layout in zip(found, self.layouts, strict=True)]
        kind = np.random.default_rng(self.seed + 3)  # the same kind of number for every size
        return [*found, float(rng.normal()), number(kind)]

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        """Some of the last values, and whether each is exact."""
        steps = self.steps(arguments)
        return tuple(s.value for s in steps)

    def errors(self, *arguments: Any) -> list[float]:
        """The relative error that each of the results may have."""
        return [s.error for s in self.steps(arguments)]

    def steps(self, arguments: Any) -> list[Step]:
        """The last values."""
        rng = np.random.default_rng(self.seed + 7)
        values = [Step(x) for x in arguments]
        for k in range(self.count):
            choice = rng.random(8)
            if self.applies is None or self.applies[k]:
                values.append(self.one(values, choice))
        return values[-3:]

    def settle(self, arguments: Any) -> None:
        """Find out which operations NumPy does for arrays of this size; all others are left out from now on."""
        self.applies = [True] * self.count
        for k in range(self.count):
            whole, self.applies[k + 1 :] = self.applies[k + 1 :], [False] * (self.count - k - 1)
            try:
                with np.errstate(all="ignore"):
                    made = self.steps(arguments)[-1]
                self.applies[k] = np.size(made.value) <= 60_000
            except (ValueError, TypeError, AttributeError, OverflowError, Unfitting):
                self.applies[k] = False
            except IndexError:
                pass
            self.applies[k + 1 :] = whole

    def one(self, values: list[Step], choice: Any) -> Step:
        """One more value. Raises Unfitting where the choice does not fit."""
        which, how, a, b, c, d, *_ = choice
        x = values[min(int(len(values) * a**0.5), len(values) - 1)]
        y = values[int(len(values) * b)]
        made = self.applied(x, y, which, how, c, d)
        if made is None:
            raise Unfitting
        if not made.rounded:
            return made
        own = ERRORS.get(getattr(made.value, "dtype", np.dtype(float)).char, 1e-9)
        return Step(made.value, made.rounded, max(x.error, y.error, own))

    def applied(self, x: Step, y: Step, which: float, how: float, c: float, d: float) -> Step | None:
        """One operation on x, and perhaps y."""

        def chosen(names: list[str]) -> Any:
            return getattr(np, names[int(len(names) * how)])

        value, kind, ndim = x.value, kind_of(x.value), dnp.ndim(x.value)
        worst = max(x.rounded, y.rounded)
        if which < 0.24:
            if worst and how > 0.4:
                return None  # quotients of differences of what is rounded
            inexact = "c" in (kind, kind_of(y.value))  # products of complex numbers
            made = chosen(BINARY)(value, y.value)
            return Step(made + 0 if how > 0.5 else made, worst + inexact)  # the larger of 0.0 and -0.0 is either
        if which < 0.31:
            return Step(chosen(EXACT)(value), x.rounded + (kind == "c"))
        if which < 0.37:
            if x.rounded or kind == "c":
                return None
            step = chosen(STEPS)
            made = step(value)
            return Step(np.logical_and(made, np.logical_not(np.isnan(value))) if step is np.signbit else made)
        if which < 0.47:
            if x.rounded or kind in "bc" or kind in "iu" and how > 0.9:
                return None
            return Step(chosen(ROUNDED)(value), 1)
        if which < 0.53:
            return None if worst else Step(chosen(TESTS)(value, y.value))
        if which < 0.59:
            whole = kind in "iu" and kind_of(y.value) in "iu"
            if worst or kind in "bc":
                return None
            around = chosen(WHOLE if whole else AROUND)
            # a nan has any sign
            second = np.where(np.isnan(y.value), 1, y.value) if around is np.copysign else y.value
            return Step(around(value, second))
        if which < 0.66:
            return None if x.rounded or kind == "c" else Step(np.where(value < 0.5, y.value, value), y.rounded)
        if which < 0.71:
            if not ndim or x.rounded or kind == "c" and how < 0.84:
                return None
            return Step(value.astype(["i4", "i8", "u1", "f4", "f8", "c16"][int(6 * how)]))
        if not ndim:
            return None
        axis = int(c * ndim)
        if which < 0.80:
            name = ["sum", "max", "min", "any", "all", "mean", "prod", "argmax", "cumsum"][int(9 * how)]
            bits = name in ("any", "all", "argmax", "max", "min")
            if bits and x.rounded or kind == "c" and name not in ("sum", "mean") or x.rounded > 1:
                return None
            if name == "prod" and kind in "fc":
                return None  # what overflows depends on the order
            inexact = not bits and (kind in "fc" or name == "mean")
            if inexact and kind in "fc" and getattr(value, "dtype", None) not in (np.float64, np.complex128):
                return None
            named = {} if name in ("cumsum",) else {"keepdims": d < 0.6}
            made = getattr(np, name)(value, axis=axis, **named)
            return Step(made + 0 if name in ("max", "min") else made, x.rounded + inexact)
        return self.moved(x, y, which, how, axis, d)

    def moved(self, x: Step, y: Step, which: float, how: float, axis: int, d: float) -> Step | None:
        """The same elements elsewhere."""
        value, n = x.value, x.value.shape[axis]
        if which < 0.88:
            moves = [
                lambda: np.transpose(value), lambda: value.reshape(-1), lambda: np.expand_dims(value, axis),
                lambda: np.flip(value, axis), lambda: np.roll(value, int(5 * d) - 2, axis),
                lambda: np.broadcast_to(value, (2, *value.shape)), lambda: np.squeeze(value),
            ]  # fmt: skip
            return Step(moves[int(len(moves) * how)](), x.rounded)
        cuts = [slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, None, 2), slice(1, max(n - 1, 1))]
        index = (slice(None),) * axis + (cuts[int(len(cuts) * d)],)
        if which < 0.95:
            part = value[index]
            return Step(part if how < 0.6 else np.concatenate([value, part], axis), x.rounded)
        if y.rounded or kind_of(y.value) not in "iu" or not dnp.ndim(y.value):
            return None
        # positions: sometimes outside, which raises in both
        places = y.value if how < 0.1 else y.value % max(n, 1)
        return Step(np.take(value, places.reshape(-1)[:50].astype("i8"), axis), x.rounded)
