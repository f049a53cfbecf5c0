"""Values and derivatives of programs on sparse arrays, against the same programs on dense ones."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning

MAKERS = {
    "COO": sparse.COO.from_numpy,
    "GCXS": sparse.GCXS.from_numpy,
    "csr_array": sp.csr_array,
    "csc_array": sp.csc_array,
    "coo_array": sp.coo_array,
}


def dense(x):
    """A plain dense array of anything."""
    return np.asarray(x.todense() if hasattr(x, "todense") else x)


def sparse_numbers(shape, seed=0):
    """A dense array with zeros."""
    generator = np.random.default_rng(seed)
    return generator.uniform(0.2, 0.9, shape) * (generator.uniform(size=shape) < 0.5)


def weights(shape):
    """Numbers of both signs in a shape."""
    return np.cos(np.arange(int(np.prod(shape))) + 1.0).reshape(shape)


A, E, T = sparse_numbers((4, 3)), sparse_numbers((4, 3), seed=5), sparse_numbers((2, 3, 4), seed=2)
S = sparse_numbers((4, 4), seed=3)
S[np.arange(4), np.arange(4)] += 3
GENERATOR = np.random.default_rng(1)
U, V, M, N = (GENERATOR.uniform(0.2, 1.0, shape) for shape in ((3,), (4,), (4, 3), (3, 5)))
W = GENERATOR.uniform(0.2, 1.0, (4, 2))

#: Programs of a sparse array and of the maker of another one; none of them makes anything dense.
PROGRAMS = {
    # reductions
    "sum": (A, lambda a, k: ops.sum(a)),
    "sum of columns": (A, lambda a, k: ops.sum(a * a, axis=0)),
    "sum of rows, kept": (A, lambda a, k: ops.sum(a * a, axis=1, keepdims=True)),
    "sum over both axes": (A, lambda a, k: ops.sum(a, axis=(-1, 0))),
    "mean": (A, lambda a, k: ops.mean(a)),
    "mean of rows": (A, lambda a, k: ops.mean(a, axis=1)),
    "variance": (A, lambda a, k: ops.var(a)),
    "variance of columns": (A, lambda a, k: ops.var(a, axis=0, ddof=1)),
    "deviation": (A, lambda a, k: ops.std(a)),
    "deviation of rows": (A, lambda a, k: ops.std(a, axis=1, keepdims=True)),
    "max": (A, lambda a, k: ops.max(a)),
    "max of columns": (A, lambda a, k: ops.max(a, axis=0)),
    "min": (A, lambda a, k: ops.min(a)),
    "min of rows, kept": (A, lambda a, k: ops.min(-a, axis=1, keepdims=True)),
    "product": (A, lambda a, k: ops.prod(a)),
    "product of rows": (A, lambda a, k: ops.prod(a, axis=1)),
    "product of all": (M, lambda a, k: ops.prod(a)),
    "norm": (A, lambda a, k: ops.vector_norm(a)),
    "norm of columns": (A, lambda a, k: ops.vector_norm(a, axis=0)),
    "1-norm of rows": (A, lambda a, k: ops.vector_norm(a, axis=1, ord=1)),
    "largest": (A, lambda a, k: ops.vector_norm(a, ord=np.inf)),
    "largest of rows": (A, lambda a, k: ops.vector_norm(-a, axis=1, ord=np.inf)),
    "3-norm": (A, lambda a, k: ops.vector_norm(a, ord=3)),
    "nansum": (A, lambda a, k: ops.nansum(a)),
    # elementwise
    "sine": (A, lambda a, k: np.sin(a)),
    "tanh": (A, lambda a, k: ops.tanh(a)),
    "expm1": (A, lambda a, k: ops.expm1(a)),
    "numbers on both sides": (A, lambda a, k: 2 * a * 3 / 7),
    "negative": (A, lambda a, k: -a),
    "square": (A, lambda a, k: a**2),
    "cube": (A, lambda a, k: ops.power(a, 3)),
    "absolute": (A, lambda a, k: abs(-a)),
    "times dense": (A, lambda a, k: a * M),
    "dense times": (A, lambda a, k: M * a),
    "times a row": (A, lambda a, k: a * U),
    "a column times": (A, lambda a, k: V[:, None] * a),
    "over dense": (A, lambda a, k: a / M),
    "plus dense": (A, lambda a, k: a + M),
    "dense plus": (A, lambda a, k: M + a),
    "dense minus": (A, lambda a, k: M - a),
    "larger of dense": (A, lambda a, k: ops.maximum(a, M)),
    "times another pattern": (A, lambda a, k: a * k(E)),
    "plus another pattern": (A, lambda a, k: a + k(E)),
    "minus another pattern": (A, lambda a, k: k(E) - a),
    "larger of two": (A, lambda a, k: ops.maximum(a, k(E))),
    "hypotenuse": (A, lambda a, k: ops.hypot(a, 2 * a)),
    "where, sparse or zero": (A, lambda a, k: ops.where(M > 0.5, a, 0.0)),
    "where by a sparse mask": (A, lambda a, k: ops.where(ops.greater(a, 0.5), a, a * 2)),
    "sign": (A, lambda a, k: ops.sign(-a) * a),
    # products
    "matrix and vector": (A, lambda a, k: a @ U),
    "vector and matrix": (A, lambda a, k: V @ a),
    "matrix and matrix": (A, lambda a, k: a @ N),
    "matrix and matrix, right": (A, lambda a, k: N.T @ a.T),
    "dot": (A, lambda a, k: ops.dot(a, U)),
    "square of a matrix": (S, lambda a, k: a @ a),
    "quadratic form": (S, lambda a, k: V @ (a @ V)),
    "with its transpose": (A, lambda a, k: a @ a.T),
    "with another pattern": (A, lambda a, k: a.T @ k(E)),
    "tensordot": (A, lambda a, k: ops.tensordot(a, N, axes=1)),
    "tensordot over both": (A, lambda a, k: ops.tensordot(a, M, axes=((0, 1), (0, 1)))),
    "einsum": (A, lambda a, k: ops.einsum((a, N), subscripts="ij,jk->ki")),
    "einsum that keeps": (A, lambda a, k: ops.einsum((a, M), subscripts="ij,ij->i")),
    "einsum of one": (A, lambda a, k: ops.einsum((a,), subscripts="ij->j")),
    "inner": (A, lambda a, k: ops.inner(a, U)),
    "vdot": (A, lambda a, k: ops.vdot(a, M)),
    "outer": (A, lambda a, k: ops.outer(a, U)),
    "kron with dense": (A, lambda a, k: ops.kron(a, N)),
    "kron with itself": (A, lambda a, k: ops.kron(a, a)),
    "solve": (S, lambda a, k: ops.solve(a, V)),
    "solve for columns": (S, lambda a, k: ops.solve(a, M)),
    # shapes
    "transpose": (A, lambda a, k: a.T * 2),
    "reshape": (A, lambda a, k: ops.reshape(a, shape=(3, 4))),
    "reshape by columns": (A, lambda a, k: ops.reshape(a, shape=(2, -1), order="F")),
    "ravel": (A, lambda a, k: ops.ravel(a) * 2),
    "flip": (A, lambda a, k: ops.flip(a, axis=0)),
    "roll": (A, lambda a, k: ops.roll(a, shift=5)),
    "roll along an axis": (A, lambda a, k: ops.roll(a, shift=(2, -1), axis=(1, 0))),
    "rotate": (A, lambda a, k: ops.rot90(a, k=3)),
    "tile": (A, lambda a, k: ops.tile(a, reps=(2, 3))),
    "repeat": (A, lambda a, k: ops.repeat(a, repeats=[1, 2, 0, 3], axis=0)),
    "lower triangle": (A, lambda a, k: ops.tril(a, k=-1)),
    "upper triangle": (A, lambda a, k: ops.triu(a)),
    "diagonal": (S, lambda a, k: ops.diagonal(a, offset=1)),
    "diag": (S, lambda a, k: ops.diag(a)),
    "trace": (S, lambda a, k: ops.trace(a, offset=-1)),
    "move an axis": (A, lambda a, k: ops.moveaxis(a, source=0, destination=1)),
    "new axis": (A, lambda a, k: ops.expand_dims(a, axis=1)),
    "broadcast": (A, lambda a, k: ops.broadcast_to(a, shape=(2, 4, 3))),
    "pad": (A, lambda a, k: ops.pad(a, pad_width=((1, 0), (0, 2)))),
    "concatenate": (A, lambda a, k: ops.concatenate((a, 2 * a, k(E)), axis=0)),
    "concatenate with dense": (A, lambda a, k: ops.concatenate((a, M), axis=1)),
    "stack": (A, lambda a, k: ops.stack((a, a * a), axis=1)),
    "beside each other": (A, lambda a, k: ops.hstack((a, a))),
    "split": (A, lambda a, k: ops.split(a, indices_or_sections=2, axis=0)[1]),
    "differences": (A, lambda a, k: ops.diff(a, axis=0)),
    # elements
    "row": (A, lambda a, k: a[1]),
    "column": (A, lambda a, k: a[:, -1]),
    "slices": (A, lambda a, k: a[1:3, ::-1]),
    "every second": (A, lambda a, k: a[::2]),
    "element": (A, lambda a, k: a[0, 1]),
    "an element that is not stored": (np.eye(3), lambda a, k: a[0, 1]),
    "rows by a list": (A, lambda a, k: a[np.array([0, 2, 2, 1])]),
    "columns by a mask": (A, lambda a, k: a[:, np.array([True, False, True])]),
    "elements by two lists": (A, lambda a, k: a[np.array([0, 1, 3]), np.array([0, 1, 2])]),
    "elements by a mask": (A, lambda a, k: ops.getitem(a, index=A > 0.4)),
    "take": (A, lambda a, k: ops.take(a, np.array([[0, 2], [1, 1]]), axis=1)),
    "single precision": (A, lambda a, k: ops.astype(a, dtype=np.float32)),
    # three axes
    "sum over two of three": (T, lambda a, k: ops.sum(a * a, axis=(0, 2))),
    "max over one of three": (T, lambda a, k: ops.max(a, axis=1)),
    "three axes turned": (T, lambda a, k: ops.transpose(a, axes=(2, 0, 1)) * 2),
    "three axes times a vector": (T, lambda a, k: a @ V),
    "three axes times a matrix": (T, lambda a, k: a @ W),
    "tensordot of three axes": (T, lambda a, k: ops.tensordot(a, M, axes=((1, 2), (1, 0)))),
    "stacks of products": (T, lambda a, k: ops.matmul(a, ops.swapaxes(a, axis1=1, axis2=2))),
    "a slice of three axes": (T, lambda a, k: a[:, 1]),
    "lists apart": (T, lambda a, k: ops.getitem(a, index=(np.array([0, 1]), slice(None), np.array([1, 2])))),
}
#: Results that have no sparse form in either library.
DENSE = {
    "cumulative sums": (A, lambda a: ops.cumsum(a, axis=0)),
    "softmax": (A, lambda a: ops.softmax(a)),
    "inverse": (S, lambda a: ops.inv(a)),
    "determinant": (S, lambda a: ops.det(a)),
    "median": (A, lambda a: ops.median(a)),
    "sorted": (A, lambda a: ops.sort(a)),
}
#: Results that are dense for SciPy's classes, which have no fill value.
FILLED = {
    "cosine": (A, ops.cos),
    "exponential": (A, ops.exp),
    "plus a number": (A, lambda a: ops.add(a, 1.5)),
    "a number minus": (A, lambda a: ops.subtract(1, a)),
    "logaddexp": (A, lambda a: ops.logaddexp(a, a)),
    "sinc": (A, ops.sinc),
    "larger of a number": (A, lambda a: ops.maximum(a, 0.5)),
}


def family(x):
    """The class of a result; SciPy's formats stand for each other."""
    name = type(x).__name__
    return "scipy" if name.endswith("_array") else name


def check(program, make, numbers):
    """Value, gradient, tangent and second derivative of a program."""
    expected = program(numbers, np.asarray)
    stored = numbers != 0
    x, y = make(numbers), program(make(numbers), make)
    np.testing.assert_allclose(dense(y), expected, rtol=1e-12, atol=1e-14)
    w = weights(np.shape(expected)).astype(expected.dtype)

    def loss(a, k):
        return ops.sum(ops.multiply(program(a, k), w))

    tolerance = {"rtol": 1e-5, "atol": 1e-5} if expected.dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-11}
    gradient = dm.grad(lambda a: loss(a, make))(x)
    assert type(gradient) is type(x)
    assert gradient.nnz == x.nnz
    wanted = np.where(stored, dm.grad(lambda a: loss(a, np.asarray))(numbers), 0)
    np.testing.assert_allclose(dense(gradient), wanted, **tolerance)
    dx = weights(numbers.shape) * stored
    value, tangent = dm.jvp(lambda a: program(a, make), (x,), (make(dx),))
    assert family(value) == family(y)
    np.testing.assert_allclose(dense(value), expected, rtol=1e-12, atol=1e-14)
    _, wanted = dm.jvp(lambda a: program(a, np.asarray), (numbers,), (dx,))
    np.testing.assert_allclose(dense(tangent), wanted, **tolerance)
    if make not in (MAKERS["COO"], MAKERS["csr_array"]):
        return
    product = dm.hvp(lambda a: loss(a, make) ** 2, (x,), (make(dx),))
    wanted = np.where(stored, dm.hvp(lambda a: loss(a, np.asarray) ** 2, (numbers,), (dx,)), 0)
    np.testing.assert_allclose(dense(product), wanted, **tolerance)
    assert product.nnz == x.nnz


#: GCXS compiles kernels for each shape, which takes a second each time: these will do.
GCXS_PROGRAMS = {
    "sum of columns", "sine", "times dense", "plus another pattern", "matrix and vector", "square of a matrix", "solve",
    "transpose", "reshape", "slices", "element", "concatenate", "sum over two of three",
}  # fmt: skip


def applies(name, numbers, kind):
    """Whether a program is run on a class: some have two axes only."""
    if kind == "GCXS":
        return name in GCXS_PROGRAMS
    return numbers.ndim == 2 or kind in ("COO", "coo_array")


CASES = [(name, kind) for name, (numbers, _) in PROGRAMS.items() for kind in MAKERS if applies(name, numbers, kind)]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_program_agrees_with_the_dense_one(name, kind):
    numbers, program = PROGRAMS[name]
    check(program, MAKERS[kind], numbers)


@pytest.mark.parametrize("name", FILLED)
def test_what_is_not_stored_has_a_fill_value(name):
    numbers, program = FILLED[name]
    for kind in ("COO", "GCXS") if name == "cosine" else ("COO",):
        check(lambda a, k: program(a), MAKERS[kind], numbers)
        assert program(MAKERS[kind](numbers)).nnz == np.count_nonzero(numbers)


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("kind", ["COO", "csr_array"])
def test_what_has_no_sparse_result_is_right(name, kind):
    make = MAKERS[kind]
    numbers, program = DENSE[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(lambda a, k: program(a), make, numbers)


@pytest.mark.parametrize("name", DENSE)
def test_what_has_no_sparse_result_names_the_operation(name):
    numbers, program = DENSE[name]
    operation = {
        "cumulative sums": "cumsum", "softmax": "softmax", "inverse": "inv", "determinant": "det", "median": "median",
        "sorted": "sort",
    }[name]  # fmt: skip
    for kind in ("COO", "csr_array"):
        with pytest.raises(DensifyWarning, match=f"^{operation} has no sparse result for a {kind}"):
            program(MAKERS[kind](numbers))
        with pytest.raises(DensifyWarning, match=f"^{operation} has no sparse result for a {kind}"):
            dm.grad(lambda a: ops.sum(program(a)))(MAKERS[kind](numbers))
    with pytest.raises(DensifyWarning, match="^exp has no sparse result for a csr_array"):
        dm.jvp(ops.exp, (MAKERS["csr_array"](A),), (MAKERS["csr_array"](A),))
