"""Structured matrices: they keep their structure through products, sums, inverses, derivatives and batches.

What is not closed is computed on a dense array, with a DensifyWarning that names the operation.
"""

from .block import Block, BlockDiagonal, BlockDiagonalTangent, BlockTangent
from .diagonal import Diagonal, ScaledIdentity
from .kronecker import Kronecker, KroneckerTangent
from .low_rank import DiagonalPlusLowRank, DiagonalPlusLowRankTangent, LowRank, LowRankTangent
from .symmetric import Hermitian, Symmetric
from .toeplitz import Circulant, Toeplitz
from .triangular import Triangular

from . import rules as rules  # isort: skip  the rules need all classes

__version__ = "0.1.0"
__all__ = [
    "Block",
    "BlockDiagonal",
    "BlockDiagonalTangent",
    "BlockTangent",
    "Circulant",
    "Diagonal",
    "DiagonalPlusLowRank",
    "DiagonalPlusLowRankTangent",
    "Hermitian",
    "Kronecker",
    "KroneckerTangent",
    "LowRank",
    "LowRankTangent",
    "ScaledIdentity",
    "Symmetric",
    "Toeplitz",
    "Triangular",
]
