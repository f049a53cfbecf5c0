"""geographiclib: geodesics in pure Python."""

from geographiclib.geodesic import Geodesic
from lifted_harness import case

GROUP, PACKAGE = "programs", "geographiclib"


@case("geographiclib.Geodesic.Direct", [40.0, 10.0, 30.0])
def _(p):
    end = Geodesic.WGS84.Direct(p[0], p[1], p[2], 1e6)
    return end["lat2"], end["lon2"]


@case("geographiclib.Geodesic.Inverse", [40.0, 10.0, 50.0, 25.0])
def _(p):
    return Geodesic.WGS84.Inverse(p[0], p[1], p[2], p[3])["s12"] / 1e6
