"""tensorly, with its NumPy backend."""

import numpy as np
import tensorly as tl
from lifted_harness import case
from tensorly.decomposition import parafac, tucker

GROUP, PACKAGE = "programs", "tensorly"
TENSOR = np.sin(np.arange(24.0).reshape(2, 3, 4)) + 0.1 * np.arange(24.0).reshape(2, 3, 4)


@case("tensorly.tenalg.multi_mode_dot", [0.7, 1.3, 0.2, 0.4])
def _(p):
    return tl.tenalg.multi_mode_dot(tl.tensor(TENSOR), [p.reshape(2, 2), np.eye(3) * p[0]], modes=[0, 1])


@case("tensorly.cp_to_tensor", [0.7, 1.3, 0.2, 0.4])
def _(p):
    return tl.cp_to_tensor((None, [p.reshape(2, 2), np.ones((3, 2)), p.reshape(2, 2) ** 2]))


@case("tensorly.unfold, norm", [0.7, 1.3])
def _(p):
    return tl.norm(tl.unfold(p[0] * TENSOR + p[1] * TENSOR**2, 1)), tl.unfold(TENSOR * p[0], 2)


@case("tensorly.decomposition.parafac", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    made = parafac(p[0] * TENSOR + p[1] * TENSOR**2, rank=1, n_iter_max=5, init="svd", tol=None)
    return tl.cp_to_tensor(made)


@case("tensorly.decomposition.tucker", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return tl.tucker_to_tensor(tucker(p[0] * TENSOR + p[1] * TENSOR**2, rank=[1, 2, 2], n_iter_max=5, tol=None))
