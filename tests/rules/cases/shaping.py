# ruff: noqa: E501 -- a table: one operation a line reads better than one argument a line
"""Cases of shaping, padding and indexing: every keyword, empty arrays, numbers, complex ones."""

import numpy as np

from .table import by_keywords, case, plane, spread

X = spread(2, 3)
Y = spread(2, 3, seed=3)
CUBE = spread(2, 3, 2)
SQUARE = spread(3, 3)
Z = plane(2, 2)
VECTOR = spread(4)
NUMBER = np.array(0.7)
EMPTY = np.zeros((0, 3))
INDICES = np.array([[0, 2, 2], [1, 0, -1]])


def listed(function):
    """A function of several arrays as one of a list, as NumPy has it."""
    return lambda *arrays, **keywords: function(arrays, **keywords)


SHAPING = [
    *by_keywords("reshape", X, each=[{"shape": (3, 2)}, {"shape": (-1,), "order": "F"}, {"shape": (1, 6, 1)}]),
    case("reshape", NUMBER, shape=(1, 1)), case("reshape", EMPTY, shape=(3, 0)), case("reshape", Z, shape=(4,)),
    *by_keywords("transpose", CUBE, each=[{}, {"axes": (1, 2, 0)}]), case("transpose", EMPTY), case("transpose", Z),
    *by_keywords("moveaxis", CUBE, each=[{"source": 0, "destination": -1}, {"source": (0, 1), "destination": (2, 0)}]),
    *by_keywords("swapaxes", CUBE, each=[{"axis1": 0, "axis2": 2}, {"axis1": -1, "axis2": 1}]),
    *by_keywords("squeeze", spread(1, 3, 1), each=[{}, {"axis": 0}, {"axis": (0, -1)}]),
    *by_keywords("expand_dims", X, each=[{"axis": 1}, {"axis": (0, -1)}]), case("expand_dims", NUMBER, axis=0),
    *by_keywords("broadcast_to", spread(3, 1), each=[{"shape": (2, 3, 2)}, {"shape": (3, 1)}, {"shape": (3, 4)}]),
    case("broadcast_to", NUMBER, shape=(2, 2)), case("broadcast_to", Z, shape=(3, 2, 2)),
    *by_keywords("flip", CUBE, each=[{}, {"axis": 1}, {"axis": (0, -1)}]),
    *by_keywords("roll", CUBE, each=[{"shift": 2}, {"shift": -1, "axis": 1}, {"shift": (1, 2), "axis": (0, 2)}]),
    *by_keywords("rot90", CUBE, each=[{}, {"k": 2}, {"k": 3, "axes": (1, 2)}]),
    *by_keywords("tile", X, each=[{"reps": 2}, {"reps": (2, 1, 2)}]), case("tile", NUMBER, reps=(2, 2)),
    *by_keywords("repeat", X, each=[{"repeats": 2}, {"repeats": (1, 0, 2), "axis": 1}, {"repeats": 3, "axis": 0}]),
    *by_keywords("concatenate", X, Y, each=[{}, {"axis": 1}, {"axis": None}, {"axis": -1, "dtype": np.complex128}],
                 reference=listed(np.concatenate)),
    case("concatenate", X, EMPTY, Y, axis=0, reference=listed(np.concatenate)),
    case("concatenate", X, Y + 0j, axis=0, reference=listed(np.concatenate)),
    *by_keywords("stack", X, Y, each=[{}, {"axis": 1}, {"axis": -1, "dtype": np.complex128}], reference=listed(np.stack)),
    case("stack", NUMBER, np.array(0.2), reference=listed(np.stack)),
    *by_keywords("split", spread(4, 2), each=[{"indices_or_sections": 2}, {"indices_or_sections": (1, 3)}]),
    case("split", X, indices_or_sections=3, axis=1),
    *by_keywords("tril", CUBE, each=[{}, {"k": 1}, {"k": -1}]), *by_keywords("triu", CUBE, each=[{}, {"k": 1}, {"k": -1}]),
    case("tril", VECTOR), case("triu", Z),
    *by_keywords("diagonal", CUBE, each=[{}, {"offset": 1}, {"offset": -1, "axis1": 1, "axis2": 2}]),
    *by_keywords("diag", SQUARE, each=[{}, {"k": 1}, {"k": -1}]), *by_keywords("diag", VECTOR, each=[{}, {"k": 1}, {"k": -2}]),
    *by_keywords("trace", CUBE, each=[{}, {"offset": 1}, {"axis1": 1, "axis2": 2}, {"dtype": np.complex128}]), case("trace", Z),
    *by_keywords("ravel", X, each=[{}, {"order": "F"}]), case("matrix_transpose", CUBE, reference=np.matrix_transpose),
    *(case(f"atleast_{n}d", x) for n in (1, 2, 3) for x in (NUMBER, VECTOR, X)),
    case("broadcast_arrays", X, spread(3), NUMBER, reference=lambda *x: tuple(np.broadcast_arrays(*x))),
    *(case(name, X, Y, reference=listed(getattr(np, name))) for name in ("vstack", "hstack", "dstack", "column_stack")),
    *(case(name, VECTOR, VECTOR + 1, reference=listed(getattr(np, name))) for name in ("vstack", "hstack", "dstack", "column_stack")),
    *(case(name, X, Y, dtype=np.complex128, reference=listed(getattr(np, name))) for name in ("vstack", "hstack")),
    case("dstack", X, Y, dtype=np.complex128, reference=None),
    *by_keywords("array_split", spread(5, 2), each=[{"indices_or_sections": 3}, {"indices_or_sections": (1, 2)}]),
    case("array_split", X, indices_or_sections=2, axis=1), case("unstack", X), case("unstack", X, axis=1),
]  # fmt: skip

PADDING = [
    *by_keywords("pad_constant", X, each=[{"pad_width": 1}, {"pad_width": ((0, 1), (2, 0)), "value": 3.0}],
                 reference=lambda x, pad_width, value=0: np.pad(x, pad_width, constant_values=value)),
    case("pad_constant", Z, pad_width=1, reference=lambda x, pad_width: np.pad(x, pad_width)),
    *by_keywords("pad", SQUARE, each=[
        {"pad_width": 1}, {"pad_width": ((0, 1), (2, 0)), "constant_values": 3.0},
        *({"pad_width": ((1, 2), (0, 2)), "mode": mode} for mode in ("edge", "reflect", "symmetric", "wrap", "maximum", "mean", "median", "minimum")),
        *({"pad_width": ((1, 2), (0, 2)), "mode": mode, "reflect_type": "odd"} for mode in ("reflect", "symmetric")),
        {"pad_width": 2, "mode": "mean", "stat_length": 2}, {"pad_width": 2, "mode": "linear_ramp", "end_values": 0.5},
    ]),
]  # fmt: skip

INDEX_KINDS = [
    1, (0, 2), slice(None, None, -1), (Ellipsis, 0), (None, slice(0, 1)), ([0, 1, 1],), (np.array([[0, 1], [1, 0]]), slice(1, None)),
    (slice(None), np.array([2, 0, 2])), X > 0, (np.array([0, 1, 0]), np.array([2, 2, 2])), (np.array([True, False]), np.array([1])), (),
]  # fmt: skip


def set_item(x, value, index):
    made = np.array(x)
    made[index] = value
    return made


def add_at(x, value, index):
    made = np.array(x)
    np.add.at(made, index, value)
    return made


def scattered(value, index, shape):
    return add_at(np.zeros(shape, np.asarray(value).dtype), value, index)


def scatter_take(value, indices, shape, axis=None, mode="raise"):
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    return scattered(value, (np.take(numbers, indices, axis=axis, mode=mode),), numbers.size).reshape(shape)


def scatter_along_axis(value, indices, shape, axis=-1):
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    return scattered(value, (np.take_along_axis(numbers, indices, axis=axis),), numbers.size).reshape(shape)


def put_along_axis(x, indices, values, axis=-1):
    made = np.array(x)
    np.put_along_axis(made, indices, values, axis)
    return made


def along(x, indices, values, axis=-1):
    return x + scatter_along_axis(np.broadcast_to(values, indices.shape), indices, x.shape, axis)


INDEXING = [
    *by_keywords("getitem", X, each=[{"index": i} for i in INDEX_KINDS], reference=lambda x, index: x[index]),
    case("getitem", Z, index=(0, [1, 1]), reference=lambda x, index: x[index]),
    case("getitem", EMPTY, index=(slice(None), 1), reference=lambda x, index: x[index]),
    *by_keywords("setitem", X, spread(3, seed=9), reference=set_item, each=[{"index": i} for i in (1, slice(None), (Ellipsis,), ([1, 0],), (None, 0))]),
    case("setitem", X, 0.7, index=X > 0, reference=set_item), case("setitem", X, np.array([0.7, 0.2]), index=(slice(None), 1), reference=set_item),
    case("setitem", Z, 0.7, index=0, reference=set_item), case("setitem", VECTOR, np.array([0.3, 0.4, 0.5]), index=([1, 1, 0],), reference=set_item),
    *by_keywords("add_at", X, spread(3, seed=9), reference=add_at, each=[{"index": i} for i in (1, slice(None), ([1, 0, 1],))]),
    case("add_at", Z, 0.7, index=(0, [1, 1, 0]), reference=add_at),
    case("scatter", spread(3), index=([0, 2, 2],), shape=(4,), reference=scattered),
    case("scatter", spread(3), index=(1,), shape=(2, 3), reference=scattered),
    case("scatter", plane(3), index=([0, 2, 2], [1, 1, 1]), shape=(3, 2), reference=scattered),
    *by_keywords("take", CUBE, INDICES, each=[{"axis": 1}, {"mode": "wrap", "axis": 0}, {"mode": "clip", "axis": -2}, {}]),
    case("take", VECTOR, 2), case("take", Z, np.array([1, 1]), axis=0),
    case("scatter_take", spread(2, 2, 3), INDICES, shape=(2, 3), axis=1, reference=None),
    case("scatter_take", spread(2, 3), INDICES, shape=(4,), reference=scatter_take),
    case("scatter_take", spread(2, 3), np.array([[0, 5, 7], [1, 2, -9]]), shape=(2, 2), mode="wrap", reference=scatter_take),
    case("take_along_axis", X, np.array([[0, 2, 2], [1, 0, 1]])), case("take_along_axis", X, np.array([[0, 1, 1]]), axis=0),
    case("take_along_axis", X, np.array([5, 0, 0]), axis=None),
    case("scatter_along_axis", X, np.array([[0, 2, 2], [1, 0, 1]]), shape=(2, 3), reference=scatter_along_axis),
    case("scatter_along_axis", X, np.array([[0, 2, 2], [1, 0, 1]]), shape=(3, 3), axis=0, reference=scatter_along_axis),
    case("put_along_axis", X, np.array([[0, 2], [1, 0]]), np.array([[0.5, 0.6], [0.7, 0.8]]), reference=put_along_axis),
    case("put_along_axis", X, np.array([[0, 1, 1]]), np.array([[0.5, 0.6, 0.7]]), axis=0, reference=put_along_axis),
    case("put_along_axis", X, np.array([0, 4]), np.array([0.5, 0.6]), axis=None, reference=put_along_axis),
    case("unique", np.array([0.3, -0.2, 0.7])), case("add_along_axis", X, np.array([[0, 2], [1, 1]]), np.array([[0.5, 0.6], [0.7, 0.8]]), reference=along),
    case("add_along_axis", X, np.array([[0, 1, 1]]), np.array([[0.5, 0.6, 0.7]]), axis=0, reference=along),
    case("compress", X, condition=(True, False, True), axis=1, reference=lambda x, condition, axis: np.compress(condition, x, axis)),
    case("compress", X, condition=(True, False, True), reference=lambda x, condition: np.compress(condition, x)),
    case("extract", X, condition=X > 0, reference=lambda x, condition: np.extract(condition, x)),
    case("delete", X, index=(0, 4), reference=lambda x, index: np.delete(x, index)),
    case("delete", X, index=1, axis=1, reference=lambda x, index, axis: np.delete(x, index, axis)),
    case("insert", X, 0.7, index=2, reference=lambda x, v, index: np.insert(x, index, v)),
    case("insert", X, np.array([0.7, 0.8]), index=1, axis=1, reference=lambda x, v, index, axis: np.insert(x, index, v, axis)),
    case("choose", X, Y, indices=np.array([[0, 1, 0], [1, 1, 0]]), reference=lambda *c, indices: np.choose(indices, c)),
    case("choose", X, Y, indices=np.array([[0, 5, 0], [1, 1, -1]]), mode="wrap", reference=lambda *c, indices, mode: np.choose(indices, c, mode=mode)),
    case("select", X, Y, -X, conditions=(X > 0.5, X > 0), reference=None),
]  # fmt: skip

CASES = [*SHAPING, *PADDING, *INDEXING]
