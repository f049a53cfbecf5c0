"""Drawn: scipy.integrate, scipy.interpolate, scipy.optimize, scipy.differentiate, scipy.ndimage."""

import numpy as np
from lifted_harness import case
from scipy import differentiate, integrate, interpolate, ndimage, optimize

GROUP = "drawn"
IMAGE = np.sin(np.arange(30.0).reshape(5, 6) * 1.3) + 0.05 * np.arange(30.0).reshape(5, 6)


@case("scipy.differentiate.hessian", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    def function(x):
        return p[0] * np.sin(x[0]) * x[1] ** 2 + np.exp(p[1] * x[0] * x[1])

    return differentiate.hessian(function, np.array([0.4, 0.6])).ddf


@case("scipy.integrate.nquad", [0.7, 1.3])
def _(p):
    value, _ = integrate.nquad(lambda x, y: np.exp(-p[0] * x * x) * np.cos(p[1] * y), [[0.0, 1.0], [-0.5, 2.0]])
    return value


@case("scipy.integrate.tanhsinh", [0.7, 1.3, 0.2])
def _(p):
    return integrate.tanhsinh(lambda x: np.exp(-p[0] * x * x) * np.cos(p[1] * x), p[2], 2.0).integral


@case("scipy.interpolate.BarycentricInterpolator:__call__", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    return interpolate.BarycentricInterpolator([0.0, 0.5, 1.2, 2.0], p[:4], rng=7)(np.array([p[4], p[4] + 1.0]))


@case("scipy.interpolate.KroghInterpolator:derivatives", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    return interpolate.KroghInterpolator([0.0, 0.5, 1.2, 2.0], p[:4]).derivatives(p[4], der=3)


@case("scipy.interpolate.approximate_taylor_polynomial", [0.7, 1.3])
def _(p):
    return interpolate.approximate_taylor_polynomial(lambda x: p[0] * np.exp(p[1] * x), 0.3, 4, 1.0)(0.25)


@case("scipy.interpolate.splantider", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    knots, coefficients, degree = interpolate.splrep([0.0, 0.4, 1.0, 1.7, 2.5], p)
    return interpolate.splev(1.2, interpolate.splantider((knots, coefficients, degree)))


@case("scipy.interpolate.splprep", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    tck, u = interpolate.splprep([np.array([0.0, 0.4, 1.0, 1.7, 2.5]), p], s=0)
    return interpolate.splev([0.3, 0.8], tck), u


@case("scipy.ndimage.fourier_ellipsoid", [0.7, 1.3])
def _(p):
    return np.fft.ifft2(ndimage.fourier_ellipsoid(np.fft.fft2(p[0] * IMAGE + p[1] * IMAGE**2), 2.0))


@case("scipy.ndimage.fourier_gaussian", [0.7, 1.3])
def _(p):
    return np.fft.ifft2(ndimage.fourier_gaussian(np.fft.fft2(p[0] * IMAGE), p[1]))


@case("scipy.ndimage.fourier_uniform", [0.7, 1.3])
def _(p):
    return np.fft.ifft2(ndimage.fourier_uniform(np.fft.fft2(p[0] * IMAGE), p[1]))


@case("scipy.ndimage.gaussian_filter1d", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    return ndimage.gaussian_filter1d(p, 1.2)


@case("scipy.ndimage.generic_filter", [0.7, 1.3])
def _(p):
    return ndimage.generic_filter(p[0] * IMAGE, lambda window: np.sum(window**2) * p[1], size=3)


@case("scipy.ndimage.minimum_filter1d", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    return ndimage.minimum_filter1d(p, 3)


@case("scipy.ndimage.spline_filter1d", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    return ndimage.spline_filter1d(p, order=3)


@case("scipy.optimize.fmin_cg", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    def objective(x):
        return (x[0] - p[0]) ** 2 + 2 * (x[1] - p[1] * x[0]) ** 2 + 0.1 * np.cos(x[0])

    return optimize.fmin_cg(objective, [0.0, 0.0], disp=False, gtol=1e-8)


@case("scipy.optimize.quadratic_assignment", [0.7, 1.3])
def _(p):
    a = np.array([[0.0, p[0], 2.0], [1.0, 0.0, 0.5], [0.3, 0.9, 0.0]])
    b = np.array([[0.0, 1.0, p[1]], [0.2, 0.0, 0.7], [1.5, 0.4, 0.0]])
    return optimize.quadratic_assignment(a, b).fun


@case("scipy.optimize.shgo", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    def objective(x):
        return (x[0] - p[0]) ** 2 + (x[1] - p[1] * x[0]) ** 2 + 0.3 * np.cos(x[0])

    result = optimize.shgo(objective, [(-2.0, 2.0), (-2.0, 2.0)])
    return result.x, result.fun


@case("scipy.optimize.toms748", [0.7, 1.3])
def _(p):
    return optimize.toms748(lambda x: np.exp(x * p[0]) - p[1] - 1.0, 0.0, 4.0, xtol=1e-13)


# Of the reserve.


@case("scipy.integrate.ode:integrate", [0.7, 1.3], tolerance=1e-4)
def _(p):
    solver = integrate.ode(lambda t, y: [y[1], -p[0] * y[0]]).set_integrator("dopri5", rtol=1e-10, atol=1e-12)
    solver.set_initial_value([1.0, p[1]], 0.0)
    return solver.integrate(1.5)


@case("scipy.optimize.HessianUpdateStrategy:dot", [0.7, 1.3, 0.4, 0.9])
def _(p):
    strategy = optimize.BFGS()
    strategy.initialize(2, "hess")
    strategy.update(p[:2], p[2:] + 0.5)
    return strategy.dot(np.array([1.0, -0.4]))


@case("scipy.optimize.bisect", [0.7, 1.3])
def _(p):
    return optimize.bisect(lambda x: np.exp(x * p[0]) - p[1] - 1.0, 0.0, 4.0, xtol=1e-13)


@case("scipy.optimize.rosen_der", [0.7, 1.3, 0.4, 0.9])
def _(p):
    return optimize.rosen_der(p)


@case("scipy.ndimage.generic_laplace", [0.7, 1.3])
def _(p):
    def second(values, axis, output, mode, cval):
        return ndimage.correlate1d(values, [1.0, -2.0, 1.0], axis, output, mode, cval)

    return ndimage.generic_laplace(p[0] * IMAGE + p[1] * IMAGE**2, second)


@case("scipy.ndimage.generic_filter1d", [0.7, 1.3])
def _(p):
    def smooth(line, out):
        out[...] = (line[:-2] + p[1] * line[1:-1] + line[2:]) / 3

    return ndimage.generic_filter1d(p[0] * IMAGE, smooth, 3)


@case("scipy.ndimage.mean", [0.7, 1.3, 0.4, 0.9, 2.0])
def _(p):
    return ndimage.mean(p, labels=np.array([1, 1, 2, 2, 2]), index=[1, 2])


@case("scipy.interpolate.pchip_interpolate", [0.7, 1.3, 2.2, 2.5, 3.35, 0.6])
def _(p):
    return interpolate.pchip_interpolate([0.0, 0.4, 1.0, 1.7, 2.5], p[:5], [p[5], 1.4])
