"""Derivatives and batch rules of products."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

RNG = np.random.default_rng(2)


def real(*shape):
    return RNG.standard_normal(shape)


def cplx(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


MATMUL = [
    ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)),
    ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)),
    ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((1, 1), (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), MATMUL)
def test_matmul(a, b, check_derivative, check_batch):
    check_derivative(ops.matmul, real(*a), real(*b))
    check_derivative(ops.matmul, cplx(*a), real(*b))
    check_derivative(ops.matmul, cplx(*a), cplx(*b), second=False)
    check_batch(ops.matmul, real(*a), real(*b))


def test_matmul_on_layouts_that_are_not_contiguous(check_derivative):
    check_derivative(ops.matmul, np.asfortranarray(real(3, 4)), real(4, 5).T.copy().T)
    check_derivative(ops.matmul, real(6, 8)[::2, ::2], real(8, 3)[::-2])


def test_matmul_in_reverse_is_two_products_with_views(monkeypatch):
    from dispatchml.rules import products

    calls = []

    def counted(a, b):
        calls.append((a, b))
        return ops.matmul(a, b)

    monkeypatch.setattr(products, "matmul", counted)
    a, b = real(3, 4), real(4, 5)
    ct = np.ones((3, 5))
    ga, gb = products.matmul_vjp(None, a, b, needs=(True, True))(ct)
    assert len(calls) == 2
    assert calls[0][1].base is b or np.shares_memory(calls[0][1], b)
    assert np.shares_memory(calls[1][0], a)
    np.testing.assert_allclose(ga, ct @ b.T)
    np.testing.assert_allclose(gb, a.T @ ct)
    calls.clear()
    assert products.matmul_vjp(None, a, b, needs=(False, True))(ct)[0] is None
    assert len(calls) == 1


def test_single_precision_stays():
    a, b = real(3, 4).astype(np.float32), real(4).astype(np.float32)
    gradients = dm.grad(lambda a, b: ops.sum(ops.matmul(a, b)), argnums=(0, 1))(a, b)
    assert [g.dtype for g in gradients] == [np.float32] * 2


@pytest.mark.parametrize(
    ("a", "b"),
    [((), (3, 2)), ((2,), ()), ((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (5, 3, 4)),
     ((2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((6, 2, 3), (5, 3, 4))],
)  # fmt: skip
def test_dot(a, b, check_derivative, check_batch):
    check_derivative(ops.dot, real(*a), real(*b))
    check_derivative(ops.dot, cplx(*a), cplx(*b), second=False)
    check_batch(ops.dot, real(*a), real(*b))


@pytest.mark.parametrize(("a", "b"), [((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (5, 4, 3)), ((), ())])
def test_inner(a, b, check_derivative, check_batch):
    check_derivative(ops.inner, real(*a), real(*b))
    check_derivative(ops.inner, cplx(*a), real(*b), second=False)
    check_batch(ops.inner, real(*a), real(*b))


@pytest.mark.parametrize(("a", "b"), [((3,), (2,)), ((2, 3), (4,)), ((), (3,)), ((2, 2), (3, 1)), ((0,), (3,))])
def test_outer_and_kron(a, b, check_derivative, check_batch):
    for op in (ops.outer, ops.kron):
        check_derivative(op, real(*a), real(*b))
        check_derivative(op, cplx(*a), cplx(*b), second=False)
        check_batch(op, real(*a), real(*b))


def test_kron_of_three_axes(check_derivative, check_batch):
    check_derivative(ops.kron, real(2, 3, 2), real(3, 2))
    check_batch(ops.kron, real(2, 3, 2), real(3, 2))


@pytest.mark.parametrize(("a", "b"), [((3,), (3,)), ((2, 3), (3, 2)), ((), ())])
def test_vdot(a, b, check_derivative, check_batch):
    check_derivative(ops.vdot, real(*a), real(*b))
    check_derivative(ops.vdot, cplx(*a), cplx(*b))
    check_batch(ops.vdot, real(*a), real(*b))


@pytest.mark.parametrize(
    ("a", "b", "axis"), [((3,), (3,), -1), ((4, 3), (3,), -1), ((3, 1), (3, 5), 0), ((2, 1, 3), (4, 3), -1)]
)
def test_vecdot(a, b, axis, check_derivative, check_batch):
    check_derivative(lambda x, y: ops.vecdot(x, y, axis=axis), real(*a), real(*b))
    check_derivative(lambda x, y: ops.vecdot(x, y, axis=axis), cplx(*a), cplx(*b))
    check_batch(ops.vecdot, real(*a), real(*b), axis=axis)


@pytest.mark.parametrize(
    ("a", "b", "axes"),
    [((2, 3), (4, 5), 0), ((2, 3), (3, 4), 1), ((5, 2, 3), (2, 3, 4), 2), ((3, 4, 2), (4, 5, 3), ((0, 1), (2, 0))),
     ((3, 4, 2), (2, 5), (-1, 0)), ((3, 4, 2), (2, 4, 5), ([-1, 1], [0, 1])), ((2, 3), (2, 3), ((1, 0), (1, 0)))],
)  # fmt: skip
def test_tensordot(a, b, axes, check_derivative, check_batch):
    check_derivative(lambda x, y: ops.tensordot(x, y, axes=axes), real(*a), real(*b))
    check_derivative(lambda x, y: ops.tensordot(x, y, axes=axes), cplx(*a), cplx(*b), second=False)
    check_batch(ops.tensordot, real(*a), real(*b), axes=axes)


EINSUM = [
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("iii->i", (3, 3, 3)),
    ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->i", (2, 3)), ("i,i->", (3,), (3,)), ("i,j->", (3,), (2,)),
    ("...ij,...jk->...ik", (5, 2, 3), (5, 3, 4)), ("...ij,jk->...ik", (5, 2, 3), (3, 4)), ("...i,...i", (4, 3), (3,)),
    ("...ii->...", (4, 3, 3)), ("i...->...", (3, 4)), ("ij,kj,lk->il", (2, 3), (4, 3), (5, 4)),
    ("b i , i b -> b", (2, 3), (3, 2)),
    ("...i,...j->...ij", (4, 1, 2), (5, 3)), ("ii,ij->j", (3, 3), (3, 2)), ("ij,ij,ij->i", (2, 3), (2, 3), (2, 3)),
    ("ba,b", (2, 3), (2,)), ("ij,jk->ik", (2, 1), (3, 4)),
    ("i,->i", (3,), ()), ("iijj->ij", (2, 2, 3, 3)), (",", (), ()),
]  # fmt: skip


@pytest.mark.parametrize("case", EINSUM, ids=lambda c: c[0])
def test_einsum(case, check_derivative, check_batch):
    subscripts, *shapes = case
    for make in (real, cplx):
        check_derivative(
            lambda *x: ops.einsum(x, subscripts=subscripts), *(make(*s) for s in shapes), second=make is real
        )
    check_batch(ops.einsum, tuple(real(*s) for s in shapes), subscripts=subscripts)


def test_einsum_large_enough_for_an_order_of_products(check_derivative):
    check_derivative(
        lambda *x: ops.einsum(x, subscripts="ij,jk,kl->il"), real(12, 13), real(13, 14), real(14, 15), second=False
    )


@pytest.mark.parametrize(
    ("a", "b", "keywords"),
    [((3,), (3,), {}), ((4, 3), (3,), {}), ((3, 4), (3, 4), {"axis": 0}), ((3, 5), (5, 3), {"axisa": 0}),
     ((2, 1, 3), (4, 3), {"axisc": 0}), ((2, 3), (3, 2), {"axisb": 0, "axisc": 0})],
)  # fmt: skip
def test_cross(a, b, keywords, check_derivative, check_batch):
    check_derivative(lambda x, y: ops.cross(x, y, **keywords), real(*a), real(*b))
    check_derivative(lambda x, y: ops.cross(x, y, **keywords), cplx(*a), cplx(*b), second=False)
    check_batch(ops.cross, real(*a), real(*b), **keywords)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "m"), [(5, 3), (3, 5), (6, 4), (4, 4), (1, 3), (4, 7), (1, 1), (7, 2)])
def test_convolutions(n, m, mode, check_derivative, check_batch):
    for op in (ops.convolve, ops.correlate):
        check_derivative(lambda x, y, op=op: op(x, y, mode=mode), real(n), real(m))
        check_derivative(lambda x, y, op=op: op(x, y, mode=mode), cplx(n), cplx(m), second=False)
        check_batch(op, real(n), real(m), mode=mode)


def test_multi_dot(check_derivative):
    check_derivative(lambda *x: ops.multi_dot(x), real(2, 5), real(5, 3), real(3, 4), real(4, 2))
    check_derivative(lambda *x: ops.multi_dot(x), real(5), real(5, 3), real(3))


def test_zero_cotangents_give_zero():
    a, b = real(2, 3), real(3, 2)
    _, pullback = dm.vjp(lambda a, b: ops.matmul(a, b), a, b)
    assert not any(np.any(g) for g in pullback(np.zeros((2, 2))))
