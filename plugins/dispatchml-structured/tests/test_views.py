"""Fields of a structure are memory of it: what is written to them is written to a traced structure, too."""

import numpy as np
import pytest
from dispatchml_structured import (
    Block,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Kronecker,
    LowRank,
    Symmetric,
    Toeplitz,
)

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ReadOnlyError
from dispatchml.testing import check_writing

AT = np.array([1.0, 2.0, -3.0])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda x: Diagonal(np.array(x)), "diag"),
        (lambda x: LowRank(np.array(x)[..., None], np.ones((*np.shape(x), 1))), "left"),
        (lambda x: DiagonalPlusLowRank(np.array(x), np.ones((3, 1)), np.ones((3, 1))), "diag"),
        (lambda x: Toeplitz(np.array(x), np.array(x) * 2.0), "column"),
        (lambda x: Circulant(np.array(x)), "column"),
        (lambda x: Symmetric(np.outer(x, x)), "_data"),
        (lambda x: Kronecker(np.outer(x, x), np.eye(2)), "left"),
    ],
)
def test_fields_are_written_to(make, field):
    def program(a):
        view = getattr(a, field)
        getattr(a, field)[..., 0] = 5.0
        view[1:] *= 2.0
        part = getattr(a, field)[:1]
        part += view[1:2] ** 2
        return np.sum(ops.matmul(a, np.arange(1.0, a.shape[-1] + 1)) ** 2) + np.sum(view**3)

    value = program(make(AT))
    found, slope = dm.value_and_grad(program)(make(AT))
    again, tangent = dm.jvp(program, (make(AT),), (dm.random_tangent(make(AT), np.random.default_rng(0)),))
    np.testing.assert_allclose([found, again], value)
    direction = dm.random_tangent(make(AT), np.random.default_rng(0))
    np.testing.assert_allclose(tangent, dm.inner(slope, direction), rtol=1e-10)


def test_a_diagonal_under_every_transform():
    def program(d):
        d.diag[0] = d.diag[1] ** 2
        same = d.T
        same.diag[1] = 4.0
        return np.sum((d @ np.array([1.0, 2.0, 3.0])) ** 2) + np.sum(d.diag**3)

    def make(x):
        return Diagonal(np.array(x))

    def wanted(x):
        return program(make(x))

    value, slope = dm.value_and_grad(program)(make(AT))
    assert value == wanted(AT)
    differences = [(wanted(AT + 1e-6 * e) - wanted(AT - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    np.testing.assert_allclose(slope.diag, differences, rtol=1e-6, atol=1e-5)
    batch = dm.vmap(lambda x: program(Diagonal(x * 1.0)))(np.stack([AT, AT + 1.0]))
    np.testing.assert_allclose(batch, [wanted(AT), wanted(AT + 1.0)])


def test_frozen_fields_are_not_set():
    with pytest.raises(AttributeError, match="can't set attribute"):
        dm.grad(lambda d: (setattr(d, "diag", AT), np.sum(d.diag))[1])(Diagonal(AT))


def test_the_check_of_programs_that_write():
    check_writing(
        lambda d: (d.diag.__setitem__(0, 5.0), np.sum(d.diag**3))[1], lambda x: Diagonal(np.array(x)), AT,
        numbers=lambda g: g.diag,
    )  # fmt: skip


U, V = np.arange(1.0, 7.0).reshape(3, 2), np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 1.0]])


def total(*parts):
    return sum(np.sum(getattr(p, "materialise", lambda p=p: p)() ** 2) for p in parts)


def into_a_field(u, v):
    a = LowRank(u, v)
    a.left[0, 0] = v[0, 1] ** 2
    return total(u, v, a)


def into_an_array(u, v):
    a = LowRank(u, v)
    u[1] = u[0] * u[2]
    v[0, 0] = 5.0
    return total(u, v, a)


def in_place(u, v):
    a = LowRank(u, v)
    right = a.right
    right *= 2.0
    a.left[:1] *= u[1:2]
    return total(u, v, a)


def of_the_transpose(u, v):
    a = LowRank(u, v).T
    a.left[0, 0] = 3.0
    return total(u, v, a)


def into_a_part(u, v):
    a = LowRank(u[:2], v)
    a.left[0, 0] = 3.0
    u[1] = 2.0
    return total(u, v, a)


def in_blocks(u, v):
    a = Block(Diagonal(u[:, 0]), None, None, Diagonal(v[:, 0]))
    a.a.diag[0] = 9.0
    u[2] = 4.0
    return total(u, v, a)


def one_array_twice(u, v):
    a = Toeplitz(u[:, 0], u[:, 0])
    a.column[1] = v[0, 0]
    u[2, 0] = 4.0
    return total(u, v, a)


def copies_are_apart(u, v):
    a = LowRank(u * 1.0, v.copy())
    b = a + a
    a.left[0, 0] = 3.0
    u[0, 1] = 7.0
    return total(u, v, a, b)


def of_new_arrays(u, v):
    ones = np.ones((3, 2))
    a = LowRank(u, ones)
    ones[0, 0] = 5.0
    a.right[1, 1] = 7.0
    return total(u, v, a, ones)


def rebound(u, v):
    a = Block(u[:2], None, None, v[:2])
    a *= 2.0
    d = Diagonal(u[:, 0])
    d *= 3.0
    return total(u, v, a, d)


@pytest.mark.parametrize(
    "program",
    [into_a_field, into_an_array, in_place, of_the_transpose, into_a_part, in_blocks, one_array_twice,
     copies_are_apart, of_new_arrays, rebound],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_structures_of_several_arrays_are_views_of_all(program):
    def plain(x):
        x = x.reshape(2, 3, 2).copy()
        return program(x[0].copy(), x[1].copy())

    at = np.stack([U, V]).ravel()
    differences = np.array([(plain(at + 1e-6 * e) - plain(at - 1e-6 * e)) / 2e-6 for e in np.eye(12)])
    value, (du, dv) = dm.value_and_grad(program, argnums=(0, 1))(U.copy(), V.copy())
    np.testing.assert_allclose(value, plain(at))
    np.testing.assert_allclose(np.concatenate([du.ravel(), dv.ravel()]), differences, rtol=1e-6, atol=1e-5)
    tangent = dm.jvp(program, (U.copy(), V.copy()), (U, V))[1]
    np.testing.assert_allclose(tangent, differences @ at, rtol=1e-6)
    both = [program(U.copy(), V.copy()), program(V.copy(), U.copy())]
    np.testing.assert_allclose(dm.vmap(program)(np.stack([U, V]), np.stack([V, U])), both)
    one = dm.grad(lambda u: program(u, V.copy()))(U.copy())  # the other one is a constant
    np.testing.assert_allclose(one.ravel(), differences[:6], rtol=1e-6, atol=1e-5)
    second = dm.jvp(dm.grad(lambda u: program(u, V.copy())), (U.copy(),), (U,))[1]
    assert np.all(np.isfinite(second))


def test_a_structure_in_units_that_is_written_to():
    pint = pytest.importorskip("pint")
    metre = pint.UnitRegistry().m

    def f(u, v):
        a = LowRank(u, v)
        u[0, 0] = 3.0 * metre
        return np.sum(u**2) + np.sum((a @ np.eye(3)) ** 2)

    u = U.copy()
    u[0, 0] = 3.0
    expected = np.sum(u**2) + np.sum((u @ V.T) ** 2)
    value = dm.value_and_grad(lambda u: f(u, V).to("m**2").magnitude)(U * metre)[0]
    np.testing.assert_allclose(value, expected)
    with pytest.raises(ReadOnlyError, match="LowRank that was built of several arrays is written to"):
        dm.grad(lambda u: (LowRank(u, V).left.__setitem__((0, 0), 3.0 * metre), np.sum(u).magnitude)[1])(U * metre)
