"""The texts of the errors that the transforms raise, kept in the folder texts."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError

X = np.array([0.3, 0.7, -1.2])
KEPT = {}


def leaked():
    dm.grad(lambda x: (KEPT.update(x=x * 1.0), x * x)[1])(1.0)
    return KEPT["x"] + 1.0


def overwritten():
    w = np.ones(100_000)
    _, pullback = dm.vjp(lambda x: ops.sum(x * w), np.ones(100_000))
    w[0] = 5.0
    pullback(1.0)


def used_once():
    _, pullback = dm.vjp(ops.sin, 1.0, once=True)
    pullback(1.0)
    pullback(1.0)


class Hidden:
    pass


HIDDEN = Hidden()


def hidden(w):
    HIDDEN.w = w
    return dm.checkpoint(lambda x: x * HIDDEN.w)(w)


def filled(x):
    y = np.zeros(3)
    y[0] = x
    return np.sum(y)


@dm.primitive
def bare(x):
    return x * 2.0


@dm.primitive
def wrong(x):
    return x * 2.0


@wrong.defvjp
def wrong_vjp(y, x):
    return lambda ct: np.ones(2)


CALLS = {
    "array_output": lambda: dm.grad(lambda x: x)(X),
    "pair_output": lambda: dm.grad(lambda x: (x, 1))(2.0),
    "complex_output": lambda: dm.grad(lambda x: x * 1j)(2.0),
    "real_output": lambda: dm.grad(ops.real, holomorphic=True)(2j),
    "holomorphic": lambda: dm.derivative(ops.conj)(1j),
    "text_input": lambda: dm.grad(lambda x: 1.0)("text"),
    "argnums": lambda: dm.grad(lambda x: x, 3)(1.0),
    "float": lambda: dm.grad(float)(2.0),
    "math": lambda: dm.grad(math.sin)(2.0),
    "asarray": lambda: dm.grad(lambda x: np.sum(np.asarray(x)), lift=False)(X),
    "write_into_array": lambda: dm.grad(filled, lift=False)(2.0),
    "leaked": leaked,
    "overwritten": overwritten,
    "used_once": used_once,
    "tangent_shape": lambda: dm.jvp(ops.sin, (X,), (np.ones(2),)),
    "tangent_count": lambda: dm.jvp(ops.sin, (X,), ()),
    "no_tuple": lambda: dm.jvp(ops.sin, X, X),
    "structure": lambda: dm.vjp(lambda x: {"a": x}, 1.0)[1]((1.0,)),
    "derivative_of_array": lambda: dm.derivative(ops.sum)(X),
    "batch_sizes": lambda: dm.vmap(lambda x, y: x)(X, np.ones(2)),
    "batch_axis": lambda: dm.vmap(lambda x: x, 1)(X),
    "batch_branch": lambda: dm.vmap(lambda x: x if x > 0 else -x)(X),
    "hidden": lambda: dm.grad(hidden)(1.0),
    "no_rule": lambda: dm.grad(bare)(1.0),
    "wrong_rule": lambda: dm.grad(lambda x: ops.sum(wrong(x)))(X),
    "unravel": lambda: dm.ravel((1.0, X))[1](X),
}


@pytest.mark.parametrize("name", CALLS)
def test_text(name, check_text):
    with pytest.raises(DispatchmlError) as caught:
        CALLS[name]()
    check_text(caught.value, name)
