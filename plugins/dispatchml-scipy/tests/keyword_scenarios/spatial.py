"""scipy.spatial."""

import numpy as np

from .moving import moved

rng = np.random.default_rng(13)
X, Y = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
P, Q = np.exp(X), np.exp(Y)
W = np.array([0.3, 0.2, 2.0])
METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation", "braycurtis", "canberra"]

#: Points without kinks nearby.
X = np.array([[0.3, 1.7, -0.9], [-1.2, 0.4, 2.2], [2.6, -0.8, 0.7], [1.1, 3.0, -2.1]])

SCENARIOS = {
    **{
        f"cdist {m}": lambda f, a, m=m: f.distance.cdist(
            moved(X[:3], a), -np.flip(moved(P, a)), metric=m, out=None, w=moved(W, a)
        )
        for m in METRICS
    },
    **{
        f"pdist {m}": lambda f, a, m=m: f.distance.pdist(moved(X[:3], a), metric=m, out=None, w=moved(W, a))
        for m in METRICS
    },
    **{
        f"{m}": lambda f, a, m=m: getattr(f.distance, m)(moved(X[0], a), moved(Y[0], a), w=moved(W, a))
        for m in METRICS
        if m != "chebyshev"
    },
    "chebyshev": lambda f, a: f.distance.chebyshev(moved(X[1], a), np.flip(moved(Y[0], a)), w=moved(W, a)),
    "correlation about zero": lambda f, a: f.distance.correlation(moved(X[0], a), moved(Y[0], a), centered=False),
    "minkowski": lambda f, a: f.distance.minkowski(moved(X[0], a), moved(Y[0], a), p=1.5, w=moved(W, a)),
    "minkowski inf": lambda f, a: f.distance.minkowski(moved(X[1], a), np.flip(moved(Y[0], a)), p=np.inf),
    "cdist minkowski": lambda f, a: f.distance.cdist(moved(X, a), moved(Y, a), "minkowski", p=3, w=moved(W, a)),
    "pdist minkowski": lambda f, a: f.distance.pdist(moved(X, a), "minkowski", p=3),
    "cdist seuclidean": lambda f, a: f.distance.cdist(moved(X, a), moved(Y, a), "seuclidean", V=moved(W, a)),
    "pdist seuclidean": lambda f, a: f.distance.pdist(moved(X, a), "seuclidean"),
    "seuclidean": lambda f, a: f.distance.seuclidean(moved(X[0], a), moved(Y[0], a), V=moved(W, a)),
    "cdist mahalanobis": lambda f, a: f.distance.cdist(
        moved(X, a), moved(Y, a), "mahalanobis", VI=np.diag(moved(W, a))
    ),
    "pdist mahalanobis": lambda f, a: f.distance.pdist(moved(rng_more(), a), "mahalanobis"),
    "mahalanobis": lambda f, a: f.distance.mahalanobis(moved(X[0], a), moved(Y[0], a), VI=np.diag(moved(W, a))),
    "cdist jensenshannon": lambda f, a: f.distance.cdist(moved(P, a), moved(Q, a), "jensenshannon"),
    "jensenshannon": lambda f, a: f.distance.jensenshannon(moved(P[:3], a), moved(Q, a), base=3, axis=1, keepdims=True),
    "cdist of ones own": lambda f, a: f.distance.cdist(moved(X, a), moved(Y, a), lambda u, v: np.sum((u - v) ** 4)),
    "squareform": lambda f, a: f.distance.squareform(
        moved(np.exp(rng_more().ravel()[:6]), a), force="tomatrix", checks=False
    ),
    "distance_matrix": lambda f, a: f.distance_matrix(moved(X, a), moved(Y, a), p=3, threshold=2),
    "minkowski_distance": lambda f, a: f.minkowski_distance(moved(X[:3], a), np.flip(moved(Y, a)), p=3),
    "minkowski_distance_p": lambda f, a: f.minkowski_distance_p(moved(X[:3], a), np.flip(moved(Y, a)), p=3),
    "rotation": lambda f, a: turned(f).apply(moved(X[:3], a), inverse=True),
    "rotation of rotations": lambda f, a: (turned(f) * f.transform.Rotation.from_rotvec(moved(Y, a))).as_matrix(),
    "mean rotation": lambda f, a: turned(f).mean(weights=moved(W, a), axis=None).as_matrix(),
    "procrustes": lambda f, a: f.procrustes(moved(X, a), moved(X[::-1] @ Y, a)),
}


def turned(f):
    """Rotations of plain numbers."""
    return f.transform.Rotation.from_rotvec(Y)


def rng_more():
    """Enough points for their covariance."""
    return np.sin(np.arange(18.0) ** 2).reshape(6, 3)


REFUSED = {
    "hamming": lambda f, a: f.distance.cdist(moved(X, a), Y, "hamming"),
    "out": lambda f, a: f.distance.cdist(moved(X, a), Y, out=np.zeros((4, 3))),
    "pdist out": lambda f, a: f.distance.pdist(moved(X, a), out=np.zeros(6)),
}
