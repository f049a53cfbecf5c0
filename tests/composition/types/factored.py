"""Structured matrices that are no real linear function of what they store: factors, and complex triangles."""

import numpy as np

from dispatchml.testing.composition import PLAIN, Subject

LIBRARIES = ("dispatchml_structured",)
#: Where the six numbers of a triangle stand, and which of them are on the diagonal.
ROWS, COLUMNS = np.array([0, 1, 1, 2, 2, 2]), np.array([0, 0, 1, 0, 1, 2])
REAL = ROWS == COLUMNS
SIX = np.array([2.0, 0.5, 3.0, 1.25, 0.25, 4.0])
#: A derivative by factors in units is a direction of quantities, each in a unit of its own, and none round another
#: type: tests of the plugin look at them. Numbers of other types than float and complex have no conjugate.
FACTORED_PAIRS, HERMITIAN_PAIRS = frozenset(("exact", "errors", "plain", "labels")), frozenset(("units", "labels"))
DIRECTIONS = np.array([1.0, -0.5, 0.25, 0.5, -0.25, 1.0])


def subjects():
    import dispatchml_structured as st
    from dispatchml_structured import spaces
    from dispatchml_structured.base import Structure

    def column(x):
        return np.asarray(x)[..., None]

    def shown(x):
        return x.materialise() if isinstance(x, Structure) else np.asarray(x)

    def is_plain(e):
        """Sums, rows and solutions are plain; so are values of a sum, and products with a dense array."""
        scalar = e.transform in ("grad", "value_and_grad", "hvp", "checkpoint")
        vector = e.program in ("reductions", "indexing", "matmul", "solve", "meeting")
        return e.role in ("value", "tangent") and (scalar or vector)

    def factored(cls, parts, point, direction, rank):
        """A derivative has one number for each number of the factors, a second one for each pair of them; products of
        entries are dense.
        """
        tangent = spaces.TANGENTS[cls]

        def numbers(x, e):
            if not isinstance(x, tangent):
                return shown(x)
            if e.role == "hessian":
                return np.concatenate([rows(f, p) for f, p in zip(x.fields(), parts(point), strict=True)])
            return by_factors(x, () if e.role in ("gradient", "product") else e.shape[:-1])

        def by_factors(x, lead):
            fields = (f.diag if isinstance(f, st.Diagonal) else f for f in x.fields())
            return np.concatenate([np.reshape(np.asarray(f), (*lead, -1)) for f in fields], axis=-1)

        def rows(x, factor):
            made = by_factors(x, np.shape(factor) if isinstance(factor, np.ndarray) else factor.shape)
            if isinstance(factor, st.Diagonal):
                made = np.diagonal(made, axis1=0, axis2=1).T
            return made.reshape(-1, made.shape[-1])

        return Subject(
            name=cls.__name__, slot="structure", family="pattern", cls=(cls, tangent), make=lambda x: cls(*parts(x)),
            tangent=lambda x: tangent(*parts(x)), rank=rank, numbers=numbers, point=point, direction=direction,
            expect=lambda e: PLAIN if is_plain(e) else {}, pairs=FACTORED_PAIRS,
            embed=lambda x: cls(*parts(np.asarray(x))).materialise(),
        )  # fmt: skip

    def hermitian():
        """Stored are the entries of the lower triangle; those above are their conjugates."""

        def make(x):
            x = np.asarray(x, complex)
            made = np.full((*x.shape[:-1], 3, 3), 7j)
            made[..., ROWS, COLUMNS] = x
            return st.Hermitian(made)

        def embed(x):
            x = np.where(REAL, np.real(x), x) + 0j
            made = np.zeros((*x.shape[:-1], 3, 3), complex)
            made[..., ROWS, COLUMNS] = x
            made[..., COLUMNS, ROWS] = np.conj(x)
            return made

        def numbers(x, e):
            full = shown(x)
            if e.role not in ("gradient", "product"):
                return full
            both = full[..., ROWS, COLUMNS] + np.conj(full[..., COLUMNS, ROWS])
            return np.where(REAL, np.real(both) / 2 + 0j, both)

        return Subject(
            name="complex Hermitian", slot="structure", family="pattern", cls=st.Hermitian, make=make, embed=embed,
            rank=11, numbers=numbers, expect=lambda e: PLAIN if is_plain(e) else {}, dtype=np.complex128,
            pairs=HERMITIAN_PAIRS,
            point=SIX * np.where(REAL, 1, 1 + 0.25j), direction=DIRECTIONS * np.where(REAL, 1, 1 - 0.5j),
        )  # fmt: skip

    # no entry of a matrix is 1, where a choice has a kink
    four = np.array([2.0, 0.75, 3.0, 1.25])
    nine, nine_directions = np.append(SIX, [0.5, 1.0, 0.375]), np.append(DIRECTIONS, [0.25, -0.5, 1.0])
    return [
        hermitian(),
        factored(st.LowRank, lambda x: (column(x[..., :3]), column(x[..., 3:])), SIX, DIRECTIONS, 12),
        factored(st.Kronecker, lambda x: (x[..., :1, None], st.Diagonal(x[..., 1:])), four, DIRECTIONS[:4], 13),
        factored(
            st.DiagonalPlusLowRank, lambda x: (x[..., :3], column(x[..., 3:6]), column(x[..., 6:])), nine,
            nine_directions, 14,
        ),
    ]  # fmt: skip
