"""One matrix of each kind of size 6, as a function of its arrays; what all tests run over."""

import numpy as np
from dispatchml_structured import (
    Block,
    BlockDiagonal,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Hermitian,
    Kronecker,
    LowRank,
    ScaledIdentity,
    Symmetric,
    Toeplitz,
    Triangular,
)

N = 6

#: Name -> (function that builds it, shapes of its arrays behind stacks).
BUILDERS = {
    "identity": (lambda s: ScaledIdentity(s, N), [()]),
    "diagonal": (Diagonal, [(N,)]),
    "lower": (Triangular, [(N, N)]),
    "upper": (lambda a: Triangular(a, lower=False), [(N, N)]),
    "unit": (lambda a: Triangular(a, unit=True), [(N, N)]),
    "symmetric": (Symmetric, [(N, N)]),
    "symmetric_upper": (lambda a: Symmetric(a, lower=False), [(N, N)]),
    "hermitian": (Hermitian, [(N, N)]),
    "low_rank": (LowRank, [(N, 2), (N, 2)]),
    "diagonal_plus": (DiagonalPlusLowRank, [(N,), (N, 2), (N, 2)]),
    "kronecker": (Kronecker, [(2, 2), (3, 3)]),
    "kronecker_nested": (lambda a, b: Kronecker(Diagonal(a), Symmetric(b)), [(2,), (3, 3)]),
    "kronecker_toeplitz": (lambda a, b: Kronecker(Toeplitz.symmetric(a), b), [(2,), (3, 3)]),
    "circulant": (Circulant, [(N,)]),
    "toeplitz": (Toeplitz, [(N,), (N,)]),
    "block_diagonal": (BlockDiagonal, [(2, 3, 3)]),
    "block_diagonal_nested": (lambda d: BlockDiagonal(Diagonal(d)), [(2, 3)]),
    "block": (Block, [(2, 2), (2, 4), (4, 2), (4, 4)]),
    "block_nested": (lambda a, c, d: Block(Diagonal(a), None, c, Symmetric(d)), [(2,), (4, 2), (4, 4)]),
}
NAMES = list(BUILDERS)
#: Whose inverse exists.
REGULAR = [n for n in NAMES if n != "low_rank"]


def real(rng):
    """Normal numbers in a shape."""
    return lambda *shape: rng.normal(size=shape)


def arrays(name, draw, lead=()):
    """The arrays of a matrix."""
    return [np.asarray(draw(*lead, *shape)) for shape in BUILDERS[name][1]]


def build(name, given):
    """The matrix of its arrays."""
    return BUILDERS[name][0](*given)


def matrix(name, draw, lead=()):
    """A matrix."""
    return build(name, arrays(name, draw, lead))


def kind(x):
    """The name of the class of a result."""
    return "dense" if isinstance(x, (np.ndarray, np.generic, float, int, complex)) else type(x).__name__
