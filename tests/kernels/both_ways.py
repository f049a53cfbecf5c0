"""Kernels, vectorized functions and loops, with arguments, as they are written everywhere in the tests and the docs.

`python -m tests.kernels.both_ways [all]` prints what they give as pickled bytes, with DISPATCHML_DEBUG=1 uncompiled;
without `all` half of them, and an eighth with derivatives.
"""

import math
import pickle
import sys
import warnings

import numpy as np

import dispatchml as dm
from tests.kernels.reverse.programs import PROGRAMS

X = np.array([0.3, 1.2, -0.7, 2.0])
M = np.arange(6.0).reshape(2, 3) / 5
TABLE = np.array([0.5, -1.0, 2.0])


def factorial(x, n):
    return x if n <= 1 else n * factorial(x, n - 1)


def running(x):
    y = x.copy()
    for i in range(1, len(x)):
        y[i] += y[i - 1]
    return y


def steps(x):
    y, n = x, 0
    while abs(y * y - x) > 1e-13:
        y = 0.5 * (y + x / y)
        n += 1
    return y, n


def sizes(x, flag):
    if flag:
        return len(x), x.shape[0] // 2, x.size % 3
    return 0, 1, 2


def whole(a, n):
    s = 0
    for v in a:
        s += v // n + v % n
    return s


def from_outside(x):
    return TABLE[1] * x + TABLE.sum()


def sliced(x):
    y = np.zeros((3, 4))
    y[1] = x
    y[:, 2] += x[0] * x[1]
    y[2, ::2] = y[1, ::2] * 2
    return y.T @ y, y.sum(axis=0)


def lists(x):
    found = []
    for i, v in enumerate(x):
        if v > 0:
            found.append(v * i)
    total = 0.0
    while len(found) > 1:
        total += found.pop() * found[0]
    return total


def truths(x, n):
    return x > 0.5 and n > 2, not n, x == x


def choices(x):
    return np.where(x > 0.5, x * x, -x)


def nothing(x):
    for i in range(0):
        x = x / i
    return x


def slope(x):
    return dm.grad(quartic)(x) + dm.jvp(quartic, (x,), (2.0,))[1]


def quartic(x):
    return x**4


def divided(x, n):
    return x / 2, n / 2, (n + 1) // 2, divmod(n, 3)[1]


def linear(m, b):
    return np.linalg.solve(m @ m.T + np.eye(2), b[:2])


#: name, function, arguments
CASES = [
    *((f.__name__, f, (1.13, 0.67)) for f in PROGRAMS),
    *((f.__name__, f, given) for f, given in (
        (factorial, (1.5, 5)), (running, (X,)), (running, (X.astype(np.float32),)), (steps, (2.5,)), (sizes, (X, True)),
        (whole, (np.array([7, -3, 12]), 4)), (from_outside, (2.0,)), (sliced, (X,)), (lists, (X,)), (truths, (0.7, 3)),
        (choices, (X,)), (nothing, (1.5,)), (slope, (0.5,)), (linear, (M, X)),
        (divided, (1.5, 7)),
    )),
]  # fmt: skip


@dm.vectorize
def soft(x, width):
    if x > width:
        return x - width
    return width * math.expm1(x / width) if x < 0 else 0.0


@dm.vectorize
def formula(x, y):
    return math.sin(x) * y + x


@dm.vectorize
def digits(n):
    count = 0
    while n > 0:
        n //= 10
        count += 1
    return count


def carried(x):
    return dm.while_loop(lambda v: v < 50.0, lambda v: v * x, x)


def scanned(w, xs):
    return dm.scan(lambda c, x: (0.5 * c + w * x, c), 0.0, xs)


def counted(x):
    return dm.fori_loop(0, 5, lambda i, v: v + x * i, 0.0)


def taken(x):
    return dm.cond(x > 1.0, np.sqrt, lambda v: 2.0 * v, x)


OTHERS = [
    ("soft", soft, (X, 1.0)), ("soft-number", soft, (0.4, 1.0)), ("soft-matrix", soft, (M, np.array([0.1, 0.5, 1.0]))),
    ("soft-float32", soft, (X.astype(np.float32), np.float32(1.0))), ("formula", formula, (X, 2.0)),
    ("digits", digits, (np.array([0, 7, 123456]),)), ("while_loop", carried, (1.7,)), ("scan", scanned, (0.3, X)),
    ("fori_loop", counted, (1.5,)), ("cond", taken, (4.0,)), ("while_loop-jit", dm.jit(carried), (1.7,)),
    ("scan-jit", dm.jit(scanned), (0.3, X)),
]  # fmt: skip


def derivatives(f, given, wanted):
    """The value, and by the first argument, where it has derivatives, back, forward, and forward over back."""
    yield f(*given)
    x = given[0]
    if np.asarray(x).dtype.kind != "f" or not wanted:
        return

    def total(*a):
        y = f(*a)
        parts = [part for part in (y if type(y) is tuple else (y,)) if np.asarray(dm.primal(part)).dtype.kind == "f"]
        return sum((np.sum(part) for part in parts), 0.0 * np.sum(a[0]))

    yield dm.grad(total)(*given)
    along = np.ones_like(x) if np.ndim(x) else 1.0
    yield dm.jvp(lambda v: total(v, *given[1:]), (x,), (along,))[1]
    yield dm.jvp(lambda v: dm.grad(total)(v, *given[1:]), (x,), (along,))[1]


def results(every):
    """What everything gives, by name; an error by its text."""
    for k, (name, f, given) in enumerate([(n, dm.kernel(f), a) for n, f, a in CASES] + OTHERS):
        if k % 2 and not every:
            continue
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield f"{name}-{k}", list(derivatives(f, given, every or k % 8 == 0))
        except Exception as error:
            yield f"{name}-{k}", f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(dict(results("all" in sys.argv))))
