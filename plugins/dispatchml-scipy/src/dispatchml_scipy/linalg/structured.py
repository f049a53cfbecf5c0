"""Matrices that are made of vectors: each entry is one of the given numbers, or zero."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import array


def arranged(arrange: Callable[..., Any], *arrays: Any) -> Any:
    """What a function that only places numbers makes of arrays: it is run on their positions, which are then taken."""
    arrays = tuple(array(x) for x in arrays)
    sizes = [int(np.prod(ops.shape(x), dtype=int)) for x in arrays]
    ends = np.cumsum([1, *sizes])
    places = arrange(
        *(np.arange(start, start + n).reshape(ops.shape(x)) for x, start, n in zip(arrays, ends, sizes, strict=False))
    )
    kind = np.result_type(*(ops.dtype(x) for x in arrays))
    flat = [np.zeros(1, kind), *(ops.reshape(x, shape=(-1,)) for x in arrays)]
    return ops.take(ops.concatenate(tuple(flat), axis=0), np.asarray(places), axis=0)


@replaces("scipy.linalg.toeplitz")
def toeplitz(c, r=None):
    """A matrix with constant diagonals."""
    if r is not None:
        return arranged(scipy.linalg.toeplitz, c, r)
    c = array(c)
    return arranged(scipy.linalg.toeplitz, c, np.conj(c)) if ops.dtype(c).kind == "c" else arranged(toeplitz_of_real, c)


def toeplitz_of_real(c: Any) -> Any:
    return scipy.linalg.toeplitz(c, c)


@replaces("scipy.linalg.hankel")
def hankel(c, r=None):
    """A matrix with constant antidiagonals."""
    return arranged(scipy.linalg.hankel, c) if r is None else arranged(scipy.linalg.hankel, c, r)


@replaces("scipy.linalg.circulant")
def circulant(c):
    """A matrix whose columns are one vector, turned round."""
    return arranged(scipy.linalg.circulant, c)


@replaces("scipy.linalg.leslie")
def leslie(f, s):
    """The matrix of a population in classes of age."""
    return arranged(scipy.linalg.leslie, f, s)


@replaces("scipy.linalg.block_diag")
def block_diag(*arrs):
    """Matrices along a diagonal."""
    return arranged(scipy.linalg.block_diag, *arrs)


@replaces("scipy.linalg.convolution_matrix")
def convolution_matrix(a, n, mode="full"):
    """The matrix of a convolution with a."""
    return arranged(lambda places: scipy.linalg.convolution_matrix(places, n, mode), a)


@replaces("scipy.linalg.companion")
def companion(a):
    """The companion matrix of a polynomial."""
    a = array(a)
    first = -a[1:] / (1.0 * a[0])
    size = ops.shape(first)[0]
    return np.concatenate((first[None, :], np.eye(size)[:-1]), axis=0)


@replaces("scipy.linalg.fiedler")
def fiedler(a):
    """The distances of numbers."""
    a = np.atleast_1d(array(a))
    return np.absolute(a[:, None] - a)


@replaces("scipy.linalg.fiedler_companion")
def fiedler_companion(a):
    """Fiedler's companion matrix of a polynomial."""
    a = array(a)
    monic = a / a[0]
    n = ops.shape(a)[0] - 1
    sample = scipy.linalg.fiedler_companion(np.arange(1.0, n + 2))
    rows, columns = np.nonzero(sample < -1)
    which = np.rint(-sample[rows, columns]).astype(int) - 1
    constant = np.where(sample < -1, 0.0, sample)
    return constant + ops.scatter(-monic[which], index=(rows, columns), shape=(n, n))
