"""Every ufunc of scipy.special: its value, its derivatives in the arguments that have one, an error in the others."""

import numpy as np
import pytest
import scipy.special
from dispatchml_scipy.special import operations, partials, ufuncs

import dispatchml as dm
from dispatchml.dispatch.errors import NoRuleError
from dispatchml.numpy.protocols import UFUNCS
from dispatchml.testing import check_rule

X = np.array([0.3, 0.8])
WIDE = np.array([-1.2, 0.4, 1.7])
P = np.array([0.2, 0.6])
OBLATE, PROLATE = scipy.special.obl_cv(1, 2, 0.8), scipy.special.pro_cv(1, 2, 0.8)
#: Arguments at which each ufunc is checked.
POINTS = {
    "agm": (np.array([1.5, 0.7, 1.0]), np.array([0.6, 2.0, 1.0])),
    "airy": (WIDE,),
    "airye": (X,),
    "itairy": (X,),
    "bei": (X,),
    "beip": (X,),
    "ber": (X,),
    "berp": (X,),
    "kei": (X,),
    "keip": (X,),
    "ker": (X,),
    "kerp": (X,),
    "kelvin": (X,),
    "bdtr": (2.0, 5, P),
    "bdtrc": (2.0, 5, P),
    "bdtri": (2.0, 5, P),
    "besselpoly": (X, 1.5, 2.0),
    "betaincc": (1.5, 2.5, P),
    "betaincinv": (1.5, 2.5, P),
    "betainccinv": (1.5, 2.5, P),
    "boxcox": (np.array([0.5, 2.0, 3.0]), np.array([0.7, 0.0, -0.4])),
    "boxcox1p": (np.array([0.5, 2.0, 3.0]), np.array([0.7, 0.0, -0.4])),
    "inv_boxcox": (np.array([0.5, 1.1, 0.3]), np.array([0.7, 0.0, -0.4])),
    "inv_boxcox1p": (np.array([0.5, 1.1, 0.3]), np.array([0.7, 0.0, -0.4])),
    "chdtr": (3.0, X),
    "chdtrc": (3.0, X),
    "chdtri": (3.0, P),
    "chndtr": (np.array([0.4, 3.0, 5.0]), 3.0, np.array([0.5, 2.0, 0.3])),
    "chndtrix": (P, 3.0, np.array([0.5, 2.0])),
    "chndtrinc": (np.array([4.0, 5.0]), 3.0, np.array([0.3, 0.4])),
    "cosdg": (np.array([10.0, 200.0]),),
    "sindg": (np.array([10.0, 200.0]),),
    "tandg": (np.array([10.0, 200.0]),),
    "cotdg": (np.array([10.0, 200.0]),),
    "cosm1": (WIDE,),
    "exp10": (WIDE,),
    "exprel": (np.array([-2.0, 0.0, 1.0]),),
    "ellipe": (np.array([-1.0, 0.0, 0.7]),),
    "ellipk": (np.array([-1.0, 0.0, 0.7]),),
    "ellipkm1": (P,),
    "ellipeinc": (np.array([0.5, 2.0, -4.0]), np.array([0.3, 0.6, 0.2])),
    "ellipkinc": (np.array([0.5, 2.0, -4.0]), np.array([0.3, 0.6, 0.2])),
    "ellipj": (np.array([0.5, 2.0, -4.0]), np.array([0.3, 0.6, 0.2])),
    "elliprc": (X, np.array([1.5, 0.4])),
    "elliprd": (X, np.array([1.5, 0.4]), np.array([0.7, 1.9])),
    "elliprf": (X, np.array([1.5, 0.4]), np.array([0.7, 1.9])),
    "elliprg": (X, np.array([1.5, 0.4]), np.array([0.7, 1.9])),
    "elliprj": (X, np.array([1.5, 0.4]), np.array([0.7, 1.9]), np.array([1.1, 2.2])),
    "erfi": (WIDE,),
    "expn": (np.array([0, 1, 3]), np.array([0.3, 0.8, 1.5])),
    "fdtr": (3.0, 5.0, X),
    "fdtrc": (3.0, 5.0, X),
    "fdtri": (3.0, 5.0, P),
    "fresnel": (WIDE,),
    "gammainccinv": (2.5, P),
    "gammaincinv": (2.5, P),
    "gdtr": (X, 2.5, np.array([1.5, 0.9])),
    "gdtrc": (X, 2.5, np.array([1.5, 0.9])),
    "gdtria": (P, 2.5, np.array([1.5, 0.9])),
    "gdtrix": (X, 2.5, P),
    "hankel1": (1.5, X),
    "hankel2": (1.5, X),
    "hankel1e": (1.5, X),
    "hankel2e": (1.5, X),
    "huber": (np.array([1.0, 0.5]), np.array([0.3, -2.0])),
    "pseudo_huber": (np.array([1.0, 0.5]), np.array([0.3, -2.0])),
    "hyp0f1": (1.5, WIDE),
    "hyp1f1": (0.7, 1.9, WIDE),
    "hyp2f1": (0.7, 1.9, 2.3, np.array([-1.2, 0.4])),
    "hyperu": (0.7, 1.9, X),
    "it2i0k0": (X,),
    "it2j0y0": (X,),
    "it2struve0": (X,),
    "iti0k0": (X,),
    "itj0y0": (X,),
    "itstruve0": (X,),
    "itmodstruve0": (X,),
    "jve": (1.5, X),
    "yve": (1.5, X),
    "kve": (1.5, X),
    "k0e": (X,),
    "k1e": (X,),
    "kn": (2.0, X),
    "kolmogorov": (np.array([0.5, 0.9, 1.4]),),
    "kolmogi": (P,),
    "log_expit": (WIDE,),
    "loggamma": (X,),
    "log_wright_bessel": (0.7, 1.3, X),
    "wright_bessel": (0.7, 1.3, X),
    "lpmv": (1.0, 2.0, np.array([0.3, -0.5])),
    "mathieu_a": (2.0, np.array([0.5, 3.1])),
    "mathieu_b": (2.0, np.array([0.5, 3.1])),
    "mathieu_cem": (2.0, 0.5, np.array([20.0, 70.0])),
    "mathieu_sem": (2.0, 0.5, np.array([20.0, 70.0])),
    "mathieu_modcem1": (2.0, 0.5, X),
    "mathieu_modcem2": (2.0, 0.5, X),
    "mathieu_modsem1": (2.0, 0.5, X),
    "mathieu_modsem2": (2.0, 0.5, X),
    "modfresnelm": (X,),
    "modfresnelp": (X,),
    "modstruve": (1.5, X),
    "struve": (1.5, X),
    "nbdtr": (2.0, 5, P),
    "nbdtrc": (2.0, 5, P),
    "nbdtri": (2.0, 5, P),
    "ncfdtr": (3.0, 5.0, X, np.array([0.7, 1.2])),
    "nctdtr": (5.0, 0.4, np.array([-0.3, 1.2])),
    "nctdtrit": (5.0, 0.4, P),
    "ndtri_exp": (np.array([-0.3, -1.2]),),
    "nrdtrimn": (P, np.array([1.5, 0.9]), X),
    "nrdtrisd": (X, P, np.array([0.1, 1.9])),
    "obl_ang1": (1, 2, 0.8, P),
    "obl_ang1_cv": (1, 2, 0.8, OBLATE, P),
    "obl_rad1": (1, 2, 0.8, X),
    "obl_rad1_cv": (1, 2, 0.8, OBLATE, X),
    "pro_ang1": (1, 2, 0.8, P),
    "pro_ang1_cv": (1, 2, 0.8, PROLATE, P),
    "pro_rad1": (1, 2, 0.8, 1 + X),
    "pro_rad1_cv": (1, 2, 0.8, PROLATE, 1 + X),
    "owens_t": (WIDE, np.array([0.7, -0.5, 1.2])),
    "pbdv": (1.5, X),
    "pbvv": (1.5, X),
    "pbwa": (0.4, X),
    "pdtr": (2.0, X),
    "pdtrc": (2.0, X),
    "pdtri": (2.0, P),
    "poch": (X, np.array([1.5, 0.9])),
    "powm1": (X, np.array([1.5, -0.9])),
    "radian": (X, np.array([1.5, 0.9]), np.array([3.0, 4.0])),
    "rgamma": (np.array([0.4, -1.3]),),
    "shichi": (X,),
    "sici": (X,),
    "spence": (np.array([0.4, 1.0, 2.5]),),
    "stdtr": (5.0, WIDE),
    "stdtrit": (5.0, P),
    "tklmbda": (np.array([0.3, -0.4]), np.array([0.7, 0.2])),
    "voigt_profile": (WIDE, np.array([0.7, 0.5, 1.2]), np.array([0.3, 0.8, 0.4])),
    "wofz": (np.array([0.4 + 0.3j, -1.0 + 0.2j]),),
    "wrightomega": (WIDE,),
}
V = np.array([1.7, 3.2])
U = np.array([0.6, 2.3])
POINTS |= {
    "gammainc": (V, np.array([0.8, 4.0])),
    "gammaincc": (V, np.array([0.8, 4.0])),
    "gammaincinv": (V, P),
    "gammainccinv": (V, P),
    "betainc": (V, U, P),
    "betaincc": (V, U, P),
    "betaincinv": (V, U, P),
    "betainccinv": (V, U, P),
    "chdtr": (V, X),
    "chdtrc": (V, X),
    "chdtri": (V, P),
    "chdtriv": (P, np.array([1.5, 3.0])),
    "gdtr": (X, V, U),
    "gdtrc": (X, V, U),
    "gdtria": (P, V, U),
    "gdtrix": (X, V, P),
    "gdtrib": (X, P, U),
    "pdtrik": (P, np.array([3.0, 5.0])),
    "bdtrin": (2.0, P, np.array([0.3, 0.4])),
    "bdtrik": (P, np.array([5.0, 9.0]), np.array([0.3, 0.4])),
    "nbdtr": (2.0, 5, P),
    "nbdtrc": (2.0, 5, P),
    "nbdtri": (2.0, 5, P),
    "nbdtrin": (2.0, P, np.array([0.3, 0.4])),
    "nbdtrik": (P, V, np.array([0.1, 0.2])),
    "btdtria": (P, U, np.array([0.3, 0.7])),
    "btdtrib": (U, P, np.array([0.3, 0.7])),
    "fdtr": (V, U, X),
    "fdtrc": (V, U, X),
    "fdtri": (V, U, P),
    "fdtridfd": (V, np.array([0.5, 0.6]), np.array([1.3, 1.5])),
    "stdtr": (V, np.array([-0.4, 1.2])),
    "stdtrit": (V, P),
    "stdtridf": (np.array([0.9, 0.85]), np.array([2.0, 1.3])),
    "ncfdtri": (3.0, 5.0, X, P),
    "smirnov": (5.0, P + 0.03),
    "smirnovi": (5.0, P),
    "_smirnovc": (5.0, P + 0.03),
    "_smirnovci": (5.0, P),
    "_cospi": (X,),
    "_sinpi": (X,),
    "_log1pmx": (X,),
    "_log1mexp": (-X,),
    "_lgam1p": (X / 4,),
    "_factorial": (X,),
    "_igam_fac": (V, U),
    "_scaled_exp1": (X,),
    "_zeta": (np.array([2.5, 1.3]), V),
    "_riemann_zeta": (np.array([2.5, 0.4, -1.7]),),
    "zetac": (np.array([2.5, 1.4, 3.1]),),
    "_lambertw": (np.array([0.3 + 0.1j, 2.0 - 1j]), 0, 1e-12),
    "_iv_ratio": (1.5, V),
    "_iv_ratio_c": (1.5, V),
    "_beta_pdf": (P, V, U),
    "_beta_ppf": (P, V, U),
    "_binom_pmf": (2.0, 5.0, P),
    "_binom_cdf": (2.0, 5.0, P),
    "_binom_sf": (2.0, 5.0, P),
    "_nbinom_pmf": (2.0, V, P),
    "_nbinom_cdf": (2.0, V, P),
    "_nbinom_sf": (2.0, V, P),
    "_nbinom_mean": (V, P),
    "_nbinom_variance": (V, P),
    "_nbinom_skewness": (V, P),
    "_nbinom_kurtosis_excess": (V, P),
    "_cauchy_ppf": (P, X, V),
    "_cauchy_isf": (P, X, V),
    "_cosine_cdf": (X,),
    "_cosine_invcdf": (P,),
    "_invgauss_ppf": (P, U, V),
    "_invgauss_isf": (P, U, V),
    "_landau_cdf": (X, U, V),
    "_landau_sf": (X, U, V),
    "_landau_ppf": (P, U, V),
    "_landau_isf": (P, U, V),
    "_ncf_sf": (X, 3.0, 5.0, U),
    "_ncf_isf": (P, 3.0, 5.0, U),
    "_ncf_mean": (V, 3 + U, X),
    "_nct_sf": (X, 5.0, 0.4),
    "_nct_isf": (P, 5.0, 0.4),
    "_ncx2_sf": (V, 3.0, U),
    "_ncx2_isf": (P, 3.0, U),
    "_skewnorm_cdf": (X, U, V, V),
    "_skewnorm_ppf": (P, U, V, V),
    "_skewnorm_isf": (P, U, V, V),
    "_kolmogc": (np.array([0.6, 1.2]),),
    "_kolmogci": (P,),
}
for name in "jyik":
    POINTS[f"_spherical_{name}n"] = POINTS[f"_spherical_{name}n_d"] = (np.array([0, 1, 3]), np.array([0.7, 1.3, 2.9]))
for name in ("chebyt", "chebyu", "chebyc", "chebys", "legendre", "laguerre", "hermite", "hermitenorm"):
    POINTS[f"eval_{name}"] = (np.array([0, 1, 4]), np.array([0.3, -0.5, 0.6]))
for name in ("sh_chebyt", "sh_chebyu", "sh_legendre"):
    POINTS[f"eval_{name}"] = (np.array([0, 1, 4]), np.array([0.3, 0.5, 0.6]))
for name in ("gegenbauer", "genlaguerre"):
    POINTS[f"eval_{name}"] = (np.array([0, 1, 4]), 1.5, np.array([0.3, -0.5, 0.6]))
POINTS["eval_genlaguerre"] = (np.array([0, 1, 4]), np.array([1.5, 0.3, 2.2]), np.array([0.3, -0.5, 0.6]))
POINTS["eval_jacobi"] = (
    np.array([0, 1, 4]),
    np.array([1.5, 0.3, 2.2]),
    np.array([0.7, 1.1, 0.4]),
    np.array([0.3, -0.5, 0.6]),
)
POINTS["eval_sh_jacobi"] = (np.array([0, 1, 4]), 1.5, 0.7, np.array([0.3, 0.5, 0.6]))

#: Looser comparisons, where SciPy has fewer digits.
TOLERANCE = {
    "besselpoly": 1e-5,
    "mathieu_modcem2": 1e-5,
    "chndtrinc": 1e-5,
    "chndtrix": 1e-5,
    "nctdtrit": 1e-5,
    "it2struve0": 1e-5,
}

#: Functions of which the derivative itself has none.
FIRST_ORDER = (
    "smirnov",
    "smirnovi",
    "_smirnovc",
    "_smirnovci",
    "_landau_cdf",
    "_landau_sf",
    "_landau_ppf",
    "_landau_isf",
    "_ncf_sf",
    "_ncf_isf",
    "ncfdtr",
    "ncfdtri",
)
JUMPING = ("gammasgn", "_binom_ppf", "_binom_isf", "_nbinom_ppf", "_nbinom_isf")
MADE = (*JUMPING, "_ncx2_pdf", "_ncf_pdf", "_kolmogp")
DIFFERENTIABLE = sorted(n for n, arguments in partials.DECLARED.items() if any(arguments.values()) and n not in MADE)


def is_slow(name):
    """Whether derivatives go through series, so that a check takes a second; two of these are always checked."""
    texts = str(partials.DECLARED[name])
    return ("betainc_" in texts or "f_other_slope" in texts) and name not in ("betainc", "btdtria")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if is_slow(n) else n for n in DIFFERENTIABLE])
def test_derivatives(name):
    known = partials.DECLARED[name]
    chosen = tuple(k for k, text in enumerate(known.values()) if text is not None)
    check_rule(
        getattr(operations, name),
        *POINTS[name],
        argnums=chosen,
        reference=partials.ufunc_of(name),
        tolerance=TOLERANCE.get(name, 1e-6),
        without=("second order",) if name in FIRST_ORDER else ("precision",) if name == "_lambertw" else (),
    )


def test_every_ufunc_is_known():
    names = {n for n in dir(scipy.special) if isinstance(getattr(scipy.special, n), np.ufunc)}
    assert not {n for n in names if getattr(scipy.special, n) not in UFUNCS}
    assert names == {n for n in partials.DECLARED if not n.startswith("_")} | set(ufuncs.CORE)


def takes_whole_numbers(name, argument):
    """Whether a ufunc takes nothing else than integers there."""
    return all(types[argument] in "ilqp" for types in partials.ufunc_of(name).types)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (n, k)
        for n, arguments in partials.DECLARED.items()
        for k, t in enumerate(arguments.values())
        if t is None and not takes_whole_numbers(n, k)
    ],
)
def test_arguments_without_a_derivative_raise(name, argument):
    ufunc = partials.ufunc_of(name)
    point = [1 if takes_whole_numbers(name, k) else 1.5 for k in range(ufunc.nin)]

    def f(x):
        y = ufunc(*point[:argument], x, *point[argument + 1 :])
        return y[0] if type(y) is tuple else y

    wanted = (
        rf"scipy\.special\.{name} has no derivative in {list(partials.DECLARED[name])[argument]} \(at .*test_special"
    )
    with pytest.raises(NoRuleError, match=wanted):
        dm.jvp(f, (1.5,), (1.0,))
    with pytest.raises(NoRuleError, match=wanted):
        dm.vjp(f, 1.5)[1](1.0)


SLOPES = {
    "gammainc_a": (V, np.array([0.8, 40.0])),
    "gammainc_aa": (V, np.array([0.8, 4.0])),
    "betainc_a": (V, U, P),
    "betainc_b": (V, U, P),
    "betainc_aa": (V, U, P),
    "betainc_ab": (V, U, P),
    "betainc_bb": (V, U, P),
}


@pytest.mark.parametrize("name", SLOPES)
def test_series_of_derivatives_in_parameters(name):
    chosen = (1,) if name == "gammainc_aa" else (2,) if name[-2:] in ("aa", "ab", "bb") else None
    check_rule(getattr(operations, name), *SLOPES[name], argnums=chosen, without=("second order",))


def test_series_are_right_over_a_wide_range():
    mpmath = pytest.importorskip("mpmath")
    for a, x in ((0.3, 0.01), (5.0, 30.0), (80.0, 70.0), (300.0, 330.0)):
        wanted = mpmath.diff(lambda a, x=x: mpmath.gammainc(a, 0, x, regularized=True), a)
        np.testing.assert_allclose(operations.gammainc_a(a, x), float(wanted), rtol=1e-7, atol=1e-14)
    for a, b, x in ((0.3, 2.0, 0.01), (5.0, 0.4, 0.97), (80.0, 90.0, 0.5)):
        wanted = mpmath.diff(lambda a, b=b, x=x: mpmath.betainc(a, b, 0, x, regularized=True), a)
        np.testing.assert_allclose(operations.betainc_a(a, b, x), float(wanted), rtol=1e-7, atol=1e-14)
    assert operations.gammainc_a(2.0, 1e5) == 0
    assert operations.betainc_a(2.0, 3.0, 1.0) == 0


A = np.array([[0.3, -0.8, 1.2], [0.5, 0.1, -0.4]])
FUNCTIONS = [
    ("logsumexp", (A,), {}),
    ("logsumexp", (A,), {"axis": 1, "keepdims": True}),
    ("logsumexp", (A,), {"axis": 0, "b": np.array([[1.0, 0.0, 2.0], [0.5, 3.0, 0.0]])}),
    ("logsumexp", (A,), {"axis": (0, 1), "b": np.array([[1.0, -2.0, 0.3]] * 2), "return_sign": True}),
    ("logsumexp", (A,), {"return_sign": True}),
    ("softmax", (A,), {}),
    ("softmax", (A,), {"axis": 0}),
    ("log_softmax", (A,), {"axis": -1}),
    ("multigammaln", (V + 2, 3), {}),
    ("factorial", (V,), {}),
    ("factorial", (V,), {"extend": "complex"}),
    ("comb", (V + 3, U), {}),
    ("comb", (V + 3, U), {"repetition": True}),
    ("perm", (V + 3, U), {}),
    ("polygamma", (2, V), {}),
    ("zeta", (2.5, V), {"traced": (1,)}),
    ("sinc", (A,), {}),
    ("diric", (A, 4), {}),
    ("lambertw", (V,), {}),
    ("lambertw", (A[1] + 0.3j,), {"k": -1}),
    *((f"spherical_{k}n", (2, V), {"derivative": d}) for k in "jyik" for d in (False, True)),
    *((name, (1.5, V), {"n": 2, "traced": (1,)}) for name in ("jvp", "yvp", "ivp", "kvp", "h1vp", "h2vp")),
    ("kvp", (1.5, V), {"traced": (1,)}),
]


@pytest.mark.parametrize(("name", "arguments", "keywords"), FUNCTIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_functions_that_are_no_ufuncs(name, arguments, keywords, compare):
    compare(f"special.{name}", *arguments, **keywords)


@pytest.mark.parametrize("name", ["mathieu_a", "mathieu_b"])
@pytest.mark.parametrize("m", [1, 2, 3, 6])
def test_characteristic_values_of_mathieu_functions(name, m):
    f = getattr(scipy.special, name)
    for q in (-1.3, 0.0, 0.8, 12.0):
        step = 1e-4
        change = (f(m, q + step) - f(m, q - step)) / (2 * step)
        assert dm.grad(lambda q, f=f: f(m, q))(q) == pytest.approx(change, rel=1e-6, abs=1e-7)
    assert dm.grad(lambda q: np.sum(f(np.array([1, 2, m]), q)))(0.8) == pytest.approx(
        sum(dm.grad(lambda q, k=k: f(k, q))(0.8) for k in (1, 2, m))
    )


@pytest.mark.parametrize("name", ["mathieu_even_coef", "mathieu_odd_coef"])
@pytest.mark.parametrize("m", [1, 2, 5])
def test_coefficients_of_mathieu_functions(name, m):
    f = getattr(scipy.special, name)
    step = 1e-5
    value, change = dm.jvp(lambda q: f(m, q), (0.8,), (1.0,))
    np.testing.assert_array_equal(value, f(m, 0.8))
    np.testing.assert_allclose(change, (f(m, 0.8 + step) - f(m, 0.8 - step)) / (2 * step), atol=1e-8)
