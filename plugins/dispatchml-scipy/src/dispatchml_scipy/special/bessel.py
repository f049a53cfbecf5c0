"""Bessel functions and their kin (DLMF chapters 9 to 13, 30). Means of neighbouring orders have no singularity at 0."""

from typing import Any

from dispatchml import ops
from dispatchml.dispatch.errors import NoRuleError, at_user_line

from .partials import partials, word


@word
def real_only(x: Any) -> Any:
    """x; a complex one raises."""
    if ops.is_complex(x):
        raise NoRuleError(
            f"A function of scipy.special that is scaled by exp(-|Im z|) has no derivative at complex "
            f"arguments{at_user_line()}: it is not holomorphic. Use the unscaled one."
        )
    return x


# ---- Bessel functions of all kinds -----------------------------------------------------------------------------------

partials("jve(v, z)", z="(jve(v - 1, real_only(z)) - jve(v + 1, z))/2")
partials("yve(v, z)", z="(yve(v - 1, real_only(z)) - yve(v + 1, z))/2")
partials("kve(v, z)", z="out - (kve(v - 1, z) + kve(v + 1, z))/2")
partials("k0e(x)", x="out - k1e(x)")
partials("k1e(x)", x="out - (k0e(x) + kve(2, x))/2")
partials("kn(n, x)", x="-((kv(n - 1, x) + kv(n + 1, x))/2)")
partials("hankel1(v, z)", z="(hankel1(v - 1, z) - hankel1(v + 1, z))/2")
partials("hankel2(v, z)", z="(hankel2(v - 1, z) - hankel2(v + 1, z))/2")
partials("hankel1e(v, z)", z="(hankel1e(v - 1, z) - hankel1e(v + 1, z))/2 - 1j*out")
partials("hankel2e(v, z)", z="(hankel2e(v - 1, z) - hankel2e(v + 1, z))/2 + 1j*out")
partials("struve(v, x)", x="(struve(v - 1, x) - struve(v + 1, x) + (x/2)**v*rgamma(v + 3/2)/pi**(1/2))/2")
partials("modstruve(v, x)", x="(modstruve(v - 1, x) + modstruve(v + 1, x) + (x/2)**v*rgamma(v + 3/2)/pi**(1/2))/2")
partials("besselpoly(a, lmb, nu)", a="besselpoly(a, lmb + 1, nu - 1) - besselpoly(a, lmb + 1, nu + 1)")
partials("wright_bessel(a, b, x)", x="wright_bessel(a, a + b, x)")
partials("log_wright_bessel(a, b, x)", x="exp(log_wright_bessel(a, a + b, x) - out)")

# ---- integrals of them -----------------------------------------------------------------------------------------------

partials("itj0y0(x)", x=("j0(x)", "y0(x)"))
partials("iti0k0(x)", x=("i0(x)", "k0(x)"))
partials("it2j0y0(x)", x=("(1 - j0(x))/x", "-(y0(x)/x)"))
partials("it2i0k0(x)", x=("(i0(x) - 1)/x", "-(k0(x)/x)"))
partials("itstruve0(x)", x="struve(0, x)")
partials("it2struve0(x)", x="-(struve(0, x)/x)")
partials("itmodstruve0(x)", x="modstruve(0, x)")

# ---- Airy functions (9.2.1): w'' = z w -------------------------------------------------------------------------------

partials("airy(z)", z=("out1", "z*out0", "out3", "z*out2"))
partials(
    "airye(z)",
    z=(
        "out1 + sqrt(real_only(z))*out0",
        "z*out0 + sqrt(z)*out1",
        "out3 - sqrt(maximum(z, 0))*out2",
        "z*out2 - sqrt(maximum(z, 0))*out3",
    ),
)
partials("itairy(x)", x=("airy(x)[0]", "airy(x)[2]", "airy(-x)[0]", "airy(-x)[2]"))


# ---- Kelvin functions: ber'' = -bei - ber'/x, bei'' = ber - bei'/x (10.61, 10.63) ------------------------------------


@word
def over(a: Any, x: Any, at_zero: Any) -> Any:
    """a / x, and another value at x = 0, where a has a zero."""
    none = ops.equal(x, 0)
    return ops.where(none, at_zero, ops.divide(a, ops.where(none, 1, x)))


partials("ber(x)", x="berp(x)")
partials("bei(x)", x="beip(x)")
partials("ker(x)", x="kerp(x)")
partials("kei(x)", x="keip(x)")
partials("berp(x)", x="-bei(x) - over(out, x, 0)")
partials("beip(x)", x="ber(x) - over(out, x, 1/2)")
partials("kerp(x)", x="-kei(x) - out/x")
partials("keip(x)", x="ker(x) - out/x")
partials("kelvin(x)", x=("out2", "out3", "1j*out0 - over(out2, x, 1j/2)", "1j*out1 - out3/x"))

# ---- parabolic cylinder functions (12.2) -----------------------------------------------------------------------------

partials("pbdv(v, x)", x=("out1", "(x*x/4 - v - 1/2)*out0"))
partials("pbvv(v, x)", x=("out1", "(x*x/4 - v - 1/2)*out0"))
partials("pbwa(a, x)", x=("out1", "(a - x*x/4)*out0"))

# ---- Mathieu functions of degrees (28.2.1), and modified ones (28.20.1) ----------------------------------------------

RADIANS = "(pi/180)"
EVEN, ODD = (f"mathieu_{kind}(m, q)" for kind in "ab")
for name, value in (("mathieu_cem", EVEN), ("mathieu_sem", ODD)):
    partials(f"{name}(m, q, x)", x=(f"{RADIANS}*out1", f"-({RADIANS}*({value} - 2*q*cos(x*(pi/90)))*out0)"))
for name, value in (
    ("mathieu_modcem1", EVEN), ("mathieu_modcem2", EVEN), ("mathieu_modsem1", ODD), ("mathieu_modsem2", ODD),
):  # fmt: skip
    partials(f"{name}(m, q, x)", x=("out1", f"({value} - 2*q*cosh(2*x))*out0"))
for name in ("mathieu_a", "mathieu_b"):
    partials(f"{name}(m, q)", q=f"{name}_slope(m, q)")

# ---- spheroidal wave functions (30.2.1) ------------------------------------------------------------------------------

#: SciPy's radial functions of the second kind are not accurate enough for a derivative: their second result is not the
#: derivative of the first in the third digit.
for shape, sign in (("pro", "-"), ("obl", "+")):
    for given in (False, True):
        value, arguments = ("cv", "_cv(m, n, c, cv, x)") if given else (f"{shape}_cv(m, n, c)", "(m, n, c, x)")
        around = "x*x - 1" if shape == "pro" else "x*x + 1"
        angular = f"(2*x*out1 - ({value} {sign} c*c*x*x - m*m/(1 - x*x))*out0)/(1 - x*x)"
        radial = f"(({value} - c*c*x*x {'+' if shape == 'pro' else '-'} m*m/({around}))*out0 - 2*x*out1)/({around})"
        partials(f"{shape}_ang1{arguments}", x=("out1", angular))
        partials(f"{shape}_rad1{arguments}", x=("out1", radial))
        partials(f"{shape}_rad2{arguments}")
    partials(f"{shape}_cv(m, n, c)")
