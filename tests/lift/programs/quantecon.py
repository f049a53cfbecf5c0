"""quantecon."""

import numpy as np
import quantecon as qe
from lifted_harness import case

GROUP, PACKAGE = "programs", "quantecon"


@case("quantecon.solve_discrete_lyapunov", [0.7, 0.3, 0.2])
def _(p):
    return qe.solve_discrete_lyapunov(np.array([[p[0], p[1]], [0.1, p[2]]]), np.eye(2))


@case("quantecon.LQ", [0.7, 1.3], tolerance=1e-5, second=False)
def _(p):
    problem = qe.LQ(
        np.array([[p[1]]]), np.eye(2), np.array([[1.0, p[0]], [0.0, 0.9]]), np.array([[0.0], [1.0]]), beta=0.95
    )
    value, policy, _ = problem.stationary_values()
    return value, policy


@case("quantecon.MarkovChain", [0.3, 0.6])
def _(p):
    return qe.MarkovChain(np.array([[1 - p[0], p[0]], [p[1], 1 - p[1]]])).stationary_distributions


@case("quantecon.gini_coefficient", [0.7, 1.3, 2.0, 0.4])
def _(p):
    return qe.gini_coefficient(p)


@case("quantecon.tauchen", [0.7, 0.3])
def _(p):
    return qe.markov.tauchen(5, p[0], p[1]).P
