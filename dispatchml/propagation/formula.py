"""Linear propagation of a covariance through a function: C_y = J C J^T, and its second-order correction.

With x distributed about `mean` with covariance C, and J the jacobian of f at the mean,

    E[f] = f(mean),  Cov[f] = J C J^T,

which is exact for affine functions and the leading order elsewhere: f must be close to its tangent within a few
standard deviations. For normal x the next order (the delta method of order 2) is

    E[f_a] = f_a + 1/2 tr(H_a C),  Cov[f_a, f_b] = (J C J^T)_ab + 1/2 tr(H_a C H_b C),

exact for quadratic functions of normal variables. See Joint Committee for Guides in Metrology, "Guide to the expression
of uncertainty in measurement" (JCGM 100:2008), section 5 and its note on higher-order terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import ArgumentError, ShapeError, at_user_line, describe
from ..transforms import hessian, jacobian
from ..transforms.containers import flatten, flatten_like, unflatten
from ..transforms.forward_pass import is_differentiable


def propagate(function: Callable[[Any], Any], mean: Any, cov: Any, *, order: int = 1) -> tuple[Any, Any]:
    """The mean and the covariance of function(x), for x with a mean and a covariance.

    mean: a number, an array or a container of them, with or without units. cov: for a number its variance, for an array
    of shape s the array of shape s + s, and for a container the container of containers of blocks: cov[i][j] belongs to
    mean[i] and mean[j] and has units of their product. The results are in the same form, by the function's output.
    order=1 is the linear rule J C J^T; order=2 adds the terms of second order for normal x.

    Raises ShapeError for a covariance that does not fit the mean, ArgumentError for another order and for outputs that
    are no real floating-point numbers.

    >>> import numpy as np
    >>> from dispatchml.propagation import propagate
    >>> mean, cov = propagate(lambda x: x[0] * x[1], np.array([2.0, 3.0]), np.diag([0.01, 0.04]))
    >>> round(float(mean), 6), round(float(cov), 6)  # 3**2 * 0.01 + 2**2 * 0.04
    (6.0, 0.25)
    """
    if order not in (1, 2):
        raise ArgumentError(f"propagate: order={order!r}{at_user_line()}. There are the orders 1 and 2.")
    leaves, structure = flatten(mean)
    blocks = blocks_of(cov, structure, leaves)

    def evaluated(x: Any) -> tuple[Any, Any]:
        y = function(x)
        return y, y

    slopes, value = jacobian(evaluated, has_aux=True)(mean)
    outputs, form = flatten(value)
    for y in outputs:
        if not is_differentiable(y) or ops.dtype(y).kind not in "fO":
            raise ArgumentError(
                f"propagate: the function returns {describe(y)}{at_user_line()}, which has no covariance. Return real "
                "floating-point numbers, arrays and containers of them."
            )
    rows = [flatten_like(part, structure, "jacobian", "mean") for part in parts_of(slopes, form)]
    matrices = [
        [matrix(j, y, x) for j, x in zip(row, leaves, strict=True)] for row, y in zip(rows, outputs, strict=True)
    ]
    spread = [[covariance(a, blocks, b) for b in matrices] for a in matrices]
    if order == 2:
        curved = hessian(function)(mean)
        curves = [
            [
                [
                    curvature(h, y, x, z)
                    for h, z in zip(flatten_like(part, structure, "hessian", "mean"), leaves, strict=True)
                ]
                for part, x in zip(parts_of(whole, structure), leaves, strict=True)
            ]
            for whole, y in zip(parts_of(curved, form), outputs, strict=True)
        ]
        products = [contracted(h, blocks) for h in curves]
        outputs = [
            ops.add(y, ops.reshape(half_trace(p), shape=ops.shape(y))) for y, p in zip(outputs, products, strict=True)
        ]
        spread = [
            [ops.add(s, half_products(p, q)) for s, q in zip(line, products, strict=True)]
            for line, p in zip(spread, products, strict=True)
        ]
    found = [
        unflatten(
            form,
            [bare(ops.reshape(s, shape=(*ops.shape(a), *ops.shape(b)))) for s, b in zip(line, outputs, strict=True)],
        )
        for line, a in zip(spread, outputs, strict=True)
    ]
    return unflatten(form, [bare(y) for y in outputs]), unflatten(form, found)


def bare(y: Any) -> Any:
    """A number for an array of no dimension."""
    return ops.getitem(y, index=()) if ops.shape(y) == () and hasattr(y, "__array_ufunc__") else y


def parts_of(tree: Any, structure: Any) -> list[Any]:
    """The subtrees of a tree of trees, where the outer structure has its leaves."""
    return [tree] if structure is None else structure.flatten_up_to(tree)


def size(x: Any) -> int:
    """How many numbers a value has."""
    return math.prod(ops.shape(x))


def blocks_of(cov: Any, structure: Any, leaves: list[Any]) -> list[list[Any]]:
    """The covariance as a table of matrices."""
    table = []
    for x, part in zip(leaves, parts_of(cov, structure), strict=True):
        line = []
        for z, block in zip(leaves, flatten_like(part, structure, "covariance", "mean"), strict=True):
            wanted = (*ops.shape(x), *ops.shape(z))
            if ops.shape(block) != wanted:
                raise ShapeError(
                    f"propagate: a covariance of shape {ops.shape(block)} for values of shapes {ops.shape(x)} and "
                    f"{ops.shape(z)}{at_user_line()}. It must have shape {wanted}: the mean twice, and for "
                    "a container a container of containers of such blocks."
                )
            line.append(ops.reshape(block, shape=(size(x), size(z))))
        table.append(line)
    return table


def matrix(block: Any, y: Any, x: Any) -> Any:
    """A jacobian block as a matrix."""
    return ops.reshape(block, shape=(size(y), size(x)))


def total(terms: list[Any]) -> Any:
    """The sum of terms."""
    found = terms[0]
    for term in terms[1:]:
        found = ops.add(found, term)
    return found


def covariance(a: list[Any], blocks: list[list[Any]], b: list[Any]) -> Any:
    """The sum over all inputs of J_a C J_b^T."""
    return total(
        [
            ops.matmul(ops.matmul(p, block), ops.swapaxes(q, axis1=0, axis2=1))
            for p, line in zip(a, blocks, strict=True)
            for block, q in zip(line, b, strict=True)
        ]
    )


def curvature(block: Any, y: Any, x: Any, z: Any) -> Any:
    """A hessian block as a stack of matrices, one for each number of the output."""
    return ops.reshape(block, shape=(size(y), size(x), size(z)))


def contracted(h: list[list[Any]], blocks: list[list[Any]]) -> list[list[Any]]:
    """The stacks of matrices (H C)[i][k] = sum_j H[i][j] C[j][k]."""
    count = len(blocks)
    return [
        [total([ops.matmul(h[i][j], blocks[j][k]) for j in range(count)]) for k in range(count)] for i in range(count)
    ]


def half_trace(p: list[list[Any]]) -> Any:
    """1/2 tr(H_a C) for each number a of the output."""
    return ops.divide(total([ops.einsum((p[i][i],), subscripts="aii->a") for i in range(len(p))]), 2)


def half_products(p: list[list[Any]], q: list[list[Any]]) -> Any:
    """1/2 tr(H_a C H_b C) for each pair of numbers of two outputs."""
    count = len(p)
    return ops.divide(
        total([ops.einsum((p[i][k], q[k][i]), subscripts="aik,bki->ab") for i in range(count) for k in range(count)]),
        2,
    )
