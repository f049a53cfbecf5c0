"""Products of vectors, matrices and tensors. Units multiply; the sums inside need one dimension throughout.

Arrays may be real or complex; only `vdot` and `vecdot` conjugate (their first argument).
"""

from typing import Any

from ..dispatch import operation
from .metadata import shape

__all__ = [
    "convolve", "correlate", "cross", "dot", "einsum", "inner", "kron", "matmul", "multi_dot", "outer", "tensordot",
    "vdot", "vecdot",
]  # fmt: skip


@operation(family="linalg")
def matmul(a: Any, b: Any) -> Any:
    """The matrix product: (..., m, k) with (..., k, n); 1-d arguments are a row on the left, a column on the right."""


@operation(family="linalg")
def dot(a: Any, b: Any) -> Any:
    """NumPy's `dot`: last axis of a with the second-last of b (its only one if 1-d); a number multiplies."""


@operation(family="linalg")
def inner(a: Any, b: Any) -> Any:
    """The sum over the last axes of both: shape a.shape[:-1] + b.shape[:-1]; a number multiplies."""


@operation(family="linalg")
def outer(a: Any, b: Any) -> Any:
    """All products of an element of a with one of b, both flattened: shape (a.size, b.size)."""


@operation(family="linalg")
def vdot(a: Any, b: Any) -> Any:
    """The sum of conj(a) * b over all elements; both have the same number of elements."""


@operation(family="linalg")
def vecdot(a: Any, b: Any, *, axis: int = -1) -> Any:
    """The sum of conj(a) * b along an axis; the other axes broadcast. `axis` counts in each argument by itself."""


@operation(family="linalg")
def tensordot(a: Any, b: Any, *, axes: Any = 2) -> Any:
    """The sum over pairs of axes: the last `axes` of a with the first of b, or the pairs that two sequences name."""


@operation(family="linalg", variadic=True)
def einsum(arrays: Any, *, subscripts: str = "", optimize: Any = True) -> Any:
    """Einstein summation of a tuple of arrays: ellipsis, repeated and implicit subscripts as in NumPy.

    `optimize` chooses the order of the products only; small ones are done in one go whatever it says.
    """


@operation(family="linalg")
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: every element of a times the whole of b, axis by axis."""


@operation(family="linalg")
def cross(a: Any, b: Any, *, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The vector product of 3-vectors along an axis of each argument and of the result; the other axes broadcast."""


@operation(family="linalg")
def convolve(a: Any, b: Any, *, mode: str = "full") -> Any:
    """The discrete convolution of two 1-d arrays; mode "full", "same" or "valid"."""


@operation(family="linalg")
def correlate(a: Any, b: Any, *, mode: str = "valid") -> Any:
    """The cross-correlation of two 1-d arrays, sum of a[n + k] * conj(b[n]); mode "full", "same" or "valid"."""


@operation(family="linalg", variadic=True)
def multi_dot(arrays: Any) -> Any:
    """The product of a tuple of matrices in the cheapest order; the first and the last may be 1-d."""


@multi_dot.decompose
def dot_in_best_order(arrays: Any) -> Any:
    """The products in the order with the fewest multiplications (Cormen et al., section 14.2)."""
    arrays = tuple(arrays)
    shapes = [shape(x) for x in arrays]
    rows = [shapes[0][0] if len(shapes[0]) == 2 else 1, *(s[0] for s in shapes[1:])]
    sizes = (*rows, shapes[-1][1] if len(shapes[-1]) == 2 else 1)
    best: dict[tuple[int, int], tuple[int, int]] = {(k, k): (0, k) for k in range(len(arrays))}
    for length in range(1, len(arrays)):
        for i in range(len(arrays) - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        return arrays[i] if i == j else matmul(product(i, best[i, j][1]), product(best[i, j][1] + 1, j))

    return product(0, len(arrays) - 1)
