"""Cells without meaning, each with one of a closed list of mathematical reasons.

There is no other way for a cell to be absent. A declared cell must raise: one that gives a number all the same fails.
"""

from enum import Enum
from fnmatch import fnmatchcase

LARGEST_SHARE = 0.05


class Reason(Enum):
    """Why there is nothing to compute. "Not supported" is no reason."""

    IRRATIONAL = "the result is irrational, and the type holds rational numbers only"
    NOT_HOLOMORPHIC = "the function has no complex derivative: it is not holomorphic"
    UNKNOWN_EQUATION = "an equation of the linear system is unknown, so the system has no solution"
    SINGULAR = "a matrix of less than full rank has no inverse"
    NO_SUCH_VALUE = "a value of the outer class stores its numbers itself, so none that holds the inner type exists"


#: (row, program, transform): reason. Patterns as in a shell; a row of a pair is outer(inner).
MEANINGLESS = {
    ("numpy.ma", "solve", "*"): Reason.UNKNOWN_EQUATION,
    ("DataArray(scipy csr_array)", "*", "*"): Reason.NO_SUCH_VALUE,
    ("numpy.ma([A-Z]*)", "*", "*"): Reason.NO_SUCH_VALUE,  # structured matrices
    ("ndarray complex", "choices", "jacobian"): Reason.NOT_HOLOMORPHIC,
    ("ndarray complex", "choices", "hessian"): Reason.NOT_HOLOMORPHIC,
    ("fractions.Fraction", "ufuncs", "*"): Reason.IRRATIONAL,
    ("array of fractions.Fraction", "ufuncs", "*"): Reason.IRRATIONAL,
    ("complex Hermitian", "*", "jacobian"): Reason.NOT_HOLOMORPHIC,  # half of its entries are conjugates
    ("complex Hermitian", "*", "hessian"): Reason.NOT_HOLOMORPHIC,
    ("LowRank", "solve", "*"): Reason.SINGULAR,
    ("numpy.ma(sparse.COO)", "*", "*"): Reason.NO_SUCH_VALUE,  # numpy.ma holds its numbers in an ndarray
    ("numpy.ma(scipy csr_array)", "*", "*"): Reason.NO_SUCH_VALUE,
    ("scipy csr_array(array of *", "*", "*"): Reason.NO_SUCH_VALUE,  # SciPy's sparse arrays have no objects
    ("scipy csr_array(gvar*", "*", "*"): Reason.NO_SUCH_VALUE,
    ("scipy csr_array(ufloat*", "*", "*"): Reason.NO_SUCH_VALUE,
}


#: Classes that plugins declare and that are the argument of no program, as "module.Class": why.
NO_ARGUMENTS = {
    "dispatchml_xarray.opening.Opened": "an object of xarray on the way to a result, such as a groupby; no array",
    "scipy.sparse._matrix.spmatrix": "its `*` is the matrix product, so no program means the same: it is refused",
    "dispatchml_sparse.numbers.Stacked": "a batch of sparse arrays, which only rules see",
    "dispatchml_structured.kronecker.KroneckerTangent": "a derivative with respect to a Kronecker, whose row it is in",
    "dispatchml_structured.low_rank.LowRankTangent": "a derivative with respect to a LowRank, whose row it is in",
    "dispatchml_structured.low_rank.DiagonalPlusLowRankTangent": "a derivative, as the one of LowRank",
    "dispatchml_structured.block.BlockTangent": "a derivative with respect to blocks of which one is a LowRank",
    "dispatchml_structured.block.BlockDiagonalTangent": "a derivative, as the one of Block",
}


def declaration_for(row, program, transform):
    """The first declaration that is of a cell, or None."""
    return next((p for p in MEANINGLESS if all(map(fnmatchcase, (row, program, transform), p))), None)


def reason_for(row, program, transform):
    """Why a cell has no meaning, or None."""
    return MEANINGLESS.get(declaration_for(row, program, transform))
