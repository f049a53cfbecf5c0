"""Inputs of the evals, made from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def lse(rng: np.random.Generator, n: int) -> dict[str, Any]:
    return {"x": rng.random(n).tolist()}


def llsq(rng: np.random.Generator, n: int, m: int = 128) -> dict[str, Any]:
    return {"x": rng.random(m).tolist(), "n": n}


def gmm(rng: np.random.Generator, d: int, k: int, n: int = 1000) -> dict[str, Any]:
    return {
        "d": d,
        "k": k,
        "n": n,
        "m": 0,
        "gamma": 1.0,
        "x": rng.normal(size=(n, d)).tolist(),
        "alpha": rng.normal(size=k).tolist(),
        "mu": rng.random((k, d)).tolist(),
        "q": rng.normal(size=(k, d)).tolist(),
        "l": rng.normal(size=(k, d * (d - 1) // 2)).tolist(),
    }


def kmeans(rng: np.random.Generator, k: int, n: int, d: int = 8) -> dict[str, Any]:
    """The last points are the centroids to begin with, so that no cluster is empty."""
    points = rng.random((n, d)).tolist()
    return {"points": points, "centroids": points[-k:]}


def ode(rng: np.random.Generator, n: int, s: int) -> dict[str, Any]:
    return {"x": rng.random(n).tolist(), "s": s}


def lstm(rng: np.random.Generator, layers: int, c: int, b: int = 14) -> dict[str, Any]:
    return {
        "main_params": rng.uniform(-0.5, 0.5, (2 * layers, 4 * b)).tolist(),
        "extra_params": rng.uniform(-0.5, 0.5, (3, b)).tolist(),
        "state": rng.uniform(-0.5, 0.5, (2 * layers, b)).tolist(),
        "sequence": rng.integers(0, 2, (c, b)).tolist(),
    }


def ba(rng: np.random.Generator, n: int, m: int, p: int) -> dict[str, Any]:
    turn, centre = rng.normal(size=3), rng.normal(size=3) * 40
    return {
        "n": n,
        "m": m,
        "p": p,
        "cam": [*turn, *centre, 419.194514, 5.864426, -8.51887, 0.087812, 0.002739],
        "x": (rng.normal(size=3) * 4).tolist(),
        "w": float(rng.random()),
        "feat": (rng.random(2) * 500).tolist(),
    }


def particle(rng: np.random.Generator) -> dict[str, Any]:
    return {"w": 0.0}


def saddle(rng: np.random.Generator) -> dict[str, Any]:
    return {"start": [1.0, 1.0]}


def det(rng: np.random.Generator, ell: int) -> dict[str, Any]:
    return {"A": rng.random(ell * ell).tolist(), "ell": ell}


def ht(rng: np.random.Generator, points: int, vertices: int = 544, places: bool = True) -> dict[str, Any]:
    """A made-up hand: random bones near the identity and random weights, as many bones as the suite's."""
    bones, triangles = 22, vertices - 2
    parents = [-1, *(0 if bone % 4 == 1 else bone - 1 for bone in range(1, bones))]  # wrist, five fingers, forearm
    near = [(np.eye(4) + 0.1 * np.pad(rng.normal(size=(3, 4)), ((0, 1), (0, 0)))).tolist() for _ in range(2 * bones)]
    weights = rng.random((vertices, bones)) ** 8
    model = {
        "bone_count": bones,
        "bone_names": [f"bone {i}" for i in range(bones)],
        "parents": parents,
        "base_relatives": near[:bones],
        "inverse_base_absolutes": near[bones:],
        "base_positions": np.hstack([rng.normal(size=(vertices, 3)), np.ones((vertices, 1))]).tolist(),
        "weights": (weights / weights.sum(1, keepdims=True)).tolist(),
        "triangles": [[i, i + 1, i + 2] for i in range(triangles)],
        "is_mirrored": False,
    }
    which = rng.integers(0, triangles if places else vertices, points)
    return {
        "theta": (0.3 * rng.normal(size=26)).tolist(),
        "us": rng.random((points, 2)).tolist() if places else [],
        "data": {"model": model, "correspondences": which.tolist(), "points": rng.normal(size=(points, 3)).tolist()},
    }


class Eval:
    """make(rng, *sizes) makes an input; value: the name of a function; derivatives: names, of which the fastest counts;
    table: sizes that are measured.
    """

    def __init__(
        self, make: Callable[..., dict[str, Any]], value: str | None, derivatives: str, *table: tuple[int, ...]
    ):
        self.make, self.value, self.derivatives, self.table = make, value, derivatives.split(), table
        self.limits: dict[str, int] = {}

    def leave(self, **limits: int) -> Eval:
        """Peers that take minutes on the workloads from this one on (its place in the table)."""
        self.limits = limits
        return self

    def too_slow(self, peer: str, sizes: tuple[int, ...]) -> bool:
        return self.table.index(sizes) >= self.limits.get(peer, len(self.table))


EVALS = {
    "lse": Eval(lse, "primal", "gradient", (2500,), (40_000,), (640_000,)),
    "llsq": Eval(llsq, "primal", "gradient", (256,), (16_392,)),
    "gmm": Eval(gmm, "objective", "jacobian", (2, 5), (10, 25), (64, 5), (64, 25)),
    "kmeans": Eval(kmeans, "cost", "dir", (10, 1000), (100, 10_000), (1000, 10_000)).leave(autograd=2),
    "ode": Eval(ode, "primal", "gradient", (1000, 10), (10_000, 100), (100_000, 100)).leave(autograd=1, tape=2),
    "lstm": Eval(lstm, "objective", "jacobian", (2, 1024), (6, 1024)).leave(autograd=0, torch=0),
    "ba": Eval(ba, "objective", "jacobian", (49, 7776, 1000), (49, 7776, 31_843)),
    "particle": Eval(particle, None, "ff fr rf rr", ()),
    "saddle": Eval(saddle, None, "ff fr rf rr", ()),
    "ht": Eval(ht, "objective", "jacobian", (100,), (1600,)),
    "det": Eval(det, "primal", "gradient", (5,), (7,)).leave(torch=1, autograd=1, jax=1),
}
