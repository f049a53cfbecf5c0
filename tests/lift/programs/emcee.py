"""emcee."""

import emcee
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "emcee"
CHAIN = np.cumsum(np.random.default_rng(2).normal(size=400)) * 0.1 + np.random.default_rng(3).normal(size=400)


@case("emcee.EnsembleSampler", [0.7, 1.3], tolerance=1e-5)
def _(p):
    def log_probability(x):
        return -0.5 * p[0] * np.sum((x - p[1]) ** 2)

    start = np.random.default_rng(1).normal(size=(8, 2))
    sampler = emcee.EnsembleSampler(8, 2, log_probability)
    sampler.random_state = np.random.RandomState(5).get_state()
    sampler.run_mcmc(start, 5)
    return sampler.get_log_prob()


@case("emcee.autocorr.function_1d", [0.7, 1.3])
def _(p):
    return emcee.autocorr.function_1d(p[0] * CHAIN + p[1] * CHAIN**2)[:20]


@case("emcee.autocorr.integrated_time", [0.7, 1.3])
def _(p):
    return emcee.autocorr.integrated_time(p[0] * CHAIN + p[1] * CHAIN**2, quiet=True)
