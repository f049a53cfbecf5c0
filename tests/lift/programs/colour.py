"""colour-science."""

import colour
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "colour"


@case("colour.XYZ_to_Lab", [0.2, 0.12, 0.05])
def _(p):
    return colour.XYZ_to_Lab(p)


@case("colour.XYZ_to_sRGB", [0.2, 0.15, 0.1])
def _(p):
    return colour.XYZ_to_sRGB(p)


@case("colour.delta_E, CIE 2000", [52.0, 21.0, 4.0])
def _(p):
    return colour.delta_E(p, np.array([50.0, 25.0, 7.0]), method="CIE 2000")


@case("colour.XYZ_to_Oklab", [0.2, 0.12, 0.05])
def _(p):
    return colour.XYZ_to_Oklab(p)


@case("colour.XYZ_to_CIECAM02", [19.0, 20.0, 21.8])
def _(p):
    specification = colour.XYZ_to_CIECAM02(p, np.array([95.05, 100.0, 108.88]), 318.31, 20.0)
    return specification.J, specification.C


@case("colour.temperature.CCT_to_uv_Krystek1985", [5500.0], step=20.0)
def _(p):
    return colour.temperature.CCT_to_uv_Krystek1985(p[0])


@case("colour.chromatic_adaptation", [0.2, 0.12, 0.05])
def _(p):
    return colour.adaptation.chromatic_adaptation_VonKries(p, np.array([0.95, 1.0, 1.09]), np.array([0.96, 1.0, 0.82]))
