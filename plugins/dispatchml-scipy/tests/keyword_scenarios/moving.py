"""Arrays that move with a number."""

import numpy as np

#: Where every scenario is differentiated.
POINT = 1.3


def moved(x, a):
    """An array that is x at POINT, and moves on a curve in a direction of no special meaning."""
    x = np.asarray(x, complex if np.iscomplexobj(x) else float)
    turn = np.cos(1.7 * np.arange(x.size) + 0.3).reshape(x.shape)
    t = a - POINT
    if np.iscomplexobj(x):
        turn = turn + 1j * turn[::-1]
    return x + t * turn + 0.3 * t * t * x * turn


def symmetric(x, a):
    """The same for symmetric or Hermitian matrices."""
    m = moved(x, a)
    return (m + np.conj(np.swapaxes(m, -2, -1))) / 2
