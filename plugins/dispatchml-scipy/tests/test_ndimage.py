"""Functions of scipy.ndimage on traced values, in every mode."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError
from dispatchml.lift.replacing import REPLACEMENTS

rng = np.random.default_rng(11)
X = rng.normal(size=(5, 6))
W = rng.normal(size=3)
K = rng.normal(size=(3, 2))
MODES = ["reflect", "mirror", "nearest", "wrap", "constant", "grid-constant", "grid-mirror", "grid-wrap"]
PLACES = rng.uniform(-9, 14, size=(2, 25))
NEAR = rng.uniform(0.1, 3.9, size=(2, 6))

CASES = [
    *(("correlate1d", (X, W), {"mode": m, "cval": 0.3}) for m in MODES),
    ("correlate1d", (X, K[:, 0].copy()), {"axis": 0, "origin": 1}),
    *(("convolve1d", (X, w), {"origin": o}) for w in (W, np.array([0.3, 0.5, 0.1, 0.7])) for o in (0, -1)),
    ("correlate", (X, K), {"mode": "wrap"}),
    ("convolve", (X, K), {}),
    ("convolve", (X, K), {"mode": "constant", "origin": (1, 0), "cval": 0.2}),
    ("gaussian_filter1d", (X, 0.7), {}),
    *(("gaussian_filter1d", (X, 0.7), {"order": k, "axis": 0}) for k in (1, 2, 3)),
    ("gaussian_filter", (X, 0.7), {"mode": "nearest"}),
    ("gaussian_filter", (X, (0.7, 0.4)), {"order": (1, 0), "mode": ("wrap", "mirror"), "truncate": 3.0}),
    ("gaussian_filter", (X, 0.5), {"axes": (1,), "radius": 2}),
    ("gaussian_laplace", (X, 0.7), {}),
    ("gaussian_gradient_magnitude", (X, 0.7), {}),
    ("laplace", (X,), {}),
    ("sobel", (X,), {}),
    ("sobel", (X,), {"axis": 0, "mode": "constant"}),
    ("prewitt", (X,), {}),
    ("uniform_filter1d", (X, 4), {"origin": -1}),
    ("uniform_filter", (X,), {"size": (3, 2)}),
    ("maximum_filter", (X, 3), {}),
    ("minimum_filter", (X,), {"footprint": np.eye(3, dtype=bool)}),
    ("maximum_filter1d", (X, 3), {"axis": 0}),
    ("minimum_filter1d", (X, 2), {"mode": "nearest"}),
    ("median_filter", (X, 3), {}),
    ("median_filter", (X, (2, 1)), {}),
    ("rank_filter", (X, -2, 3), {}),
    ("percentile_filter", (X, 30, 3), {}),
    ("spline_filter", (X,), {}),
    *(
        ("spline_filter1d", (X,), {"order": k, "axis": 0, "mode": m})
        for k in (2, 3, 5)
        for m in ("mirror", "reflect", "grid-wrap")
    ),
    *(("map_coordinates", (X, PLACES), {"mode": m, "cval": 0.3, "order": k}) for m in MODES for k in (0, 1, 2, 3)),
    *(("map_coordinates", (X, NEAR), {"order": k, "mode": m}) for k in (4, 5) for m in ("mirror", "constant")),
    ("map_coordinates", (X, NEAR), {"prefilter": False}),
    ("affine_transform", (X, np.array([[0.9, 0.1], [-0.2, 1.1]]), np.array([0.3, 0.2])), {"mode": "nearest"}),
    ("affine_transform", (X, np.array([0.9, 0.8]), 0.3), {"order": 1, "output_shape": (3, 4)}),
    ("affine_transform", (X, np.array([[0.9, 0.1, 0.33], [-0.2, 0.8, 0.1]])), {}),
    ("shift", (X, 0.3), {"mode": "nearest"}),
    ("shift", (X, np.array([0.3, -0.6])), {"mode": "reflect"}),
    ("shift", (X, 0.3), {"cval": 0.5, "order": 2}),
    ("zoom", (X, 1.7), {"traced": (0,)}),
    ("zoom", (X, (1.7, 0.5)), {"traced": (0,), "mode": "mirror", "order": 1}),
    ("zoom", (X, 2.0), {"traced": (0,), "grid_mode": True, "mode": "grid-constant"}),
    ("rotate", (X, 20.0), {"mode": "nearest"}),
    ("rotate", (X, 20.0), {"reshape": False, "mode": "mirror", "order": 2}),
    ("rotate", (rng.normal(size=(3, 4, 2)), -35.0), {"axes": (0, 2), "mode": "grid-wrap"}),
]


@pytest.mark.parametrize(("name", "arguments", "keywords"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_derivatives(name, arguments, keywords, compare):
    second = (
        1e-3
        if name in ("map_coordinates", "affine_transform", "gaussian_filter1d") and keywords.get("order", 3) > 2
        else 0
    )
    still = ("map_coordinates", "affine_transform", "shift", "rotate", "gaussian")
    compare(f"ndimage.{name}", *arguments, second=second, batch=not name.startswith(still), **keywords)


@pytest.mark.parametrize(("keywords"), [{"output": np.zeros((5, 6))}, {"output": int}])
def test_what_has_no_rule_says_so(keywords):
    function = REPLACEMENTS["scipy.ndimage.correlate1d"].function
    with pytest.raises(LiftError, match=r"scipy\.ndimage\.correlate1d\(output=.*not supported with traced values"):
        dm.grad(lambda x: np.sum(function(x, W, **keywords)))(X)
