"""Gamma, hypergeometric and related functions, orthogonal polynomials (DLMF 5, 8, 13, 15, 18)."""

from typing import Any

import numpy as np
import scipy.special

from dispatchml import ops, primal
from dispatchml.dispatch.errors import NoRuleError, at_user_line
from dispatchml.numpy.protocols import UFUNCS
from dispatchml.rules import nondifferentiable

from .partials import DECLARED, WORDS, new_operation, partials, word

# ---- gamma functions -------------------------------------------------------------------------------------------------

partials("loggamma(z)", z="digamma(z)")
partials("rgamma(z)", z="rgamma_slope(out, z)")
partials("poch(z, m)", z="out*(digamma(z + m) - digamma(z))", m="out*digamma(z + m)")
UFUNCS[scipy.special.gammasgn] = gammasgn = new_operation("gammasgn", ("x",), scipy.special.gammasgn)
nondifferentiable(gammasgn)
DECLARED["gammasgn"] = {"x": "0"}


@word
def rgamma_slope(y: Any, z: Any) -> Any:
    """-digamma(z) / gamma(z), at the poles of gamma its limit (-1)**n n!, n = -z."""
    pole = ops.logical_and(ops.equal(ops.rint(ops.real(z)), z), ops.less_equal(ops.real(z), 0))
    limit = ops.multiply(ops.cos(ops.multiply(z, 3.141592653589793)), ops.gamma(ops.subtract(1, z)))
    return ops.where(pole, ops.where(pole, limit, 1), ops.negative(ops.multiply(y, ops.digamma(ops.where(pole, 1, z)))))


@word
def gamma_density(a: Any, x: Any) -> Any:
    """x**(a-1) exp(-x) / gamma(a) (8.8.13), right at x = 0 too."""
    return ops.exp(ops.subtract(ops.subtract(ops.xlogy(ops.subtract(a, 1), x), x), ops.gammaln(a)))


@word
def beta_density(a: Any, b: Any, x: Any) -> Any:
    """x**(a-1) (1-x)**(b-1) / beta(a, b) (8.17.1), right at the ends too."""
    ends = ops.add(ops.xlogy(ops.subtract(a, 1), x), ops.xlog1py(ops.subtract(b, 1), ops.negative(x)))
    return ops.exp(ops.subtract(ends, ops.betaln(a, b)))


# ---- hypergeometric functions (13.3, 15.5, 16.3) ---------------------------------------------------------------------

partials("hyp0f1(v, z)", z="hyp0f1(v + 1, z)/v")
partials("hyp1f1(a, b, x)", x="a/b*hyp1f1(a + 1, b + 1, x)")
partials("hyp2f1(a, b, c, z)", z="a*b/c*hyp2f1(a + 1, b + 1, c + 1, z)")
partials("hyperu(a, b, x)", x="-(a*hyperu(a + 1, b + 1, x))")
partials("lpmv(m, v, x)", x="(v*x*out - (v + m)*lpmv(m, v - 1, x))/(x*x - 1)")

# ---- orthogonal polynomials in their variable (18.9); of degree 0 the derivative is 0 --------------------------------

LOWER = "maximum(n - 1, 0)"


def polynomial(call: str, slope: str, **others: str) -> None:
    """A polynomial of degree n, with the derivative for degrees above 0, and those in its parameters."""
    partials(call, x=f"where(n == 0, 0, {slope})", **others)


def degrees(n: Any, name: str) -> Any:
    """The whole numbers below the largest degree; a degree that is no whole number raises."""
    plain = np.asarray(primal(n))
    if np.any(plain != np.rint(plain)):
        raise NoRuleError(
            f"scipy.special.{name} has no derivative in its parameters{at_user_line()} where the degree is "
            "no whole number."
        )
    return range(int(np.max(plain, initial=0)))


@word
def laguerre_slope(n: Any, alpha: Any, x: Any) -> Any:
    """The derivative of the Laguerre polynomial in alpha: the sum of those of degree k over n - k (18.9.13)."""
    total = ops.multiply(ops.add(alpha, x), 0.0)
    for k in degrees(n, "eval_genlaguerre"):
        gap = ops.subtract(n, k)
        term = ops.divide(WORDS["eval_genlaguerre"](k, alpha, x), ops.where(ops.greater(gap, 0), gap, 1))
        total = ops.add(total, ops.where(ops.greater(gap, 0), term, 0))
    return total


@word
def jacobi_slope(n: Any, alpha: Any, beta: Any, x: Any) -> Any:
    """The derivative of the Jacobi polynomial in alpha, by those of lower degree (Froehlich 1994)."""
    jacobi, poch = WORDS["eval_jacobi"], WORDS["poch"]
    both = ops.add(ops.add(alpha, beta), 1)
    total = ops.multiply(ops.add(both, x), 0.0)
    own = jacobi(n, alpha, beta, x)
    for k in degrees(n, "eval_jacobi"):
        inside = ops.greater(ops.subtract(n, k), 0)
        gap = ops.where(inside, ops.subtract(n, k), 1)
        ratio = ops.divide(poch(ops.add(beta, k + 1), gap), poch(ops.add(both, k), gap))
        lower = ops.multiply(ops.divide(ops.multiply(ops.add(both, 2 * k), ratio), gap), jacobi(k, alpha, beta, x))
        term = ops.divide(ops.add(own, lower), ops.add(ops.add(both, k), n))
        total = ops.add(total, ops.where(inside, term, 0))
    return total


@word
def jacobi_other_slope(n: Any, alpha: Any, beta: Any, x: Any) -> Any:
    """The derivative in beta: P(n; alpha, beta, x) is (-1)**n P(n; beta, alpha, -x)."""
    sign = ops.subtract(1, ops.multiply(2, ops.remainder(n, 2)))
    return ops.multiply(sign, jacobi_slope(n, beta, alpha, ops.negative(x)))


polynomial("eval_chebyt(n, x)", f"n*eval_chebyu({LOWER}, x)")
polynomial("eval_chebyu(n, x)", f"2*eval_gegenbauer({LOWER}, 2, x)")
polynomial("eval_chebyc(n, x)", f"n*eval_chebyu({LOWER}, x/2)")
polynomial("eval_chebys(n, x)", f"eval_gegenbauer({LOWER}, 2, x/2)")
polynomial("eval_sh_chebyt(n, x)", f"2*n*eval_chebyu({LOWER}, 2*x - 1)")
polynomial("eval_sh_chebyu(n, x)", f"4*eval_gegenbauer({LOWER}, 2, 2*x - 1)")
polynomial("eval_gegenbauer(n, alpha, x)", f"2*alpha*eval_gegenbauer({LOWER}, alpha + 1, x)")
polynomial("eval_laguerre(n, x)", f"-eval_genlaguerre({LOWER}, 1, x)")
polynomial(
    "eval_genlaguerre(n, alpha, x)", f"-eval_genlaguerre({LOWER}, alpha + 1, x)", alpha="laguerre_slope(n, alpha, x)"
)
polynomial("eval_hermite(n, x)", f"2*n*eval_hermite({LOWER}, x)")
polynomial("eval_hermitenorm(n, x)", f"n*eval_hermitenorm({LOWER}, x)")
polynomial("eval_legendre(n, x)", f"(n + 1)/2*eval_jacobi({LOWER}, 1, 1, x)")
polynomial("eval_sh_legendre(n, x)", f"(n + 1)*eval_jacobi({LOWER}, 1, 1, 2*x - 1)")
polynomial(
    "eval_jacobi(n, alpha, beta, x)", f"(n + alpha + beta + 1)/2*eval_jacobi({LOWER}, alpha + 1, beta + 1, x)",
    alpha="jacobi_slope(n, alpha, beta, x)", beta="jacobi_other_slope(n, alpha, beta, x)",
)  # fmt: skip
polynomial("eval_sh_jacobi(n, p, q, x)", f"n*eval_sh_jacobi({LOWER}, p + 2, q + 1, x)")
