"""pvlib."""

import pvlib
from lifted_harness import case

GROUP, PACKAGE = "programs", "pvlib"


@case("pvlib.irradiance.isotropic", [120.0, 30.0])
def _(p):
    return pvlib.irradiance.isotropic(p[1], p[0])


@case("pvlib.irradiance.aoi", [30.0, 150.0, 40.0, 170.0])
def _(p):
    return pvlib.irradiance.aoi(p[0], p[1], p[2], p[3])


@case("pvlib.irradiance.haydavies", [30.0, 180.0, 120.0, 600.0])
def _(p):
    return pvlib.irradiance.haydavies(p[0], p[1], p[2], p[3], 1367.0, solar_zenith=40.0, solar_azimuth=170.0)


@case("pvlib.temperature.sapm_cell", [800.0, 20.0, 3.0])
def _(p):
    return pvlib.temperature.sapm_cell(p[0], p[1], p[2], a=-3.47, b=-0.0594, deltaT=3)


@case("pvlib.pvsystem.pvwatts_dc", [800.0, 35.0])
def _(p):
    return pvlib.pvsystem.pvwatts_dc(p[0], p[1], 5000.0, -0.004)


@case("pvlib.pvsystem.singlediode", [6.0, 0.3, 200.0, 1.6], step=1e-3, tolerance=1e-4, second=False)
def _(p):
    scaled = pvlib.pvsystem.singlediode(p[0], 1e-9, p[1], p[2], p[3], method="lambertw")
    return scaled["p_mp"], scaled["v_oc"], scaled["i_sc"]


@case("pvlib.atmosphere.get_relative_airmass", [40.0, 65.0])
def _(p):
    return pvlib.atmosphere.get_relative_airmass(p)


@case("pvlib.clearsky.ineichen", [40.0, 2.5, 3.0])
def _(p):
    sky = pvlib.clearsky.ineichen(p[0], p[1], p[2])
    return sky["ghi"], sky["dni"]
