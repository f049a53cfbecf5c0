"""Private ufuncs of scipy.special that SciPy's own Python code calls, in its distributions above all."""

import scipy.special

from dispatchml import ops
from dispatchml.numpy.protocols import UFUNCS
from dispatchml.rules import nondifferentiable

from . import zetas as zetas
from .distributions import kolmogorov_density, noncentral_chi_density, noncentral_f_density
from .partials import DECLARED, new_operation, partials, ufunc_of

# ---- elementary ------------------------------------------------------------------------------------------------------

partials("_cospi(x)", x="-(pi*_sinpi(x))")
partials("_sinpi(x)", x="pi*_cospi(x)")
partials("_log1pmx(x)", x="-(x/(1 + x))")
partials("_log1mexp(x)", x="-(1/expm1(-x))")
partials("_lgam1p(x)", x="digamma(x + 1)")
partials("_factorial(x)", x="out*digamma(x + 1)")
partials("_igam_fac(a, x)", a="out*(log(x) - digamma(a))", x="out*(a/x - 1)")
partials("_scaled_exp1(x)", x="out/x + out - 1")
partials("_zeta(x, q)", x="hurwitz_slope(x, q)", q="-(x*_zeta(x + 1, q))")
partials("_riemann_zeta(z)", z="riemann_slope(z)")
partials("zetac(x)", x="riemann_slope(x)")
partials("_lambertw(z, k, tol)", z="1/(exp(out)*(1 + out))")
partials("_iv_ratio(v, x)", x="1 - out*out - (2*v - 1)/x*out")
partials("_iv_ratio_c(v, x)", x="(1 - out)*(1 - out) + (2*v - 1)/x*(1 - out) - 1")
LOW = "maximum(n - 1, 0)"
for letter, sign, lead in (("j", "-", ""), ("y", "-", ""), ("i", "+", ""), ("k", "+", "-")):
    name = f"_spherical_{letter}n"
    partials(f"{name}(n, z)", z=f"{lead}((n*{name}({LOW}, z) {sign} (n + 1)*{name}(n + 1, z))/(2*n + 1))")
    turn = "-" if letter in "jy" else ""
    partials(f"{name}_d(n, z)", z=f"{turn}((1 {'-' if turn else '+'} n*(n + 1)/(z*z))*{name}(n, z)) - 2*out/z")

# ---- distributions ---------------------------------------------------------------------------------------------------

partials("_beta_pdf(x, a, b)", x="out*((a - 1)/x - (b - 1)/(1 - x))", a="out*(log(x) - digamma(a) + digamma(a + b))",
         b="out*(log1p(-x) - digamma(b) + digamma(a + b))")  # fmt: skip
AT = "beta_density(a, b, out)"
partials("_beta_ppf(p, a, b)", p=f"1/{AT}", a=f"-(betainc_a(a, b, out)/{AT})", b=f"-(betainc_b(a, b, out)/{AT})")
partials("_binom_pmf(k, n, p)", p="out*(k/p - (n - k)/(1 - p))")
partials("_binom_cdf(k, n, p)", p="-beta_density(floor(k) + 1, n - floor(k), p)")
partials("_binom_sf(k, n, p)", p="beta_density(floor(k) + 1, n - floor(k), p)")
partials("_nbinom_pmf(k, r, p)", p="out*(r/p - k/(1 - p))", r="out*(digamma(k + r) - digamma(r) + log(p))")
partials("_nbinom_cdf(k, r, p)", p="beta_density(r, floor(k) + 1, p)", r="betainc_a(r, floor(k) + 1, p)")
partials("_nbinom_sf(k, r, p)", p="-beta_density(r, floor(k) + 1, p)", r="-betainc_a(r, floor(k) + 1, p)")
partials("_nbinom_mean(n, p)", n="(1 - p)/p", p="-(n/(p*p))")
partials("_nbinom_variance(n, p)", n="(1 - p)/(p*p)", p="n*(p - 2)/(p*p*p)")
partials("_nbinom_skewness(n, p)", n="-(out/(2*n))", p="out/(2*(1 - p)) - out/(2 - p)")
partials("_nbinom_kurtosis_excess(n, p)", n="-(out/n)", p="p*(2 - p)/(n*(1 - p)*(1 - p))")
partials("_cauchy_ppf(p, loc, scale)", p="pi*scale*(1 + ((out - loc)/scale)*((out - loc)/scale))", loc="1",
         scale="(out - loc)/scale")  # fmt: skip
partials("_cauchy_isf(p, loc, scale)", p="-(pi*scale*(1 + ((out - loc)/scale)*((out - loc)/scale)))", loc="1",
         scale="(out - loc)/scale")  # fmt: skip
partials("_cosine_cdf(x)", x="where(absolute(x) < pi, (1 + cos(x))/(2*pi), 0)")
partials("_cosine_invcdf(p)", p="2*pi/(1 + cos(out))")
PDF = "((lam/(2*pi*out*out*out))**(1/2)*exp(-(lam*((out - mu)/mu)*((out - mu)/mu)/(2*out))))"
MU = f"(2*lam/(mu*mu)*exp(2*lam/mu + log_ndtr(-(sqrt(lam/out)*(out/mu + 1))))/{PDF})"
partials("_invgauss_ppf(p, mu, lam)", p=f"1/{PDF}", mu=MU, lam=f"(out - mu*{MU})/lam")
partials("_invgauss_isf(p, mu, lam)", p=f"-(1/{PDF})", mu=MU, lam=f"(out - mu*{MU})/lam")
LANDAU = "_landau_pdf(x, loc, scale)"
partials("_landau_cdf(x, loc, scale)", x=LANDAU, loc=f"-{LANDAU}")
partials("_landau_sf(x, loc, scale)", x=f"-{LANDAU}", loc=LANDAU)
partials("_landau_ppf(p, loc, scale)", p="1/_landau_pdf(out, loc, scale)", loc="1")
partials("_landau_isf(p, loc, scale)", p="-(1/_landau_pdf(out, loc, scale))", loc="1")
partials("_landau_pdf(x, loc, scale)")
partials(
    "_ncf_sf(x, v1, v2, l)",
    x="-noncentral_f_density(x, v1, v2, l)",
    l="(_ncf_sf(x*v1/(v1 + 2), v1 + 2, v2, l) - out)/2",
)
partials("_ncf_isf(p, v1, v2, l)", p="-(1/noncentral_f_density(out, v1, v2, l))",
         l="(_ncf_sf(out*v1/(v1 + 2), v1 + 2, v2, l) - p)/(2*noncentral_f_density(out, v1, v2, l))")  # fmt: skip
partials("_ncf_mean(v1, v2, l)", v1="-(v2*l/(v1*v1*(v2 - 2)))", v2="-(2*out/(v2*(v2 - 2)))", l="v2/(v1*(v2 - 2))")
partials("_nct_pdf(x, v, l)")
partials("_nct_sf(x, v, l)", x="-noncentral_t_density(v, l, x)")
partials("_nct_isf(p, v, l)", p="-(1/noncentral_t_density(v, l, out))")
partials("_ncx2_sf(x, k, l)", x="-noncentral_chi_density(x, k, l)", l="(_ncx2_sf(x, k + 2, l) - out)/2")
partials("_ncx2_isf(p, k, l)", p="-(1/noncentral_chi_density(out, k, l))",
         l="(_ncx2_sf(out, k + 2, l) - p)/(2*noncentral_chi_density(out, k, l))")  # fmt: skip
Z = "((x - loc)/scale)"
SKEW = f"(2/scale*exp(-({Z}*{Z}/2))*ndtr(shape*{Z})/(2*pi)**(1/2))"
SHAPE = f"(exp(-({Z}*{Z}*(1 + shape*shape)/2))/(pi*(1 + shape*shape)))"
partials("_skewnorm_cdf(x, loc, scale, shape)", x=SKEW, loc=f"-{SKEW}", scale=f"-({Z}*{SKEW})", shape=f"-{SHAPE}")
AT_OUT, SHAPE_AT_OUT = SKEW.replace("x - loc", "out - loc"), SHAPE.replace("x - loc", "out - loc")
for name, sign in (("_skewnorm_ppf", ""), ("_skewnorm_isf", "-")):
    partials(f"{name}(p, loc, scale, shape)", p=f"{sign}(1/{AT_OUT})", loc="1", scale="(out - loc)/scale",
             shape=f"{SHAPE_AT_OUT}/{AT_OUT}")  # fmt: skip
partials("_smirnovc(n, d)", d="-_smirnovp(n, d)")
partials("_smirnovci(n, p)", p="-(1/_smirnovp(n, out))")
partials("_smirnovp(n, d)")
partials("_kolmogc(x)", x="kolmogorov_density(x)")
partials("_kolmogci(p)", p="1/kolmogorov_density(out)")

#: Densities that are made of other functions, so that they have all derivatives.
for name, made in (
    ("_ncx2_pdf", noncentral_chi_density),
    ("_ncf_pdf", noncentral_f_density),
    ("_kolmogp", lambda x: ops.negative(kolmogorov_density(x))),
):
    if (found := ufunc_of(name)) is not None:
        UFUNCS[found] = made
        DECLARED[name] = dict.fromkeys([*"xabc"][: found.nin], "...")

#: Inverses that are whole numbers: they jump, and are constant between.
for name in ("_binom_ppf", "_binom_isf", "_nbinom_ppf", "_nbinom_isf"):
    if (found := ufunc_of(name)) is not None:
        names = tuple(f"x{k + 1}" for k in range(found.nin))
        UFUNCS[found] = jumping = new_operation(name, names, found)
        nondifferentiable(jumping)
        DECLARED[name] = dict.fromkeys(names, "0")

#: What is left has no derivative in any argument.
for module in ("_ufuncs", "_special_ufuncs"):
    for name in sorted(vars(getattr(scipy.special, module, scipy.special))):
        found = ufunc_of(name) if name.startswith("_") else None
        if found is not None and found not in UFUNCS and not name.startswith(("_sf_error", "_struve_")):
            partials(f"{name}({', '.join(f'x{k + 1}' for k in range(found.nin))})")
