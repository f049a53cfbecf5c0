"""Powers, norms and functions of matrices (the last two axes; the others are stacks)."""

from typing import Any

from ..dispatch import operation

__all__ = ["expm", "frechet", "hermitian_function", "logm", "matrix_norm", "matrix_power", "sqrtm"]


@operation(family="linalg")
def matrix_power(a: Any, *, n: int = 1) -> Any:
    """The n-th power of square matrices, n a whole number; a negative one inverts."""


@operation(family="linalg")
def matrix_norm(a: Any, *, ord: Any = "fro", keepdims: bool = False) -> Any:
    """A norm of matrices: "fro", "nuc", 2, -2, 1, -1, inf, -inf. Derivative at 0: 0; ties share equally."""


@operation(family="linalg")
def expm(a: Any) -> Any:
    """The matrix exponential of square matrices, by scaling and squaring (Higham 2005). Dimensionless."""


@operation(family="linalg")
def sqrtm(a: Any) -> Any:
    """The principal square root of square matrices without eigenvalues on the closed negative real axis. Needs SciPy.

    A real matrix has a real result; LinAlgError where there is no real root: pass a complex matrix.
    """


@operation(family="linalg")
def logm(a: Any) -> Any:
    """The principal logarithm of square matrices without eigenvalues on the closed negative real axis. Needs SciPy.

    A real matrix has a real result; LinAlgError where there is no real logarithm: pass a complex matrix.
    """


@operation(family="linalg")
def hermitian_function(a: Any, *, function: Any = "exp") -> Any:
    """A function of symmetric or Hermitian matrices through their eigenvalues; the lower triangle is read.

    function: "exp", "log", "sqrt", "reciprocal", "inverse_sqrt", "sin", "cos", "sinh", "cosh", or ("power", p) for a
    real exponent p. Its derivative (Daleckii and Krein 1965) is exact at equal eigenvalues, to any order; gradients are
    symmetric.
    """


@operation(family="linalg", variadic=True)
def frechet(matrices: Any, *, function: Any = "exp", hermitian: bool = False) -> Any:
    """The mixed derivative of a function of the first matrix in the directions of the others: linear in each of these.

    function: "exp", "log", "sqrt" or ("power", n) for a whole number n; with hermitian=True as `hermitian_function`.
    One matrix alone: the function itself. Computed as the corner of the function of a block triangular matrix (Higham,
    Functions of Matrices, section 3.2), or through divided differences at the eigenvalues.
    """
