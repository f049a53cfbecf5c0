"""Functions of scipy.spatial on traced values."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError
from dispatchml.lift.replacing import REPLACEMENTS

rng = np.random.default_rng(13)
X, Y = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
P, Q = np.exp(X), np.exp(Y)
W = np.array([0.3, 0.0, 2.0])
METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation", "braycurtis", "canberra"]

CASES = [
    *(("distance.cdist", (X, Y, m), {}) for m in METRICS),
    *(("distance.cdist", (X, Y, m), {"w": W}) for m in METRICS),
    *(("distance.pdist", (X,), {"metric": m}) for m in METRICS),
    *((f"distance.{m}", (X[0], Y[0]), {}) for m in METRICS),
    *((f"distance.{m}", (X[0], Y[0]), {"w": W + 0.1}) for m in METRICS),
    ("distance.cdist", (X, Y, "minkowski"), {"p": 3}),
    ("distance.cdist", (X, Y, "minkowski"), {"p": 1.5, "w": W}),
    ("distance.minkowski", (X[0], Y[0]), {"p": np.inf}),
    ("distance.minkowski", (X[0], Y[0], 3), {}),
    ("distance.cdist", (X, Y, "seuclidean"), {}),
    ("distance.cdist", (X, Y), {"metric": "seuclidean", "V": W + 1}),
    ("distance.pdist", (X, "seuclidean"), {}),
    ("distance.seuclidean", (X[0], Y[0], W + 1), {}),
    ("distance.cdist", (X, Y, "mahalanobis"), {}),
    ("distance.cdist", (X, Y, "mahalanobis"), {"VI": np.diag(W + 1)}),
    ("distance.mahalanobis", (X[0], Y[0], np.diag(W + 1)), {}),
    ("distance.cdist", (P, Q, "jensenshannon"), {}),
    ("distance.jensenshannon", (P[0], Q[0]), {"base": 2}),
    ("distance.jensenshannon", (P[:3], Q), {"axis": 1, "keepdims": True}),
    ("distance.squareform", (rng.uniform(size=6),), {}),
    ("distance_matrix", (X, Y), {}),
    ("distance_matrix", (X, Y), {"p": 1}),
    ("minkowski_distance", (X[0], Y), {"p": 3}),
    ("minkowski_distance_p", (X[0], Y), {"p": 3}),
    ("procrustes", (X, X[::-1] @ Y), {}),
]


@pytest.mark.parametrize(("name", "arguments", "keywords"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_derivatives(name, arguments, keywords, compare):
    compare(
        f"spatial.{name}",
        *arguments,
        second=1e-4 if name != "procrustes" else 0,
        batch=name != "procrustes",
        **keywords,
    )


def test_procrustes_of_linalg(compare):
    compare("linalg.orthogonal_procrustes", X, rng.normal(size=(4, 3)))


def test_a_matrix_of_distances_as_a_vector():
    f = REPLACEMENTS["scipy.spatial.distance.squareform"].function
    square = np.abs(X @ X.T) * (1 - np.eye(4))
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(f(x) ** 2))(square), np.triu(2 * square))
    with pytest.raises(ValueError, match="must be symmetric"):
        dm.grad(lambda x: np.sum(f(x)))(np.triu(square))


def test_a_metric_of_ones_own():
    f = REPLACEMENTS["scipy.spatial.distance.cdist"].function
    g = dm.grad(lambda x: np.sum(f(x, Y, lambda u, v: np.sum((u - v) ** 2))))
    np.testing.assert_allclose(g(X), dm.grad(lambda x: np.sum(f(x, Y, "sqeuclidean")))(X))


@pytest.mark.parametrize("name", ["cdist", "pdist"])
def test_coinciding_points_have_the_derivative_zero(name):
    f = REPLACEMENTS[f"scipy.spatial.distance.{name}"].function
    points = np.zeros((2, 3))
    others = [points] if name == "cdist" else []
    for metric in ("euclidean", "minkowski", "cityblock", "chebyshev"):
        assert not np.any(dm.grad(lambda x, m=metric: np.sum(f(x, *others, metric=m)))(points))


def test_metrics_of_flags_raise():
    with pytest.raises(
        LiftError, match=r"cdist\(metric='hamming'\) is not supported with traced values \(at .*test_spatial"
    ):
        dm.grad(lambda x: np.sum(REPLACEMENTS["scipy.spatial.distance.cdist"].function(x, Y, "hamming")))(X)


TURNED = Rotation.from_rotvec([0.1, 0.2, 0.3])
ROTATED = {
    "vectors": lambda v: TURNED.apply(v),
    "rotations": lambda v: (TURNED * Rotation.from_rotvec(v) * TURNED).as_rotvec(),
    "powers": lambda v: (TURNED ** v[0]).as_rotvec(),
}


@pytest.mark.parametrize("name", ROTATED)
def test_rotations_that_were_made_before(name):
    if not hasattr(Rotation, "_from_raw_quat"):
        pytest.skip("Rotation is compiled before SciPy 1.17")
    dm.lift.enable("scipy")
    try:
        check = dm.jacobian(ROTATED[name])(X[0])
        steps = [(ROTATED[name](X[0] + h) - ROTATED[name](X[0] - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
        np.testing.assert_allclose(check, np.stack(steps, axis=-1), atol=1e-8)
    finally:
        dm.lift.disable("scipy")
