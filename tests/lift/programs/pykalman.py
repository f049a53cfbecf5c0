"""pykalman."""

import numpy as np
from lifted_harness import case
from pykalman import KalmanFilter

GROUP, PACKAGE = "programs", "pykalman"
MEASURED = np.array([0.9, 2.1, 2.8, 4.2, 5.1])


@case("pykalman.KalmanFilter.filter", [0.7, 0.3])
def _(p):
    kalman = KalmanFilter(
        transition_matrices=np.array([[1.0, 1.0], [0.0, p[0]]]), observation_matrices=np.array([[1.0, p[1]]])
    )
    return kalman.filter(MEASURED)[0]


@case("pykalman.KalmanFilter.loglikelihood", [0.7, 0.3])
def _(p):
    kalman = KalmanFilter(
        transition_matrices=np.array([[1.0, 1.0], [0.0, p[0]]]), observation_matrices=np.array([[1.0, p[1]]])
    )
    return kalman.loglikelihood(MEASURED)


@case("pykalman.KalmanFilter.smooth", [0.7, 0.3])
def _(p):
    kalman = KalmanFilter(transition_matrices=np.array([[1.0, p[0]], [0.0, 1.0]]), observation_matrices=[[1.0, p[1]]])
    return kalman.smooth(MEASURED)[0]
