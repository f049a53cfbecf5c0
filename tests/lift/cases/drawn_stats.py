"""Drawn: scipy.stats. Distributions are differentiated in all that is real: argument, shapes, location, scale."""

import numpy as np
from lifted_harness import case
from scipy import stats

GROUP = "drawn"
SAMPLE = np.random.default_rng(5).gamma(3.0, size=24)
OTHER = np.random.default_rng(6).normal(2.0, 1.5, size=18)


@case("scipy.stats.bernoulli:stats", [0.3])
def _(p):
    mean, variance, skewness, kurtosis = stats.bernoulli.stats(p[0], moments="mvsk")
    return mean, variance, skewness, kurtosis


@case("scipy.stats.chi:logsf", [1.3, 2.4, 0.1, 1.2])
def _(p):
    return stats.chi.logsf(p[0], p[1], loc=p[2], scale=p[3])


@case("scipy.stats.circmean", [0.3, 0.8, 1.9, -0.4])
def _(p):
    return stats.circmean(p, high=np.pi, low=-np.pi)


@case("scipy.stats.contingency.expected_freq", [12.0, 8.0, 5.0, 9.0, 3.0, 11.0])
def _(p):
    return stats.contingency.expected_freq(p.reshape(2, 3))


@case("scipy.stats.differential_entropy", [1.3, 0.7])
def _(p):
    return stats.differential_entropy(p[0] * SAMPLE + p[1] * np.sin(SAMPLE))


@case("scipy.stats.dirichlet:logpdf", [1.4, 2.2, 3.1, 0.2, 0.5])
def _(p):
    return stats.dirichlet.logpdf([p[3], p[4], 1 - p[3] - p[4]], p[:3])


@case("scipy.stats.entropy", [0.2, 0.5, 0.9, 0.4, 0.3, 0.6])
def _(p):
    return stats.entropy(p[:3], p[3:])


@case("scipy.stats.exponpow:std", [2.3, 1.7])
def _(p):
    return stats.exponpow.std(p[0], scale=p[1])


@case("scipy.stats.exponweib:interval", [0.9, 2.3, 1.7, 0.2, 1.4])
def _(p):
    return stats.exponweib.interval(p[0], p[1], p[2], loc=p[3], scale=p[4])


@case("scipy.stats.f:var", [3.0, 9.5, 1.5])
def _(p):
    return stats.f.var(p[0], p[1], scale=p[2])


@case("scipy.stats.fisk:cdf", [1.3, 3.0, 0.2, 1.5])
def _(p):
    return stats.fisk.cdf(p[0], p[1], loc=p[2], scale=p[3])


@case("scipy.stats.foldcauchy:logsf", [1.3, 2.0, 0.2, 1.5])
def _(p):
    return stats.foldcauchy.logsf(p[0], p[1], loc=p[2], scale=p[3])


@case("scipy.stats.gaussian_kde:integrate_box_1d", [0.3, 1.1, 2.4, 3.3, 0.5, 2.0])
def _(p):
    return stats.gaussian_kde(p[:4]).integrate_box_1d(p[4], p[5])


@case("scipy.stats.halflogistic:moment", [0.3, 1.1])
def _(p):
    return stats.halflogistic.moment(2, loc=p[0], scale=p[1])


@case("scipy.stats.halfnorm:pdf", [1.3, 0.2, 1.5])
def _(p):
    return stats.halfnorm.pdf(p[0], loc=p[1], scale=p[2])


@case("scipy.stats.invgauss:expect", [0.8, 0.2, 1.5])
def _(p):
    return stats.invgauss.expect(lambda x: np.sqrt(x), args=(p[0],), loc=p[1], scale=p[2])


@case("scipy.stats.levy:logsf", [1.8, 0.2, 1.5])
def _(p):
    return stats.levy.logsf(p[0], loc=p[1], scale=p[2])


@case("scipy.stats.maxwell:expect", [0.8, 0.2, 1.5])
def _(p):
    return stats.maxwell.expect(lambda x: np.sin(p[0] * x), loc=p[1], scale=p[2])


@case("scipy.stats.moyal:pdf", [0.8, 0.2, 1.5])
def _(p):
    return stats.moyal.pdf(p[0], loc=p[1], scale=p[2])


@case("scipy.stats.multivariate_normal:logpdf", [0.8, 0.2, 0.1, -0.3, 1.5, 0.4, 1.1])
def _(p):
    covariance = np.array([[p[4], p[5]], [p[5], p[6]]])
    return stats.multivariate_normal.logpdf(p[:2], mean=p[2:4], cov=covariance)


@case("scipy.stats.ncf:entropy", [4.0, 7.0, 0.7], tolerance=1e-4, second=False)
def _(p):
    return stats.ncf.entropy(p[0], p[1], p[2])


@case("scipy.stats.normal_inverse_gamma:mean", [0.3, 1.2, 3.0, 0.7])
def _(p):
    return stats.normal_inverse_gamma.mean(mu=p[0], lmbda=p[1], a=p[2], b=p[3])


@case("scipy.stats.normaltest", [1.3, 0.7])
def _(p):
    result = stats.normaltest(p[0] * SAMPLE + p[1] * SAMPLE**2)
    return result.statistic, result.pvalue


@case("scipy.stats.pearson3:moment", [0.8, 0.2, 1.5])
def _(p):
    return stats.pearson3.moment(3, p[0], loc=p[1], scale=p[2])


@case("scipy.stats.poisson_means_test", [9.5, 13.2])
def _(p):
    result = stats.poisson_means_test(4, p[0], 11, p[1])
    return result.statistic, result.pvalue


@case("scipy.stats.powerlaw:ppf", [0.4, 1.8, 0.2, 1.5])
def _(p):
    return stats.powerlaw.ppf(p[0], p[1], loc=p[2], scale=p[3])


@case("scipy.stats.probplot", [1.3, 0.7])
def _(p):
    (_, ordered), (slope, intercept, correlation) = stats.probplot(p[0] * SAMPLE + p[1])
    return ordered, slope, intercept, correlation


@case("scipy.stats.rel_breitwigner:mean", [3.0, 0.6], tolerance=1e-5)
def _(p):
    return stats.rel_breitwigner.mean(p[0], scale=p[1])


@case("scipy.stats.trapezoid:logpdf", [0.3, 0.4, 0.7, -0.1, 1.6])
def _(p):
    return stats.trapezoid.logpdf(p[0], p[1], p[2], loc=p[3], scale=p[4])


@case("scipy.stats.ttest_ind", [1.3, 0.7])
def _(p):
    result = stats.ttest_ind(p[0] * SAMPLE, OTHER + p[1], equal_var=False)
    return result.statistic, result.pvalue


@case("scipy.stats.wishart:pdf", [1.3, 0.4, 0.9, 1.1, 0.2, 0.8])
def _(p):
    x = np.array([[p[0], p[1]], [p[1], p[2]]])
    scale = np.array([[p[3], p[4]], [p[4], p[5]]])
    return stats.wishart.pdf(x, 4, scale)


@case("scipy.stats.yeojohnson_llf", [0.7, 1.2])
def _(p):
    return stats.yeojohnson_llf(p[0], p[1] * SAMPLE - 2.0)


@case("scipy.stats.zscore", [0.7, 1.2, 3.0, -0.4])
def _(p):
    return stats.zscore(p, ddof=1)


# Of the reserve.


@case("scipy.stats.power_divergence", [12.0, 8.5, 5.0, 9.0])
def _(p):
    expected = np.array([9.0, 8.0, 7.0, 10.0]) * np.sum(p) / 34.0
    result = stats.power_divergence(p, f_exp=expected, lambda_=2 / 3)
    return result.statistic, result.pvalue


@case("scipy.stats.planck:logcdf", [0.6])
def _(p):
    return stats.planck.logcdf(3, p[0])


@case("scipy.stats.genlogistic:median", [0.6, 0.2, 1.5])
def _(p):
    return stats.genlogistic.median(p[0], loc=p[1], scale=p[2])


@case("scipy.stats.nbinom:logpmf", [4.5, 0.3])
def _(p):
    return stats.nbinom.logpmf([0, 2, 7], p[0], p[1])


@case("scipy.stats.trim_mean", [0.7, 1.2, 3.0, -0.4, 2.2, 1.9])
def _(p):
    return stats.trim_mean(p, 0.2)


@case("scipy.stats.genextreme:logcdf", [0.9, 0.3, 0.2, 1.5])
def _(p):
    return stats.genextreme.logcdf(p[0], p[1], loc=p[2], scale=p[3])


@case("scipy.stats.argus:logcdf", [0.7, 1.3, 0.1, 1.5])
def _(p):
    return stats.argus.logcdf(p[0], p[1], loc=p[2], scale=p[3])


@case("scipy.stats.weibull_max:mean", [1.7, 0.3, 1.4])
def _(p):
    return stats.weibull_max.mean(p[0], loc=p[1], scale=p[2])


@case("scipy.stats.semicircular:sf", [0.4, 0.1, 1.4])
def _(p):
    return stats.semicircular.sf(p[0], loc=p[1], scale=p[2])


@case("scipy.stats.bayes_mvs", [1.3, 0.7])
def _(p):
    mean, variance, deviation = stats.bayes_mvs(p[0] * SAMPLE + p[1])
    return mean.statistic, variance.statistic, deviation.statistic


@case("scipy.stats.kstat", [0.7, 1.2, 3.0, -0.4, 2.2])
def _(p):
    return stats.kstat(p, 3)
