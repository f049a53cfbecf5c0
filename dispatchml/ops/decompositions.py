"""Matrix decompositions. Matrices are the last two axes, the others are stacks; several results are a tuple of arrays.

Conventions. `cholesky`, `eigh` and `eigvalsh` read one triangle; their derivative is that of the function of the
symmetrised matrix (a + a^H)/2, so gradients are symmetric (Hermitian). Eigenvectors and singular vectors have a free
sign or phase, which their derivative does not turn: functions of them must not depend on it. At equal eigenvalues
(singular values) vectors have no derivative: a backward sweep that uses it raises NonDifferentiableError, a forward
one has nan there; the values are fine. For functions of a symmetric matrix use `hermitian_function`, which is exact.
"""

from typing import Any

from ..dispatch import operation

__all__ = [
    "cholesky", "divide_by_gaps", "eig", "eigh", "eigvals", "eigvalsh", "even_out", "lu", "qr", "roots", "singular_sum",
    "spectral_sum", "svd", "svdvals", "turn_equal",
]  # fmt: skip


@operation(family="linalg")
def cholesky(a: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with L L^H = a, or the upper U with U^H U = a. Reads that triangle of a."""


@operation(family="linalg")
def lu(a: Any) -> Any:
    """(P, L, U) with a = P L U, partial pivoting; the permutation P is constant. Needs SciPy."""


@operation(family="linalg")
def qr(a: Any, *, mode: str = "reduced") -> Any:
    """(Q, R) with a = Q R; the diagonal of R is real, of either sign. mode: "reduced" or "complete".

    The derivative needs the first min(m, n) columns independent; "complete" has one where it is the same as "reduced".
    """


@operation(family="linalg")
def svd(a: Any, *, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """(U, s, V^H) with a = U diag(s) V^H, s falling; s alone with compute_uv=False.

    full_matrices=True adds vectors that span the rest: functions must depend on what they span only.
    """


@operation(family="linalg")
def svdvals(a: Any) -> Any:
    """The singular values, falling. The derivative at a zero singular value: 0, a subgradient."""


@operation(family="linalg")
def eigh(a: Any, *, UPLO: str = "L") -> Any:
    """(w, v): eigenvalues, rising, and eigenvectors (columns) of a Hermitian matrix; the triangle UPLO is read."""


@operation(family="linalg")
def eigvalsh(a: Any, *, UPLO: str = "L") -> Any:
    """The eigenvalues, rising, of a symmetric or Hermitian matrix, of which the triangle UPLO is read."""


@operation(family="linalg")
def eig(a: Any) -> Any:
    """(w, v): eigenvalues and eigenvectors (columns of norm 1) of a square matrix; always complex."""


@operation(family="linalg")
def eigvals(a: Any) -> Any:
    """The eigenvalues of a square matrix. Always complex, whatever the values."""


@operation(family="linalg")
def roots(p: Any) -> Any:
    """The roots of a polynomial with these coefficients, highest power first, as numpy.roots finds and orders them;
    real where all are. Roots that coincide have an infinite slope.
    """


@operation(family="linalg")
def divide_by_gaps(x: Any, w: Any, *, sums: bool = False, degenerate: str = "raise") -> Any:
    """x[..., i, j] / (w[..., j] - w[..., i]), 0 where i = j; with sums=True x[..., i, j] / (w[..., i] + w[..., j]).

    What the derivative of eigenvectors is made of. Where the divisor is zero within rounding (of the largest w) the
    result is 0 if x is, too; else NonDifferentiableError, or nan with degenerate="nan".
    """


@operation(family="linalg")
def spectral_sum(a: Any, weights: Any, *, UPLO: str = "L") -> Any:
    """v diag(weights) v^H with the eigenvectors v of a Hermitian a: the derivative of functions of its eigenvalues.

    Its own derivative exists where eigenvalues are equal too, along one direction, if their weights are equal there.
    """


@operation(family="linalg")
def singular_sum(a: Any, weights: Any) -> Any:
    """u diag(weights) v^H with the singular vectors of a: the derivative of functions of its singular values.

    Its own derivative exists where singular values are equal too, along one direction, if their weights are equal; not
    where they are 0.
    """


@operation(family="linalg")
def turn_equal(h: Any, w: Any, *, twice: bool = False) -> Any:
    """The unitary matrix that mixes vectors of equal w only and makes a Hermitian h diagonal among them; the identity
    where no two w are equal. With h = v^H da v it turns the eigenvectors v of a to those of a + t da for small t.

    twice: it is itself differentiated. Another direction turns them otherwise, so that what belongs together is mixed
    up: raises NonDifferentiableError where equal w have different numbers in h.
    """


@operation(family="linalg")
def even_out(x: Any, w: Any) -> Any:
    """x, with its mean in the place of elements of equal w where these agree within rounding."""
