"""A view that was written to is the result: it and what it was taken from are laid out in memory as NumPy's are."""

import numpy as np
import pytest

import dispatchml as dm

#: Arrays made of x in ways that decide how they lie in memory.
MADE = {
    "C": lambda x: x * 1.0,
    "transposed": lambda x: x.T * 1.0,
    "a transposed view": lambda x: (x * 1.0).T,
    "padded": lambda x: np.pad(x, 1),
    "padded by edges": lambda x: np.pad(x, 1, mode="edge"),
    "padded by reflection": lambda x: np.pad(x.T, 1, mode="reflect"),
    "padded in a circle": lambda x: np.pad(x, ((1, 0), (0, 1)), mode="wrap"),
    "copied in Fortran's order": lambda x: np.copy(x, order="F"),
    "the method's": lambda x: x.copy(order="F"),
    "cast": lambda x: x.astype(float, order="F"),
    "reshaped": lambda x: np.reshape(x * 1.0, (2, 6), order="F"),
    "ravelled": lambda x: np.ravel(x * 1.0, order="F").reshape(3, 4),
    "selected": lambda x: np.select([x.T > 1], [x.T], 0.0),
    "its differences": lambda x: np.gradient(x.T, axis=0),
    "a part": lambda x: np.split(x.T * 1.0, 3)[0],
    "flipped": lambda x: np.flip((x * 1.0).T),
    "inserted into": lambda x: np.insert(x.T, 1, 0.0, axis=0),
}
FLAT = {
    "ravel": np.ravel,
    "ravel F": lambda y: np.ravel(y, order="F"),
    "ravel A": lambda y: np.ravel(y, order="A"),
    "reshape": lambda y: y.reshape(-1),
    "reshape F": lambda y: np.reshape(y, -1, order="F"),
    "transposed": lambda y: y.T.reshape(-1),
    "a row": lambda y: y[1:].reshape(-1),
}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("flat", FLAT)
@pytest.mark.parametrize("made", MADE)
def test_what_is_written_through_a_view(made, flat, order):
    x = np.asarray(np.arange(12.0).reshape(4, 3) / 7 + 0.3, order=order)

    def f(x):
        y = MADE[made](x)
        v = FLAT[flat](y)
        if v.size > 1:
            v[1] = 7.0
        return y, v

    wanted = f(x)
    for found in (dm.jvp(f, (x,), (x,))[0], dm.vjp(f, x)[0], dm.grad(lambda x: (np.sum(x), f(x)), has_aux=True)(x)[1]):
        for got, want in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(got, want)
