"""Distribution functions and their inverses: the derivative of a distribution function is its density, that of an
inverse is one over the density at the result.
"""

from typing import Any

import numpy as np

from dispatchml import ops, primal

from .partials import WORDS, partials, word

PI = 3.141592653589793

# ---- normal ----------------------------------------------------------------------------------------------------------

partials("ndtri_exp(y)", y="exp(y + out*out/2)*(2*pi)**(1/2)")
partials(
    "nrdtrimn(p, std, x)", p="-(std*exp(((x - out)/std)*((x - out)/std)/2)*(2*pi)**(1/2))", std="(out - x)/std", x="1"
)
partials("nrdtrisd(mn, p, x)", mn="-(out/(x - mn))", x="out/(x - mn)",
         p="-(out*out/(x - mn)*exp(((x - mn)/out)*((x - mn)/out)/2)*(2*pi)**(1/2))")  # fmt: skip

# ---- gamma, chi-square, Poisson --------------------------------------------------------------------------------------

A, B = "gammainc_a", "gamma_density"
partials("chdtr(v, x)", v=f"{A}(v/2, x/2)/2", x=f"{B}(v/2, x/2)/2")
partials("chdtrc(v, x)", v=f"-({A}(v/2, x/2)/2)", x=f"-({B}(v/2, x/2)/2)")
partials("chdtri(v, p)", v=f"-({A}(v/2, out/2)/{B}(v/2, out/2))", p=f"-(2/{B}(v/2, out/2))")
partials("chdtriv(p, x)", p=f"2/{A}(out/2, x/2)", x=f"-({B}(out/2, x/2)/{A}(out/2, x/2))")
partials("gdtr(a, b, x)", a=f"x*{B}(b, a*x)", b=f"{A}(b, a*x)", x=f"a*{B}(b, a*x)")
partials("gdtrc(a, b, x)", a=f"-(x*{B}(b, a*x))", b=f"-{A}(b, a*x)", x=f"-(a*{B}(b, a*x))")
partials("gdtria(p, b, x)", p=f"1/(x*{B}(b, out*x))", b=f"-({A}(b, out*x)/(x*{B}(b, out*x)))", x="-(out/x)")
partials("gdtrix(a, b, p)", p=f"1/(a*{B}(b, a*out))", b=f"-({A}(b, a*out)/(a*{B}(b, a*out)))", a="-(out/a)")
partials("gdtrib(a, p, x)", p=f"1/{A}(out, a*x)", a=f"-(x*{B}(out, a*x)/{A}(out, a*x))",
         x=f"-(a*{B}(out, a*x)/{A}(out, a*x))")  # fmt: skip
partials("pdtr(k, m)", m=f"-{B}(floor(k) + 1, m)")
partials("pdtrc(k, m)", m=f"{B}(floor(k) + 1, m)")
partials("pdtri(k, y)", y=f"-(1/{B}(floor(k) + 1, out))")
partials("pdtrik(p, m)", p=f"-(1/{A}(out + 1, m))", m=f"-({B}(out + 1, m)/{A}(out + 1, m))")

# ---- binomial, negative binomial, beta -------------------------------------------------------------------------------

partials("bdtr(k, n, p)", p="-beta_density(floor(k) + 1, n - floor(k), p)")
partials("bdtrc(k, n, p)", p="beta_density(floor(k) + 1, n - floor(k), p)")
partials("bdtri(k, n, y)", y="-(1/beta_density(floor(k) + 1, n - floor(k), out))")
partials("bdtrin(k, y, p)", y="1/betainc_a(out - k, k + 1, 1 - p)",
         p="beta_density(k + 1, out - k, p)/betainc_a(out - k, k + 1, 1 - p)")  # fmt: skip
STEP = "(betainc_b(n - out, out + 1, 1 - p) - betainc_a(n - out, out + 1, 1 - p))"
partials("bdtrik(y, n, p)", y=f"1/{STEP}", n=f"-(betainc_a(n - out, out + 1, 1 - p)/{STEP})",
         p=f"beta_density(out + 1, n - out, p)/{STEP}")  # fmt: skip
partials("nbdtr(k, n, p)", p="beta_density(n, floor(k) + 1, p)")
partials("nbdtrc(k, n, p)", p="-beta_density(n, floor(k) + 1, p)")
partials("nbdtri(k, n, y)", y="1/beta_density(n, floor(k) + 1, out)")
partials("nbdtrin(k, y, p)", y="1/betainc_a(out, floor(k) + 1, p)",
         p="-(beta_density(out, floor(k) + 1, p)/betainc_a(out, floor(k) + 1, p))")  # fmt: skip
partials("nbdtrik(y, n, p)", y="1/betainc_b(n, out + 1, p)", n="-(betainc_a(n, out + 1, p)/betainc_b(n, out + 1, p))",
         p="-(beta_density(n, out + 1, p)/betainc_b(n, out + 1, p))")  # fmt: skip
partials("btdtria(p, b, x)", p="1/betainc_a(out, b, x)", b="-(betainc_b(out, b, x)/betainc_a(out, b, x))",
         x="-(beta_density(out, b, x)/betainc_a(out, b, x))")  # fmt: skip
partials("btdtrib(a, p, x)", p="1/betainc_b(a, out, x)", a="-(betainc_a(a, out, x)/betainc_b(a, out, x))",
         x="-(beta_density(a, out, x)/betainc_b(a, out, x))")  # fmt: skip

# ---- F, Student's t --------------------------------------------------------------------------------------------------

partials("fdtr(dfn, dfd, x)", x="f_density(dfn, dfd, x)", dfn="f_slope(dfn, dfd, x)", dfd="f_other_slope(dfn, dfd, x)")
partials("fdtrc(dfn, dfd, x)", x="-f_density(dfn, dfd, x)", dfn="-f_slope(dfn, dfd, x)",
         dfd="-f_other_slope(dfn, dfd, x)")  # fmt: skip
partials("fdtri(dfn, dfd, p)", p="1/f_density(dfn, dfd, out)", dfn="-(f_slope(dfn, dfd, out)/f_density(dfn, dfd, out))",
         dfd="-(f_other_slope(dfn, dfd, out)/f_density(dfn, dfd, out))")  # fmt: skip
partials("fdtridfd(dfn, p, x)", dfn="-(f_slope(dfn, out, x)/f_other_slope(dfn, out, x))",
         p="1/f_other_slope(dfn, out, x)", x="-(f_density(dfn, out, x)/f_other_slope(dfn, out, x))")  # fmt: skip
partials("stdtr(df, t)", t="t_density(df, t)", df="t_slope(df, t)")
partials("stdtrit(df, p)", p="1/t_density(df, out)", df="-(t_slope(df, out)/t_density(df, out))")
partials("stdtridf(p, t)", p="1/t_slope(out, t)", t="-(t_density(out, t)/t_slope(out, t))")
partials("nctdtr(df, nc, t)", t="noncentral_t_density(df, nc, t)")
partials("nctdtrit(df, nc, p)", p="1/noncentral_t_density(df, nc, out)")


@word
def f_slope(dfn: Any, dfd: Any, x: Any) -> Any:
    """The derivative of fdtr in dfn: by the first parameter of betainc, and by its argument."""
    z = ops.divide(ops.multiply(dfn, x), ops.add(ops.multiply(dfn, x), dfd))
    own = WORDS["betainc_a"](ops.divide(dfn, 2), ops.divide(dfd, 2), z)
    return ops.add(ops.divide(own, 2), ops.divide(ops.multiply(f_density(dfn, dfd, x), x), dfn))


@word
def f_other_slope(dfn: Any, dfd: Any, x: Any) -> Any:
    """The derivative of fdtr in dfd."""
    z = ops.divide(ops.multiply(dfn, x), ops.add(ops.multiply(dfn, x), dfd))
    own = WORDS["betainc_b"](ops.divide(dfn, 2), ops.divide(dfd, 2), z)
    return ops.subtract(ops.divide(own, 2), ops.divide(ops.multiply(f_density(dfn, dfd, x), x), dfd))


@word
def t_slope(df: Any, t: Any) -> Any:
    """The derivative of stdtr in df; stdtr is 1 - betainc(df/2, 1/2, df/(df + t**2))/2 above 0."""
    z = ops.divide(df, ops.add(df, ops.square(t)))
    own = ops.divide(WORDS["betainc_a"](ops.divide(df, 2), 0.5, z), 4)
    other = ops.divide(ops.multiply(t_density(df, t), ops.absolute(t)), ops.multiply(2, df))
    return ops.multiply(ops.negative(ops.sign(t)), ops.add(own, other))


@word
def f_density(dfn: Any, dfd: Any, x: Any) -> Any:
    """The density of the F distribution."""
    half, other = ops.divide(dfn, 2), ops.divide(dfd, 2)
    ratio = ops.divide(dfn, dfd)
    log = ops.add(ops.xlogy(ops.subtract(half, 1), x), ops.xlogy(half, ratio))
    log = ops.subtract(log, ops.multiply(ops.add(half, other), ops.log1p(ops.multiply(ratio, x))))
    return ops.exp(ops.subtract(log, ops.betaln(half, other)))


@word
def t_density(df: Any, t: Any) -> Any:
    """The density of Student's t."""
    log = ops.multiply(ops.divide(ops.add(df, 1), 2), ops.log1p(ops.divide(ops.square(t), df)))
    return ops.divide(ops.exp(ops.negative(ops.add(log, ops.betaln(ops.divide(df, 2), 0.5)))), ops.sqrt(df))


@word
def noncentral_t_density(df: Any, nc: Any, t: Any) -> Any:
    """df/t (F(t sqrt(1 + 2/df); df + 2) - F(t; df)) with the distribution function F; at 0 its closed form."""
    cdf = WORDS["nctdtr"]
    none = ops.equal(t, 0)
    other = ops.where(none, 1, t)
    wide = ops.multiply(other, ops.sqrt(ops.add(1, ops.divide(2, df))))
    change = ops.subtract(cdf(ops.add(df, 2), nc, wide), cdf(df, nc, other))
    centre = ops.multiply(t_density(df, 0), ops.exp(ops.divide(ops.square(nc), -2)))
    return ops.where(none, centre, ops.divide(ops.multiply(df, change), other))


# ---- noncentral chi-square and F: a mixture whose weight moves to the next number of degrees of freedom --------------

MORE = "(chndtr(x, df + 2, nc) - out)/2"
partials("chndtr(x, df, nc)", x="noncentral_chi_density(x, df, nc)", nc=MORE)
partials("chndtrix(p, df, nc)", p="1/noncentral_chi_density(out, df, nc)",
         nc="(chndtr(out, df, nc) - chndtr(out, df + 2, nc))/(2*noncentral_chi_density(out, df, nc))")  # fmt: skip
partials("chndtrinc(x, df, p)", p="2/(chndtr(x, df + 2, out) - p)",
         x="-(2*noncentral_chi_density(x, df, out)/(chndtr(x, df + 2, out) - p))")  # fmt: skip
partials("ncfdtr(dfn, dfd, nc, f)", nc="(ncfdtr(dfn + 2, dfd, nc, f*dfn/(dfn + 2)) - out)/2",
         f="noncentral_f_density(f, dfn, dfd, nc)")  # fmt: skip
partials("ncfdtri(dfn, dfd, nc, p)", p="1/noncentral_f_density(out, dfn, dfd, nc)",
         nc="-((ncfdtr(dfn + 2, dfd, nc, out*dfn/(dfn + 2)) - p)"
            "/(2*noncentral_f_density(out, dfn, dfd, nc)))")  # fmt: skip


@word
def noncentral_chi_density(x: Any, df: Any, nc: Any) -> Any:
    """The density of the noncentral chi-square distribution: by hyp0f1 where nc x is small, by ive elsewhere."""
    half = ops.divide(df, 2)
    product = ops.multiply(nc, x)
    small = ops.less(product, 1)
    log = ops.subtract(ops.xlogy(ops.subtract(half, 1), ops.divide(x, 2)), ops.divide(ops.add(x, nc), 2))
    near = ops.exp(ops.subtract(log, ops.gammaln(half)))
    near = ops.multiply(near, WORDS["hyp0f1"](half, ops.divide(ops.where(small, product, 1), 4)))
    product = ops.where(small, 1, product)
    root = ops.sqrt(product)
    distance = ops.square(ops.subtract(ops.sqrt(x), ops.sqrt(nc)))
    exponent = ops.subtract(
        ops.multiply(ops.subtract(half, 1), ops.divide(ops.log(ops.divide(x, ops.where(small, x, nc))), 2)),
        ops.divide(distance, 2),
    )
    far = ops.multiply(ops.exp(exponent), ops.ive(ops.subtract(half, 1), root))
    return ops.divide(ops.where(small, near, far), 2)


# ---- Kolmogorov and Smirnov, Tukey's lambda --------------------------------------------------------------------------

partials("smirnov(n, d)", d="_smirnovp(n, d)")
partials("smirnovi(n, p)", p="1/_smirnovp(n, out)")
partials("kolmogorov(y)", y="-kolmogorov_density(y)")
partials("kolmogi(p)", p="-(1/kolmogorov_density(out))")
partials(
    "tklmbda(x, lmbda)", x="1/tukey_slope(out, lmbda)", lmbda="-(tukey_change(out, lmbda)/tukey_slope(out, lmbda))"
)


@word
def kolmogorov_density(y: Any) -> Any:
    """8 y sum (-1)**(k+1) k**2 exp(-2 k**2 y**2), and below 1 the sum that its theta function has there."""
    low = ops.less(y, 1)
    near, far = ops.where(low, y, 1), ops.where(low, 1, y)
    near = ops.maximum(near, 1e-3)  # all terms vanish below
    square = ops.square(far)
    tail = sum_of(
        ops.multiply(8.0 * (-1) ** (k + 1) * k * k, ops.exp(ops.multiply(-2.0 * k * k, square))) for k in range(1, 6)
    )
    inverse = ops.divide(1, ops.square(near))
    head = sum_of(
        ops.multiply(ops.exp(ops.multiply(-c, inverse)), ops.subtract(ops.multiply(2 * c, inverse), 1))
        for c in ((2 * k - 1) ** 2 * PI**2 / 8 for k in range(1, 5))
    )
    head = ops.multiply(ops.multiply(head, (2 * PI) ** 0.5), inverse)
    return ops.where(low, head, ops.multiply(tail, far))


def sum_of(terms: Any) -> Any:
    """The sum of some terms."""
    total = None
    for term in terms:
        total = term if total is None else ops.add(total, term)
    return total


@word
def tukey_slope(p: Any, lmbda: Any) -> Any:
    """The derivative of the quantile function of Tukey's lambda distribution."""
    power = ops.subtract(lmbda, 1)
    return ops.add(ops.power(p, power), ops.power(ops.subtract(1, p), power))


@word
def tukey_change(p: Any, lmbda: Any) -> Any:
    """Its derivative in lmbda: that of boxcox(p, lmbda) - boxcox(1 - p, lmbda)."""

    def part(log: Any) -> Any:
        return ops.divide(ops.multiply(ops.square(log), WORDS["hyp1f1"](2.0, 3.0, ops.multiply(lmbda, log))), 2)

    return ops.subtract(part(ops.log(p)), part(ops.log1p(ops.negative(p))))


@word
def noncentral_f_density(x: Any, dfn: Any, dfd: Any, nc: Any) -> Any:
    """The density of the noncentral F distribution, a sum over a Poisson distribution."""
    half = ops.divide(nc, 2)
    mean = float(np.max(np.asarray(primal(half)), initial=0.0))
    count = int(40 + mean + 12 * np.sqrt(mean))
    k = np.arange(count, dtype=float).reshape((count,) + (1,) * max(map(ops.ndim, (x, dfn, dfd, nc))))
    shape = ops.add(ops.divide(dfn, 2), k)
    ratio = ops.divide(dfn, dfd)
    log = ops.subtract(ops.xlogy(k, half), ops.add(half, ops.gammaln(ops.add(k, 1))))
    log = ops.add(log, ops.add(ops.xlogy(shape, ratio), ops.xlogy(ops.subtract(shape, 1), x)))
    other = ops.divide(dfd, 2)
    log = ops.subtract(log, ops.multiply(ops.add(shape, other), ops.log1p(ops.multiply(ratio, x))))
    return ops.sum(ops.exp(ops.subtract(log, ops.betaln(shape, other))), axis=0)
