"""Where the emitters of each operation are: modules are imported when one of their operations is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from .kinds import COMPLEX

#: module -> the operations that it has emitters of, for real and whole numbers.
HOMES = {
    "mathematics.bases": "exp2 log10 log2",
    "mathematics.compositions": "entr kl_div logit rel_entr sinc xlog1py xlogy",
    "mathematics.error_tails": "erfc erfcx log_ndtr ndtr",
    "mathematics.errors": "erf",
    "mathematics.exponentials": "exp expm1",
    "mathematics.gammas": "digamma factorial gamma gammaln",
    "mathematics.hyperbolic": "arccosh arcsinh arctanh cosh logaddexp logaddexp2 sigmoid sinh softplus tanh",
    "mathematics.inverse_errors": "erfcinv erfinv ndtri",
    "mathematics.inverse_trigonometry": "arccos arcsin arctan arctan2",
    "mathematics.logarithms": "log log1p",
    "mathematics.powers": "power",
    "mathematics.roots": "cbrt hypot",
    "mathematics.trigonometry": "cos sin tan",
    "scalars.arithmetic": """
        absolute add copysign divide divide_or_zero multiply negative positive reciprocal sqrt square strong_multiply
        subtract""",
    "scalars.comparison": """
        equal greater greater_equal isfinite isinf isnan less less_equal logical_and logical_not logical_or logical_xor
        not_equal sign signbit""",
    "scalars.complex_arithmetic": "angle conj imag make_complex real",
    "scalars.division": "floor_divide fmod remainder",
    "scalars.divisors": "gcd lcm power",
    "scalars.rounding": """
        bitwise_count ceil deg2rad floor heaviside isclose nan_to_num nextafter rad2deg rint round spacing stop_gradient
        trunc""",
    "scalars.selection": "fmax fmin maximum minimum where where_or_zero",
    "scalars.whole": """
        bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor floor_divide fmod
        remainder""",
}
#: What has the emitters of complex numbers.
COMPLEX_HOMES = ("scalars.complex_arithmetic", "mathematics.complex_functions", "mathematics.complex_compositions")

OF_NAME: dict[str, list[str]] = {}
for home, names in HOMES.items():
    for each in names.split():
        OF_NAME.setdefault(each, []).append(home)


def load(name: str, kinds: Iterable[str]) -> None:
    """Import what has emitters of an operation for these kinds."""
    homes = [*OF_NAME.get(name, ()), *(COMPLEX_HOMES if set(kinds) & set(COMPLEX) else ())]
    for home_ in homes:
        importlib.import_module(f"dispatchml.compile.{home_}")
