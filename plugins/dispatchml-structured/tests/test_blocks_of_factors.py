"""Blocks that are products of factors: derivatives are directions of the factors, in both modes and to any order."""

import numpy as np
import pytest
from dispatchml_structured import (
    Block,
    BlockDiagonal,
    BlockDiagonalTangent,
    BlockTangent,
    Diagonal,
    DiagonalPlusLowRank,
    Kronecker,
    LowRank,
)

import dispatchml as dm
from dispatchml import ops

generator = np.random.default_rng(3)


def draw(*shape):
    return generator.uniform(0.5, 1.5, shape)


#: Name -> (numbers, the matrix of them, the class of its directions).
MATRICES = {
    "low rank": ((draw(3, 1), draw(3, 1), draw(2, 2)), lambda u, v, d: Block(LowRank(u, v), None, None, d)),
    "both": (
        (draw(3, 1), draw(3, 1), draw(2, 2), draw(2, 2)),
        lambda u, v, a, b: Block(LowRank(u, v), np.ones((3, 4)), None, Kronecker(a, b)),
    ),
    "diagonal beside": (
        (draw(3), draw(3, 1), draw(3, 1), draw(2)),
        lambda d, u, v, e: Block(DiagonalPlusLowRank(d, u, v), None, np.ones((2, 3)), Diagonal(e)),
    ),
    "nested": (
        (draw(2, 1), draw(2, 1), draw(2)),
        lambda u, v, d: Block(Block(LowRank(u, v), None, None, Diagonal(d)), None, None, np.eye(2)),
    ),
    "stack": ((draw(2, 3, 1), draw(2, 3, 1)), lambda u, v: BlockDiagonal(LowRank(u, v))),
    "stack of products": ((draw(2, 2, 2), draw(2, 2, 2)), lambda a, b: BlockDiagonal(Kronecker(a, b))),
}
PROGRAMS = {
    "product": lambda m: np.sum((m @ np.arange(1.0, m.shape[1] + 1)) ** 2),
    "twice": lambda m: np.sum((m @ (m.T @ np.arange(1.0, m.shape[0] + 1))) ** 2),
    "dense": lambda m: np.sum(m.materialise() ** 3),
    "scaled": lambda m: np.sum(ops.matmul(m * 3.0, np.ones(m.shape[1])) ** 2) + np.sum(ops.diagonal(m) ** 3),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("name", MATRICES)
def test_derivatives(name, program):
    numbers, make = MATRICES[name]
    f = PROGRAMS[program]

    def of_numbers(*numbers):
        return f(make(*numbers))

    def of_dense(*numbers):
        dense = make(*numbers).materialise()
        return {
            "product": lambda: np.sum((dense @ np.arange(1.0, dense.shape[1] + 1)) ** 2),
            "twice": lambda: np.sum((dense @ (dense.T @ np.arange(1.0, dense.shape[0] + 1))) ** 2),
            "dense": lambda: np.sum(dense**3),
            "scaled": lambda: np.sum((3.0 * dense @ np.ones(dense.shape[1])) ** 2) + np.sum(np.diagonal(dense) ** 3),
        }[program]()

    every = tuple(range(len(numbers)))
    wanted = dm.grad(of_dense, every)(*numbers)
    for got, expected in zip(dm.grad(of_numbers, every)(*numbers), wanted, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10)
    move = tuple(draw(*n.shape) for n in numbers)
    slope = sum(np.sum(w * t) for w, t in zip(wanted, move, strict=True))
    np.testing.assert_allclose(dm.jvp(of_numbers, numbers, move)[1], slope)
    second = dm.jvp(lambda *n: dm.grad(of_numbers, every)(*n), numbers, move)[1]
    for got, expected in zip(second, dm.jvp(lambda *n: dm.grad(of_dense, every)(*n), numbers, move)[1], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9)
    m = make(*numbers)
    gradient = dm.grad(f)(m)
    assert isinstance(gradient, (BlockTangent, BlockDiagonalTangent))
    direction = dm.random_tangent(m, np.random.default_rng(0))
    np.testing.assert_allclose(dm.jvp(f, (m,), (direction,))[1], dm.inner(gradient, direction), rtol=1e-10)
    value, pullback = dm.vjp(lambda m: m * 2.0, m)
    assert type(pullback(gradient)[0]) is type(gradient)
    hessian = dm.hvp(f, (m,), (direction,))
    assert type(hessian) is type(gradient)


def test_the_numbers_of_a_gradient():
    (u, v, d), make = MATRICES["low rank"]
    g = dm.grad(PROGRAMS["product"])(make(u, v, d))
    du, dv, dd = dm.grad(lambda u, v, d: PROGRAMS["product"](make(u, v, d)), (0, 1, 2))(u, v, d)
    for got, expected in ((g.a.left, du), (g.a.right, dv), (g.d, dd)):
        np.testing.assert_allclose(got, expected)
    assert g.b is None


def test_batches_and_vectors():
    (u, v, d), make = MATRICES["low rank"]
    f = PROGRAMS["product"]
    rows = np.stack([u, u + 1.0])
    found = dm.vmap(dm.grad(lambda u: f(make(u, v, d))))(rows)
    for got, row in zip(found, rows, strict=True):
        np.testing.assert_allclose(got, dm.grad(lambda u: f(make(u, v, d)))(row))
    vector, back = dm.ravel(make(u, v, d))
    assert vector.size == u.size + v.size + d.size
    np.testing.assert_allclose(back(vector).materialise(), make(u, v, d).materialise())
    assert dm.hessian(lambda x: f(back(x)))(vector).shape == (vector.size, vector.size)


def test_a_step_of_descent():
    (u, v, d), make = MATRICES["low rank"]
    m = make(u, v, d)
    f = PROGRAMS["product"]
    moved = m - 1e-4 * dm.grad(f)(m)
    assert type(moved) is Block
    assert f(moved) < f(m)
