"""Structured matrices: what is stored is the point, what programs see is the matrix."""

import numpy as np

from dispatchml.testing.composition import PLAIN, Probe, Subject

LIBRARIES = ("dispatchml_structured",)
#: Where the six numbers of a triangle stand.
ROWS, COLUMNS = np.array([0, 1, 1, 2, 2, 2]), np.array([0, 0, 1, 0, 1, 2])
FIVE = np.array([2.0, 3.0, 1.5, 0.5, 0.25])
#: Points and directions where not three numbers are stored.
POINTS = {
    1: {"point": np.array([1.25]), "direction": np.array([-0.5])},
    6: {
        "point": np.array([2.0, 0.5, 3.0, 1.25, 0.25, 4.0]),
        "direction": np.array([1.0, -0.5, 0.25, 0.5, -0.25, 1.0]),
    },
}


def subjects():
    import dispatchml_structured as st
    from dispatchml_structured.base import Structure

    def pattern(places):
        """Matrices whose entry (i, j) is the number places[i, j] of those that are stored; -1: zero."""
        return lambda x: np.where(places < 0, 0, np.asarray(x)[..., places])

    def by_stored(places, count):
        """A result's derivatives with respect to matrix entries as those with respect to the stored numbers.

        The derivative by a stored number is the sum over the entries that are made of it.
        """
        made_of = np.stack([np.where(places == k, 1, 0) for k in range(count)])

        def numbers(x, e):
            full = x.materialise() if isinstance(x, Structure) else np.asarray(x)
            parts = made_of.astype(full.dtype)  # the precision is that of the result
            if e.role in ("gradient", "product", "jacobian", "hessian"):
                full = np.tensordot(full, parts, axes=((-2, -1), (1, 2)))
            if e.role == "hessian":
                full = np.moveaxis(np.tensordot(full, parts, axes=((-3, -2), (1, 2))), -1, -2)
            return full

        return numbers

    def is_product(e):
        """A product with a dense array is one, where there are no zeros to keep."""
        return PLAIN if e.program == "meeting" and e.role in ("value", "tangent") else is_matrix(e)

    def is_matrix(e):
        """Programs on the entries give matrices, and so are gradients; sums, rows and solutions are plain."""
        if e.role in ("gradient", "product"):
            return {}
        is_vector = e.program in ("reductions", "indexing", "matmul", "solve") or e.program.startswith("probe")
        if e.role == "jacobian":  # row by row the gradients, a stack of the same kind; forwards, entry by entry
            return {} if is_vector else PLAIN
        scalar = e.transform in ("grad", "value_and_grad", "hvp", "checkpoint")
        return PLAIN if e.role == "hessian" or is_vector or scalar else {}

    def subject(cls, make, places, rank, **more):
        places = np.array(places)
        count = places.max() + 1
        return Subject(
            name=cls.__name__, slot="structure", family="pattern", cls=cls, make=make, embed=pattern(places), rank=rank,
            numbers=by_stored(places, count), expect=is_matrix if cls in keeping_zeros else is_product,
            **POINTS.get(count, {}), **more,
        )  # fmt: skip

    keeping_zeros = (st.Diagonal, st.Triangular, st.ScaledIdentity)
    diagonal = [[0, -1, -1], [-1, 1, -1], [-1, -1, 2]]
    ones = [[0, -1, -1], [-1, 0, -1], [-1, -1, 0]]
    lower = [[0, -1, -1], [1, 2, -1], [3, 4, 5]]
    mirrored = [[0, 1, 3], [1, 2, 4], [3, 4, 5]]

    def filled(x):
        """The stored numbers in the lower triangle of an array, with others above that must not matter."""
        x = np.asarray(x)
        made = np.full((*x.shape[:-1], 3, 3), 7, x.dtype)
        made[..., ROWS, COLUMNS] = x
        return made

    def block(x):
        """A diagonal corner, a block of zeros, a row and a number."""
        return st.Block(st.Diagonal(x[..., :2]), None, x[..., None, 3:], x[..., 2:3, None])

    return [
        subject(
            st.Diagonal, st.Diagonal, diagonal, 2,
            probes=[
                Probe(".diag", lambda x, given: np.sum(x.diag**2), lambda n: np.sum(n * n), 2, plain=True),
                Probe(".T", lambda x, given: np.trace(x.T @ x), lambda n: np.sum(n * n), 2, plain=True),
            ],
        ),
        subject(st.Symmetric, lambda x: st.Symmetric(filled(x)), mirrored, 3),
        subject(st.Triangular, lambda x: st.Triangular(filled(x)), lower, 4),
        subject(st.Circulant, st.Circulant, [[0, 2, 1], [1, 0, 2], [2, 1, 0]], 5),
        subject(st.Toeplitz, lambda x: st.Toeplitz(x, x), [[0, 1, 2], [1, 0, 1], [2, 1, 0]], 6),
        # a Diagonal, where it meets a dense array: its pairs are those of Diagonal
        subject(st.ScaledIdentity, lambda x: st.ScaledIdentity(x[..., 0], 3), ones, 1, pairs=False),
        subject(
            st.Block, block, [[0, -1, -1], [-1, 1, -1], [3, 4, 2]], 9,
            point=FIVE, direction=FIVE[::-1],
        ),
        subject(st.BlockDiagonal, lambda x: st.BlockDiagonal(x[..., None, None]), diagonal, 8),
    ]  # fmt: skip
