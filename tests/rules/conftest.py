"""What the tests of rules share: derivatives against differences and against each other, batch rules against a loop."""

import itertools

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.rules.registry import BATCH_RULES, rule_of


def outputs_of(y):
    return y if type(y) is tuple else (y,)


def random_like(rng, x):
    """Random numbers in the shape and the dtype of x, zeros for what has no derivative."""
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        return None
    v = rng.standard_normal(x.shape)
    return (v + 1j * rng.standard_normal(x.shape)).astype(x.dtype) if x.dtype.kind == "c" else v.astype(x.dtype)


def inner(a, b):
    """Re sum(conj(a) b)."""
    return sum(float(np.sum(np.conj(u) * v).real) for u, v in zip(outputs_of(a), outputs_of(b), strict=True))


def frozen(x):
    if isinstance(x, np.ndarray):
        x = x.copy()
        x.flags.writeable = False
    return x


@pytest.fixture
def check_derivative():
    """check(f, *arguments): both modes of a function of arrays against central differences, and to second order."""

    def check(f, *arguments, step=1e-5, tolerance=1e-6, second=True, seed=0):
        rng = np.random.default_rng(seed)
        arguments = tuple(frozen(np.asarray(x)) if isinstance(x, (np.ndarray, list)) else x for x in arguments)
        active = [k for k, x in enumerate(arguments) if random_like(rng, x) is not None]
        primals = tuple(arguments[k] for k in active)

        def g(*values):
            full = list(arguments)
            for k, v in zip(active, values, strict=True):
                full[k] = v
            return f(*full)

        tangents = tuple(frozen(random_like(rng, x)) for x in primals)
        expected_y = outputs_of(g(*primals))
        y, dy = dm.jvp(g, primals, tangents)
        ahead = outputs_of(g(*(x + step * t for x, t in zip(primals, tangents, strict=True))))
        behind = outputs_of(g(*(x - step * t for x, t in zip(primals, tangents, strict=True))))
        for value, want, change, a, b in zip(outputs_of(y), expected_y, outputs_of(dy), ahead, behind, strict=True):
            np.testing.assert_allclose(value, want, rtol=1e-12, atol=1e-14)
            assert np.shape(change) == np.shape(want)
            np.testing.assert_allclose(change, (np.asarray(a) - b) / (2 * step), rtol=tolerance, atol=tolerance * 10)
        y, pullback = dm.vjp(g, *primals)
        ct = tuple(frozen(random_like(rng, v)) for v in expected_y)
        cotangents = pullback(ct if type(y) is tuple else ct[0])
        for x, c in zip(primals, cotangents, strict=True):
            assert np.shape(c) == np.shape(x)
            assert np.asarray(c).dtype == np.asarray(x).dtype
        assert inner(ct, dy) == pytest.approx(inner(cotangents, tangents), rel=1e-9, abs=1e-9)
        if second:
            check_second(g, primals, tangents, ct, step, tolerance)

    return check


def check_second(g, primals, tangents, weights, step, tolerance):
    """The change of the gradient of <weights, g>, by either mode over the other, against differences."""

    def scalar(*values):
        parts = [
            ops.sum(ops.real(ops.multiply(np.conj(w), v)) if np.iscomplexobj(w) else ops.multiply(w, v))
            for w, v in zip(weights, outputs_of(g(*values)), strict=True)
        ]
        return parts[0] if len(parts) == 1 else sum(parts[1:], start=parts[0])

    argnums = tuple(range(len(primals)))
    gradient = dm.grad(scalar, argnums=argnums)
    ahead = gradient(*(x + step * t for x, t in zip(primals, tangents, strict=True)))
    behind = gradient(*(x - step * t for x, t in zip(primals, tangents, strict=True)))
    wanted = [(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)]
    _, forward_over_reverse = dm.jvp(gradient, primals, tangents)
    reverse_over_forward = dm.grad(lambda *v: dm.jvp(scalar, v, tangents)[1], argnums=argnums)(*primals)
    for found in (forward_over_reverse, reverse_over_forward):
        for got, want in zip(found, wanted, strict=True):
            np.testing.assert_allclose(got, want, rtol=tolerance * 10, atol=tolerance * 100)


@pytest.fixture
def check_batch():
    """check(op, *arguments, **keywords): the batch rule for every choice of batched arguments, against a loop."""

    def check(op, *arguments, size=3, variants=None, seed=0, **keywords):
        rule = BATCH_RULES[op.info]
        assert rule_of(op.info) is not None
        rng = np.random.default_rng(seed)
        variadic = op.info.variadic
        elements = arguments[0] if variadic else arguments

        def another(x):
            x = np.asarray(x)
            if variants and x.dtype.kind in "iu":
                return rng.integers(*variants, size=x.shape)
            return rng.standard_normal(x.shape).astype(x.dtype) if x.dtype.kind == "f" else x

        for flags in itertools.product((False, True), repeat=len(elements)):
            if not any(flags):
                continue
            values = tuple(
                np.stack([another(x) for _ in range(size)]) if flag else x
                for x, flag in zip(elements, flags, strict=True)
            )
            found = outputs_of(rule(values, flags, size, **{**op.info.keywords, **keywords}))
            for k in range(size):
                one = tuple(v[k] if flag else v for v, flag in zip(values, flags, strict=True))
                want = outputs_of(op(one, **keywords) if variadic else op(*one, **keywords))
                for f, w in zip(found, want, strict=True):
                    assert np.shape(f)[0] == size
                    np.testing.assert_allclose(np.asarray(f)[k], w, rtol=1e-12, atol=1e-12)

    return check
