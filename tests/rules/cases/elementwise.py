# ruff: noqa: E501 -- a table: one operation a line reads better than one argument a line
"""Cases of arithmetic, transcendental functions, parts of complex numbers, choices and conversions."""

import numpy as np

from .table import case

A = np.array([[0.3, -0.7], [1.2, 2.1]])
B = np.array([[1.4, 0.6], [-0.8, 1.7]])
POSITIVE = np.array([[0.3, 0.7], [1.2, 2.1]])
INSIDE = np.array([[0.3, -0.7], [0.15, 0.9]])
Z = np.array([[0.3 + 0.4j, -0.7 + 0.2j], [0.6 - 1.1j, 1.3 + 0.1j]])
W = np.array([[1.4 - 0.2j, 0.6 + 0.9j], [-0.8 + 0.3j, 0.7 + 0.7j]])
ORIGIN = np.zeros(2)
MASK = np.array([[True, False], [False, True]])


def holomorphic(name, *real, **options):
    """The same operation on real and on complex arguments."""
    complex_ones = (Z, W)[: len(real)]
    return [case(name, *real, **options), case(name, *complex_ones), case(name, real[0], *complex_ones[1:])][
        : 1 + len(real)
    ]


ARITHMETIC = [
    *holomorphic("add", A, B),
    *holomorphic("subtract", A, B),
    *holomorphic("multiply", A, B),
    *holomorphic("divide", A, B, at_singular=[(np.array([1.0, 0.0]), ORIGIN)]),
    case("power", POSITIVE, B),
    case("power", A, 3, argnums=(0,)),
    case("power", A, -2, argnums=(0,)),
    case("power", A, 0, argnums=(0,)),
    case("power", A, 1, argnums=(0,)),
    case("power", A, 2.0, argnums=(0,)),
    case("power", POSITIVE, 0.5, argnums=(0,), at_singular=[(ORIGIN, 0.5)]),
    case("power", A, np.array([[2.0, 3.0], [-1.0, 0.0]]), argnums=(0,)),
    case("power", A, np.array([[2, 3], [1, 0]])),
    case("power", 2.0, B),
    case("power", Z, W),
    case("power", Z, 3, argnums=(0,)),
    case("negative", A),
    case("negative", Z),
    case("positive", A),
    case("absolute", A, at_singular=[(ORIGIN,)]),
    case("absolute", Z, at_singular=[(np.zeros(2, complex),)]),
    case("sqrt", POSITIVE, at_singular=[(ORIGIN,)]),
    case("sqrt", Z),
    case("square", A),
    case("square", Z),
    case("reciprocal", A, at_singular=[(ORIGIN,)]),
    case("reciprocal", Z),
    case("strong_multiply", A, B, reference=np.multiply),
    case("strong_multiply", Z, W, reference=np.multiply),
    case("divide_or_zero", A, B, reference=np.divide, at_singular=[(np.ones(2), ORIGIN)]),
    case("divide_or_zero", Z, W, reference=np.divide),
    case("remainder", A, np.array([[0.8, 0.5], [-0.7, 0.6]])),
    case("fmod", A, np.array([[0.8, 0.5], [-0.7, 0.6]])),
]  # fmt: skip

UNARY = {
    "exp": A, "exp2": A, "expm1": A, "log": POSITIVE, "log2": POSITIVE, "log10": POSITIVE, "log1p": INSIDE, "sin": A,
    "cos": A, "tan": A, "arcsin": INSIDE, "arccos": INSIDE, "arctan": A, "sinh": A, "cosh": A, "tanh": A, "arcsinh": A,
    "arccosh": 1 + POSITIVE, "arctanh": INSIDE, "sigmoid": A,
}  # fmt: skip
SINGULAR = {
    "log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -1.0, "arcsin": 1.0, "arccos": -1.0, "arccosh": 1.0, "arctanh": 1.0,
}  # fmt: skip
NO_COMPLEX_KERNEL = {"sigmoid"}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0, x)


def logit(x):
    return np.log(x / (1 - x))


TRANSCENDENTAL = [
    *(
        case(name, x, **({"at_singular": [(np.full(2, SINGULAR[name]),)]} if name in SINGULAR else {}))
        for name, x in UNARY.items()
        if name != "sigmoid"
    ),
    *(case(name, Z) for name in UNARY if name not in NO_COMPLEX_KERNEL),
    case("sigmoid", A, reference=sigmoid),
    case("softplus", A, reference=softplus),
    case("logit", POSITIVE / 3, reference=logit, at_singular=[(ORIGIN,), (np.ones(2),)]),
    case("logaddexp", A, B, at_singular=[(np.array([-np.inf]), np.array([-np.inf]))]),
    case("logaddexp2", A, B, at_singular=[(np.array([-np.inf]), np.array([-np.inf]))]),
    case("arctan2", A, B, at_singular=[(ORIGIN, ORIGIN)]),
    case("hypot", A, B, at_singular=[(ORIGIN, ORIGIN)]),
    case("cbrt", A, at_singular=[(ORIGIN,)]),
    case("sinc", A),
    case("sinc", np.zeros(2)),
    case("sinc_derivative", A),
    case("sinc_derivative", np.array([0.0, 1e-5, 0.4]), n=2),
    case("deg2rad", 90 * A),
    case("rad2deg", A),
]

COMPLEX = [
    case("real", Z), case("real", A), case("imag", Z), case("imag", A), case("conj", Z), case("conj", A),
    case("angle", Z, at_singular=[(np.zeros(2, complex),)]), case("angle", POSITIVE), case("make_complex", A, B),
    case("sign", Z, at_singular=[(np.zeros(2, complex),)]), case("sign", A),
]  # fmt: skip


def where_or_zero(condition, a):
    return np.where(condition, a, 0)


def nan_to_num(a, **keywords):
    return np.nan_to_num(a, **keywords)


SELECTION = [
    case("where", MASK, A, B, at_singular=[(np.array([True, False]), np.array([1.0, np.nan]), np.array([np.inf, 1.0]))]),
    case("where", MASK, Z, B),
    case("where_or_zero", MASK, A, reference=where_or_zero),
    case("where_or_zero", MASK, Z, reference=where_or_zero),
    case("maximum", A, B), case("minimum", A, B), case("fmax", A, B), case("fmin", A, B),
    case("fmax", A, np.where(MASK, np.nan, B), argnums=(0,)), case("fmin", A, np.where(MASK, np.nan, B), argnums=(0,)),
    case("copysign", A, B), case("nextafter", A, B), case("heaviside", A, B),
    case("heaviside", np.zeros((2, 2)), B, argnums=(1,)),
    case("nan_to_num", A), case("nan_to_num", Z),
    case("nan_to_num", A, nan=1.0, posinf=2.0, neginf=3.0),
]  # fmt: skip

CONVERSION = [
    case("to_device", A, device="cpu", reference=lambda a, device: a),
    case("astype", A, dtype=np.complex128, reference=lambda a, dtype: a.astype(dtype)),
    case(
        "astype", A, dtype=np.float32, reference=lambda a, dtype: a.astype(dtype), without=("differences", "variations")
    ),
    case("astype", A, dtype=np.int64, reference=lambda a, dtype: a.astype(dtype)),
]

CASES = [*ARITHMETIC, *TRANSCENDENTAL, *COMPLEX, *SELECTION, *CONVERSION]
