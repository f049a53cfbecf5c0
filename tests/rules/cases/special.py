# ruff: noqa: E501 -- a table: one operation a line reads better than one argument a line
"""Cases of special functions."""

import numpy as np

from .table import case

A = np.array([[0.3, -0.7], [1.2, 2.1]])
POSITIVE = np.array([[0.3, 0.7], [1.2, 2.1]])
OTHER = np.array([[1.4, 0.6], [0.8, 1.7]])
INSIDE = np.array([[0.3, -0.7], [0.15, 0.9]])
UNIT = np.array([[0.3, 0.7], [0.15, 0.9]])
ORIGIN = np.zeros(2)
ORDER = 1.5

ERROR_FUNCTIONS = [
    case("erf", A), case("erfc", A), case("erfcx", A), case("erfinv", INSIDE, at_singular=[(np.ones(2),)]),
    case("erfcx", np.array([250.0, 300.0]), tolerance=1e-5),
    case("erfcinv", 1 + INSIDE, at_singular=[(ORIGIN,)]), case("dawsn", A), case("ndtr", A), case("log_ndtr", A),
    case("log_ndtr", np.array([-30.0, -5.0])), case("ndtri", UNIT, at_singular=[(ORIGIN,)]),
]  # fmt: skip

GAMMA_FUNCTIONS = [
    case("gamma", POSITIVE), case("gammaln", POSITIVE), case("digamma", POSITIVE),
    case("polygamma", POSITIVE, reference=lambda a, n=1: __import__("scipy.special").special.polygamma(n, a)),
    case("polygamma", POSITIVE, n=2, reference=lambda a, n: __import__("scipy.special").special.polygamma(n, a)),
    case("beta", POSITIVE, OTHER), case("betaln", POSITIVE, OTHER), case("binom", 3 + POSITIVE, OTHER),
    case("factorial", POSITIVE),
    case("gammainc", ORDER, POSITIVE, argnums=(1,), at_singular=[(ORDER, ORIGIN)]),
    case("gammaincc", ORDER, POSITIVE, argnums=(1,), at_singular=[(0.5, ORIGIN)]),
    case("betainc", ORDER, 2.5, UNIT, argnums=(2,), at_singular=[(0.5, 0.5, ORIGIN)]),
    case("zeta", 2.5, POSITIVE, argnums=(1,)),
]  # fmt: skip

BESSEL_FUNCTIONS = [
    *(case(name, x) for name in ("j0", "j1", "i0", "i1") for x in (A, ORIGIN)),
    *(case(name, A) for name in ("i0e", "i1e")),
    *(case(name, POSITIVE, at_singular=[(ORIGIN,)]) for name in ("y0", "y1", "k0", "k1")),
    *(case(name, ORDER, POSITIVE, argnums=(1,)) for name in ("jv", "yv", "iv", "ive", "kv")),
    *(case(name, 2.0, ORIGIN + 0.3, argnums=(1,)) for name in ("jv", "iv")),
]

OTHERS = [
    case("expi", A, at_singular=[(ORIGIN,)]), case("exp1", POSITIVE, at_singular=[(ORIGIN,)]),
    case("xlogy", A, POSITIVE, at_singular=[(ORIGIN, ORIGIN)]), case("xlog1py", A, POSITIVE, at_singular=[(ORIGIN, ORIGIN - 1)]),
    case("entr", POSITIVE, at_singular=[(ORIGIN,)]), case("rel_entr", POSITIVE, OTHER, at_singular=[(ORIGIN, ORIGIN)]),
    case("kl_div", POSITIVE, OTHER, at_singular=[(ORIGIN, ORIGIN)]),
]  # fmt: skip

#: Derivatives in the first argument, for which there is no closed form, must raise.
REFUSED = [
    *((name, (POSITIVE, OTHER)) for name in ("gammainc", "gammaincc", "zeta", "jv", "yv", "iv", "ive", "kv")),
    ("betainc", (POSITIVE, OTHER, UNIT)),
]

CASES = [*ERROR_FUNCTIONS, *GAMMA_FUNCTIONS, *BESSEL_FUNCTIONS, *OTHERS]
