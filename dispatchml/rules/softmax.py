"""Derivatives of logsumexp, softmax and log_softmax, without a nan where elements are -inf."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..ops.axes import Axis
from .reductions import conjugated, widened
from .registry import rule


def weights(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """exp(x - y), which is softmax(x); 0 where all are -inf."""
    wide = widened(y, ops.ndim(x), axis, keepdims)
    finite = ops.not_equal(wide, -math.inf)
    return ops.exp(ops.subtract(x, ops.where_or_zero(finite, wide)))


@rule(ops.logsumexp).jvp
def logsumexp_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return ops.sum(ops.strong_multiply(tangents[0], weights(y, x, axis, keepdims)), axis=axis, keepdims=keepdims)


@rule(ops.logsumexp).vjp
def logsumexp_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    def logsumexp_pullback(ct: Any, strong: bool = False) -> Any:
        wide = widened(ct, ops.ndim(x), axis, keepdims)
        if strong:  # -inf - -inf
            return (ops.strong_multiply(wide, conjugated(weights(y, x, axis, keepdims))),)
        share = ops.exp(ops.subtract(x, widened(y, ops.ndim(x), axis, keepdims)))
        return (ops.strong_multiply(wide, conjugated(share)),)

    return logsumexp_pullback


logsumexp_vjp.careful = True


@rule(ops.softmax).jvp
def softmax_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = -1) -> Any:
    change = ops.strong_multiply(tangents[0], y)
    return ops.subtract(change, ops.strong_multiply(ops.sum(change, axis=axis, keepdims=True), y))


@rule(ops.softmax).vjp
def softmax_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = -1) -> Any:
    def softmax_pullback(ct: Any) -> Any:
        share = conjugated(y)
        change = ops.strong_multiply(ct, share)
        return (ops.subtract(change, ops.strong_multiply(ops.sum(change, axis=axis, keepdims=True), share)),)

    return softmax_pullback


@rule(ops.log_softmax).jvp
def log_softmax_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = -1) -> Any:
    mean = ops.sum(ops.strong_multiply(tangents[0], ops.exp(y)), axis=axis, keepdims=True)
    return ops.subtract(tangents[0], mean)


@rule(ops.log_softmax).vjp
def log_softmax_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = -1) -> Any:
    def log_softmax_pullback(ct: Any) -> Any:
        total = ops.sum(ct, axis=axis, keepdims=True)
        return (ops.subtract(ct, ops.strong_multiply(total, conjugated(ops.exp(y)))),)

    return log_softmax_pullback
