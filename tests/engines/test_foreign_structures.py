"""The gradient of a foreign structure has its structure, or raises: it never becomes dense in silence."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import register_type
from dispatchml.dispatch.errors import NoRuleError


def structure(project):
    class Diagonal:
        def __init__(self, diagonal):
            self.diagonal = diagonal

        shape = property(lambda self: (len(self.diagonal),) * 2)
        dtype = property(lambda self: ops.dtype(self.diagonal))

    register_type(
        Diagonal,
        slot="structure",
        payload=lambda x: x.diagonal,
        rebuild=lambda x, diagonal: Diagonal(diagonal),
        project=project and (lambda x, ct: Diagonal(project(ct))),
    )
    ops.matmul.layer(
        Diagonal, lambda a, b: ops.multiply(*(x.diagonal if isinstance(x, Diagonal) else x for x in (a, b)))
    )
    ops.swapaxes.layer(Diagonal, lambda x, *, axis1, axis2: x)
    return Diagonal


def total(d, x):
    return ops.sum(ops.matmul(d, x))


def test_a_projected_gradient_has_the_structure():
    Diagonal = structure(np.diagonal)
    found = dm.grad(total)(Diagonal(np.ones(3)), np.array([1.0, 2.0, 3.0]))
    assert type(found) is Diagonal
    np.testing.assert_array_equal(found.diagonal, [1.0, 2.0, 3.0])


def test_without_a_projection_it_raises():
    Diagonal = structure(None)
    with pytest.raises(NoRuleError, match=r"Diagonal arrived as numpy.ndarray.*project="):
        dm.grad(total)(Diagonal(np.ones(3)), np.ones(3))
    assert dm.grad(total, argnums=1)(Diagonal(np.ones(3)), np.ones(3)) == pytest.approx(1.0)


def test_a_second_derivative_says_what_is_missing():
    Diagonal = structure(np.diagonal)
    one = Diagonal(np.ones(3))
    with pytest.raises(NoRuleError, match="dispatch.transparent"):
        dm.hvp(lambda d: ops.sum(ops.square(ops.matmul(d, np.ones(3)))), (one,), (one,))
