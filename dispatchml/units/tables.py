"""Which operation belongs to which family. Operations with units of their own kind are in `particular`.

What stands in no table is made of other operations, or raises.
"""

from __future__ import annotations

from fractions import Fraction

from .. import ops
from . import choosing as choosing  # each of these enters its rules
from . import families as f
from . import matrices as matrices
from . import writing as writing
from .particular import PARTICULAR
from .system import UnitSystem

#: maker -> names of operations.
TABLES: dict[f.Maker, str] = {
    # one array, linear or choosing: its units stay
    f.keep: """
        absolute conj imag negative positive real stop_gradient astype
        mean median max min sum cumsum cummax cummin sort partition trace
        broadcast_to diag diagonal expand_dims flip matrix_transpose moveaxis ravel repeat reshape roll rot90 squeeze
        swapaxes tile transpose tril triu atleast_1d atleast_2d atleast_3d
        getitem scatter scatter_along_axis scatter_take take take_along_axis compress extract delete unique spacing
        empty_like
        ceil floor rint round trunc
        fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn
    """,
    f.keep_as_difference: "ones_like ones_of ptp std zeros_like zeros_of",
    f.keep_list: "array_split split unstack",
    # several arrays of one dimension
    f.same: """
        fmax fmin fmod hypot make_complex maximum minimum nextafter rel_entr kl_div remainder
    """,
    f.joined: "column_stack concatenate dstack hstack stack vstack",
    f.each_in_its_units: "broadcast_arrays",
    f.direction: "arctan2",
    f.counted: "floor_divide",
    f.compared: "greater greater_equal less less_equal searchsorted",
    f.equality(False): "equal",
    f.equality(True): "not_equal",
    # numbers and angles only
    f.of_numbers: """
        exp exp2 expm1 log log10 log1p log2 logaddexp logaddexp2 logit sigmoid softplus
        beta betainc betaln binom dawsn digamma entr erf erfc erfcinv erfcx erfinv exp1 expi factorial gamma gammainc
        gammaincc gammaln i0 i0e i1 i1e iv ive j0 j1 jv k0 k1 kv log_ndtr ndtr ndtri polygamma y0 y1 yv zeta
        cumprod nancumprod log_softmax logsumexp cumulative_logsumexp softmax nanprod expm logm
    """,
    f.whole_numbers: """
        bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor gcd lcm
    """,
    f.of_angle: "cos cosh sin sinc sinc_derivative sinh tan tanh",
    f.to_angle: "arccos arccosh arcsin arcsinh arctan arctanh",
    # products and powers
    f.multiplied: """
        strong_multiply convolve correlate cross dot inner kron matmul outer tensordot vdot vecdot
    """,
    f.multiplied_variadic: "einsum multi_dot",
    f.divided: "divide divide_or_zero divide_by_gaps",
    f.solved: "solve solve_triangular tensorsolve",
    f.to_the(2): "square",
    f.to_the(Fraction(1, 2)): "sqrt cholesky sqrtm",
    f.to_the(Fraction(1, 3)): "cbrt",
    f.to_the(-1): "inv pinv reciprocal tensorinv",
    f.to_the(1): "eigvals eigvalsh matrix_norm svdvals",
    f.to_the(2, difference=True): "var",
    # decompositions
    f.outputs(1, 0): "eig eigh",
    f.outputs(0, 1): "qr",
    f.outputs(None, None, 1): "lu",
    f.plain: "cond roots turn_equal",
    f.keep_beside: "even_out",
    f.keep_last: "singular_sum spectral_sum",
}


def families() -> dict[str, f.Maker]:
    """Operation name -> maker of its rule."""
    found: dict[str, f.Maker] = {}
    for maker, names in TABLES.items():
        for name in names.split():
            assert name not in found, f"{name} is in two families"
            found[name] = maker
    return found


def rules_for(system: UnitSystem) -> dict[str, f.Rule]:
    """Operation name -> rule, for a library of units."""
    made = {name: maker(system, getattr(ops, name)) for name, maker in families().items() if hasattr(ops, name)}
    return made | {name: maker(system) for name, maker in PARTICULAR.items() if hasattr(ops, name)}
