"""Error functions, exponential, trigonometric and Fresnel integrals, elliptic integrals (DLMF 5 to 8, 19, 22)."""

from typing import Any

from dispatchml import ops

from .partials import WORDS, partials, word

# ---- elementary functions with care ----------------------------------------------------------------------------------

DEGREE = "(pi/180)"
partials("sindg(x)", x=f"{DEGREE}*cosdg(x)")
partials("cosdg(x)", x=f"-({DEGREE}*sindg(x))")
partials("tandg(x)", x=f"{DEGREE}*(1 + out*out)")
partials("cotdg(x)", x=f"-({DEGREE}*(1 + out*out))")
partials("radian(d, m, s)", d="pi/180", m="pi/10800", s="pi/648000")
partials("cosm1(x)", x="-sin(x)")
partials("exp10(x)", x="out*2.302585092994046")
partials("exprel(x)", x="hyp1f1(2, 3, x)/2")
partials("log_expit(x)", x="expit(-x)")
partials("powm1(x, y)", x="y*x**(y - 1)", y="(out + 1)*log(x)")
partials("huber(delta, r)", delta="where(absolute(r) <= delta, 0, absolute(r) - delta)",
         r="where(absolute(r) <= delta, r, delta*sign(r))")  # fmt: skip
partials("pseudo_huber(delta, r)", delta="2*out/delta - r*r/(delta*sqrt(1 + (r/delta)*(r/delta)))",
         r="r/sqrt(1 + (r/delta)*(r/delta))")  # fmt: skip
SLOPE = "(log(x)*log(x)*hyp1f1(2, 3, lmbda*log(x))/2)"
SLOPE1P = "(log1p(x)*log1p(x)*hyp1f1(2, 3, lmbda*log1p(x))/2)"
partials("boxcox(x, lmbda)", x="x**(lmbda - 1)", lmbda=SLOPE)
partials("boxcox1p(x, lmbda)", x="(1 + x)**(lmbda - 1)", lmbda=SLOPE1P)
INVERSE = "*y*y*hyp2f1(2, 2, 3, -(lmbda*y))/2)"
partials("inv_boxcox(y, lmbda)", y="out/(1 + lmbda*y)", lmbda=f"-(out{INVERSE}")
partials("inv_boxcox1p(y, lmbda)", y="(1 + out)/(1 + lmbda*y)", lmbda=f"-((1 + out){INVERSE}")

# ---- integrals of elementary functions -------------------------------------------------------------------------------

partials("erfi(z)", z="2/pi**(1/2)*exp(z*z)")
partials("wofz(z)", z="2j/pi**(1/2) - 2*z*out")
partials("expn(n, x)", x="where(n == 0, -(exp(-x)*(x + 1)/(x*x)), -expn(maximum(n - 1, 0), x))")
partials("sici(x)", x=("sinc(x/pi)", "cos(x)/x"))
partials("shichi(x)", x=("hyp0f1(3/2, x*x/4)", "cosh(x)/x"))
partials("spence(z)", z="-hyp2f1(1, 1, 2, 1 - z)")
partials("fresnel(z)", z=("sin(pi/2*z*z)", "cos(pi/2*z*z)"))
PHASE = "exp(1j*(pi/4))"
partials("modfresnelp(x)", x=("-exp(1j*(x*x))", "-(2j*x*out1) - exp(-1j*(pi/4))/pi**(1/2)"))
partials("modfresnelm(x)", x=("-exp(-1j*(x*x))", f"2j*x*out1 - {PHASE}/pi**(1/2)"))
partials("owens_t(h, a)", h="-(exp(-(h*h)/2)*erf(a*h/2**(1/2))/(2*2**(1/2)*pi**(1/2)))",
         a="exp(-(h*h*(1 + a*a))/2)/(2*pi*(1 + a*a))")  # fmt: skip
partials("wrightomega(z)", z="out/(1 + out)")


@word
def voigt_part(x: Any, sigma: Any, gamma: Any, imaginary: bool) -> Any:
    """The real or minus the imaginary part of w'(z) / (2 sigma**2 sqrt(pi)): the slopes in x and in gamma."""
    z = ops.divide(ops.make_complex(x, ops.add(gamma, ops.multiply(x, 0))), ops.multiply(sigma, 2**0.5))
    w = WORDS["wofz"](z)
    slope = ops.subtract(2j / 3.141592653589793**0.5, ops.multiply(ops.multiply(2, z), w))
    part = ops.negative(ops.imag(slope)) if imaginary else ops.real(slope)
    return ops.divide(part, ops.multiply(ops.square(sigma), 2 * 3.141592653589793**0.5))


partials("voigt_profile(x, sigma, gamma)", x="voigt_part(x, sigma, gamma, 0)", gamma="voigt_part(x, sigma, gamma, 1)",
         sigma="-((out + x*voigt_part(x, sigma, gamma, 0) + gamma*voigt_part(x, sigma, gamma, 1))/sigma)")  # fmt: skip

# ---- elliptic integrals (19.4, 19.18) and Jacobi's functions (22.13) -------------------------------------------------

partials("ellipk(m)", m="pi/8*hyp2f1(3/2, 3/2, 2, m)")
partials("ellipkm1(p)", p="-(elliprd(0, 1, p)/6)")
partials("ellipe(m)", m="-(pi/8*hyp2f1(1/2, 3/2, 2, m))")
partials(
    "agm(a, b)", a="out/a - 4*out*out*b*b*agm_slope(a, b)/(pi*a*a*a*a)", b="4*out*out*b*agm_slope(a, b)/(pi*a*a*a)"
)
partials("ellipkinc(phi, m)", phi="1/sqrt(1 - m*sin(phi)*sin(phi))", m="first_kind_slope(phi, m)")
partials("ellipeinc(phi, m)", phi="sqrt(1 - m*sin(phi)*sin(phi))", m="second_kind_slope(phi, m)")
partials("ellipj(u, m)",
         u=("out1*out2", "-(out0*out2)", "-(m*out0*out1)", "out2"),
         m=("-(out1*out2*first_kind_slope(out3, m))", "out0*out2*first_kind_slope(out3, m)",
            "-(out0*out0)/(2*out2) + m*out0*out1*first_kind_slope(out3, m)",
            "-(out2*first_kind_slope(out3, m))"))  # fmt: skip


@word
def agm_slope(a: Any, b: Any) -> Any:
    """The derivative of the complete integral K(m) in m, at m = 1 - (b/a)**2."""
    m = ops.subtract(1, ops.square(ops.divide(b, a)))
    return ops.multiply(WORDS["hyp2f1"](1.5, 1.5, 2.0, m), 3.141592653589793 / 8)


def through_periods(phi: Any, m: Any, first: float, order: Any) -> Any:
    """sin**3 elliprd over the angle's part within a quarter, plus twice the complete integral for each half turn: that
    is 3 pi/4 times hyp2f1(first, 3/2, 2, m).
    """
    turns = ops.rint(ops.divide(phi, 3.141592653589793))
    rest = ops.subtract(phi, ops.multiply(turns, 3.141592653589793))
    s, c = ops.sin(rest), ops.cos(rest)
    cosine, delta = ops.square(c), ops.subtract(1, ops.multiply(m, ops.square(s)))
    own = ops.multiply(ops.multiply(ops.square(s), s), WORDS["elliprd"](*order(cosine, delta)))
    whole = ops.multiply(WORDS["hyp2f1"](first, 1.5, 2.0, m), 3 * 3.141592653589793 / 4)
    bounded = ops.where(ops.equal(turns, 0), 0, whole)
    return ops.add(own, ops.multiply(ops.multiply(2, turns), bounded))


@word
def first_kind_slope(phi: Any, m: Any) -> Any:
    """The derivative of F(phi, m) in m: half the integral of sin**2 / (1 - m sin**2)**(3/2)."""
    return ops.divide(through_periods(phi, m, 1.5, lambda c, d: (c, 1, d)), 6)


@word
def second_kind_slope(phi: Any, m: Any) -> Any:
    """The derivative of E(phi, m) in m: minus half the integral of sin**2 / (1 - m sin**2)**(1/2)."""
    return ops.divide(through_periods(phi, m, 0.5, lambda c, d: (c, d, 1)), -6)


@word
def carlson(x: Any, y: Any, z: Any) -> Any:
    """The derivative of elliprd(x, y, z) in x: (elliprd(x, y, z) - elliprd(y, z, x)) / (2 (z - x)), its limit at x = z.

    The limit is -3/4 of the integral of (t + x)**-3 (t + y)**(-1/2), from elliprc by two steps of a recurrence.
    """
    rd, rc = WORDS["elliprd"], WORDS["elliprc"]
    gap = ops.subtract(z, x)
    meets = ops.less(ops.absolute(gap), ops.multiply(ops.add(ops.absolute(x), ops.absolute(z)), 1e-8))
    apart = ops.where(meets, 1, gap)
    away = ops.divide(ops.subtract(rd(x, y, z), rd(y, z, ops.where(meets, 1, x))), ops.multiply(apart, 2))
    one, root = ops.where(meets, x, 1), ops.sqrt(y)
    far = ops.where(meets, ops.subtract(y, one), 1)
    total = ops.multiply(2, rc(y, one))
    for n in (1, 2):
        total = ops.divide(ops.add(ops.multiply(total, 0.5 - n), ops.divide(root, ops.power(one, n))), n * far)
    return ops.where(meets, ops.multiply(total, -0.75), away)


partials("elliprc(x, y)", x="-(elliprd(y, y, x)/6)", y="-(elliprd(x, y, y)/3)")
partials("elliprf(x, y, z)", x="-(elliprd(y, z, x)/6)", y="-(elliprd(x, z, y)/6)", z="-(elliprd(x, y, z)/6)")
partials("elliprg(x, y, z)", x="(3*elliprf(x, y, z) - x*elliprd(y, z, x))/12",
         y="(3*elliprf(x, y, z) - y*elliprd(x, z, y))/12",
         z="(3*elliprf(x, y, z) - z*elliprd(x, y, z))/12")  # fmt: skip
partials("elliprd(x, y, z)", x="carlson(x, y, z)", y="carlson(y, x, z)",
         z="-((3/2*out + strong_multiply(x, carlson(x, y, z)) + strong_multiply(y, carlson(y, x, z)))/z)")  # fmt: skip
JX, JY, JZ = (
    f"((out - elliprd({others}, {one}))/(2*(p - {one})))"
    for others, one in (("y, z", "x"), ("x, z", "y"), ("x, y", "z"))
)
partials("elliprj(x, y, z, p)", x=JX, y=JY, z=JZ, p=f"-((3/2*out + x*{JX} + y*{JY} + z*{JZ})/p)")
