"""ahrs: attitude."""

import ahrs
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "ahrs"


@case("ahrs.common.orientation.q2euler", [0.9, 0.2, 0.3, 0.1])
def _(p):
    return ahrs.common.orientation.q2euler(p / np.sqrt(np.sum(p**2)))


@case("ahrs.common.orientation.rotation", [20.0, 33.0])
def _(p):
    return ahrs.common.dcm.rotation("x", p[0]) @ ahrs.common.dcm.rotation("z", p[1])


@case("ahrs.filters.Madgwick.updateIMU", [0.1, 0.2, 9.7])
def _(p):
    return ahrs.filters.Madgwick().updateIMU(np.array([1.0, 0.0, 0.0, 0.0]), gyr=np.array([0.1, 0.2, -0.1]), acc=p)


@case("ahrs.common.orientation.acc2q", [0.1, 0.2, 9.7])
def _(p):
    return ahrs.common.orientation.acc2q(p)
