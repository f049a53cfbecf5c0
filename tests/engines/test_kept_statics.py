"""Index arrays, masks and lists that are refilled after their use: the tape keeps its own."""

import numpy as np

import dispatchml as dm

X = np.array([1.0, 2.0, 3.0, 4.0])


def test_an_index_array_that_is_refilled():
    def f(x):
        index, total = np.empty(2, int), 0.0
        for k in range(2):
            index[:] = [k, k + 1]
            total = total + np.sum(x[index]) * (k + 1)
        return total

    np.testing.assert_array_equal(dm.grad(f)(X), [1, 3, 2, 0])
    np.testing.assert_array_equal(dm.jacfwd(f)(X), [1, 3, 2, 0])


def test_a_mask_that_is_refilled():
    def f(x):
        mask, total = np.zeros(4, bool), 0.0
        for k in range(3):
            mask[:] = False
            mask[k] = True
            total = total + np.sum(x[mask]) * (k + 1)
        return total

    np.testing.assert_array_equal(dm.grad(f)(X), [1, 2, 3, 0])


def test_an_index_of_an_assignment_that_is_refilled():
    def f(x):
        index, y = np.empty(2, int), x * 1
        for k in range(3):
            index[:] = [k, k + 1]
            y[index] = y[index] * 2
        return np.sum(y)

    np.testing.assert_array_equal(dm.grad(f)(X), [2, 4, 4, 2])


def test_counts_that_are_refilled():
    def f(a):
        counts = [1, 2, 0]
        y = np.repeat(a, counts)
        counts[:] = [0, 2, 1]
        return np.sum(y * np.array([1.0, 10.0, 100.0]))

    np.testing.assert_array_equal(dm.grad(f)(np.ones(3)), [1, 110, 0])


def test_parts_of_a_split_are_views():
    def f(x):
        first, _ = np.split(x, 2)
        first *= 10.0
        return np.sum(x)

    value, gradient = dm.value_and_grad(f)(X)
    assert value == 37
    np.testing.assert_array_equal(gradient, [10, 10, 1, 1])


def test_views_of_one_element_in_every_mode():
    def f(x):
        one = np.squeeze(x)
        x *= 2
        return one**2

    x = np.array([2.0])
    assert dm.jacrev(f)(x) == dm.jacfwd(f)(x) == [16]
    assert dm.jvp(f, (x,), (np.ones(1),)) == (16, 16)
    assert dm.hvp(f, (x,), (np.ones(1),)) == [8]

    def g(x):
        one = x[0, ...]
        x[0] = 3 * x[0]
        return one * 1.0

    np.testing.assert_array_equal(dm.vmap(g)(np.full((2, 1), 2.0)), [6, 6])


def test_arrays_made_like_a_traced_one_are_filled_inside_vmap_of_grad():
    def differences(x):
        y = np.zeros_like(x)
        y[1:] = x[1:] - x[:-1]
        return np.sum(y**2)

    rows = np.array([[1.0, 2.0, 4.0], [1.0, 0.0, 2.0]])
    expected = [dm.grad(differences)(row) for row in rows]
    np.testing.assert_allclose(dm.vmap(dm.grad(differences))(rows), expected)
