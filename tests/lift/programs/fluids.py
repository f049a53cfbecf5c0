"""fluids and thermo: engineering formulas over the math module."""

import fluids
from lifted_harness import case

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "fluids"


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


@case("fluids.Brauer", [300.0, 0.4, 1.8e-5, 0.002], group=DRAWN, step=1e-6)
def _(p):
    return fluids.Brauer(dp=p[3], voidage=p[1], vs=2e-3, rho=p[0], mu=p[2] * 100, L=0.01)


@case("fluids.Froude", [1.8, 2.4], group=DRAWN)
def _(p):
    return fluids.Froude(p[0], L=p[1])


@case("fluids.Jones_Krier", [300.0, 0.4, 0.002], group=DRAWN, step=1e-5)
def _(p):
    return fluids.Jones_Krier(dp=p[2], voidage=p[1], vs=1e-3, rho=p[0], mu=1.8e-3, L=0.01)


@case("fluids.K_angle_valve_Crane", [0.02, 0.03], group=DRAWN, step=1e-4)
def _(p):
    return fluids.K_angle_valve_Crane(p[0], p[1], fd=0.02)


@case("fluids.K_motionless_mixer", [7.1, 0.5, 2.0], group=DRAWN)
def _(p):
    return fluids.K_motionless_mixer(K=p[0], L=p[1], D=p[2], fd=0.02)


@case("fluids.K_to_Cv", [16.0, 0.3], group=DRAWN)
def _(p):
    return fluids.K_to_Cv(p[0], p[1])


@case("fluids.L_from_K", [3.6, 0.05], group=DRAWN)
def _(p):
    return fluids.L_from_K(K=p[0], D=p[1], fd=0.018)


@case("fluids.SA_conical_head", [6.0, 0.9], group=DRAWN)
def _(p):
    return fluids.SA_conical_head(D=p[0], a=p[1])


@case("fluids.T_stagnation_ideal", [250.0, 125.0, 1000.0], group=DRAWN, step=0.5)
def _(p):
    return fluids.T_stagnation_ideal(p[0], p[1], p[2])


@case("fluids.V_vertical_spherical", [1.32, 0.7, 2.0], group=DRAWN)
def _(p):
    return fluids.V_vertical_spherical(D=p[0], a=p[1], h=p[2])


@case("fluids.diffuser_pipe_reducer", [0.5, 0.75, 1.5, 0.07], group=DRAWN)
def _(p):
    return fluids.diffuser_pipe_reducer(Di1=p[0], Di2=p[1], l=p[2], fd1=p[3])


@case("fluids.pdf_lognormal_basis_integral", [1.1, 0.9, 0.5], group=DRAWN)
def _(p):
    return fluids.pdf_lognormal_basis_integral(d=p[0], d_characteristic=p[1], s=p[2], n=-2)


@case("fluids.sphericity", [10.0, 43.0], group=DRAWN)
def _(p):
    return fluids.sphericity(A=p[1], V=p[0])


@case("fluids.two_phase_dP_dz_acceleration", [0.3, 827.1, 3.919], group=DRAWN)
def _(p):
    return fluids.two_phase_dP_dz_acceleration(
        m=1.0,
        D=p[0],
        x=0.372,
        rhol=p[1],
        rhog=p[2],
        dv_dP_l=-5e-12,
        dv_dP_g=-4e-7,
        dx_dP=-2e-7,
        dP_dL=120.0,
        dA_dL=0.0001,
    )


@case("fluids.vacuum_air_leakage_HEI2633", [10.0, 10000.0], group=DRAWN)
def _(p):
    return fluids.vacuum_air_leakage_HEI2633(p[0], p[1])


@case("fluids.voidage_Benyahia_Oneil", [1e-3, 0.05, 0.8], group=DRAWN, step=1e-5)
def _(p):
    return fluids.voidage_Benyahia_Oneil(p[0], p[1], p[2])


@case("fluids.voidage_Benyahia_Oneil_spherical", [1e-3, 0.05], group=DRAWN, step=1e-5)
def _(p):
    return fluids.voidage_Benyahia_Oneil_spherical(p[0], p[1])


# Of the reserve.


@case("fluids.SA_tank", [2.0, 1.8], group=DRAWN)
def _(p):
    return fluids.SA_tank(D=p[0], L=p[1], sideA="conical", sideA_a=0.4, sideB="spherical", sideB_a=0.5)[0]


@case("fluids.Panhandle_A", [0.340, 90.0, 20.0], group=DRAWN)
def _(p):
    return fluids.Panhandle_A(D=p[0], P1=p[1] * 1e5, P2=p[2] * 1e5, L=160e3, SG=0.693, Tavg=277.15)


@case("fluids.K_to_Kv", [16.0, 0.3], group=DRAWN)
def _(p):
    return fluids.K_to_Kv(p[0], p[1])


@case("fluids.Clift_Gauvin", [200.0, 2e4], group=DRAWN)
def _(p):
    return fluids.drag.Clift_Gauvin(p[0]), fluids.drag.Clift_Gauvin(p[1])


@case("fluids.cone_meter_expansibility_Stewart", [1.0, 0.2, 0.95], group=DRAWN)
def _(p):
    return fluids.cone_meter_expansibility_Stewart(D=p[0], Dc=p[1] * 3, P1=1e6, P2=p[2] * 1e6, k=1.2)
