"""Noise levels of a drifting signal, by the likelihood of a Kalman filter and its gradient.

    python examples/kalman_filter.py

The filter is plain NumPy with `cholesky` and `solve` in a loop. Its likelihood is compared with that of the same model
as one large normal distribution, and the gradient with differences.
"""

import numpy as np

import dispatchml as dm

MOVE = np.array([[1.0, 1.0], [0.0, 1.0]])  # position and drift
SEE = np.array([[1.0, 0.0]])


def negative_log_likelihood(logs, seen):
    """Of a series of positions; logs: logarithms of the variances of the drift's steps and of the measurements."""
    steps, noise = np.exp(logs[0]), np.exp(logs[1])
    state, spread = np.zeros(2), np.eye(2)
    total = 0.0
    for z in seen:
        state = MOVE @ state
        spread = MOVE @ spread @ MOVE.T + steps * np.array([[0.25, 0.5], [0.5, 1.0]])
        root = np.linalg.cholesky(SEE @ spread @ SEE.T + noise * np.eye(1))
        white = np.linalg.solve(root, z - SEE @ state)
        total = total + 0.5 * white @ white + np.sum(np.log(np.diagonal(root))) + 0.5 * np.log(2 * np.pi)
        gain = np.linalg.solve(root, SEE @ spread)
        state = state + gain.T @ white
        spread = spread - gain.T @ gain
    return total


def in_one_piece(logs, seen):
    """The same number without a filter: the series is one normal vector."""
    steps, noise = np.exp(logs)
    rows, covariance, blocks = [], np.eye(2), []
    for _ in seen:
        covariance = MOVE @ covariance @ MOVE.T + steps * np.array([[0.25, 0.5], [0.5, 1.0]])
        blocks.append(covariance)
    for i in range(len(seen)):
        rows.append(
            [
                (SEE @ np.linalg.matrix_power(MOVE, abs(i - j)) @ blocks[min(i, j)] @ SEE.T)[0, 0]
                for j in range(len(seen))
            ]
        )
    matrix = np.array(rows) + noise * np.eye(len(seen))
    return 0.5 * (seen @ np.linalg.solve(matrix, seen) + np.linalg.slogdet(2 * np.pi * matrix)[1])


def simulate(steps, noise, length, generator):
    """Positions of a body whose drift makes random steps, seen with noise."""
    state, seen = np.zeros(2), []
    for _ in range(length):
        push = np.sqrt(steps) * generator.standard_normal()
        state = MOVE @ state + push * np.array([0.5, 1.0])
        seen.append(state[0] + np.sqrt(noise) * generator.standard_normal())
    return np.array(seen)


def main():
    seen = simulate(0.04, 1.0, 60, np.random.default_rng(5))
    logs = np.zeros(2)
    np.testing.assert_allclose(negative_log_likelihood(logs, seen), in_one_piece(logs, seen))

    slope = dm.grad(negative_log_likelihood)(logs, seen)
    differences = [(in_one_piece(logs + e, seen) - in_one_piece(logs - e, seen)) / 2e-5 for e in 1e-5 * np.eye(2)]
    np.testing.assert_allclose(slope, differences, rtol=1e-5)

    steps = 0
    while True:
        slope = dm.grad(negative_log_likelihood)(logs, seen)
        if np.abs(slope).max() < 1e-6:
            break
        bend = dm.jacfwd(dm.grad(negative_log_likelihood))(logs, seen)
        values, vectors = np.linalg.eigh(bend)
        change = -vectors @ ((vectors.T @ slope) / np.maximum(np.abs(values), 1.0))
        logs, steps = logs + np.clip(change, -1.0, 1.0), steps + 1
        assert steps < 30, "no convergence"
    errors = np.sqrt(np.diag(np.linalg.inv(bend)))
    print(f"{steps} Newton steps, log likelihood {-negative_log_likelihood(logs, seen):.3f}")
    for name, log, error, true in zip(("steps", "noise"), logs, errors, np.log([0.04, 1.0]), strict=True):
        print(f"log variance of the {name}: {log:6.3f} +- {error:.3f}   (made with {true:.3f})")
        assert abs(log - true) < 3 * error


if __name__ == "__main__":
    main()
