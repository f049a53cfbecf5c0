"""lmfit."""

import lmfit
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "lmfit"
T = np.linspace(0.0, 4.0, 30)
DATA = 2.0 * np.exp(-0.5 * (T - 1.8) ** 2 / 0.6**2) + 0.02 * np.sin(9 * T)


@case("lmfit.models.GaussianModel.eval", [1.7, 1.3, 0.8])
def _(p):
    return lmfit.models.GaussianModel().eval(x=T, amplitude=p[0], center=p[1], sigma=p[2])


@case("lmfit.lineshapes.voigt", [1.7, 1.3, 0.8, 0.4])
def _(p):
    return lmfit.lineshapes.voigt(T, p[0], p[1], p[2], p[3])


@case("lmfit.models.GaussianModel.fit", [1.2, 0.1], tolerance=1e-4, second=False)
def _(p):
    result = lmfit.models.GaussianModel().fit(p[0] * DATA + p[1] * T, x=T, amplitude=3.0, center=1.7, sigma=0.5)
    return list(result.best_values.values())


@case("lmfit.minimize", [1.2, 0.1], tolerance=1e-4, second=False)
def _(p):
    parameters = lmfit.Parameters()
    parameters.add("a", value=1.0)
    parameters.add("b", value=0.5)

    def residual(q):
        return q["a"] * np.exp(-q["b"] * T) - p[0] * np.exp(-0.4 * T) - p[1] * T

    result = lmfit.minimize(residual, parameters)
    return result.params["a"].value, result.params["b"].value


@case("lmfit.Parameters, expression", [1.2, 0.4])
def _(p):
    parameters = lmfit.Parameters()
    parameters.add("a", value=p[0])
    parameters.add("b", value=p[1])
    parameters.add("c", expr="a * exp(-b)")
    return parameters["c"].value
