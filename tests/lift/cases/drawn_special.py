"""Drawn: scipy.special.

The argument is differentiated; orders and shape parameters are cases of their own (group `drawn, further`).
"""

import numpy as np
from lifted_harness import case
from scipy import special

GROUP = "drawn"
FURTHER = "drawn, further"


@case("scipy.special.assoc_laguerre", [0.4, 2.1])
def _(p):
    return special.assoc_laguerre(p, 3, 2)


@case("scipy.special.assoc_laguerre, k", [1.3], group=FURTHER)
def _(p):
    return special.assoc_laguerre(0.7, 3, p[0])


@case("scipy.special.bdtri", [0.3, 0.8])
def _(p):
    return special.bdtri(2, 7, p)


@case("scipy.special.bdtrin", [0.35])
def _(p):
    return special.bdtrin(3, 0.4, p[0])


@case("scipy.special.bdtrin, pr", [0.35], group=FURTHER)
def _(p):
    return special.bdtrin(3, p[0], 0.4)


@case("scipy.special.bei", [0.5, 2.0, -1.3])
def _(p):
    return special.bei(p)


@case("scipy.special.betainc", [0.2, 0.7])
def _(p):
    return special.betainc(1.5, 2.5, p)


@case("scipy.special.betainc, a and b", [1.5, 2.5], group=FURTHER)
def _(p):
    return special.betainc(p[0], p[1], 0.3)


@case("scipy.special.binom", [4.3, 1.7])
def _(p):
    return special.binom(p[0], p[1])


@case("scipy.special.boxcox", [1.5, 3.0, 0.4])
def _(p):
    return special.boxcox(p[:2], p[2])


@case("scipy.special.ellipkm1", [0.2, 0.6])
def _(p):
    return special.ellipkm1(p)


@case("scipy.special.eval_hermitenorm", [0.2, -1.6])
def _(p):
    return special.eval_hermitenorm(4, p)


@case("scipy.special.expit", [0.2, -1.6, 3.0])
def _(p):
    return special.expit(p)


@case("scipy.special.expm1", [0.2, -1.6, 1e-3])
def _(p):
    return special.expm1(p)


@case("scipy.special.fdtridfd", [0.6])
def _(p):
    return special.fdtridfd(3.0, 0.36, p[0])


@case("scipy.special.gammaincc", [0.6, 2.4])
def _(p):
    return special.gammaincc(1.7, p)


@case("scipy.special.gammaincc, a", [0.6, 2.4], group=FURTHER)
def _(p):
    return special.gammaincc(p, 1.7)


@case("scipy.special.gammaincinv", [0.2, 0.7])
def _(p):
    return special.gammaincinv(2.5, p)


@case("scipy.special.gammaincinv, a", [1.2, 2.7], group=FURTHER)
def _(p):
    return special.gammaincinv(p, 0.4)


@case("scipy.special.i0", [0.2, -1.7])
def _(p):
    return special.i0(p)


@case("scipy.special.i0e", [0.2, 1.7])
def _(p):
    return special.i0e(p)


@case("scipy.special.inv_boxcox1p", [0.8, 1.7, 0.4])
def _(p):
    return special.inv_boxcox1p(p[:2], p[2])


@case("scipy.special.j1", [0.8, 4.7])
def _(p):
    return special.j1(p)


@case("scipy.special.j_roots", [0.3, 0.7])
def _(p):
    nodes, weights = special.j_roots(4, p[0], p[1])
    return nodes, weights


@case("scipy.special.k0", [0.8, 2.7])
def _(p):
    return special.k0(p)


@case("scipy.special.k0e", [0.8, 2.7])
def _(p):
    return special.k0e(p)


@case("scipy.special.kve", [0.8, 2.7])
def _(p):
    return special.kve(1.5, p)


@case("scipy.special.kve, order", [0.8, 2.7], group=FURTHER)
def _(p):
    return special.kve(p, 1.5)


@case("scipy.special.log_ndtr", [0.8, -2.7])
def _(p):
    return special.log_ndtr(p)


@case("scipy.special.mathieu_a", [0.8, 2.7])
def _(p):
    return special.mathieu_a(2, p)


@case("scipy.special.mathieu_odd_coef", [0.8])
def _(p):
    return special.mathieu_odd_coef(2, p[0])


@case("scipy.special.modfresnelp", [0.8, 1.5])
def _(p):
    return special.modfresnelp(p)


@case("scipy.special.modstruve", [0.8, 1.5])
def _(p):
    return special.modstruve(1.0, p)


@case("scipy.special.modstruve, order", [0.8, 1.5], group=FURTHER)
def _(p):
    return special.modstruve(p, 1.0)


@case("scipy.special.nbdtrc", [0.3, 0.6])
def _(p):
    return special.nbdtrc(3, 5, p)


@case("scipy.special.pbdv", [0.3, 1.6])
def _(p):
    return special.pbdv(1.5, p)


@case("scipy.special.pbdv, order", [0.3, 1.6], group=FURTHER)
def _(p):
    return special.pbdv(p, 0.7)


@case("scipy.special.poch", [2.3, 1.6])
def _(p):
    return special.poch(p[0], p[1])


@case("scipy.special.shichi", [2.3, 0.6])
def _(p):
    return special.shichi(p)


@case("scipy.special.struve", [2.3, 0.6])
def _(p):
    return special.struve(0.5, p)


@case("scipy.special.struve, order", [1.3, 0.6], group=FURTHER)
def _(p):
    return special.struve(p, 1.5)


@case("scipy.special.wright_bessel", [0.6, 1.3])
def _(p):
    return special.wright_bessel(0.5, 1.2, p)


@case("scipy.special.wright_bessel, a and b", [0.6, 1.3], group=FURTHER)
def _(p):
    return special.wright_bessel(p[0], p[1], 0.8)


# Of the reserve.


@case("scipy.special.berp", [0.6, 1.3])
def _(p):
    return special.berp(p)


@case("scipy.special.elliprj", [0.6, 1.3, 2.0, 0.9])
def _(p):
    return special.elliprj(p[0], p[1], p[2], p[3])


@case("scipy.special.erfcx", [0.6, -0.3, 4.0])
def _(p):
    return special.erfcx(p)


@case("scipy.special.erfinv", [0.6, -0.3])
def _(p):
    return special.erfinv(p)


@case("scipy.special.eval_chebys", [0.6, -0.3])
def _(p):
    return special.eval_chebys(4, p)


@case("scipy.special.it2struve0", [0.6, 1.3])
def _(p):
    return special.it2struve0(p)


@case("scipy.special.ivp", [0.6, 1.3])
def _(p):
    return special.ivp(1.5, p, 2)


@case("scipy.special.ndtri_exp", [-0.6, -3.3])
def _(p):
    return special.ndtri_exp(p)


@case("scipy.special.obl_ang1", [0.3, 0.6])
def _(p):
    return special.obl_ang1(1, 2, 1.5, p)


@case("scipy.special.owens_t", [0.3, 0.6])
def _(p):
    return special.owens_t(p[0], p[1])


@case("scipy.special.sinc", [0.3, 0.6])
def _(p):
    return special.sinc(p)


@case("scipy.special.softmax", [0.3, 0.6, -1.0])
def _(p):
    return special.softmax(np.outer(p, [1.0, 2.0]), axis=0)
