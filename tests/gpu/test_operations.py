"""Every operation on CuPy's arrays: numbers, dtypes and shapes of NumPy's, both modes, nothing read.

On the stand-in and, in tests marked gpu, on the card.
"""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.backends.cupy.tables import GAPS
from dispatchml.dispatch.errors import NoMethodError, NonDifferentiableError, NoRuleError
from dispatchml.testing.samples import public_operations, sample

#: With other numbers by their meaning: whatever memory holds, free signs.
FREE = {"empty_like", "eigh", "svd", "eig", "qr", "turn_equal"}
#: What has to wait for the device: results whose shape depends on the numbers, loops whose length does.
WAITS = {"argwhere", "flatnonzero", "nonzero", "unique", "unique_indices", "expm", "frechet", "lstsq"}
#: What moves on purpose.
MOVES = {"to_device"}


def leaves(y):
    return [v for part in y for v in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def check(place, name, found, expected, tolerance):
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        if not isinstance(b, (np.ndarray, np.generic)):
            continue
        assert isinstance(a, place.ndarray), f"{name} gives {type(a)}"
        assert a.shape == np.shape(b)
        assert a.dtype == b.dtype
        if name not in FREE:
            np.testing.assert_allclose(place.host(a), b, rtol=tolerance, atol=tolerance)


class Call:
    """A sample call of an operation, with its arrays on the host or on the device."""

    def __init__(self, found, dtype, there):
        kinds = [np.asarray(x).dtype.kind for x in found.arguments]
        self.arrays = [np.asarray(x, dtype if k == "f" else None) for x, k in zip(found.arguments, kinds, strict=True)]
        self.floating = [k for k, kind in enumerate(kinds) if kind == "f"]
        self.found, self.there, self.remote = found, list(map(there, self.arrays)), False

    def __call__(self, *values):
        fixed = self.there if self.remote else self.arrays
        given = [values[self.floating.index(k)] if k in self.floating else x for k, x in enumerate(fixed)]
        return self.found.call(tuple(given))

    def chosen(self, of):
        return [of[k] for k in self.floating]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", sorted(set(public_operations()) - MOVES))
@pytest.mark.filterwarnings("ignore")
def test_an_operation_is_numpys(name, dtype, there, place):
    found = sample(public_operations()[name])
    if found is None:
        pytest.skip("no plain call is known")
    call, tolerance = Call(found, dtype, there), 1e-10 if dtype is np.float64 else 2e-4
    plain = call.chosen(call.arrays)
    expected, call.remote = call(*plain), True
    place.counts.reset()
    if name in GAPS and name != "frechet":
        with pytest.raises(NoMethodError, match=rf"{name} has no method for arrays on {place.kind} .*to_device"):
            call(*call.chosen(call.there))
        return
    check(place, name, call(*call.chosen(call.there)), expected, tolerance)
    assert place.counts.down == 0 or name in WAITS
    assert place.counts.waits == 0 or name in WAITS
    if name in FREE or not plain or dtype is np.float32 and found.op.family == "elementwise":
        return
    derivatives(call, plain, name, there, place, 100 * tolerance)


def derivatives(call, plain, name, there, place, tolerance):
    """Both modes: the numbers of the host's, on the device, without waiting."""
    dtype = plain[0].dtype
    drawn = [np.random.default_rng(0).standard_normal(x.shape).astype(dtype) for x in plain]
    call.remote = False
    try:
        expected = dm.jvp(call, tuple(plain), tuple(drawn))[1]
    except (NoMethodError, NoRuleError, NonDifferentiableError):
        return
    call.remote = True
    remote = call.chosen(call.there)
    tangents = tuple(map(there, drawn))
    place.counts.reset()
    if name in NEEDS_GAPS:
        with pytest.raises(NoMethodError, match="has no method for arrays on"):
            dm.jvp(call, tuple(remote), tangents)
        return
    found = dm.jvp(call, tuple(remote), tangents)[1]
    check(place, name, found, expected, tolerance)
    call.remote = False
    y = call(*plain)
    if any(np.asarray(v).dtype.kind != "f" for v in leaves(y)):
        return
    cts = [np.asarray(np.random.default_rng(1).standard_normal(np.shape(v)), dtype) for v in leaves(y)]
    one = not isinstance(y, (tuple, list))
    gradients = dm.vjp(call, *plain)[1](cts[0] if one else type(y)(cts))
    call.remote = True
    given = list(map(there, cts))
    place.counts.reset()
    check(place, name, dm.vjp(call, *remote)[1](given[0] if one else type(y)(given)), gradients, tolerance)
    assert place.counts.waits == 0 or name in WAITS


#: Operations whose derivative needs a function that CuPy lacks.
NEEDS_GAPS = {"i1", "i1e", "j1", "k1", "y1"}


def test_each_operation_has_a_method_or_a_gap_with_a_reason(place):
    from dispatchml.backends.cupy import register
    from dispatchml.backends.cupy.methods import METHODS
    from dispatchml.backends.cupy.tables import BORROWED, SAME

    names = {op.name for op in register.operations()}
    assert names <= set(METHODS) | set(BORROWED) | set(SAME) | set(GAPS)
    twice = [n for n in names if sum(n in table for table in (METHODS, BORROWED, SAME)) > 1]
    assert not twice
    library = register.LIBRARIES[place.kind]
    for path in SAME.values():
        assert callable(library.find(path))


AXES = [None, 0, 1, -1, (0, 1), ()]
REDUCTIONS = (
    "sum mean max min prod var std logsumexp any all median vector_norm count_nonzero ptp nansum argmax".split()
)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_axes_and_keepdims_are_numpys(name, axis, there, place):
    x = np.random.default_rng(0).standard_normal((3, 4))
    op = getattr(ops, name)
    for keepdims in (False, True):
        try:
            expected = op(x, axis=axis, keepdims=keepdims)
        except Exception:
            with pytest.raises(Exception):  # noqa: B017, PT011  # of whichever library it is
                op(there(x), axis=axis, keepdims=keepdims)
            continue
        check(place, name, op(there(x), axis=axis, keepdims=keepdims), np.asarray(expected), 1e-12)


@pytest.mark.parametrize("name", "cummax cummin cumsum cumprod cumulative_logsumexp sort argsort softmax".split())
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_scans_along_axes(name, axis, there, place):
    x = np.random.default_rng(0).standard_normal((5, 7))
    op = getattr(ops, name)
    check(place, name, op(there(x), axis=axis), op(x, axis=axis), 1e-12)


def test_equal_values_in_decompositions(there, place):
    a = np.diag([2.0, 2.0, 1.0])
    f = lambda a: ops.sum(ops.power(ops.eigvalsh(a), 3))  # noqa: E731
    check(place, "grad", dm.grad(f)(there(a)), dm.grad(f)(a), 1e-12)
    check(place, "hvp", dm.hvp(f, (there(a),), (there(np.eye(3)),)), dm.hvp(f, (a,), (np.eye(3),)), 1e-10)
    x, w = np.random.default_rng(0).standard_normal((3, 3)), np.array([1.0, 2.0, 2.0])
    there_x = ops.divide_by_gaps(there(x), there(w))
    assert np.isnan(place.host(there_x)[1, 2])  # the host raises, which a device could not without waiting
    h = x + x.T
    turned = place.host(ops.turn_equal(there(h), there(w)))
    inside = turned.T @ h @ turned
    np.testing.assert_allclose(inside[1, 2], 0, atol=1e-12)
    np.testing.assert_allclose(turned[0], [1, 0, 0])
    check(place, "even", ops.even_out(there([1.0, 2.0, 2.0]), there(w)), ops.even_out(np.array([1.0, 2, 2]), w), 0)
