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
for name in ("chebyt", "chebyu", "chebyc", "chebys", "legendre", "laguerre", "hermite", "hermitenorm"):
    POINTS[f"eval_{name}"] = (np.array([0, 1, 4]), np.array([0.3, -0.5, 0.6]))
for name in ("sh_chebyt", "sh_chebyu", "sh_legendre"):
    POINTS[f"eval_{name}"] = (np.array([0, 1, 4]), np.array([0.3, 0.5, 0.6]))
for name in ("gegenbauer", "genlaguerre"):
    POINTS[f"eval_{name}"] = (np.array([0, 1, 4]), 1.5, np.array([0.3, -0.5, 0.6]))
POINTS["eval_jacobi"] = (np.array([0, 1, 4]), 1.5, 0.7, np.array([0.3, -0.5, 0.6]))
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

DIFFERENTIABLE = sorted(n for n, arguments in partials.DECLARED.items() if any(arguments.values()) and n != "gammasgn")


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives(name):
    known = partials.DECLARED[name]
    chosen = tuple(k for k, text in enumerate(known.values()) if text is not None)
    check_rule(
        getattr(operations, name),
        *POINTS[name],
        argnums=chosen,
        reference=getattr(scipy.special, name),
        tolerance=TOLERANCE.get(name, 1e-6),
    )


def test_every_ufunc_is_known():
    names = {n for n in dir(scipy.special) if isinstance(getattr(scipy.special, n), np.ufunc)}
    assert not {n for n in names if getattr(scipy.special, n) not in UFUNCS}
    assert names == set(partials.DECLARED) | set(ufuncs.CORE)


@pytest.mark.parametrize(
    ("name", "argument"),
    [(n, k) for n, arguments in partials.DECLARED.items() for k, t in enumerate(arguments.values()) if t is None],
)
def test_arguments_without_a_derivative_raise(name, argument):
    ufunc = getattr(scipy.special, name)
    point = [1.5] * ufunc.nin

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
