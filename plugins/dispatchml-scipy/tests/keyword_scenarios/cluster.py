"""scipy.cluster."""

import numpy as np

from .moving import moved

PLACES = np.array([[0.1, 0.3], [0.5, 1.1], [2.0, 0.4], [2.3, 0.9], [4.0, 3.1]])
METHODS = ("single", "complete", "average", "weighted", "centroid", "median", "ward")


def linked(f, a):
    """A linkage matrix."""
    return f.hierarchy.linkage(moved(PLACES, a), "average")


SCENARIOS = {
    **{
        f"linkage {m}": lambda f, a, m=m: f.hierarchy.linkage(
            moved(PLACES, a), method=m, metric="euclidean", optimal_ordering=True
        )
        for m in METHODS
    },
    "linkage by streets": lambda f, a: f.hierarchy.linkage(moved(PLACES, a), "complete", metric="cityblock"),
    "cophenet": lambda f, a: f.hierarchy.cophenet(linked(f, a), Y=np.cos(np.arange(10.0) * a)),
    "from_mlab_linkage": lambda f, a: f.hierarchy.from_mlab_linkage(f.hierarchy.to_mlab_linkage(linked(f, a))),
    "maxdists": lambda f, a: f.hierarchy.maxdists(linked(f, a)),
    "maxinconsts": lambda f, a: f.hierarchy.maxinconsts(linked(f, a), moved(3.0 + np.arange(16.0).reshape(4, 4), a)),
    "maxRstat": lambda f, a: f.hierarchy.maxRstat(linked(f, a), moved(3.0 + np.arange(16.0).reshape(4, 4), a), 2),
}
REFUSED = {}
