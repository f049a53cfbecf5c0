"""What does not fit is refused in words that name the structures; what is dense is said."""

import numpy as np
import pytest
from dispatchml_structured import (
    Block,
    BlockDiagonal,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Kronecker,
    LowRank,
    Symmetric,
    Toeplitz,
    Triangular,
)

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning, ShapeError

D, T = Diagonal(np.ones(3)), Toeplitz(np.ones(4), np.ones(4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: D @ T,
            r"matmul: Diagonal of shape \(3, 3\) and Toeplitz of shape \(4, 4\) do not fit.*3 columns meet 4",
        ),
        (
            lambda: T @ np.ones(3),
            r"matmul: Toeplitz of shape \(4, 4\) and ndarray of shape \(3,\).*4 columns meet 3 rows",
        ),
        (lambda: np.ones((2, 2)) @ D, "matmul: ndarray .* and Diagonal .* do not fit"),
        (lambda: D + T, r"add: Diagonal of shape \(3, 3\) and Toeplitz of shape \(4, 4\) do not fit.*broadcast"),
        (lambda: D * np.ones(4), "multiply: Diagonal .* do not fit"),
        (lambda: np.linalg.solve(D, np.ones(4)), "solve: Diagonal .* 3 equations have 4 right-hand sides"),
        (lambda: ops.matmul(D, 2.0), "a number is no matrix; write a \\* b"),
        (lambda: Diagonal(3.0), "Diagonal takes a vector"),
        (lambda: Triangular(np.ones((2, 3))), r"Triangular takes square matrices .* \(2, 3\)"),
        (lambda: Symmetric(np.ones(3)), "Symmetric takes square matrices"),
        (lambda: LowRank(np.ones((3, 2)), np.ones((3, 1))), "of one rank r"),
        (lambda: DiagonalPlusLowRank(np.ones(2), np.ones((3, 1)), np.ones((3, 1))), "does not fit factors"),
        (lambda: Kronecker(np.ones(3), np.ones((2, 2))), "Kronecker takes two matrices"),
        (lambda: BlockDiagonal(np.ones((2, 2))), "BlockDiagonal takes blocks"),
        (lambda: Block(np.eye(2), np.ones((3, 1)), None, np.eye(1)), r"b must be of shape \(2, 1\), not \(3, 1\)"),
        (lambda: Circulant(2.0), "Circulant takes a vector"),
        (lambda: Toeplitz(2.0, np.ones(2)), "Toeplitz takes two vectors"),
    ],
)
def test_what_does_not_fit(call, words):
    with pytest.raises(ShapeError, match=words) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert "test_refusals.py" in str(caught.value)


def test_the_same_inside_of_a_transform():
    with pytest.raises(ShapeError, match="matmul: Diagonal .* and Toeplitz"):
        dm.grad(lambda d: np.sum(Diagonal(d) @ T))(np.ones(3))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: D + Toeplitz(np.ones(3), np.ones(3)), "add has no rule for Diagonal and Toeplitz"),
        (lambda: D @ Circulant(np.ones(3)), "matmul has no rule for Circulant times Circulant|Diagonal|Circulant"),
        (lambda: np.exp(D), "exp has no rule for Diagonal"),
        (lambda: D + 1.0, "add has no rule for Diagonal and float"),
        (lambda: np.linalg.inv(Toeplitz.symmetric([3.0, 1.0])), "inv has no rule for Toeplitz"),
        (lambda: np.max(D), "max has no rule for .*Diagonal"),
        (lambda: D[1:, 1:], "getitem has no rule for Diagonal"),
        (lambda: np.linalg.svd(D), "svd has no rule for .*Diagonal"),
        (lambda: dm.grad(lambda d: np.sum(np.exp(Diagonal(d))))(np.ones(3)), "exp has no rule for Diagonal"),
    ],
)
def test_what_is_dense_is_said_and_an_error_in_strict_mode(call, words):
    with pytest.raises(DensifyWarning, match=words):  # warnings are errors here
        call()


def test_the_warning_is_at_the_users_line():
    with pytest.warns(DensifyWarning, match="Write x.materialise\\(\\) to mean it") as seen:
        np.exp(D)
    assert seen[0].filename == __file__


def test_plain_memory_is_not_handed_out():
    with pytest.raises(TypeError, match=r"x\.materialise\(\)"):
        np.asarray(D)


def test_a_matrix_does_not_hold_what_belongs_outside():
    with pytest.raises(TypeError, match="Kronecker cannot hold a BlockDiagonal"):
        Kronecker(BlockDiagonal(np.ones((2, 2, 2))), np.eye(2))
    with pytest.raises(TypeError, match="Diagonal cannot hold a Kronecker"):
        Diagonal(Kronecker(np.eye(2), np.eye(2)))
    assert type(Kronecker(np.eye(2), Kronecker(np.eye(2), np.eye(3)))) is Kronecker
    assert Block(Block(np.eye(1), None, None, np.eye(1)), None, None, D).shape == (5, 5)


def test_writing_is_refused():
    with pytest.raises(TypeError):
        D[0, 0] = 2.0
