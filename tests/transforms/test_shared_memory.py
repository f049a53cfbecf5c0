"""may_share_memory and shares_memory of traced arrays: what NumPy says of plain ones."""

import numpy as np
import pytest

import dispatchml as dm

PAIRS = {
    "transpose": lambda x: (x, x.T),
    "itself": lambda x: (x, x),
    "new": lambda x: (x, x * 1),
    "apart": lambda x: (x[:2], x[2:]),
    "interleaved": lambda x: (x[::2], x[1::2]),
    "overlapping": lambda x: (x[1:], x[:-1]),
    "copy": lambda x: (x, x.copy()),
    "advanced index": lambda x: (x, x[[0, 1]]),
    "reshaped": lambda x: (x.reshape(-1), x[1]),
    "reshaped transpose": lambda x: (x.T.reshape(-1), x),
    "flat": lambda x: (x.ravel()[3:5], x[0]),
    "diagonal": lambda x: (np.diagonal(x), x[0]),
    "columns": lambda x: (x[:, 0], x[:, 1]),
    "constant": lambda x: (x, np.ones(3)),
    "number": lambda x: (x[0, 0], x),
    "stretched": lambda x: (np.broadcast_to(x[0], (4, 3)), x[1:]),
    "split": lambda x: (np.split(x, 2)[0], x[0]),
}


def answers(x):
    return {k: (np.may_share_memory(*pair(x)), np.shares_memory(*pair(x))) for k, pair in PAIRS.items()}


TRANSFORMS = {
    "grad": lambda f, x: dm.grad(f)(x),
    "unlifted": lambda f, x: dm.grad(f, lift=False)(x),
    "jvp": lambda f, x: dm.jvp(f, (x,), (x,)),
    "vmap": lambda f, x: dm.vmap(f)(np.stack([x, x])),
    "jit": lambda f, x: dm.jit(f)(x),
}


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("name", TRANSFORMS)
def test_answers_are_those_of_plain_arrays(name, order):
    x = np.array(np.arange(12.0).reshape(4, 3), order=order)
    seen = []

    def f(x):
        seen.append(answers(x))
        return np.sum(x)

    TRANSFORMS[name](f, x)
    assert seen[0] == answers(x)


def test_a_program_that_copies_where_memory_is_shared():
    def f(x):
        y = x[:2]
        if np.may_share_memory(y, x):
            y = y.copy()
        y[0] = 5.0
        return np.sum(x * x)

    x = np.arange(4.0)
    value, gradient = dm.value_and_grad(f)(x)
    assert value == f(x) == 14.0
    np.testing.assert_array_equal(gradient, 2 * x)
