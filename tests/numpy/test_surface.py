"""The whole surface against NumPy: each call on plain arrays, and on a layer through NumPy's protocols."""

import numpy as np
import pytest

import dispatchml.numpy as dnp

R = np.random.default_rng(7)
A = R.normal(size=(3, 4))
B = R.normal(size=(3, 4))
V = R.normal(size=5)
W = R.normal(size=5)
P = np.sort(R.uniform(0.5, 2.0, size=6))
S = R.normal(size=(4, 4))
SPD = S @ S.T + 4 * np.eye(4)
T = R.normal(size=(2, 3, 4))
C = R.normal(size=(3, 4)) + 1j * R.normal(size=(3, 4))
N = np.where(A > 0.5, np.nan, A)
K = np.array([2, 0, 1])
M = A > 0

#: name, arguments, keywords: called as numpy.name, dispatchml.numpy.name, and numpy.name on boxes.
CALLS = [
    ("cov", (C,), {}), ("corrcoef", (C,), {}), ("nanquantile", (N, [0.2, 0.7]), {}),
    ("sum", (A,), {}), ("sum", (A, 0), {}), ("sum", (A,), {"axis": (0, 1), "keepdims": True}),
    ("sum", (A, None, None), {}), ("sum", (A,), {"where": M}), ("sum", (A,), {"initial": 3.0}),
    ("sum", (A,), {"axis": 1, "dtype": np.float32}), ("prod", (A, 1), {}), ("prod", (A,), {"where": M, "axis": 0}),
    ("prod", (A,), {"initial": 2.0}), ("mean", (A, 0), {}), ("mean", (A,), {"where": M}),
    ("mean", (A,), {"axis": 1, "keepdims": True, "where": M}), ("var", (A,), {"axis": 1, "ddof": 1}),
    ("var", (A,), {"correction": 1, "axis": 0}), ("var", (A,), {"where": M}),
    ("var", (A,), {"axis": 0, "mean": A.mean(0, keepdims=True)}), ("var", (C,), {}), ("std", (A, 0), {}),
    ("std", (A,), {"where": M}), ("std", (A,), {"ddof": 1, "keepdims": True}), ("max", (A,), {}), ("max", (A, 1), {}),
    ("amax", (A,), {"axis": 0, "keepdims": True}), ("max", (A,), {"initial": 0.3}),
    ("max", (A,), {"where": M, "initial": -9.0, "axis": 1}), ("min", (A, 0), {}), ("amin", (A,), {}),
    ("min", (A,), {"where": M, "initial": 9.0}), ("max", (np.zeros((0, 3)),), {"axis": 0, "initial": -1.0}),
    ("all", (A,), {}), ("any", (A, 0), {}), ("all", (A,), {"axis": 1, "where": M}), ("any", (A,), {"where": M}),
    ("ptp", (A, 1), {}), ("median", (A,), {"axis": 0}), ("median", (A,), {"axis": (0, 1), "keepdims": True}),
    ("average", (A,), {}), ("average", (A,), {"axis": 1, "weights": W[:4]}),
    ("average", (A,), {"weights": B, "returned": True}), ("average", (A,), {"axis": 0, "returned": True}),
    ("count_nonzero", (A > 0,), {"axis": 0}), ("count_nonzero", (A, 1), {}), ("quantile", (A, 0.3), {}),
    ("quantile", (A, [0.1, 0.9], 1), {}), ("percentile", (A, 30.0), {"axis": 0}),
    ("percentile", (A, [20, 50, 80]), {"axis": 1, "keepdims": True, "method": "higher"}), ("nansum", (N, 0), {}),
    ("nanprod", (N,), {}), ("nanmean", (N,), {"axis": 1}), ("nanvar", (N,), {"ddof": 1}), ("nanstd", (N, 0), {}),
    ("nanmax", (N, 1), {}), ("nanmin", (N,), {}), ("nanmedian", (N,), {"axis": 1}), ("nanargmax", (N, 1), {}),
    ("nanargmin", (N, 0), {}), ("nancumsum", (N, 1), {}), ("nancumprod", (N, 0), {}),
    ("nanquantile", (N, 0.4), {"axis": 1}), ("nanpercentile", (N, [30, 60]), {"axis": 1, "keepdims": True}),
    ("cumsum", (A,), {}), ("cumsum", (A, 1), {}), ("cumprod", (A, 0), {}),
    ("cumulative_sum", (V,), {"include_initial": True}), ("cumulative_sum", (A,), {"axis": 1}),
    ("cumulative_prod", (A,), {"axis": 0, "include_initial": True}), ("cov", (A,), {}), ("cov", (A, B), {}),
    ("cov", (A,), {"rowvar": False, "bias": True}), ("cov", (V, W), {}),
    ("cov", (A,), {"fweights": np.array([1, 2, 3, 1])}), ("cov", (A,), {"aweights": np.array([0.5, 1, 2, 1])}),
    ("cov", (A,), {"aweights": [0.5, 1, 2, 1], "fweights": [1, 2, 3, 1]}),
    ("corrcoef", (A,), {}), ("corrcoef", (V, W), {}), ("reshape", (A, (2, 6)), {}), ("reshape", (A, -1), {}),
    ("reshape", (A, (4, 3)), {"order": "F"}), ("ravel", (A,), {}), ("ravel", (A, "F"), {}), ("transpose", (T,), {}),
    ("transpose", (T, (1, 2, 0)), {}), ("permute_dims", (T, (2, 0, 1)), {}), ("matrix_transpose", (T,), {}),
    ("swapaxes", (T, 0, 2), {}), ("moveaxis", (T, 0, -1), {}), ("moveaxis", (T, (0, 1), (2, 0)), {}),
    ("rollaxis", (T, 2), {}), ("rollaxis", (T, 0, 3), {}), ("expand_dims", (A, 1), {}),
    ("expand_dims", (A, (0, 3)), {}), ("squeeze", (A[None, :, None],), {}), ("squeeze", (A[None],), {"axis": 0}),
    ("flip", (A,), {}), ("flip", (A, 0), {}), ("fliplr", (A,), {}), ("flipud", (A,), {}), ("rot90", (A,), {}),
    ("rot90", (A, 3), {}), ("rot90", (T, 2, (0, 2)), {}), ("roll", (A, 2), {}), ("roll", (A, 1, 0), {}),
    ("roll", (A, (1, 2), (0, 1)), {}), ("broadcast_to", (V, (3, 5)), {}), ("broadcast_arrays", (A, A[0]), {}),
    ("atleast_1d", (A,), {}), ("atleast_2d", (V,), {}), ("atleast_3d", (V, A), {}), ("atleast_3d", (T,), {}),
    ("concatenate", ((A, B),), {}), ("concatenate", ((A, B), 1), {}), ("concatenate", ([A, B],), {"axis": None}),
    ("concat", ((A, B),), {"axis": 1}), ("stack", ([A, B],), {}), ("stack", ((A, B), -1), {}),
    ("hstack", ((A, B),), {}), ("hstack", ([V, W],), {}), ("vstack", ((A, B),), {}), ("vstack", ([V, W],), {}),
    ("dstack", ((A, B),), {}), ("column_stack", ((V, W),), {}), ("block", ([[A, B], [B, A]],), {}),
    ("block", ([V, W],), {}), ("append", (A, B), {}), ("append", (A, B, 0), {}), ("split", (A, 2, 1), {}),
    ("array_split", (V, 3), {}), ("split", (V, [1, 3]), {}), ("hsplit", (A, 2), {}), ("vsplit", (A, 3), {}),
    ("dsplit", (T, 2), {}), ("unstack", (A,), {"axis": 1}), ("tile", (A, 2), {}), ("tile", (A, (2, 1, 3)), {}),
    ("repeat", (A, 2), {}), ("repeat", (A, [1, 0, 2], 0), {}), ("resize", (A, (5, 3)), {}), ("pad", (A, 2), {}),
    ("pad", (A, ((1, 2), (0, 3))), {"constant_values": 4.0}), ("pad", (V, 2, "edge"), {}),
    ("pad", (V, (2, 3), "reflect"), {}), ("pad", (V, 2, "wrap"), {}), ("pad", (A, 1, "mean"), {}),
    ("pad", (V, 2, "linear_ramp"), {"end_values": 1.0}), ("pad", (V, 2, "symmetric"), {}),
    ("pad", (V, 2, "maximum"), {}), ("trim_zeros", (np.array([0.0, 1, 0, 2, 0]),), {}), ("shape", (A,), {}),
    ("ndim", (A,), {}), ("size", (A,), {}), ("size", (A, 1), {}), ("take", (A, K), {}), ("take", (A, K, 0), {}),
    ("take", (A, [5, -1]), {"axis": 1, "mode": "wrap"}), ("take_along_axis", (A, np.argsort(A, 1), 1), {}),
    ("where", (M, A, B), {}), ("where", (M, A, 0.0), {}), ("where", (M,), {}), ("nonzero", (A,), {}),
    ("flatnonzero", (A,), {}), ("argwhere", (A,), {}), ("compress", ([True, False, True], A, 0), {}),
    ("extract", (M, A), {}), ("choose", ([0, 1, 1, 0, 1], [V, W]), {}), ("select", ([A > 1, A < 0], [A, B], 5.0), {}),
    ("select", ([A > 1, A < 0], [A, 2 * A]), {}),
    ("piecewise", (V, [V < 0, V >= 0], [lambda x: -x, lambda x: x * 2]), {}),
    ("piecewise", (V, [V < 0], [1.0, 2.0]), {}), ("delete", (A, 1, 0), {}), ("delete", (V, [0, 2]), {}),
    ("insert", (V, 2, 9.0), {}), ("insert", (A, 1, B[0], 0), {}), ("diagonal", (A,), {}),
    ("diagonal", (T, 1, 1, 2), {}), ("diag", (V,), {}), ("diag", (A, 1), {}), ("diagflat", (A,), {}),
    ("trace", (S,), {}), ("trace", (T, 1, 0, 1), {}), ("tril", (A,), {}), ("triu", (A, 1), {}), ("ix_", (V, W), {}),
    ("argmax", (A,), {}), ("argmax", (A, 0), {}), ("argmin", (A, 1), {}), ("sort", (A,), {}), ("sort", (A, 0), {}),
    ("sort", (A, None), {}), ("argsort", (A,), {}), ("argsort", (A, 0), {"kind": "stable"}),
    ("partition", (V, 2), {}), ("argpartition", (V, 2), {}), ("searchsorted", (P, V), {}),
    ("searchsorted", (P, 1.0, "right"), {}), ("digitize", (V, P), {}), ("digitize", (V, P[::-1].copy()), {}),
    ("digitize", (P, P, True), {}), ("histogram", (A,), {}), ("histogram", (V, 4, (-1.0, 1.0)), {}),
    ("histogram", (V, P), {"weights": W}), ("histogram", (V, 3), {"density": True, "weights": np.abs(W)}),
    ("bincount", (np.array([1, 1, 3]),), {}), ("bincount", (K, V[:3]), {}), ("lexsort", ((V, W),), {}),
    ("isin", (V, W), {}), ("unique", (np.array([2.0, 1, 2]),), {}),
    ("unique", (np.array([2.0, 1, 2]), True, True, True), {}), ("unique_values", (np.array([2.0, 1, 2]),), {}),
    ("unique_counts", (np.array([2.0, 1, 2]),), {}), ("unique_all", (np.array([[2.0, 1], [2, 3]]),), {}),
    ("unique_inverse", (np.array([2.0, 1, 2]),), {}), ("union1d", (V, W), {}), ("intersect1d", (V, V[:2]), {}),
    ("setdiff1d", (V, V[:2]), {}), ("setxor1d", (V, V[1:]), {}), ("dot", (A, B.T), {}), ("dot", (V, W), {}),
    ("dot", (A, 2.0), {}), ("vdot", (C, C), {}), ("matmul", (A, B.T), {}), ("matmul", (T, S), {}),
    ("inner", (A, B), {}), ("outer", (V, W), {}), ("vecdot", (A, B), {}), ("vecdot", (A, B), {"axis": 0}),
    ("matvec", (T, W[:4]), {}), ("vecmat", (W[:4], S), {}), ("kron", (A, V), {}),
    ("tensordot", (T, T, ([0, 1], [0, 1])), {}), ("tensordot", (A, B.T, 1), {}), ("tensordot", (A, B), {"axes": 2}),
    ("cross", (A[:, :3], B[:, :3]), {}), ("einsum", ("ij,kj->ik", A, B), {}), ("einsum", ("ii", S), {}),
    ("einsum", (A, [0, 1], B, [2, 1], [0, 2]), {}), ("einsum", ("...j,j", T, W[:4]), {}), ("convolve", (V, W), {}),
    ("convolve", (V, P, "same"), {}), ("correlate", (V, P), {}), ("correlate", (V, W, "full"), {}),
    ("polyval", (V, A), {}), ("polyadd", (V, P), {}), ("polysub", (P, V), {}), ("polymul", (V, W), {}),
    ("polyder", (V,), {}), ("polyint", (V,), {}), ("polyint", (V, 2), {"k": [1.0, 2.0]}), ("vander", (V,), {}),
    ("vander", (V, 3, True), {}), ("polyfit", (V, W, 2), {}), ("polyfit", (P, P**2, 2), {"w": P}), ("diff", (A,), {}),
    ("diff", (A, 2, 0), {}), ("diff", (V,), {"prepend": 0.0, "append": [1.0, 2.0]}), ("diff", (V, 0), {}),
    ("ediff1d", (A,), {}), ("ediff1d", (V, [9.0], 7.0), {}), ("trapezoid", (A,), {}), ("trapezoid", (V, W), {}),
    ("trapezoid", (A,), {"dx": 0.5, "axis": 0}), ("gradient", (V,), {}), ("gradient", (A, 0.5), {}),
    ("gradient", (A,), {"axis": 1, "edge_order": 2}), ("gradient", (V, P[:5]), {}),
    ("gradient", (V, P[:5]), {"edge_order": 2}), ("gradient", (A, 2.0, P[:4]), {"edge_order": 2}),
    ("interp", (V, P, P**2), {}), ("interp", (V, P, P**2, -1.0, 5.0), {}), ("interp", (V, P, P**2), {"period": 3.0}),
    ("interp", (P, P, P**2), {}), ("interp", (0.7, P, P**2), {}), ("unwrap", (4 * np.cumsum(P),), {}),
    ("unwrap", (np.array([0.0, 3.5, 7.0, -1.0, np.pi - 1]),), {}), ("unwrap", (10 * A,), {"axis": 0, "period": 4.0}),
    ("asarray", ([V, W],), {}), ("array", (A,), {"ndmin": 3}), ("array", (A,), {"dtype": np.float32}),
    ("copy", (A,), {}), ("zeros_like", (A,), {}), ("ones_like", (A,), {"dtype": np.float32}),
    ("full_like", (A, 3.0), {}), ("zeros_like", (A,), {"shape": (2,)}), ("linspace", (0.0, V, 4), {}),
    ("linspace", (V, W, 3), {"axis": 1}), ("linspace", (V, W, 4), {"endpoint": False, "retstep": True}),
    ("logspace", (V, W, 3), {}), ("geomspace", (P, 2 * P, 4), {}), ("meshgrid", (V, W), {}),
    ("meshgrid", (V, W), {"indexing": "ij", "sparse": True}), ("meshgrid", (V, W, P), {}), ("real", (C,), {}),
    ("imag", (C,), {}), ("angle", (C,), {}), ("angle", (C, True), {}), ("conj", (C,), {}),
    ("clip", (A, -0.5, 0.5), {}), ("clip", (A, None, 0.5), {}), ("clip", (A,), {"min": 0.0}),
    ("clip", (A, B, B + 1), {}), ("round", (A, 1), {}), ("around", (A,), {}), ("fix", (3 * A,), {}),
    ("sinc", (A,), {}), ("i0", (A,), {}), ("nan_to_num", (N,), {"nan": 2.0}), ("isposinf", (N,), {}),
    ("isneginf", (N,), {}), ("iscomplex", (C,), {}), ("isreal", (C,), {}), ("iscomplexobj", (C,), {}),
    ("isrealobj", (A,), {}), ("isclose", (A, A + 1e-9), {}), ("allclose", (A, B), {}), ("array_equal", (A, A), {}),
    ("array_equal", (N, N), {"equal_nan": True}), ("array_equiv", (A, A), {}), ("astype", (A, np.float32), {}),
    ("result_type", (A, np.float32), {}), ("can_cast", (np.float32, np.float64), {}),
    ("apply_along_axis", (np.sum, 1, A), {}), ("apply_along_axis", (lambda r: np.cumsum(r)[:2], 0, A), {}),
    ("apply_over_axes", (np.sum, T, [0, 2]), {}), ("divmod", (A, B), {}), ("modf", (3 * A,), {}),
    ("float_power", (P, P), {}), ("heaviside", (A, 0.5), {}), ("ldexp", (A, 3), {}),
]  # fmt: skip

LINALG = [
    ("matrix_rank", (A,), {"rtol": 0.5}), ("pinv", (A,), {"rtol": 0.5}),
    ("cholesky", (SPD,), {}), ("qr", (A,), {}), ("qr", (A.T,), {"mode": "complete"}), ("qr", (A,), {"mode": "r"}),
    ("svd", (A, False), {}), ("svd", (S,), {}), ("svd", (A,), {"compute_uv": False}), ("svdvals", (A,), {}),
    ("eigh", (SPD,), {}), ("eigvalsh", (SPD,), {}), ("inv", (S,), {}), ("pinv", (A,), {}), ("solve", (SPD, A.T), {}),
    ("solve", (SPD, V[:4]), {}), ("det", (S,), {}), ("slogdet", (S,), {}), ("matrix_power", (S, 3), {}),
    ("matrix_power", (S, -2), {}), ("matrix_rank", (A,), {}), ("cond", (S,), {}), ("multi_dot", ([A, S, B.T],), {}),
    ("norm", (A,), {}), ("norm", (V, 1), {}), ("norm", (V, np.inf), {}), ("norm", (A, "nuc"), {}),
    ("norm", (A, 2), {}), ("norm", (A, 1), {}), ("norm", (A,), {"axis": 1}),
    ("norm", (T,), {"axis": (0, 2), "keepdims": True}), ("norm", (T, 3, 1), {}),
    ("vector_norm", (A,), {"axis": 0, "ord": 1}), ("matrix_norm", (T,), {"ord": np.inf}),
    ("diagonal", (T,), {"offset": 1}), ("trace", (T,), {}), ("outer", (V, W), {}),
    ("cross", (A[:, :3], B[:, :3]), {}), ("matmul", (A, S), {}), ("tensordot", (A, B), {"axes": 2}),
    ("vecdot", (A, B), {}), ("matrix_transpose", (A,), {}), ("tensorinv", (R.normal(size=(4, 2, 2)),), {"ind": 1}),
    ("tensorsolve", (R.normal(size=(2, 2, 4)), R.normal(size=(2, 2))), {}),
]  # fmt: skip

FFT = [
    ("fft", (V,), {}), ("fft", (A, 6, 0), {}), ("ifft", (C,), {"norm": "ortho"}), ("rfft", (A,), {}),
    ("irfft", (C,), {"n": 5}), ("hfft", (C,), {}), ("ihfft", (V,), {}), ("fft2", (A,), {}), ("ifft2", (C,), {}),
    ("rfft2", (A,), {}), ("irfft2", (C,), {}), ("fftn", (T,), {"axes": (0, 1)}),
    ("ifftn", (C,), {"s": (2, 2), "axes": (0, 1)}), ("rfftn", (T,), {}), ("irfftn", (C,), {}), ("fftshift", (A,), {}),
    ("ifftshift", (V,), {}), ("fftshift", (A,), {"axes": 1}), ("fftfreq", (5, 0.1), {}), ("rfftfreq", (6,), {}),
]  # fmt: skip

UNARY = """
abs absolute acos acosh asin asinh atan atanh arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil conj cos cosh
deg2rad degrees exp exp2 expm1 fabs floor isfinite isinf isnan log log10 log1p log2 logical_not negative positive
rad2deg radians reciprocal rint sign signbit sin sinh spacing sqrt square tan tanh trunc
""".split()
BINARY = """
add arctan2 atan2 copysign divide equal floor_divide fmax fmin fmod greater greater_equal hypot less less_equal
logaddexp logaddexp2 logical_and logical_or logical_xor maximum minimum mod multiply nextafter not_equal pow power
remainder subtract true_divide
""".split()
CASES = (
    [("", c) for c in CALLS]
    + [("linalg", c) for c in LINALG]
    + [("fft", c) for c in FFT]
    + [("", (n, (np.abs(A) + (1.5 if n in ("acosh", "arccosh") else 0.0),), {})) for n in UNARY]
    + [("", (n, (np.abs(A), np.abs(B[0])), {})) for n in BINARY]
)


def name_of(case):
    """A readable name for a case."""
    room, (name, arguments, keywords) = case
    return "-".join(filter(None, (room, name, *map(str, keywords), str(len(arguments)))))


def has_numbers(x):
    """Whether an array of real or complex numbers, which a box can hold, is among the arguments."""
    if isinstance(x, (list, tuple)):
        return any(map(has_numbers, x))
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


class Place(int):
    """Where an array stood."""


def taken(x, found, change):
    """Arguments with a place for each array that `change` gives something for, which is collected in `found`."""
    made = change(x)
    if made is not None:
        found.append(made)
        return Place(len(found) - 1)
    if isinstance(x, (list, tuple)):
        return type(x)(taken(e, found, change) for e in x)
    return {k: taken(e, found, change) for k, e in x.items()} if isinstance(x, dict) else x


def filled(x, arrays):
    """The arguments with arrays in the places."""
    if type(x) is Place:
        return arrays[x]
    if isinstance(x, (list, tuple)):
        return type(x)(filled(e, arrays) for e in x)
    return {k: filled(e, arrays) for k, e in x.items()} if isinstance(x, dict) else x


def expected(case):
    """NumPy's answer."""
    room, (name, arguments, keywords) = case
    with np.errstate(all="ignore"):
        return getattr(getattr(np, room) if room else np, name)(*arguments, **keywords)


def assert_same(got, wanted, rtol=1e-12):
    """Equal in structure, shape, dtype and value."""
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for g, w in zip(got, wanted, strict=True):
            assert_same(g, w, rtol)
        return
    assert np.shape(got) == np.shape(wanted)
    if isinstance(wanted, (np.ndarray, np.generic)):
        assert np.asarray(got).dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=rtol, atol=1e-13)
    else:
        assert got == wanted


@pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))
def test_plain_arrays_get_numpys_result(case):
    room, (name, arguments, keywords) = case
    function = getattr(getattr(dnp, room) if room else dnp, name)
    with np.errstate(all="ignore"):
        assert_same(function(*arguments, **keywords), expected(case), rtol=0)


DOORS = [(door, case) for case in CASES for door in ("numpy", "dispatchml") if has_numbers(case[1][1])]
#: NumPy's own functions of these names do not ask their arguments.
DOORS = [(door, case) for door, case in DOORS if not (door == "numpy" and case[1][0] in ("array", "asarray", "astype"))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("door", "case"), DOORS, ids=[f"{d}-{name_of(c)}" for d, c in DOORS])
def test_layers_get_the_same_inside(case, door, box):
    room, (name, arguments, keywords) = case
    space = np if door == "numpy" else dnp
    function = getattr(getattr(space, room) if room else space, name)
    with np.errstate(all="ignore"):
        got = function(*box.put(arguments), **keywords)
    assert_same(box.take(got), expected(case), rtol=1e-9)
