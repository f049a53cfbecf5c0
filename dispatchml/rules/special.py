"""Derivatives of special functions. Numbers in brackets: NIST Digital Library of Mathematical Functions."""

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import NoRuleError, at_user_line
from .complexes import adjoint
from .registry import elementwise, rule

# ---- error functions (7.2); arccos(-1) is pi -------------------------------------------------------------------------

elementwise(ops.erf, "2/sqrt(arccos(-1))*exp(-(a*a))")
elementwise(ops.erfc, "-(2/sqrt(arccos(-1))*exp(-(a*a)))")
# Beyond 200 the difference would cancel: there the slope of the asymptotic series (7.12.1), good to 1e-12.
FAR = "reciprocal(square(maximum(a, 200)))"
elementwise(
    ops.erfcx,
    f"where(a > 200, -({FAR}*(1 - {FAR}*(3/2 - 15/4*{FAR}))/sqrt(arccos(-1))), 2*a*y - 2/sqrt(arccos(-1)))",
    select=True,
)
elementwise(ops.erfinv, "sqrt(arccos(-1))/2*exp(y*y)", singular=True)
elementwise(ops.erfcinv, "-(sqrt(arccos(-1))/2*exp(y*y))", singular=True)
elementwise(ops.dawsn, "1 - 2*a*y")
elementwise(ops.ndtr, "exp(-(a*a)/2)/sqrt(2*arccos(-1))")
# density over distribution, without either tail underflowing
elementwise(ops.log_ndtr, "sqrt(2/arccos(-1))/erfcx(-a/sqrt(2))")
elementwise(ops.ndtri, "sqrt(2*arccos(-1))*exp(y*y/2)", singular=True)

# ---- gamma and beta functions (5.2.2, 5.12, 5.15); polygamma without n is the derivative of digamma ------------------

elementwise(ops.gamma, "y*digamma(a)")
elementwise(ops.gammaln, "digamma(a)")
elementwise(ops.digamma, "polygamma(a)")
elementwise(ops.beta, "y*(digamma(a) - digamma(a + b))", "y*(digamma(b) - digamma(a + b))")
elementwise(ops.betaln, "digamma(a) - digamma(a + b)", "digamma(b) - digamma(a + b)")
elementwise(
    ops.binom,
    "y*(digamma(a + 1) - digamma(a - b + 1))",
    "y*(digamma(a - b + 1) - digamma(b + 1))",
)
elementwise(ops.factorial, "strong_multiply(y, digamma(a + 1))")


@rule(ops.polygamma).jvp
def polygamma_jvp(y: Any, tangents: Any, a: Any, *, n: int) -> Any:
    return ops.multiply(tangents[0], ops.polygamma(a, n=n + 1))


@rule(ops.polygamma).vjp
def polygamma_vjp(y: Any, a: Any, *, needs: tuple[bool, ...], n: int) -> Any:
    def polygamma_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, adjoint(ops.polygamma(a, n=n + 1))),)

    return polygamma_pullback


# ---- exponential integrals (6.2) and entropies -----------------------------------------------------------------------

elementwise(ops.expi, "exp(a)/a", singular=True)
elementwise(ops.exp1, "-(exp(-a)/a)", singular=True)
elementwise(ops.xlogy, "log(b)", "strong_multiply(a, 1/b)", singular=True)
elementwise(ops.xlog1py, "log1p(b)", "strong_multiply(a, 1/(1 + b))", singular=True)
elementwise(ops.entr, "-log(a) - 1", singular=True)
elementwise(ops.rel_entr, "log(a/b) + 1", "-strong_multiply(a, 1/b)", singular=True)
elementwise(ops.kl_div, "log(a/b)", "1 - strong_multiply(a, 1/b)", singular=True)

# ---- Bessel functions (10.6.1, 10.29.1): means of neighbouring orders, which have no singularity at 0 ----------------

elementwise(ops.j0, "-j1(a)")
elementwise(ops.j1, "(j0(a) - jv(2, a))/2")
elementwise(ops.y0, "-y1(a)", singular=True)
elementwise(ops.y1, "(y0(a) - yv(2, a))/2", singular=True)
elementwise(ops.i0, "i1(a)")
elementwise(ops.i0e, "i1e(a) - sign(a)*y")
elementwise(ops.i1, "(iv(0, a) + iv(2, a))/2")
elementwise(ops.i1e, "(i0e(a) + ive(2, a))/2 - sign(a)*y")
elementwise(ops.k0, "-k1(a)", singular=True)
elementwise(ops.k1, "-((k0(a) + kv(2, a))/2)", singular=True)


# ---- functions with a parameter in which no closed form of the derivative is known -----------------------------------


def in_last_argument(function: Any, partial: Callable[..., Any], *parameters: str) -> None:
    """The rule of a function that is differentiated in its last argument; a derivative in the named ones raises."""
    name = function.__name__

    def refuse(active: Any) -> None:
        for position, parameter in enumerate(parameters):
            if active[position]:
                raise NoRuleError(
                    f"{name} has no derivative in {parameter}, its argument {position + 1}{at_user_line()}: there is "
                    "no closed form. If it is meant to be constant, write dispatchml.stop_gradient round it; else "
                    "define your own with @dispatchml.primitive."
                )

    @rule(function).jvp
    def parametric_jvp(y: Any, tangents: Any, *arguments: Any) -> Any:
        refuse([t is not None for t in tangents])
        return ops.strong_multiply(tangents[-1], partial(y, *arguments))

    @rule(function).vjp
    def parametric_vjp(y: Any, *arguments: Any, needs: tuple[bool, ...]) -> Any:
        refuse(needs)

        def parametric_pullback(ct: Any) -> Any:
            slope = partial(y, *arguments)
            return *(None for _ in parameters), ops.strong_multiply(ct, adjoint(slope))

        return parametric_pullback


def gamma_density(y: Any, a: Any, x: Any) -> Any:
    """x**(a-1) exp(-x) / gamma(a) (8.8.13), right at x = 0 too."""
    return ops.exp(ops.subtract(ops.subtract(ops.xlogy(ops.subtract(a, 1), x), x), ops.gammaln(a)))


def beta_density(y: Any, a: Any, b: Any, x: Any) -> Any:
    """x**(a-1) (1-x)**(b-1) / beta(a, b) (8.17.1), right at the ends too."""
    ends = ops.add(ops.xlogy(ops.subtract(a, 1), x), ops.xlog1py(ops.subtract(b, 1), ops.negative(x)))
    return ops.exp(ops.subtract(ends, ops.betaln(a, b)))


def neighbours(bessel: Any, v: Any, x: Any, combine: Any) -> Any:
    """Half the sum or the difference of the functions of orders v-1 and v+1."""
    return ops.divide(combine(bessel(ops.subtract(v, 1), x), bessel(ops.add(v, 1), x)), 2)


def scaled_slope(y: Any, v: Any, x: Any) -> Any:
    """The derivative of exp(-|x|) iv(v, x) for real x."""
    if ops.is_complex(x):
        raise NoRuleError(
            f"ive has no derivative at complex arguments{at_user_line()}: its scale exp(-|Re x|) is not holomorphic. "
            "Use iv."
        )
    return ops.subtract(neighbours(ops.ive, v, x, ops.add), ops.multiply(ops.sign(x), y))


in_last_argument(ops.gammainc, gamma_density, "a")
in_last_argument(ops.gammaincc, lambda y, a, x: ops.negative(gamma_density(y, a, x)), "a")
in_last_argument(ops.betainc, beta_density, "a", "b")
in_last_argument(ops.zeta, lambda y, s, q: ops.negative(ops.multiply(s, ops.zeta(ops.add(s, 1), q))), "the exponent")
in_last_argument(ops.jv, lambda y, v, x: neighbours(ops.jv, v, x, ops.subtract), "the order")
in_last_argument(ops.yv, lambda y, v, x: neighbours(ops.yv, v, x, ops.subtract), "the order")
in_last_argument(ops.iv, lambda y, v, x: neighbours(ops.iv, v, x, ops.add), "the order")
in_last_argument(ops.ive, scaled_slope, "the order")
in_last_argument(ops.kv, lambda y, v, x: ops.negative(neighbours(ops.kv, v, x, ops.add)), "the order")
