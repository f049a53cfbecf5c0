"""Functions at the parameters at which SciPy computes a limit that does not depend on them."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal
import scipy.special
import scipy.stats as st

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

DATA = np.array([1.0, 2.0, 4.5, 0.7])
SIGNS = np.array([1.0, -2.0, 0.5, -0.7])
TIMES = np.linspace(0.1, 1.3, 4)
OBSERVED, EXPECTED = np.array([16.0, 18.0, 16.0, 14.0]), np.array([18.0, 14.0, 15.0, 17.0])


@pytest.fixture(scope="module", autouse=True)
def lifted():
    dm.lift.enable("scipy")
    yield
    dm.lift.disable("scipy")


def of_family(name, methods, make, remark=""):
    """Functions of a shape that is 0, of each method of a distribution."""
    return {f"{name}.{m}{remark}": (0.0, make(getattr(getattr(st, name), m))) for m in methods.split()}


CASES = {
    **of_family("genpareto", "logpdf pdf cdf sf logsf ppf isf", lambda f: lambda c: f(0.3, c)),
    **of_family("genextreme", "logpdf pdf cdf sf logcdf ppf isf", lambda f: lambda c: f(0.3, c)),
    **of_family("kappa4", "logpdf pdf cdf sf ppf", lambda f: lambda h: f(0.3, h, 0.2), " in h"),
    **of_family("kappa4", "logpdf pdf cdf sf ppf", lambda f: lambda k: f(0.3, 0.1, k), " in k"),
    **of_family("kappa4", "logpdf cdf", lambda f: lambda k: f(0.3, 2 * k, k), " in both"),
    **of_family("skewnorm", "logpdf pdf cdf sf ppf", lambda f: lambda a: f(0.3, a)),
    "yeojohnson": (0.0, lambda k: np.sum(st.yeojohnson(SIGNS, k))),
    "yeojohnson, 2": (2.0, lambda k: np.sum(st.yeojohnson(SIGNS, k))),
    "yeojohnson_llf": (0.0, lambda k: st.yeojohnson_llf(k, SIGNS)),
    "yeojohnson_llf, 2": (2.0, lambda k: st.yeojohnson_llf(k, SIGNS)),
    "boxcox_llf": (0.0, lambda k: st.boxcox_llf(k, DATA)),
    "boxcox": (0.0, lambda k: np.sum(scipy.special.boxcox(DATA, k))),
    "power_divergence, 0": (0.0, lambda k: st.power_divergence(OBSERVED, EXPECTED, lambda_=k)[0]),
    "power_divergence, 1": (1.0, lambda k: sum(st.power_divergence(OBSERVED, EXPECTED, lambda_=k))),
    "pmean": (0.0, lambda p: st.pmean(DATA, p)),
    "pmean, weights": (0.0, lambda p: np.sum(st.pmean(np.stack([DATA, DATA**2]), p, axis=1, weights=OBSERVED))),
    "chirp, logarithmic": (2.0, lambda f: np.sum(scipy.signal.chirp(TIMES, f, 1.3, 2.0, "logarithmic", phi=20))),
    "chirp, hyperbolic": (2.0, lambda f: np.sum(scipy.signal.chirp(TIMES, 2.0, 1.3, f, "hyperbolic"))),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_at_a_limit(name):
    limit, f = CASES[name]
    step = 2e-3
    for k in (limit, limit + 1e-6, limit - 1e-6, limit + 0.01):
        with np.errstate(all="ignore"):
            wide, narrow = ((f(k + h) - f(k - h)) / (2 * h) for h in (step, step / 2))
        expected = (4 * narrow - wide) / 3
        assert dm.value_and_grad(f)(k)[0] == pytest.approx(f(k), rel=1e-8)
        assert dm.grad(f)(k) == pytest.approx(expected, rel=2e-6, abs=2e-7)
        assert dm.jvp(f, (k,), (1.0,))[1] == pytest.approx(expected, rel=2e-6, abs=2e-7)
    curvature = (dm.grad(f)(limit + step) - dm.grad(f)(limit - step)) / (2 * step)
    assert dm.derivative(dm.grad(f))(limit) == pytest.approx(curvature, rel=1e-3, abs=1e-4)


REFUSED = {
    "pearson3": (0.0, lambda s: st.pearson3.logpdf(0.3, s)),
    "power_divergence, -1": (-1.0, lambda k: st.power_divergence(OBSERVED, EXPECTED, lambda_=k)[0]),
    "roots_jacobi": (0.5, lambda a: np.sum(scipy.special.roots_jacobi(3, a, 0.5)[1])),
    "roots_jacobi, sum": (0.5, lambda a: np.sum(scipy.special.roots_jacobi(3, a, -0.5)[0])),
    "fht": (0.0, lambda b: np.sum(scipy.fft.fht(DATA, 0.1, 0.5, bias=b))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_a_limit(name):
    limit, f = REFUSED[name]
    with pytest.raises(LiftError, match="differentiated in"):
        dm.grad(f)(limit)
    assert np.isfinite(dm.grad(f)(limit + 0.1))


@pytest.mark.parametrize("method", ["logpdf", "pdf", "cdf", "sf", "ppf"])
@pytest.mark.parametrize("skew", [0.0, 0.7, -0.7])
def test_pearson3(method, skew):
    f = getattr(st.pearson3, method)
    x, h = 0.3, 1e-4
    change = (f(x + h, skew) - f(x - h, skew)) / (2 * h)
    assert dm.value_and_grad(lambda x: f(x, skew))(x) == pytest.approx((f(x, skew), change), rel=1e-6)
    if skew:
        change = (f(x, skew + h) - f(x, skew - h)) / (2 * h)
        assert dm.grad(lambda skew: f(x, skew))(skew) == pytest.approx(change, rel=1e-6)
    skews = np.array([0.0, 0.7, skew])
    assert dm.value_and_grad(lambda x: np.sum(f(x, skews)))(0.3)[0] == pytest.approx(np.sum(f(0.3, skews)))


def test_noncentral_chi_square_without_its_parameter():
    for method in ("pdf", "logpdf", "cdf", "sf", "ppf", "isf"):
        f = getattr(st.ncx2, method)
        change = (-3 * f(0.4, 3.0, 0.0) + 4 * f(0.4, 3.0, 1e-3) - f(0.4, 3.0, 2e-3)) / 2e-3
        assert dm.grad(lambda nc, f=f: f(0.4, 3.0, nc))(0.0) == pytest.approx(change, rel=1e-4), method
