"""The declarations of the plugin: GVars are uncertain numbers in the slot "scalar".

A GVar is a mean, a sparse vector of derivatives with respect to the primary GVars, and the covariance matrix of these,
which all GVars share. Sums and products are the library's own; everything else acts by dispatchml's derivative rules.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import gvar
import numpy as np
from gvar import GVar
from gvar._svec_smat import svec

from dispatchml import ops
from dispatchml.propagation import register_uncertain

from . import doors, methods


def entries(vector: Any) -> dict[int, float]:
    """A sparse vector as a dict."""
    return dict(zip(np.asarray(vector.indices()).tolist(), np.asarray(vector.values()).tolist(), strict=True))


def combine(y: float, terms: Sequence[tuple[float, Any]], like: Any) -> GVar:
    """The GVar with mean y and a linear combination of the derivatives of others."""
    if not terms:
        return GVar(y, svec(0), like.internaldata[2])
    covariance = terms[0][1].internaldata[2]
    if any(x.internaldata[2] is not covariance for _, x in terms):
        raise ValueError("incompatible GVars: they were made before and after gvar.switch_gvar()")
    if len(terms) == 1:
        ((p, x),) = terms
        return GVar(y, x.internaldata[1].mul(p), covariance)
    if len(terms) == 2:
        (p, x), (q, z) = terms
        return GVar(y, x.internaldata[1].add(z.internaldata[1], p, q), covariance)
    total = gvar.wsum_gvar(np.array([p for p, _ in terms]), np.array([x for _, x in terms], object))
    return GVar(y, total.internaldata[1], covariance)


def weights(x: GVar) -> Mapping[int, float]:
    """The covariance with each primary GVar."""
    _, vector, covariance = x.internaldata
    return entries(covariance.dot(vector))


def power(a: Any, b: Any) -> Any:
    """The library's power of a positive number to a plain one; all else has corners that dispatchml's rule knows."""
    return a**b if isinstance(a, GVar) and type(b) in (int, float) and a.mean > 0 else NotImplemented


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a GVar first meets an operation."""
    register_uncertain(
        GVar,
        mean=lambda x: x.mean,
        combine=combine,
        components=lambda x: entries(x.internaldata[1]),
        weights=weights,
        deviation=lambda x: x.sdev,
        arithmetic={
            ops.add: operator.add,
            ops.subtract: operator.sub,
            ops.multiply: operator.mul,
            ops.negative: operator.neg,
            ops.positive: operator.pos,
            ops.square: lambda x: x * x,
            ops.equal: operator.eq,
            ops.not_equal: operator.ne,
        },
        attempts={ops.divide: operator.truediv, ops.power: power},
        methods=methods.METHODS,
    )
    doors.open_doors()
