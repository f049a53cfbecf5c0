"""Linkage matrices, by their distances."""

import numpy as np
import pytest
import scipy.cluster.hierarchy as hierarchy
from scipy.spatial.distance import pdist

import dispatchml as dm

PLACES = np.array([[0.1, 0.3], [0.5, 1.1], [2.0, 0.4], [2.3, 0.9], [4.0, 3.1]])


def check(f, x):
    direction = np.cos(1.0 + np.arange(x.size)).reshape(x.shape)
    change = (f(x + 1e-5 * direction) - f(x - 1e-5 * direction)) / 2e-5
    value, gradient = dm.value_and_grad(f)(x)
    assert value == pytest.approx(f(x), rel=1e-12)
    assert np.sum(gradient * direction) == pytest.approx(change, rel=1e-7)
    assert dm.jvp(f, (x,), (direction,))[1] == pytest.approx(change, rel=1e-7)


def weighted(z):
    return np.sum(z[:, 2] * (1.0 + np.arange(len(z)))) + np.sum(z[:, 0])


@pytest.mark.parametrize("method", ["single", "complete", "average", "weighted", "centroid", "median", "ward"])
def test_linkage(method):
    check(lambda x: weighted(hierarchy.linkage(x, method)), PLACES)
    check(lambda y: weighted(hierarchy.linkage(y, method)), pdist(PLACES))


def test_what_is_computed_of_linkages():
    def linked(scale):
        return hierarchy.linkage(scale * PLACES, "average")

    check(lambda s: np.sum(hierarchy.cophenet(linked(s))), np.array(1.3))
    check(lambda x: hierarchy.cophenet(hierarchy.linkage(x), pdist(PLACES))[0], PLACES)
    check(lambda s: np.sum(hierarchy.maxdists(linked(s))), np.array(1.3))
    check(lambda s: weighted(hierarchy.from_mlab_linkage(hierarchy.to_mlab_linkage(linked(s)))), np.array(1.3))
    statistics = hierarchy.inconsistent(hierarchy.linkage(PLACES))
    check(lambda r: np.sum(hierarchy.maxinconsts(hierarchy.linkage(PLACES), r)), statistics + 0.01)
