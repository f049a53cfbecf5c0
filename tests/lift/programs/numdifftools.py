"""numdifftools."""

import numdifftools
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "numdifftools"


@case("numdifftools.Derivative", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return numdifftools.Derivative(lambda x: np.exp(p[0] * x) * np.sin(x))(p[1])


@case("numdifftools.Gradient", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return numdifftools.Gradient(lambda x: np.sum(np.exp(p[0] * x)) * x[0])(p)


@case("numdifftools.Hessian", [0.7, 1.3], tolerance=1e-3, second=False)
def _(p):
    return numdifftools.Hessian(lambda x: np.sum(np.exp(p[0] * x)) * x[0])(np.array([0.2, 0.5]))
