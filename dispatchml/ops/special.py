"""Special functions, elementwise with broadcasting; arguments and results are dimensionless unless said otherwise.

Names and definitions are SciPy's. SciPy computes them (the extra `dispatchml[scipy]`), loaded at the first call; only
xlogy, xlog1py, entr, rel_entr and kl_div need nothing but NumPy. Formulas of the derivatives are those of the NIST
Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from typing import Any

from ..dispatch import operation

__all__ = [
    "beta", "betainc", "betaln", "binom", "dawsn", "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv",
    "exp1", "expi", "factorial", "gamma", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "iv", "ive",
    "j0", "j1", "jv", "k0", "k1", "kl_div", "kv", "log_ndtr", "ndtr", "ndtri", "polygamma", "rel_entr", "xlog1py",
    "xlogy", "y0", "y1", "yv", "zeta",
]  # fmt: skip


@operation(family="elementwise")
def erf(a: Any) -> Any:
    """The error function, 2/sqrt(pi) times the integral of exp(-t**2) from 0 to a."""


@operation(family="elementwise")
def erfc(a: Any) -> Any:
    """1 - erf(a), accurate for large a."""


@operation(family="elementwise")
def erfcx(a: Any) -> Any:
    """exp(a**2) * erfc(a), which does not underflow."""


@operation(family="elementwise")
def erfinv(a: Any) -> Any:
    """The inverse of erf on [-1, 1]."""


@operation(family="elementwise")
def erfcinv(a: Any) -> Any:
    """The inverse of erfc on [0, 2]."""


@operation(family="elementwise")
def dawsn(a: Any) -> Any:
    """Dawson's integral, exp(-a**2) times the integral of exp(t**2) from 0 to a."""


@operation(family="elementwise")
def ndtr(a: Any) -> Any:
    """The cumulative distribution function of the standard normal distribution."""


@operation(family="elementwise")
def log_ndtr(a: Any) -> Any:
    """log(ndtr(a)), accurate in both tails."""


@operation(family="elementwise")
def ndtri(a: Any) -> Any:
    """The inverse of ndtr, the normal quantile."""


@operation(family="elementwise")
def gamma(a: Any) -> Any:
    """The gamma function."""


@operation(family="elementwise")
def gammaln(a: Any) -> Any:
    """log(|gamma(a)|)."""


@operation(family="elementwise")
def digamma(a: Any) -> Any:
    """The derivative of gammaln (SciPy's psi)."""


@operation(family="elementwise")
def polygamma(a: Any, *, n: int = 1) -> Any:
    """The n-th derivative of digamma; without n the first, trigamma."""


@operation(family="elementwise")
def beta(a: Any, b: Any) -> Any:
    """gamma(a) gamma(b) / gamma(a + b)."""


@operation(family="elementwise")
def betaln(a: Any, b: Any) -> Any:
    """log(|beta(a, b)|)."""


@operation(family="elementwise")
def gammainc(a: Any, b: Any) -> Any:
    """The regularised lower incomplete gamma function P(a, b). A derivative in a raises NoRuleError."""


@operation(family="elementwise")
def gammaincc(a: Any, b: Any) -> Any:
    """The regularised upper incomplete gamma function Q(a, b). A derivative in a raises NoRuleError."""


@operation(family="elementwise")
def betainc(a: Any, b: Any, c: Any) -> Any:
    """The regularised incomplete beta function I_c(a, b). Derivatives in a and b raise NoRuleError."""


@operation(family="elementwise")
def binom(a: Any, b: Any) -> Any:
    """The binomial coefficient a over b of real numbers."""


@operation(family="elementwise")
def factorial(a: Any) -> Any:
    """gamma(a + 1), zero for negative a (SciPy's extension)."""


@operation(family="elementwise")
def zeta(a: Any, b: Any) -> Any:
    """Hurwitz's zeta function, the sum of (k + b)**-a. Differentiable in b; a derivative in a raises NoRuleError."""


@operation(family="elementwise")
def expi(a: Any) -> Any:
    """The exponential integral Ei(a)."""


@operation(family="elementwise")
def exp1(a: Any) -> Any:
    """The exponential integral E1(a)."""


@operation(family="elementwise")
def i0(a: Any) -> Any:
    """The modified Bessel function of the first kind of order 0."""


@operation(family="elementwise")
def i0e(a: Any) -> Any:
    """exp(-|a|) * i0(a)."""


@operation(family="elementwise")
def i1(a: Any) -> Any:
    """The modified Bessel function of the first kind of order 1."""


@operation(family="elementwise")
def i1e(a: Any) -> Any:
    """exp(-|a|) * i1(a)."""


@operation(family="elementwise")
def j0(a: Any) -> Any:
    """The Bessel function of the first kind of order 0."""


@operation(family="elementwise")
def j1(a: Any) -> Any:
    """The Bessel function of the first kind of order 1."""


@operation(family="elementwise")
def y0(a: Any) -> Any:
    """The Bessel function of the second kind of order 0."""


@operation(family="elementwise")
def y1(a: Any) -> Any:
    """The Bessel function of the second kind of order 1."""


@operation(family="elementwise")
def k0(a: Any) -> Any:
    """The modified Bessel function of the second kind of order 0."""


@operation(family="elementwise")
def k1(a: Any) -> Any:
    """The modified Bessel function of the second kind of order 1."""


@operation(family="elementwise")
def jv(a: Any, b: Any) -> Any:
    """The Bessel function of the first kind of order a. A derivative in the order raises NoRuleError."""


@operation(family="elementwise")
def yv(a: Any, b: Any) -> Any:
    """The Bessel function of the second kind of order a. A derivative in the order raises NoRuleError."""


@operation(family="elementwise")
def iv(a: Any, b: Any) -> Any:
    """The modified Bessel function of the first kind of order a. A derivative in the order raises NoRuleError."""


@operation(family="elementwise")
def ive(a: Any, b: Any) -> Any:
    """exp(-|b|) * iv(a, b) for real b. A derivative in the order raises NoRuleError, and so does one at complex b."""


@operation(family="elementwise")
def kv(a: Any, b: Any) -> Any:
    """The modified Bessel function of the second kind of order a. A derivative in the order raises NoRuleError."""


@operation(family="elementwise")
def xlogy(a: Any, b: Any) -> Any:
    """a * log(b), zero where a is zero, whatever b is (nan stays nan). Units of a."""


@operation(family="elementwise")
def xlog1py(a: Any, b: Any) -> Any:
    """a * log1p(b), zero where a is zero, whatever b is (nan stays nan). Units of a."""


@operation(family="elementwise")
def entr(a: Any) -> Any:
    """-a * log(a), the terms of an entropy: zero at 0, -inf below."""


@operation(family="elementwise")
def rel_entr(a: Any, b: Any) -> Any:
    """a * log(a / b), the terms of a relative entropy: zero where a is 0 and b is not negative, inf outside."""


@operation(family="elementwise")
def kl_div(a: Any, b: Any) -> Any:
    """a * log(a / b) - a + b, the terms of a Kullback-Leibler divergence; inf outside the domain."""
