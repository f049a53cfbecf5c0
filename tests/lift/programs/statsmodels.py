"""statsmodels."""

import numpy as np
import statsmodels.api as sm
from lifted_harness import case
from statsmodels.nonparametric.kernel_regression import KernelReg
from statsmodels.stats.stattools import durbin_watson, jarque_bera
from statsmodels.tsa.stattools import acf
from statsmodels.tsa.tsatools import detrend

GROUP, PACKAGE = "programs", "statsmodels"
CHANCE = np.random.default_rng(8)
X = sm.add_constant(CHANCE.normal(size=(25, 2)))
Y = X @ np.array([1.0, 0.5, -0.7]) + 0.3 * CHANCE.normal(size=25)
COUNTS = CHANCE.poisson(np.exp(0.3 * X[:, 1]) + 1.0)


@case("statsmodels.OLS", [0.7, 1.3])
def _(p):
    result = sm.OLS(p[0] * Y + p[1] * X[:, 1] ** 2, X).fit()
    return result.params, result.bse, result.rsquared


@case("statsmodels.WLS", [0.7, 1.3])
def _(p):
    return sm.WLS(Y, X, weights=np.exp(p[0] * X[:, 1]) + p[1]).fit().params


@case("statsmodels.GLM, Poisson", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return sm.GLM(COUNTS * p[0] + p[1], X, family=sm.families.Poisson()).fit(tol=1e-12).params


@case("statsmodels.Logit.loglike", [0.7, 1.3, 0.2])
def _(p):
    return sm.Logit((Y > 0.9).astype(float), X).loglike(p)


@case("statsmodels.RLM", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return sm.RLM(p[0] * Y + p[1] * X[:, 1] ** 2, X, M=sm.robust.norms.HuberT()).fit(tol=1e-12, maxiter=200).params


@case("statsmodels.acf", [0.7, 1.3])
def _(p):
    return acf(p[0] * Y + p[1] * Y**2, nlags=5, fft=False)


@case("statsmodels.durbin_watson, jarque_bera", [0.7, 1.3])
def _(p):
    residuals = p[0] * Y + p[1] * Y**2
    return durbin_watson(residuals), jarque_bera(residuals)[0]


@case("statsmodels.KDEUnivariate", [0.7, 1.3])
def _(p):
    density = sm.nonparametric.KDEUnivariate(p[0] * Y)
    density.fit(bw=0.4, fft=False)
    return density.evaluate(p[1])


@case("statsmodels.KernelReg", [0.7, 1.3])
def _(p):
    return KernelReg(p[0] * Y, X[:, 1], "c", bw=[0.5]).fit(np.array([p[1]]))[0]


@case("statsmodels.tsa.detrend", [0.7, 1.3])
def _(p):
    return detrend(p[0] * Y + p[1] * Y**2, order=1)
