"""A view that was written to is the result: it and what it was taken from are laid out in memory as NumPy's are."""

import attrs
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


@dm.layer(slot="structure")
@attrs.frozen
class Kept:
    numbers: dm.Array
    name: str = "kept"


@dm.layer(slot="structure")
@attrs.frozen
class Copied:
    numbers: dm.Array = attrs.field(converter=np.copy)


def written_outside(x, cls):
    x = x * 1.0
    made = cls(x)
    x[0] = 5.0
    return np.sum(made.numbers**2)


def written_inside(x, cls):
    x = x * 1.0
    made, row = cls(x), x[:1]
    made.numbers[0] = 5.0
    return np.sum(x**2) + 2.0 * row[0] + made.numbers[0]


@pytest.mark.parametrize("program", [written_outside, written_inside])
@pytest.mark.parametrize("cls", [Kept, Copied])
def test_a_structure_of_ones_own_is_a_view_where_its_constructor_keeps_the_array(program, cls):
    x = np.array([2.0, 3.0])
    wanted = program(x, cls)
    value, gradient = dm.value_and_grad(program)(x, cls)
    assert value == wanted
    step = np.array([1e-6, 0.0])
    assert abs(gradient[0] - (program(x + step, cls) - program(x - step, cls)) / 2e-6) < 1e-6
    assert gradient[1] == 6.0
    assert dm.jvp(lambda x: program(x, cls), (x,), (np.array([0.0, 1.0]),)) == (wanted, 6.0)
    assert dm.vmap(lambda x: program(x, cls))(np.stack([x, x])).tolist() == [wanted, wanted]
    assert dm.hessian(lambda x: program(x, cls))(x)[1, 1] == 2.0
