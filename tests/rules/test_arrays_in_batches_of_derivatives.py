"""Array operations under batches of derivatives and derivatives of batches: every nesting gives the loop's answer."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.engines.batch import Batched
from dispatchml.engines.levels import Level

RNG = np.random.default_rng(8)
X = RNG.standard_normal((3, 4, 5))
T = RNG.standard_normal((3, 4, 5))
MASK = np.array([True, False, True, True])
NAMES = (
    "sum prod mean var std max min median logsumexp vector_norm softmax log_softmax cumsum cumprod sort cummax "
    "quantile nanmean nanmax nanvar nanmedian nanprod ptp diff cumulative_logsumexp flip roll"
).split()
FUNCTIONS = {name: (lambda x, name=name: getattr(ops, name)(x, axis=0)) for name in NAMES} | {
    "partition": lambda x: ops.partition(x, kth=2, axis=0),
    "take": lambda x: ops.take(x, np.array([0, 2, 2]), axis=1),
    "take where largest": lambda x: ops.take(x, ops.argmax(x, axis=0), axis=0),
    "take sorted": lambda x: ops.take_along_axis(x, ops.argsort(x, axis=0), axis=0),
    "rows": lambda x: ops.getitem(x, index=(np.array([0, 1, 1]), slice(None))),
    "mask": lambda x: ops.getitem(x, index=MASK),
    "setitem": lambda x: ops.setitem(x, ops.sum(x, axis=0), index=1),
    "add_at": lambda x: ops.add_at(x, ops.getitem(x, index=0), index=np.array([1, 1, 2])),
    "pad": lambda x: ops.pad(x, pad_width=2),
    "pad reflect": lambda x: ops.pad(x, pad_width=2, mode="reflect"),
    "pad odd": lambda x: ops.pad(x, pad_width=2, mode="reflect", reflect_type="odd"),
    "pad median": lambda x: ops.pad(x, pad_width=2, mode="median"),
    "pad ramp": lambda x: ops.pad(x, pad_width=2, mode="linear_ramp", end_values=1.5),
    "concatenate": lambda x: ops.concatenate((x, np.ones((1, 5)), x)),
    "stack": lambda x: ops.stack((x, np.ones((4, 5))), axis=1),
    "split": lambda x: ops.split(x, indices_or_sections=2)[1],
    "tril": ops.tril,
    "diag": lambda x: ops.diag(ops.getitem(x, index=0)),
    "trace": ops.trace,
    "repeat": lambda x: ops.repeat(x, repeats=2),
    "tile": lambda x: ops.tile(x, reps=(2, 1)),
    "trapezoid": lambda x: ops.trapezoid(x, 0.5, axis=0),
    "average": lambda x: ops.average(x, ops.square(x)),
    "insert": lambda x: ops.insert(x, np.ones(5), index=1, axis=0),
}


def batched(f):
    def over_first_axes(*xs):
        with Level("vmap", len(xs[0])) as level:
            return f(*(Batched(x, level) for x in xs))._value

    return over_first_axes


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nesting(name):
    def f(x):
        return ops.sum(ops.square(FUNCTIONS[name](x)))

    def curvature(x, t):
        return dm.jvp(dm.grad(f), (x,), (t,))[1]

    gradients = np.stack([dm.grad(f)(x) for x in X])
    np.testing.assert_allclose(batched(dm.grad(f))(X), gradients, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dm.grad(lambda x: ops.sum(batched(f)(x)))(X), gradients, rtol=1e-10, atol=1e-12)
    second = np.stack([curvature(x, t) for x, t in zip(X, T, strict=True)])
    np.testing.assert_allclose(batched(curvature)(X, T), second, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(dm.jvp(batched(dm.grad(f)), (X,), (T,))[1], second, rtol=1e-9, atol=1e-10)
