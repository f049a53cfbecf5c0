"""A type of one's own: a diagonal matrix that is stored as its diagonal, with derivatives and units.

    python examples/own_type.py

The class, a method and three rules are all there is. What has no rule is computed on the dense matrix and says so.
"""

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import dispatch, ops


@dm.layer(slot="structure")
@attrs.frozen
class Diagonal:
    diag: dm.Array  # the payload: derivatives go through it

    @property
    def shape(self):
        return (len(self.diag),) * 2

    def materialise(self):
        return ops.diag(self.diag)

    def project(self, dense):
        return Diagonal(ops.diagonal(dense))


@dispatch(ops.matmul)  # a method for these two types
def _(a: Diagonal, b: Diagonal):
    return Diagonal(a.diag * b.diag)


@ops.matmul.layer(Diagonal)  # a rule for the layer: one of the two is diagonal, the other is whatever it is
def _(a, b):
    if isinstance(a, Diagonal):
        return ops.multiply(a.diag if ops.ndim(b) == 1 else ops.expand_dims(a.diag, axis=1), b)
    return ops.multiply(a, b.diag)


@ops.solve.layer(Diagonal)
def _(a, b):
    if not isinstance(a, Diagonal):
        return ops.solve(a, b.materialise())
    return ops.divide(b, a.diag if ops.ndim(b) == 1 else ops.expand_dims(a.diag, axis=1))


@ops.swapaxes.layer(Diagonal)
def _(x, *, axis1, axis2):
    return x


def energy(stiffness, force):
    """Half of force times displacement, of springs that do not touch each other."""
    return 0.5 * (force @ np.linalg.solve(Diagonal(stiffness), force))


def main():
    stiffness, force = np.array([2.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0])
    found = dm.grad(energy)(stiffness, force)
    print("d(energy)/d(stiffness) =", found)
    np.testing.assert_allclose(found, -0.5 * (force / stiffness) ** 2)

    bent = dm.jvp(energy, (stiffness, force), (np.ones(3), np.zeros(3)))[1]
    np.testing.assert_allclose(bent, found.sum())

    product = Diagonal(stiffness) @ Diagonal(stiffness)
    print("squared:", product)
    assert isinstance(product, Diagonal)


if __name__ == "__main__":
    main()
