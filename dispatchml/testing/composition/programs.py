"""The programs of the matrix: what users write, and the same on plain arrays in elementary steps.

A program is homogeneous in its argument, so that it makes sense with units; `given` is the Subject, which has the
constants. A reference knows of absent elements, and calls neither dispatchml nor a linear-algebra routine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 2.0, 5.0]])
B = np.array([1.0, 2.0, -1.0])
C = np.array([3.0, 1.0, 2.0])
WHOLE = np.arange(3)


@dataclass(frozen=True)
class Form:
    """A program for arguments of one dimension: what users write, the reference, the degree, the axes of the value."""

    function: Callable[[Any, Any], Any]
    reference: Callable[[Any, Any], Any]
    degree: int
    axes: tuple[Any, ...]


def solved(matrix: Any, right: Any) -> Any:
    """The solution of three linear equations by Cramer's rule."""
    columns = [[matrix[i, j] for i in range(3)] for j in range(3)]
    volume = triple(*columns)
    given = [right[i] for i in range(3)]
    return np.stack(
        [np.asarray(triple(*[given if j == k else columns[j] for j in range(3)]) / volume) for k in range(3)]
    )


def triple(a: Any, b: Any, c: Any) -> Any:
    """The triple product of three columns."""
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])


def there(x: Any, present: Any) -> Any:
    """The elements that are not absent, with zero in place of the others."""
    return x if present is None else np.where(present, x, 0 * x)


def count(x: Any, present: Any) -> Any:
    """How many elements are there."""
    return np.size(x) if present is None else int(np.sum(present))


def like(constant: Any, x: Any) -> Any:
    """A constant of whole numbers in the arithmetic of x."""
    return np.vectorize(int)(constant).astype(object) if np.asarray(x).dtype == object else constant


def polynomial(x: Any, given: Any) -> Any:
    return 3 * x**3 - 2 * x * x * given.one


def polynomial_reference(x: Any, present: Any) -> Any:
    return 3 * x * x * x - 2 * x * x


def ufuncs(x: Any, given: Any) -> Any:
    t = x / given.one
    return np.sin(t) * np.exp(-t) + np.log1p(t) + np.tanh(t)


def ufuncs_reference(x: Any, present: Any) -> Any:
    return np.sin(x) / np.exp(x) + np.log(1 + x) + 1 - 2 / (np.exp(2 * x) + 1)


def reductions(x: Any, given: Any) -> Any:
    return np.sum(x * x) + 2 * np.mean(x) * x.sum() - np.sum(np.cumsum(x, axis=0) * x)


def reductions_reference(x: Any, present: Any) -> Any:
    y = there(x, present)
    rising = sum((y[i] * y[j] for i in range(len(y)) for j in range(i + 1)), start=0 * y[0])
    return np.asarray((y * y).sum() + 2 * y.sum() * y.sum() / count(x, present) - np.sum(rising))


def indexing(x: Any, given: Any) -> Any:
    return x[1:] * x[0] + x[np.array([1, 2])] * x[-1]


def indexing_reference(x: Any, present: Any) -> Any:
    return np.stack([x[1] * (x[0] + x[2]), x[2] * (x[0] + x[2])])


def indexing_matrix(x: Any, given: Any) -> Any:
    return x[1, :] * x[0, 0] + x[2] * x[1, 1]


def indexing_matrix_reference(x: Any, present: Any) -> Any:
    return np.stack([x[1, k] * x[0, 0] + x[2, k] * x[1, 1] for k in range(3)])


def matmul(x: Any, given: Any) -> Any:
    return x @ (given.constant(A, (None, 0)) @ x)


def matmul_reference(x: Any, present: Any) -> Any:
    y, a = there(x, present), like(A, x)
    return np.asarray(sum(y[i] * a[i, j] * y[j] for i in range(3) for j in range(3)))


def matmul_matrix(x: Any, given: Any) -> Any:
    b, c = given.constant(B, (None,)), given.constant(C, (None,))
    return b @ (x @ (x @ c)) + (b @ (x @ c)) * given.one


def matmul_matrix_reference(x: Any, present: Any) -> Any:
    b, c = like(B, x), like(C, x)
    once = [sum(x[i, j] * c[j] for j in range(3)) for i in range(3)]
    twice = [sum(x[i, j] * once[j] for j in range(3)) for i in range(3)]
    return np.asarray(sum(b[i] * (once[i] + twice[i]) for i in range(3)))


def solve(x: Any, given: Any) -> Any:
    return np.linalg.solve(given.constant(A, (None, 0)), x * x)


def solve_reference(x: Any, present: Any) -> Any:
    return solved(like(A, x), x * x)


def solve_matrix(x: Any, given: Any) -> Any:
    return np.linalg.solve(x, given.constant(B, (None,)))


def solve_matrix_reference(x: Any, present: Any) -> Any:
    return solved(x, like(B, x))


def choices(x: Any, given: Any) -> Any:
    return np.where(x > given.one, x * x, x * given.one) + np.maximum(x, given.one) * np.abs(x) + np.max(x) * x


def choices_reference(x: Any, present: Any) -> Any:
    y = np.abs(x)  # all are positive, or zero where a pattern has nothing
    return np.where(x > 1, x * x, x) + np.where(x > 1, x, 1) * y + np.max(there(x, present)) * x


def of_vector(of: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The program of a vector for one number x, as the vector x, 2 x, 3 x."""
    return lambda x, given: of(np.stack([x, 2 * x, 3 * x]), given)


def number(form: Form) -> Form:
    """A program of a vector as one of a number."""
    return Form(of_vector(form.function), of_vector(form.reference), form.degree, tuple(None for _ in form.axes))


VECTOR = {
    "polynomial": Form(polynomial, polynomial_reference, 3, (WHOLE,)),
    "ufuncs": Form(ufuncs, ufuncs_reference, 0, (WHOLE,)),
    "reductions": Form(reductions, reductions_reference, 2, ()),
    "indexing": Form(indexing, indexing_reference, 2, (np.array([1, 2]),)),
    "matmul": Form(matmul, matmul_reference, 2, ()),
    "solve": Form(solve, solve_reference, 2, (None,)),
    "choices": Form(choices, choices_reference, 2, (WHOLE,)),
}
MATRIX = {
    "polynomial": Form(polynomial, polynomial_reference, 3, (WHOLE, WHOLE)),
    "ufuncs": Form(ufuncs, ufuncs_reference, 0, (WHOLE, WHOLE)),
    "reductions": Form(reductions, reductions_reference, 2, ()),
    "indexing": Form(indexing_matrix, indexing_matrix_reference, 2, (None,)),
    "matmul": Form(matmul_matrix, matmul_matrix_reference, 2, ()),
    "solve": Form(solve_matrix, solve_matrix_reference, -1, (None,)),
    "choices": Form(choices, choices_reference, 2, (WHOLE, WHOLE)),
}
NUMBER = {
    name: Form(form.function, form.reference, form.degree, ()) if name in ("polynomial", "ufuncs") else number(form)
    for name, form in VECTOR.items()
}
#: By the number of dimensions of what the programs see.
FORMS = {0: NUMBER, 1: VECTOR, 2: MATRIX}
PROGRAMS = tuple(VECTOR)
