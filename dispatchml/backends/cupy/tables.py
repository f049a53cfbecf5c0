"""How each operation is computed on CuPy's arrays, for those that need no lines of their own here.

SAME: CuPy's function by its path, which takes the operation's keywords. BORROWED: the NumPy backend's kernel, run over
CuPy. GAPS: what CuPy has no function for, and why. Everything else is in the modules beside this one.
"""

from __future__ import annotations

#: Operations whose name and keywords CuPy has: name -> path.
SAME: dict[str, str] = {
    **{name: name for name in """
        absolute add angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_count
        bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor cbrt conj copysign cos cosh
        deg2rad divide equal exp exp2 expm1 floor_divide fmax fmin fmod gcd greater greater_equal heaviside hypot
        isclose isfinite isinf isnan lcm less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
        logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive power
        rad2deg reciprocal remainder rint ceil floor trunc sign signbit sin sinh sqrt square subtract tan tanh
        argwhere convolve correlate dot flatnonzero flip inner kron matmul outer roll rot90 repeat searchsorted
        tensordot tril triu vdot expand_dims moveaxis swapaxes squeeze diff cumsum cumprod unique
        """.split()},
    **{name: f"special.{name}" for name in """
        beta betainc betaln binom digamma entr erf erfc erfcinv erfcx erfinv exp1 expi gamma gammainc gammaincc
        gammaln i0 i0e i1 i1e j0 j1 k0 k1 kl_div log_ndtr logit ndtr ndtri rel_entr xlog1py xlogy y0 y1 zeta
        """.split()},
    **{name: f"fft.{name}" for name in """
        fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn
        """.split()},
    **{name: f"linalg.{name}" for name in "det eigvalsh solve tensorinv tensorsolve".split()},
}  # fmt: skip

#: Kernels of the NumPy backend that look at no number on their way: operation -> module.function.
BORROWED: dict[str, str] = {
    "divide_or_zero": "arithmetic.divide_or_zero_of_arrays",
    "sigmoid": "transcendental.sigmoid_of_arrays",
    "softplus": "transcendental.softplus_of_arrays",
    "sinc": "transcendental.sinc_of_arrays",
    "sinc_derivative": "transcendental.sinc_derivative_of_arrays",
    "cross": "products.cross",
    "matrix_power": "matrix_functions.matrix_power",
    "matrix_norm": "matrix_functions.matrix_norm",
    "singular_sum": "decompositions.singular_sum",
    "spectral_sum": "decompositions.spectral_sum",
    "svdvals": "decompositions.svdvals",
    "eigh": "decompositions.eigh",
    "eig": "decompositions.eig",
    "eigvals": "decompositions.eigvals",
    "qr": "decompositions.qr",
    "svd": "decompositions.svd",
    "slogdet": "solvers.slogdet",
    "split": "shaping.array_split",
    "unstack": "shaping.array_unstack",
    "trace": "shaping.array_trace",
    "diag": "shaping.array_diag",
    "pad_constant": "shaping.array_pad_constant",
    "sort": "scans.array_sort",
    "argsort": "scans.array_argsort",
    "round": "comparison.round_of_arrays",
}

#: Operations of which one argument may be an array of the host: positions and truth values, which are settings as an
#: index is. Name -> its place.
SETTINGS: dict[str, int] = {
    **dict.fromkeys("where where_or_zero".split(), 0),
    **dict.fromkeys("take take_along_axis scatter_take scatter_along_axis put_along_axis".split(), 1),
}

#: What has no method, with the reason that the error gives.
GAPS: dict[str, str] = {
    **dict.fromkeys("dawsn iv ive jv kv yv logm sqrtm".split(), "CuPy has no such function"),
    "roots": "CuPy's roots are those of polynomials with real roots",
    "frechet": "CuPy has no functions of general matrices but exp",
}
