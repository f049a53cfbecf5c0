"""Distances of vectors, of all pairs of two sets and within one set. Where a distance is 0 its derivative is 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.spatial.distance

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import array, floating, unsupported, without_rule
from ..linalg.structured import arranged

#: Metrics on the last axis by name: metric(u, v, **keywords) of vectors that broadcast.
METRICS: dict[str, Callable[..., Any]] = {}
#: Other names that SciPy takes.
ALIASES = {
    "euclid": "euclidean", "eu": "euclidean", "e": "euclidean", "sqe": "sqeuclidean", "sqeuclid": "sqeuclidean",
    "manhattan": "cityblock", "cblock": "cityblock", "cb": "cityblock", "c": "cityblock", "ch": "chebyshev",
    "chebychev": "chebyshev", "cheby": "chebyshev", "cheb": "chebyshev", "cos": "cosine", "co": "correlation",
    "minkowski": "minkowski", "mi": "minkowski", "m": "minkowski", "pnorm": "minkowski", "mahal": "mahalanobis",
    "mah": "mahalanobis", "se": "seuclidean", "s": "seuclidean", "js": "jensenshannon",
}  # fmt: skip


def metric(function: Callable[..., Any]) -> Callable[..., Any]:
    """A metric of vectors, also as SciPy's function of two vectors."""
    name = function.__name__
    METRICS[name] = function
    if name == "jensenshannon":
        return function

    @replaces(f"scipy.spatial.distance.{name}")
    def of_two(u, v, *settings, **keywords):
        names = {
            "minkowski": ("p", "w"),
            "seuclidean": ("V",),
            "mahalanobis": ("VI",),
            "correlation": ("w", "centered"),
        }
        keywords.update(zip(names.get(name, ("w",)), settings, strict=False))
        return function(floating(u), floating(v), **keywords)

    return function


def weights_of(w: Any) -> Any:
    """Weights of the components; negative ones raise."""
    if w is None:
        return None
    w = floating(w)
    plain = ops.stop_gradient(w)
    if isinstance(plain, np.ndarray) and np.any(plain < 0):
        raise ValueError("Input weights should be all non-negative")
    return w


def total(x: Any, w: Any) -> Any:
    """The weighted sum over components."""
    return np.sum(x if w is None else w * x, axis=-1)


def root(x: Any) -> Any:
    """The square root, with the derivative 0 at 0."""
    none = x == 0
    return np.where(none, 0, np.sqrt(np.where(none, 1, x)))


@metric
def euclidean(u, v, w=None):
    """The root of the sum of squares."""
    d = u - v
    w = weights_of(w)
    return np.linalg.norm(d, axis=-1) if w is None else root(total(d * d, w))


@metric
def sqeuclidean(u, v, w=None):
    """The sum of squares."""
    d = u - v
    return total(d * d, weights_of(w))


@metric
def cityblock(u, v, w=None):
    """The sum of absolute differences."""
    return total(np.absolute(u - v), weights_of(w))


@metric
def chebyshev(u, v, w=None):
    """The largest absolute difference; ties share the derivative."""
    d = np.absolute(u - v)
    w = weights_of(w)
    return np.max(d if w is None else np.where(w > 0, d, 0), axis=-1)


@metric
def minkowski(u, v, p=2, w=None):
    """The p-th root of the sum of p-th powers."""
    if p <= 0:
        raise ValueError("p must be greater than 0")
    d = np.absolute(u - v)
    w = weights_of(w)
    if np.isinf(p):
        return chebyshev(u, v, w)
    if p == 1:
        return total(d, w)
    if p == 2:
        return root(total(d * d, w))
    powers = total(np.where(d == 0, 0, np.where(d == 0, 1, d) ** p), w)
    none = powers == 0
    return np.where(none, 0, np.where(none, 1, powers) ** (1 / p))


@metric
def seuclidean(u, v, V):
    """The Euclidean distance with each component over its variance."""
    d = u - v
    return root(np.sum(d * d / floating(V), axis=-1))


@metric
def mahalanobis(u, v, VI):
    """The distance by an inverse covariance."""
    d = u - v
    return root(np.sum((d @ floating(VI)) * d, axis=-1))


@metric
def cosine(u, v, w=None):
    """1 minus the cosine of the angle."""
    return correlation(u, v, w, centered=False)


def correlation(u, v, w=None, centered=True):
    """1 minus the correlation of the components."""
    w = weights_of(w)
    if w is not None:
        w = w / np.sum(w)
    if centered:
        size = ops.shape(u)[-1]
        mean = (
            (lambda x: np.sum(x, axis=-1, keepdims=True) / size)
            if w is None
            else (lambda x: np.sum(w * x, axis=-1, keepdims=True))
        )
        u, v = u - mean(u), v - mean(v)
    return 1 - total(u * v, w) / np.sqrt(total(u * u, w) * total(v * v, w))


metric(correlation)


@metric
def braycurtis(u, v, w=None):
    """The sum of absolute differences over that of absolute sums."""
    w = weights_of(w)
    return total(np.absolute(u - v), w) / total(np.absolute(u + v), w)


@metric
def canberra(u, v, w=None):
    """The sum of absolute differences, each over the sum of absolute values."""
    scale = np.absolute(u) + np.absolute(v)
    none = scale == 0
    return total(np.where(none, 0, np.absolute(u - v) / np.where(none, 1, scale)), weights_of(w))


@metric
def jensenshannon(p, q, base=None):
    """The root of the Jensen-Shannon divergence of two distributions."""
    p, q = p / np.sum(p, axis=-1, keepdims=True), q / np.sum(q, axis=-1, keepdims=True)
    m = (p + q) / 2
    both = np.sum(ops.rel_entr(p, m), axis=-1) + np.sum(ops.rel_entr(q, m), axis=-1)
    return root((both if base is None else both / np.log(base)) / 2)


@replaces("scipy.spatial.distance.jensenshannon")
def jensenshannon_along(p, q, base=None, *, axis=0, keepdims=False):
    """The Jensen-Shannon distance along an axis."""
    y = jensenshannon(np.moveaxis(floating(p), axis, -1), np.moveaxis(floating(q), axis, -1), base)
    return np.expand_dims(y, axis) if keepdims else y


# ---- of all pairs ----------------------------------------------------------------------------------------------------


def chosen(metric: Any, name: str, sets: tuple[Any, ...], keywords: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """The metric of a name, with what SciPy computes from the sets where it is not given."""
    if keywords.pop("out", None) is not None:
        raise unsupported(f"scipy.spatial.distance.{name}(out=...)", "Use the result.")
    text = str(metric).lower()
    text = ALIASES.get(text, text)
    if text not in METRICS:
        raise unsupported(
            f"scipy.spatial.distance.{name}(metric={metric!r})",
            f"It compares numbers and has no derivative; these have one: {', '.join(sorted(METRICS))}.",
        )
    if text == "seuclidean" and keywords.get("V") is None:
        keywords["V"] = np.var(np.concatenate(sets), axis=0, ddof=1)
    if text == "mahalanobis" and keywords.get("VI") is None:
        keywords["VI"] = np.swapaxes(np.linalg.inv(np.cov(np.swapaxes(np.concatenate(sets), 0, 1))), 0, 1)
    return lambda u, v: METRICS[text](u, v, **keywords)


@replaces("scipy.spatial.distance.cdist")
def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    """The distances of each vector of one set from each of another."""
    a, b = floating(XA), floating(XB)
    if callable(metric):
        rows = [[metric(a[i], b[j], **kwargs) for j in range(ops.shape(b)[0])] for i in range(ops.shape(a)[0])]
        return np.stack([np.stack([array(d) * 1.0 for d in row]) for row in rows])
    return chosen(metric, "cdist", (a, b), {**kwargs, "out": out})(a[:, None, :], b[None, :, :])


@replaces("scipy.spatial.distance.pdist")
def pdist(X, metric="euclidean", *, out=None, **kwargs):
    """The distances of all pairs of one set."""
    x = floating(X)
    i, j = np.triu_indices(ops.shape(x)[0], 1)
    if callable(metric):
        return np.stack([array(metric(x[int(k)], x[int(m)], **kwargs)) * 1.0 for k, m in zip(i, j, strict=True)])
    return chosen(metric, "pdist", (x,), {**kwargs, "out": out})(x[i], x[j])


@replaces("scipy.spatial.distance.squareform")
def squareform(X, force="no", checks=True):
    """Distances of pairs as a matrix, or the other way round."""
    x = array(X)
    plain = ops.stop_gradient(x)
    if checks and isinstance(plain, np.ndarray) and plain.ndim == 2:
        scipy.spatial.distance.squareform(plain, force)  # raises for what is no matrix of distances
    return arranged(lambda places: scipy.spatial.distance.squareform(places, force, checks=False), x)


without_rule(
    "scipy.spatial.distance",
    "hamming jaccard dice rogerstanimoto russellrao sokalsneath yule directed_hausdorff",
    "It compares numbers and has no derivative.",
)
