"""scipy.stats as it is, lifted."""

from importlib.util import find_spec

import numpy as np
import pytest
import scipy.stats
from scipy.spatial import transform

import dispatchml as dm

POINT = np.array([0.7, 1.4])
#: Distributions with their shape parameters, and a place within their support.
DISTRIBUTIONS = {
    "norm": ((), 0.4),
    "gamma": ((2.3,), 1.2),
    "beta": ((2.3, 1.7), 0.3),
    "t": ((3.4,), 0.8),
    "chi2": ((3.4,), 2.1),
    "f": ((3.4, 5.2), 1.3),
    "expon": ((), 0.7),
    "lognorm": ((0.8,), 1.3),
    "weibull_min": ((1.7,), 0.9),
    "cauchy": ((), 0.5),
    "logistic": ((), 0.5),
    "laplace": ((), 0.5),
    "pareto": ((2.3,), 1.8),
    "uniform": ((), 0.3),
    "gumbel_r": ((), 0.4),
    "rayleigh": ((), 0.9),
    "invgauss": ((0.8,), 0.7),
    "skewnorm": ((1.3,), 0.4),
    "ncx2": ((3.4, 1.2), 2.1),
    "genpareto": ((0.4,), 0.8),
}
METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "ppf")


@pytest.fixture(scope="module", autouse=True)
def lifted():
    dm.lift.enable("scipy")
    yield
    dm.lift.disable("scipy")


def check(f, x, rtol=1e-6):
    step = 1e-5
    change = (f(x + step) - f(x - step)) / (2 * step)
    np.testing.assert_allclose(dm.grad(f)(x), change, rtol=rtol, atol=1e-8)
    np.testing.assert_allclose(dm.jvp(f, (x,), (1.0,))[1], change, rtol=rtol, atol=1e-8)


CASES = [
    (n, m)
    if n in ("norm", "gamma", "beta", "t") and m in ("logpdf", "cdf", "ppf")
    else pytest.param(n, m, marks=pytest.mark.slow)
    for n in DISTRIBUTIONS
    for m in METHODS
]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_distributions(name, method):
    shapes, place = DISTRIBUTIONS[name]
    function = getattr(getattr(scipy.stats, name), method)
    place = 0.4 if method == "ppf" else place
    if (name, method) not in (("uniform", "pdf"), ("uniform", "logpdf")):  # constants, which raise
        check(lambda x: function(x, *shapes, loc=0.1, scale=1.3), place)
    check(lambda scale: function(place, *shapes, loc=0.1, scale=scale), 1.3)
    for k, shape in enumerate(shapes):
        if name == "genpareto" or name == "ncx2" and (k == 0 or method in ("pdf", "logpdf")):
            continue  # these raise
        check(lambda s, k=k: function(place, *shapes[:k], s, *shapes[k + 1 :]), shape)


@pytest.mark.parametrize("method", ["evaluate", "logpdf"])
def test_gaussian_kde(method):
    data = np.array([[0.3, 1.2, -0.4, 2.2], [0.1, -0.8, 0.5, 1.0]])
    places = np.array([[0.2, 0.9], [0.4, -0.3]])

    def of_places(t):
        return np.sum(getattr(scipy.stats.gaussian_kde(data), method)(places + t * np.array([[1.0], [-0.3]])))

    def of_data(t):
        kde = scipy.stats.gaussian_kde(data + t * np.sin(np.arange(8.0)).reshape(2, 4), weights=[1, 2, 3, 1])
        return np.sum(getattr(kde, method)(places))

    check(of_places, 0.1)
    check(of_data, 0.1)


def test_several_variables():
    def f(t):
        return scipy.stats.multivariate_normal.logpdf(POINT * t, mean=[0.1 * t, 0.2], cov=[[1.3, 0.2], [0.2, 0.8 * 1]])

    check(f, 0.9)


@pytest.mark.parametrize(
    "statistic",
    [
        scipy.stats.zscore,
        scipy.stats.skew,
        scipy.stats.kurtosis,
        scipy.stats.sem,
        scipy.stats.gmean,
        scipy.stats.variation,
        scipy.stats.hmean,
    ],
)
def test_statistics(statistic):
    x = np.array([0.3, 1.2, 0.8, 2.2])
    check(lambda t: np.sum(statistic(x + t * np.cos(x)) * np.arange(1.0, 5.0)), 0.1)


def turned(angle):
    vector = np.zeros(3)
    vector[0], vector[1] = angle, 0.3
    rotation = transform.Rotation.from_rotvec(vector)
    assert isinstance(rotation, transform.Rotation)
    return np.sum(rotation.as_matrix() * np.arange(9.0).reshape(3, 3))


def with_arrays(x):
    values = np.array([x, 2 * x])
    return np.sum(scipy.stats.norm.logpdf(values, loc=0.1)) + scipy.stats.norm(values[0]).pdf(0.2)


@pytest.mark.skipif(
    find_spec("scipy.spatial.transform._rotation_xp") is None, reason="rotations are compiled before SciPy 1.17"
)
def test_methods_of_classes_and_objects_in_functions_that_make_arrays():
    check(turned, 0.4)
    check(with_arrays, 0.4)


EXPECTED = {
    "invgauss.expect": (0.8, lambda a: scipy.stats.invgauss.expect(np.sqrt, args=(a,), loc=0.2, scale=a + 0.7)),
    "maxwell.expect": (0.8, lambda a: scipy.stats.maxwell.expect(lambda x: np.sin(a * x), scale=1.5)),
    "exponpow.std": (2.3, lambda a: scipy.stats.exponpow.std(a, scale=a)),
    "alpha.entropy": (2.3, lambda a: scipy.stats.alpha.entropy(a)),
    "gamma.entropy": (2.3, lambda a: scipy.stats.gamma.entropy(a, scale=a)),
    "gamma.entropy of several": (2.3, lambda a: np.sum(scipy.stats.gamma.entropy(a * np.array([1.0, 200.0])))),
    "chi.entropy": (2.3, lambda a: scipy.stats.chi.entropy(a)),
    "f.var": (9.5, lambda a: np.sum(scipy.stats.f.var(3.0, a * np.array([1.0, 2.0])))),
    "bernoulli.stats": (0.3, lambda p: sum(scipy.stats.bernoulli.stats(p, moments="mvsk"))),
    "binom.ppf": (0.3, lambda p: p * scipy.stats.binom.ppf(0.4, 7, p)),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_moments_entropies_and_expectations(name):
    place, f = EXPECTED[name]
    check(f, place, rtol=3e-6)


@pytest.mark.parametrize("method", ["pdf", "cdf", "sf"])
def test_noncentral_f(method):
    f = getattr(scipy.stats.ncf, method)
    check(lambda x: f(x, 3.4, 5.2, 0.7), 1.2)
    check(lambda nc: f(1.2, 3.4, 5.2, nc), 0.7)
    if method == "pdf":
        check(lambda a: f(1.2, a, 5.2, 0.7), 3.4)
        check(lambda a: f(1.2, 3.4, a, 0.7), 5.2)
        assert dm.value_and_grad(lambda x: np.sum(f(x, 3.4, 5.2, np.array([0.0, 40.0]))))(1.2)[0] == pytest.approx(
            np.sum(f(1.2, 3.4, 5.2, np.array([0.0, 40.0])))
        )


CENTRES = {
    "genlogistic.logpdf": lambda x, c: scipy.stats.genlogistic.logpdf(x, c),
    "genlogistic.pdf": lambda x, c: scipy.stats.genlogistic.pdf(x, c),
    "gennorm.cdf": lambda x, c: scipy.stats.gennorm.cdf(x, c),
    "gennorm.sf": lambda x, c: scipy.stats.gennorm.sf(x, c),
    "gennorm.ppf": lambda x, c: scipy.stats.gennorm.ppf(0.5 + x, c),
    "gennorm.isf": lambda x, c: scipy.stats.gennorm.isf(0.5 + x, c),
    "genhyperbolic.logpdf": lambda x, c: scipy.stats.genhyperbolic.logpdf(x, 0.5, c, 0.3),
    "geninvgauss.pdf": lambda x, c: scipy.stats.geninvgauss.pdf(x + 1.2, 0.5, c),
}


@pytest.mark.parametrize("name", CENTRES)
def test_where_a_family_is_computed_by_the_sign_of_its_variable(name):
    f = CENTRES[name]
    for x in (0.0, 0.4, -0.4):
        check(lambda x: f(x, 1.7), x)
        check(lambda c, x=x: f(x, c), 1.7) if x or "gennorm" not in name else None


BATCHED = {
    "gamma": ((2.3,), ("pdf", "logpdf", "cdf", "sf", "ppf")),
    "t": ((4.0,), ("logpdf", "logcdf", "logsf", "isf")),
    "truncexpon": ((3.0,), ("pdf", "cdf", "ppf")),
}


@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.parametrize("name", BATCHED)
def test_methods_of_distributions_in_a_batch(name):
    family = getattr(scipy.stats, name)
    shapes, methods = BATCHED[name]
    outside = np.array([-1.0, 0.1, 0.3, 0.9, 1.0, 4.0, np.nan])
    for method in methods:
        f = dm.lift(lambda x, *s, method=method: getattr(family, method)(x, *s, 0.1, 1.3), allow_zero=True)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(dm.vmap(lambda x, f=f: f(x, *shapes))(outside), f(outside, *shapes), rtol=1e-13)
        places, several = np.array([0.2, 0.5, 0.8]), shapes[0] * np.array([1.0, 1.1, 1.2])
        slopes = dm.vmap(dm.grad(f, argnums=(0, 1)))(places, several)
        one_by_one = [dm.grad(f, argnums=(0, 1))(x, s) for x, s in zip(places, several, strict=True)]
        np.testing.assert_allclose(slopes, np.transpose(one_by_one), rtol=1e-10)


@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
def test_counts_in_a_batch_and_a_compiled_likelihood():
    counts, rates = np.array([-1.0, 0.0, 2.5, 3.0]), np.array([1.0, 2.0])
    for method in ("pmf", "logpmf"):
        f = getattr(scipy.stats.poisson, method)
        np.testing.assert_allclose(dm.vmap(lambda r, f=f: f(counts, r))(rates), [f(counts, r) for r in rates])
    likelihood = lambda m: np.sum(scipy.stats.norm.logpdf(counts, m, 1.3))  # noqa: E731
    assert dm.jit(dm.grad(likelihood))(0.4) == pytest.approx(dm.grad(likelihood)(0.4), rel=1e-12)
