"""Elementwise operations without machine code of one element, and why: they are calls in a compiled program."""

from __future__ import annotations

from .kinds import COMPLEX, names_of

#: What is computed by long iterations or by several expansions that depend on the argument.
MANY_EXPANSIONS = "SciPy chooses among expansions and iterations by the arguments; none holds 2 units everywhere"
CANCELLATION = "the sum of logarithms of gamma functions that it is loses digits without bound"
COMPLEX_INVERSE = "complex inverse functions need W. Kahan's or T. Hull's case distinctions, which are not written yet"
COMPLEX_SPECIAL = "complex arguments of special functions are SciPy's"
COMPLEX_COMPOSITION = "complex arguments: the operation is written with others when it matters"

#: name -> reason, for all kinds.
REASONS = {
    "beta": CANCELLATION,
    "betainc": MANY_EXPANSIONS,
    "betaln": CANCELLATION,
    "binom": CANCELLATION,
    "dawsn": MANY_EXPANSIONS,
    "exp1": MANY_EXPANSIONS,
    "expi": MANY_EXPANSIONS,
    "gammainc": MANY_EXPANSIONS,
    "gammaincc": MANY_EXPANSIONS,
    "i0": MANY_EXPANSIONS,
    "i0e": MANY_EXPANSIONS,
    "i1": MANY_EXPANSIONS,
    "i1e": MANY_EXPANSIONS,
    "iv": MANY_EXPANSIONS,
    "ive": MANY_EXPANSIONS,
    "j0": MANY_EXPANSIONS,
    "j1": MANY_EXPANSIONS,
    "jv": MANY_EXPANSIONS,
    "k0": MANY_EXPANSIONS,
    "k1": MANY_EXPANSIONS,
    "kv": MANY_EXPANSIONS,
    "polygamma": MANY_EXPANSIONS,
    "sinc_derivative": "it is a composition of other operations, whose number depends on a keyword",
    "y0": MANY_EXPANSIONS,
    "y1": MANY_EXPANSIONS,
    "yv": MANY_EXPANSIONS,
    "zeta": MANY_EXPANSIONS,
}
#: name -> reason, for complex arguments alone.
COMPLEX_REASONS = {
    **dict.fromkeys(["arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh"], COMPLEX_INVERSE),
    **dict.fromkeys(["digamma", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "gamma"], COMPLEX_SPECIAL),
    **dict.fromkeys(["gammaln", "log_ndtr", "ndtr", "ndtri"], COMPLEX_SPECIAL),
    **dict.fromkeys(["entr", "factorial", "kl_div", "logit", "rel_entr"], COMPLEX_COMPOSITION),
    **dict.fromkeys(["sinc", "softplus", "xlog1py", "xlogy"], COMPLEX_COMPOSITION),
    "make_complex": "its parts are real",
    "power": "NumPy multiplies small whole exponents out, by a loop of its own",
}
#: (name, category of the kinds) -> reason.
OTHER_REASONS = {
    ("power", "i"): "NumPy raises ValueError where an exponent is negative",
    ("round", "iu"): "negative decimals of whole numbers are rounded by NumPy with whole powers of ten",
}


def reason(name: str, dtypes: str) -> str | None:
    """Why there is no machine code of an operation for dtype characters; None where there is no stated reason."""
    kinds = names_of(dtypes)
    if kinds is None:
        return "machine code computes with booleans, whole numbers up to 64 bits, and half to double precision"
    if name in REASONS:
        return REASONS[name]
    if set(kinds) & set(COMPLEX) and name in COMPLEX_REASONS:
        return COMPLEX_REASONS[name]
    return next((why for (n, c), why in OTHER_REASONS.items() if n == name and kinds[0][0] in c), None)
