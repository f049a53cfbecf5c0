"""Operations one after the other: an operation needs what is inside of a masked array, which the last one has made."""

import numpy as np
import pytest

import dispatchml as dm

X = np.ma.array([0.5, -2.0, 1.5, np.inf], mask=[False, True, False, True], fill_value=7.0)
Y = np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[False, False, True, False])

PROGRAMS = {
    "one operation after the other": lambda x: np.exp(np.sin(x * 2.0 + x) / (x * x + 1.0)),
    "other masks come in": lambda x: (x * Y + x) * x,
    "an inside that is not finite": lambda x: np.log(x * x) * 3.0 + x,
    "numbers below the mask": lambda x: np.ma.array((x * 2.0 + 1.0).data + (x * x).data, mask=False),
    "written to between": lambda x: written(x * 2.0) * x,
    "a view written to": lambda x: written((x * 2.0)[:3]) * x[:3] + x[:3],
    "the owner of a view written to": lambda x: view_after(x * 2.0),
    "unmasked by a number": lambda x: unmasked(x * 2.0) * x,
    "masked in between": lambda x: masked(x * 2.0) * x,
    "another kind": lambda x: (x * 2.0).astype(np.float32) * x.astype(np.float32),
    "beside a number": lambda x: np.sum(x * 2.0) * x + np.sum(x),
}


def written(y):
    y[0] = 5.0
    return y


def view_after(y):
    part = y[:3]
    y[2] = 4.0
    return part * part


def unmasked(y):
    y[1] = 3.0
    return y


def masked(y):
    y[0] = np.ma.masked
    return y


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_derivatives(name):
    f = PROGRAMS[name]
    with np.errstate(all="ignore"):
        plain = f(X.copy())
        y, pullback = dm.vjp(f, X.copy())
        z, dz = dm.jvp(f, (X.copy(),), (np.ma.array(np.ones(4), mask=X.mask),))
    for found in (y, z):
        np.testing.assert_array_equal(found.mask, plain.mask)
        np.testing.assert_allclose(found.filled(0.0), plain.filled(0.0), rtol=1e-6)
        if name == "numbers below the mask":
            np.testing.assert_allclose(found.data, plain.data, rtol=1e-6)
    step = 1e-6 if plain.dtype == float else 1e-2
    with np.errstate(all="ignore"):
        moved = [f(np.ma.array(X.data + s * step, mask=X.mask)) for s in (1.0, -1.0)]
        slope = ((moved[0] - moved[1]) / (2 * step)).filled(0.0)
    if name != "numbers below the mask":  # which have no derivative
        np.testing.assert_allclose(dz.filled(0.0), slope, rtol=2e-3 if plain.dtype != float else 1e-6)
    (gradient,) = pullback(np.ma.array(np.ones(plain.shape, plain.dtype), mask=plain.mask))
    np.testing.assert_allclose(np.sum(gradient.filled(0.0)), np.sum(dz.filled(0.0)), rtol=1e-5)


def test_an_operation_is_one_and_its_mask():
    def entries(f):
        seen = []
        dm.vjp(lambda x: seen.append(x._tape) or f(x), X[:3])
        return len(seen[0])

    def chain(length):
        def f(x):
            for _ in range(length):
                x = x * 0.5
            return x

        return f

    assert entries(chain(12)) - entries(chain(2)) == 20
