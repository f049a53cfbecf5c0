"""Fields of a structure are memory of it: what is written to them is written to a traced structure, too."""

import numpy as np
import pytest
from dispatchml_structured import Circulant, Diagonal, DiagonalPlusLowRank, Kronecker, LowRank, Symmetric, Toeplitz

import dispatchml as dm
from dispatchml import ops
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
