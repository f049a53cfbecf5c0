"""The incomplete gamma and beta functions with their derivatives in the parameters, which have no closed form.

P(a, x) is a sum of x**(a+n) exp(-x) / gamma(a+n+1) (DLMF 8.7.1 with 8.7.3), and I(x; a, b) one of
gamma(a+b+n) / (gamma(b) gamma(a+n+1)) x**(a+n) (1-x)**b (8.17.7 with 15.8.1), all terms positive. Their derivatives are
taken term by term; there are those of first and of second order.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from .partials import computed, partials

#: No sum has more terms; they are made so many at once.
LIMIT, AT_ONCE = 100_000, 64


def summed(
    term: np.ndarray,
    ratio: Callable[[Any], np.ndarray],
    values: tuple[Any, ...],
    steps: Callable[[Any], tuple[np.ndarray, ...]],
    weight: Callable[..., np.ndarray],
) -> np.ndarray:
    """The sum of term[n] weight(*values[n]), until what is left cannot count.

    term[n+1] = term[n] ratio(n) and values[n+1] = values[n] + steps(n): recurrences in the place of special functions.
    """
    total = np.zeros_like(term)
    for start in range(0, LIMIT, AT_ONCE):
        n = np.arange(start, start + AT_ONCE).reshape((-1,) + (1,) * term.ndim)
        factors = ratio(n)
        ahead = term * np.cumprod(factors, axis=0)
        terms = np.concatenate((term[None], ahead[:-1]))
        changes = [np.cumsum(np.broadcast_to(s, terms.shape), axis=0) for s in steps(n)]
        here = [np.concatenate((v[None], v + c[:-1])) for v, c in zip(values, changes, strict=True)]
        parts = terms * weight(*here)
        total = total + np.sum(parts, axis=0)
        term, values = ahead[-1], tuple(v + c[-1] for v, c in zip(values, changes, strict=True))
        small = (np.abs(parts[-1]) <= 1e-18 * np.abs(total)) | (term < 1e-290)
        if np.all(small & (factors[-1] < 1) | ~np.isfinite(total)):
            break
    return total


def gamma_series(order: int) -> Callable[..., Any]:
    """The derivative of P(a, x) of an order in a."""

    def series(a: Any, x: Any) -> Any:
        kind = np.result_type(a, x)
        a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
        with np.errstate(all="ignore"):
            log = np.log(x)
            first = np.exp(a * log - x - scipy.special.gammaln(a + 1))
            start = (scipy.special.digamma(a + 1), scipy.special.zeta(2.0, a + 1))

            def steps(n: Any) -> tuple[np.ndarray, ...]:
                inverse = 1 / (a + n + 1)
                return inverse, -inverse * inverse

            def weight(psi: Any, trigamma: Any) -> np.ndarray:
                g = log - psi
                return g if order == 1 else g * g - trigamma

            y = summed(first, lambda n: x / (a + n + 1), start, steps, weight)
            y = np.where(x == 0, 0.0, np.where((x < 0) | (a <= 0), np.nan, np.where(np.isinf(x), 0.0, y)))
        return y.astype(kind if kind.kind == "f" else np.float64)[()]

    return series


def beta_series(in_a: int, in_b: int) -> Callable[..., Any]:
    """The derivative of I(x; a, b) of an order in a and in b."""

    def series(a: Any, b: Any, x: Any) -> Any:
        kind = np.result_type(a, b, x)
        a, b, x = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (a, b, x)))
        swap = x > (a + 1) / (a + b + 2)
        with np.errstate(all="ignore"):
            lower = one_side(np.where(swap, b, a), np.where(swap, a, b), np.where(swap, 1 - x, x), swap)
            y = np.where(swap, -lower, lower)
            outside = (x < 0) | (x > 1) | (a <= 0) | (b <= 0)
            y = np.where(outside, np.nan, np.where((x == 0) | (x == 1), 0.0, y))
        return y.astype(kind if kind.kind == "f" else np.float64)[()]

    def one_side(a: Any, b: Any, x: Any, swap: Any) -> Any:
        special = scipy.special
        log, log_rest = np.log(x), np.log1p(-x)
        first = np.exp(a * log + b * log_rest - np.log(a) - special.betaln(a, b))
        psi_b, tri_b = special.digamma(b), special.zeta(2.0, b)
        start = (
            special.digamma(a + b), special.digamma(a + 1), special.zeta(2.0, a + b), special.zeta(2.0, a + 1),
        )  # fmt: skip

        def steps(n: Any) -> tuple[np.ndarray, ...]:
            both, own = 1 / (a + b + n), 1 / (a + n + 1)
            return both, own, -both * both, -own * own

        def weight(psi_sum: Any, psi_a: Any, tri_sum: Any, tri_a: Any) -> np.ndarray:
            own = psi_sum - psi_a + log
            other = psi_sum - psi_b + log_rest
            if in_a + in_b == 1:
                return np.where(swap, other, own) if in_a else np.where(swap, own, other)
            if in_a == in_b:
                return own * other + tri_sum
            by_own, by_other = own * own + tri_sum - tri_a, other * other + tri_sum - tri_b
            return np.where(swap, by_other, by_own) if in_a else np.where(swap, by_own, by_other)

        return summed(first, lambda n: x * (a + b + n) / (a + n + 1), start, steps, weight)

    return series


# ---- gamma -----------------------------------------------------------------------------------------------------------

G = "(log(x) - digamma(a))"
computed("gammainc_a(a, x)", gamma_series(1), a="gammainc_aa(a, x)", x=f"strong_multiply(gamma_density(a, x), {G})")
computed("gammainc_aa(a, x)", gamma_series(2), x=f"strong_multiply(gamma_density(a, x), {G}*{G} - polygamma(a))")
partials("gammainc(a, x)", a="gammainc_a(a, x)", x="gamma_density(a, x)")
partials("gammaincc(a, x)", a="-gammainc_a(a, x)", x="-gamma_density(a, x)")
INVERSE = "-(gammainc_a(a, out)/gamma_density(a, out))"
partials("gammaincinv(a, y)", a=INVERSE, y="1/gamma_density(a, out)")
partials("gammainccinv(a, y)", a=INVERSE, y="-(1/gamma_density(a, out))")

# ---- beta ------------------------------------------------------------------------------------------------------------

DENSITY = "beta_density(a, b, x)"
U, V = "(log(x) - digamma(a) + digamma(a + b))", "(log1p(-x) - digamma(b) + digamma(a + b))"
computed("betainc_a(a, b, x)", beta_series(1, 0), a="betainc_aa(a, b, x)", b="betainc_ab(a, b, x)",
         x=f"strong_multiply({DENSITY}, {U})")  # fmt: skip
computed("betainc_b(a, b, x)", beta_series(0, 1), a="betainc_ab(a, b, x)", b="betainc_bb(a, b, x)",
         x=f"strong_multiply({DENSITY}, {V})")  # fmt: skip
computed("betainc_aa(a, b, x)", beta_series(2, 0),
         x=f"strong_multiply({DENSITY}, {U}*{U} - polygamma(a) + polygamma(a + b))")  # fmt: skip
computed("betainc_ab(a, b, x)", beta_series(1, 1), x=f"strong_multiply({DENSITY}, {U}*{V} + polygamma(a + b))")
computed("betainc_bb(a, b, x)", beta_series(0, 2),
         x=f"strong_multiply({DENSITY}, {V}*{V} - polygamma(b) + polygamma(a + b))")  # fmt: skip
partials("betainc(a, b, x)", a="betainc_a(a, b, x)", b="betainc_b(a, b, x)", x=DENSITY)
partials("betaincc(a, b, x)", a="-betainc_a(a, b, x)", b="-betainc_b(a, b, x)", x=f"-{DENSITY}")
AT = "beta_density(a, b, out)"
A, B = f"-(betainc_a(a, b, out)/{AT})", f"-(betainc_b(a, b, out)/{AT})"
partials("betaincinv(a, b, y)", a=A, b=B, y=f"1/{AT}")
partials("betainccinv(a, b, y)", a=A, b=B, y=f"-(1/{AT})")
