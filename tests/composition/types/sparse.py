"""Sparse arrays: what is differentiated is the stored numbers, of which the programs see the dense matrix."""

import numpy as np

import dispatchml as dm
from dispatchml.testing.composition import Probe, Subject

LIBRARIES = ("sparse", "scipy")

#: Where the three numbers are: a permutation, so that the matrix has an inverse.
PLACES = (np.array([0, 1, 2]), np.array([1, 2, 0]))
#: Programs whose values are not sparse: numbers, and the solutions of linear systems.
DENSE = ("reductions", "matmul", "solve")
ROWS = np.array([0, 2])


def embed(numbers):
    """The matrix of the stored numbers."""
    numbers = np.asarray(numbers)
    made = np.zeros((3, 3), numbers.dtype) + 0 * numbers[0]
    made[PLACES] = numbers
    return made


def dense(x):
    """A plain dense array of a result, with zeros of the class of its numbers."""
    if not hasattr(x, "todense"):
        return np.asarray(x)
    made = np.asarray(x.todense())
    return made + 0 * x.data[0] if made.dtype == object and x.nnz else made


def numbers(x, e):
    """Derivatives by the argument at its places; everything else as it is."""
    x = dense(x)
    if e.role in ("gradient", "product"):
        return x[PLACES]
    if e.role == "jacobian":
        return x[(..., *PLACES)]
    if e.role == "hessian":
        return x[(..., *PLACES)][PLACES]
    return x


def stored(x):
    """Where numbers are stored, along the axes of a matrix or of a row."""
    places = np.stack(x.coords if hasattr(x, "coords") else x.tocoo().coords)
    return {"places": {tuple(map(int, p)) for p in places.T}}


def expected(e):
    """Derivatives by a sparse argument are sparse on its pattern; values keep it where the program does."""
    own = set(zip(*map(list, map(np.ndarray.tolist, PLACES)), strict=True))
    if e.role in ("gradient", "product"):
        return {"places": own}
    if e.role in ("jacobian", "hessian"):
        return {}
    if e.program in DENSE or not e.axes:
        return None
    if e.program == "indexing":
        found = {(k,) for k in (0, 2)}
    else:
        found = own
    return {"places": {(b, *p) for b in range(2) for p in found} if e.batch else found}


def product(x, given):
    """What the attributes and methods of both libraries give, as one number."""
    return x.sum() * (x.data**2).sum() + (x.T @ np.ones(3)).sum() * x.nnz + x.dot(np.ones(3))[1]


def product_reference(n):
    return np.sum(n) * np.sum(n * n) + 3 * np.sum(n) + n[1]


def converted(x, given):
    """The dense array and another shape."""
    return (x.todense() * x.todense()).sum() + (x.reshape((9, 1)) ** 2).sum() + dm.isinstance(x, given.cls)


PROBES = [
    Probe("attributes and methods", product, product_reference, plain=True),
    Probe("conversions", converted, lambda n: 2 * np.sum(n * n) + 1, plain=True),
]


def subjects():
    import scipy.sparse
    import sparse

    def coo(values):
        values = np.asarray(values)
        if values.ndim == 1:
            return sparse.COO(np.stack(PLACES), values, shape=(3, 3))
        return scattered(sparse.COO, values)

    def scattered(make, values):
        count = len(values)
        coords = np.stack((np.repeat(np.arange(count), 3), *(np.tile(p, count) for p in PLACES)))
        if make is sparse.COO:
            return make(coords, values.reshape(-1), shape=(count, 3, 3))
        return make((values.reshape(-1), tuple(coords)), shape=(count, 3, 3))

    def rows(kind):
        def make(values):
            values = np.asarray(values)
            if values.ndim == 1:
                return kind((values, PLACES), shape=(3, 3))
            return scattered(scipy.sparse.coo_array, values)

        return make

    def by_format(kind, values):
        made = rows(scipy.sparse.coo_array)(values)
        return kind(made) if made.ndim == 2 else made

    shared = {
        "slot": "structure",
        "family": "pattern",
        "embed": embed,
        "numbers": numbers,
        "metadata": stored,
        "expect": expected,
        "probes": PROBES,
    }
    formats = (scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.coo_array)
    return [
        Subject(name="sparse.COO", cls=sparse.COO, make=coo, factor=coo, **shared),
        Subject(
            name="sparse.GCXS",
            cls=(sparse.GCXS, sparse.COO),
            make=lambda values: sparse.GCXS(coo(values)),
            pairs=False,
            **{**shared, "metadata": lambda x: stored(x.tocoo() if isinstance(x, sparse.GCXS) else x)},
        ),
        Subject(
            name="scipy csr_array",
            cls=formats,
            make=rows(scipy.sparse.csr_array),
            factor=rows(scipy.sparse.csr_array),  # SciPy's own quotient by an integer makes double precision
            **shared,
        ),
        Subject(name="scipy csc_array", cls=formats, make=rows(scipy.sparse.csc_array), pairs=False, **shared),
        Subject(name="scipy coo_array", cls=formats, make=rows(scipy.sparse.coo_array), pairs=False, **shared),
        *(
            Subject(
                name=f"scipy {name}",
                cls=(*formats, getattr(scipy.sparse, name)),
                make=lambda values, name=name: by_format(getattr(scipy.sparse, name), values),
                pairs=False,
                **{**shared, "probes": PROBES[1:] if name == "dok_array" else PROBES},  # which has no .data in SciPy
            )
            for name in ("bsr_array", "dia_array", "lil_array", "dok_array")
        ),
    ]
