"""fluids and thermo: engineering formulas over the math module."""

import fluids
from lifted_harness import case

GROUP, PACKAGE = "programs", "fluids"


@case("fluids.friction_factor", [2.5e5, 1e-3], step=1e-5)
def _(p):
    return fluids.friction.friction_factor(Re=p[0], eD=p[1])


@case("fluids.core.Reynolds, Nusselt", [2.5, 0.3, 998.0, 1.1])
def _(p):
    return fluids.core.Reynolds(V=p[0], D=p[1], rho=p[2], mu=p[3])


@case("fluids.ATMOSPHERE_1976", [4500.0], step=1.0)
def _(p):
    made = fluids.atmosphere.ATMOSPHERE_1976(p[0])
    return made.T, made.rho, made.P / 1e5


@case("fluids.control_valve.size_control_valve_l", [965.4, 680.0], tolerance=1e-5, second=False)
def _(p):
    return fluids.control_valve.size_control_valve_l(
        rho=p[0], Psat=70.1e3, Pc=22120e3, mu=3.1472e-4, P1=p[1] * 1e3, P2=220e3, Q=0.1, D1=0.15, D2=0.15, d=0.15,
        FL=0.9, Fd=0.46
    )  # fmt: skip


@case("fluids.compressible.isentropic_work_compression", [300.0, 1.4, 0.8])
def _(p):
    return fluids.compressible.isentropic_work_compression(T1=p[0], k=p[1], P1=1e5, P2=1e6, eta=p[2])


@case("fluids.two_phase.Friedel", [0.6, 915.0, 2.67])
def _(p):
    return fluids.two_phase.Friedel(
        m=p[0], x=0.1, rhol=p[1], rhog=p[2], mul=180e-6, mug=14e-6, sigma=0.0487, D=0.05, L=1.0
    )
