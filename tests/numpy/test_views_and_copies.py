"""Which results are views and which are copies: programs that write into results, or into what they were taken from,
give the same numbers on traced arrays as on plain ones, in every order of memory.
"""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import ReadOnlyError

X = np.arange(1.0, 13.0).reshape(3, 4)
FUNCTIONS = {
    "ravel": lambda x: np.ravel(x),
    "ravelF": lambda x: np.ravel(x, order="F"),
    "ravelA": lambda x: x.ravel(order="A"),
    "reshape": lambda x: np.reshape(x, (4, 3)),
    "reshapeF": lambda x: x.reshape((4, 3), order="F"),
    "flatten": lambda x: x.flatten(),
    "flattenF": lambda x: x.flatten(order="F"),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "squeeze": lambda x: np.squeeze(x[None]),
    "expand": lambda x: np.expand_dims(x, 1),
    "flip": np.flip,
    "fliplr": np.fliplr,
    "rot90": np.rot90,
    "rot180": lambda x: np.rot90(x, 2),
    "rot0": lambda x: np.rot90(x, 0),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "rollaxis": lambda x: np.rollaxis(x, 1),
    "swap": lambda x: x.swapaxes(0, 1),
    "diag": lambda x: np.diag(x),
    "diagonal": lambda x: np.diagonal(x),
    "split": lambda x: np.split(x, 2, axis=1)[1],
    "hsplit": lambda x: np.hsplit(x, 2)[0],
    "vsplit": lambda x: np.vsplit(x, 3)[2],
    "array_split": lambda x: np.array_split(x, 2)[1],
    "unstack": lambda x: np.unstack(x)[1],
    "atleast_3d": np.atleast_3d,
    "atleast_1d": np.atleast_1d,
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, 1.0)[0],
    "real": np.real,
    "conj": np.conj,
    "xconj": lambda x: x.conj(),
    "positive": np.positive,
    "pos": lambda x: +x,
    "copy": np.copy,
    "xcopy": lambda x: x.copy(),
    "view": lambda x: x.view(),
    "astype": lambda x: x.astype(float),
    "astype_nocopy": lambda x: x.astype(float, copy=False),
    "npastype": lambda x: np.astype(x, float, copy=False),
    "slice": lambda x: x[1:, ::2],
    "neg": lambda x: x[::-1],
    "newaxis": lambda x: x[:, None],
    "ellipsis": lambda x: x[...],
    "mask": lambda x: x[X > 3],
    "fancy": lambda x: x[[0, 1]],
    "fancy2": lambda x: x[:, [0, 1]],
    "mixed": lambda x: x[1:, [0, 1]],
    "intarr": lambda x: x[np.array(1)],
    "npint": lambda x: x[np.int64(1)],
    "bool": lambda x: x[True],
    "take": lambda x: np.take(x, [0, 1], axis=0),
    "compress": lambda x: np.compress([1, 0, 1], x, axis=0),
    "delete": lambda x: np.delete(x, 0, 0),
    "insert": lambda x: np.insert(x, 0, 1.0, 0),
    "append": lambda x: np.append(x, 1.0),
    "roll": lambda x: np.roll(x, 1),
    "roll1": lambda x: np.roll(x, 1, axis=1),
    "roll0": lambda x: np.roll(x, 0),
    "tile": lambda x: np.tile(x, 2),
    "tile1": lambda x: np.tile(x, 1),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "concat": lambda x: np.concatenate([x, x]),
    "concat1": lambda x: np.concatenate([x]),
    "stack": lambda x: np.stack([x, x], axis=1),
    "hstack": lambda x: np.hstack([x, x]),
    "vstack": lambda x: np.vstack([x]),
    "dstack": lambda x: np.dstack([x, x]),
    "column_stack": lambda x: np.column_stack([x, x]),
    "block": lambda x: np.block([[x, x]]),
    "pad": lambda x: np.pad(x, 1),
    "pad0": lambda x: np.pad(x, 0),
    "padsym": lambda x: np.pad(x, 1, mode="symmetric"),
    "sort": lambda x: np.sort(x),
    "partition": lambda x: np.partition(x, 1),
    "clip": lambda x: np.clip(x, 2, 5),
    "where": lambda x: np.where(x > 3, x, 0.0),
    "maximum": lambda x: np.maximum(x, 3),
    "nan_to_num": np.nan_to_num,
    "cumsum": lambda x: np.cumsum(x, axis=0),
    "diff": lambda x: np.diff(x),
    "tril": np.tril,
    "triu": np.triu,
    "outer": lambda x: np.outer(x, x),
    "kron": lambda x: np.kron(x, x),
    "meshgrid": lambda x: np.meshgrid(x[0], x[1])[0],
    "meshgrid_ij": lambda x: np.meshgrid(x[0], x[1], indexing="ij")[1],
    "einsum": lambda x: np.einsum("ij->ji", x),
    "einsum2": lambda x: np.einsum("ij,jk->ik", x, x.T),
    "matmul": lambda x: x @ x.T,
    "dot": lambda x: np.dot(x.T, x),
    "tensordot": lambda x: np.tensordot(x, x, axes=0),
    "solve": lambda x: np.linalg.inv(x[:, :3] + 9 * np.eye(3)),
    "chol": lambda x: np.linalg.cholesky(x @ x.T + 9 * np.eye(3)),
    "fft": lambda x: np.fft.fft(x).real,
    "fftshift": np.fft.fftshift,
    "resize": lambda x: np.resize(x, (2, 6)),
    "choose": lambda x: np.choose([0, 1, 0, 1], [x[0], x[1]]),
    "select": lambda x: np.select([X > 3], [x], 0.0),
    "take_along": lambda x: np.take_along_axis(x, np.argsort(-X), -1),
    "extract": lambda x: np.extract(X > 3, x),
    "ediff1d": np.ediff1d,
    "gradient": lambda x: np.gradient(x, axis=1),
    "mean_keep": lambda x: x.mean(axis=1, keepdims=True),
    "sum0": lambda x: x.sum(axis=0),
    "apply": lambda x: np.apply_along_axis(lambda r: r * 2, 0, x),
    "zeros_like": lambda x: np.zeros_like(x) + x,
    "ones_like": lambda x: np.ones_like(x),
    "full_like": lambda x: np.full_like(x, 2.0),
    "empty_like": lambda x: np.empty_like(x) * 0 + x,
    "vander": lambda x: np.vander(x[0]),
    "piecewise": lambda x: np.piecewise(x, [X < 3], [1.0, lambda v: v]),
    "interp": lambda x: np.interp(x, [0.0, 5.0, 20.0], [1.0, 2.0, 3.0]),
    "i0": np.i0,
    "unwrap": np.unwrap,
    "round": lambda x: np.round(x, 1),
    "mul": lambda x: x * 2,
    "mulT": lambda x: x * x[:, :1],
    "addF": lambda x: x + np.asfortranarray(X),
    "power": lambda x: x**2,
    "sqrt": np.sqrt,
    "diagflat": lambda x: np.diagflat(x[0]),
    "ix": lambda x: x[np.ix_([0, 1], [1, 2])],
    "permute": lambda x: np.permute_dims(x, (1, 0)),
    "matrix_transpose": np.matrix_transpose,
    "array": lambda x: x.reshape(2, 6)[1],
    "cross": lambda x: np.cross(x[:, :3], x[:, 1:]),
}
LAYOUTS = {
    "rows": lambda x: x * 1.0,
    "columns": lambda x: np.copy(x.T * 1.0, order="C").T,
    "apart": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
}
#: Functions whose elements of a batch lie in memory in another order than alone.
ORDERED_BY_THE_BATCH = {"padsym", "tensordot", "fft", "round"}


def program(function, prepare, write):
    """A number that depends on all elements, after a write to the result, to the owner, or none."""

    def run(x):
        a = prepare(x)
        y = function(a)
        shape = np.shape(dm.primal(y)) if not hasattr(y, "shape") else y.shape
        if write == "owner":
            a *= 3.0
        elif write == "result" and shape:
            y[...] = 50.0 + np.arange(y.size).reshape(shape)
        z = y.reshape(-1) if shape else y
        if write == "result" and shape:
            z[0] = 77.0
        return np.sum(a * X) + np.sum(np.cos(np.arange(z.size)) * z if shape else z) + np.sum(y * 1.0)

    return run


@pytest.mark.parametrize("write", ["nothing", "owner", "result"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_views_and_copies(name, layout, write):
    run = program(FUNCTIONS[name], LAYOUTS[layout], write)
    runs = {
        "grad": lambda: dm.value_and_grad(run)(X.copy())[0],
        "jvp": lambda: dm.jvp(run, (X.copy(),), (X.copy(),))[0],
        "vmap": lambda: dm.vmap(run)(np.stack([X, X]))[1],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # broadcast_arrays warns of writes
        try:
            wanted = run(X.copy())
        except ValueError:  # "assignment destination is read-only"
            for call in runs.values():
                with pytest.raises(ReadOnlyError, match=r"test_views_and_copies\.py"):
                    call()
            return
    if name == "fft" or (layout == "columns" and name in ORDERED_BY_THE_BATCH):
        del runs["vmap"]
        if name == "fft" and (layout, write) == ("columns", "result"):
            return  # the real part of a complex result in columns is a view in another order than ours
    for call in runs.values():
        np.testing.assert_allclose(call(), wanted, rtol=1e-9)


def filled(x):
    z = np.zeros_like(x)
    z += x
    return z


def in_columns(x):
    z = np.zeros(x.shape, order="F")
    z[...] = x
    return z


def part_of_a_buffer(x):
    z = np.zeros((4, 5))
    z[1:, 1:] = x
    return z[1:, 1:]


def seen_before_it_is_traced(x):
    z = np.zeros((4, 3))
    v = z.T
    z[...] = x.T
    return v


def spread(x):
    z = np.zeros((3, 8))[:, ::2]
    z[...] = x
    return z


BUFFERS = (filled, in_columns, part_of_a_buffer, seen_before_it_is_traced, spread)


@pytest.mark.parametrize("write", ["nothing", "owner", "result"])
@pytest.mark.parametrize("made", BUFFERS)
def test_views_and_copies_of_buffers(made, write):
    wrong = []
    columns = made in (in_columns, seen_before_it_is_traced)
    for name, function in FUNCTIONS.items():
        if name == "empty_like" or columns and name == "fft":
            continue  # 0 times anything may be nan; the real part of a complex result is a view in another order
        run = program(function, made, write)
        runs = {
            "grad": lambda run=run: dm.value_and_grad(run)(X.copy())[0],
            "jvp": lambda run=run: dm.jvp(run, (X.copy(),), (X.copy(),))[0],
            "vmap": lambda run=run: dm.vmap(run)(np.stack([X, X]))[1],
            "nested": lambda run=run: dm.jvp(lambda x: dm.value_and_grad(run)(x)[0], (X.copy(),), (X.copy(),))[0],
        }
        if columns and name in ORDERED_BY_THE_BATCH:
            del runs["vmap"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broadcast_arrays warns of writes
            try:
                wanted = run(X.copy())
            except ValueError:  # "assignment destination is read-only"
                wanted = ReadOnlyError
            for how, call in runs.items():
                try:
                    found = call()
                except ReadOnlyError:
                    found = ReadOnlyError
                if found is not wanted and not np.allclose(found, wanted, rtol=1e-9):
                    wrong.append((name, how, found, wanted))
    assert not wrong


@pytest.mark.parametrize("transform", [dm.grad, lambda f: lambda x: dm.jvp(f, (x,), (x,)), dm.vmap])
def test_a_broadcast_grid_cannot_be_written_to(transform):
    """NumPy's can, with elements that share their memory."""

    def f(x):
        grid = np.meshgrid(x, x * 2.0, copy=False)[0]
        grid[0, 0] = 1.0
        return np.sum(grid)

    with pytest.raises(ReadOnlyError, match="broadcast_to"):
        transform(f)(np.ones((2, 3)) if transform is dm.vmap else np.ones(3))


def test_orders_that_depend_on_memory():
    def f(x):
        apart = [v.ravel("K") * np.arange(v.size) for v in (x[:, ::-1], x.T[::2], x[::-1, 1::2])]
        return (
            sum(map(np.sum, apart))
            + np.sum(np.ravel(x.T, order="K")[:2] ** 2)
            + np.sum(np.ravel(x.T, order="A")[:2] ** 3)
        )

    np.testing.assert_allclose(dm.value_and_grad(f)(X)[0], f(X))
    np.testing.assert_allclose(dm.vmap(f)(np.stack([X, X])), f(X))


def test_piecewise_where_no_condition_holds():
    x = np.array([np.inf, np.nan, 1.0, -2.0])
    value, slope = dm.value_and_grad(lambda v: np.sum(np.piecewise(v, [np.abs(v) < 5], [lambda w: w**2])))(x)
    assert value == 5.0
    np.testing.assert_array_equal(slope, [0.0, 0.0, 2.0, -4.0])
