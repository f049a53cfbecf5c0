"""filterpy."""

import numpy as np
from filterpy.common import Q_discrete_white_noise
from filterpy.gh import GHFilter
from filterpy.kalman import (
    ExtendedKalmanFilter,
    KalmanFilter,
    MerweScaledSigmaPoints,
    UnscentedKalmanFilter,
    rts_smoother,
)
from lifted_harness import case

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "filterpy"
MEASURED = np.array([0.9, 2.1, 2.8, 4.2, 5.1])


def tracker(p):
    kalman = KalmanFilter(dim_x=2, dim_z=1)
    kalman.x = np.array([0.0, 1.0])
    kalman.F = np.array([[1.0, 1.0], [0.0, 1.0]])
    kalman.H = np.array([[1.0, 0.0]])
    kalman.P *= 10.0
    kalman.R = np.array([[p[0]]])
    kalman.Q = Q_discrete_white_noise(dim=2, dt=1.0, var=p[1])
    return kalman


@case("filterpy.kalman.KalmanFilter", [0.7, 0.3])
def _(p):
    kalman = tracker(p)
    for z in MEASURED:
        kalman.predict()
        kalman.update(z)
    return kalman.x, kalman.P


@case("filterpy.kalman.KalmanFilter, likelihood", [0.7, 0.3])
def _(p):
    kalman = tracker(p)
    total = 0.0
    for z in MEASURED:
        kalman.predict()
        kalman.update(z)
        total = total + kalman.log_likelihood
    return total


@case("filterpy.kalman.KalmanFilter, batch and smoother", [0.7, 0.3])
def _(p):
    kalman = tracker(p)
    means, covariances, _, _ = kalman.batch_filter(MEASURED)
    return kalman.rts_smoother(means, covariances)[0]


@case("filterpy.kalman.ExtendedKalmanFilter", [0.7, 0.3])
def _(p):
    extended = ExtendedKalmanFilter(dim_x=2, dim_z=1)
    extended.x = np.array([1.0, p[1]])
    extended.F = np.array([[1.0, 0.5], [0.0, 1.0]])
    extended.R = np.array([[p[0]]])
    for z in MEASURED:
        extended.update(np.array([z]), lambda x: np.array([[2 * x[0], 0.0]]), lambda x: np.array([x[0] ** 2]))
        extended.predict()
    return extended.x


@case("filterpy.kalman.UnscentedKalmanFilter", [0.7, 0.3])
def _(p):
    points = MerweScaledSigmaPoints(2, alpha=0.1, beta=2.0, kappa=1.0)
    unscented = UnscentedKalmanFilter(
        dim_x=2, dim_z=1, dt=0.5, hx=lambda x: x[:1], fx=lambda x, dt: np.array([x[0] + dt * x[1], x[1]]), points=points
    )
    unscented.R = np.array([[p[0]]])
    unscented.Q = np.eye(2) * p[1]
    for z in MEASURED:
        unscented.predict()
        unscented.update(np.array([z]))
    return unscented.x


@case("filterpy.gh.GHFilter", [0.7, 0.3])
def _(p):
    simple = GHFilter(x=0.0, dx=1.0, dt=1.0, g=p[0], h=p[1])
    for z in MEASURED:
        simple.update(z)
    return simple.x, simple.dx


@case("filterpy.kalman.rts_smoother", [0.7, 0.3], group=DRAWN)
def _(p):
    means = np.array([[0.0, 1.0], [1.1, 0.9], [1.9, 1.1]]) * p[0]
    covariances = np.array([np.eye(2) * (1.0 + k) for k in range(3)]) * p[1]
    moves, noises = [np.array([[1.0, 1.0], [0.0, 1.0]])] * 3, [np.eye(2) * 0.1] * 3
    return rts_smoother(means, covariances, moves, noises)[0]
