"""A Gaussian process on a grid of 12,000 points: the covariance is a Kronecker product, which is never formed.

    python examples/gaussian_process_on_a_grid.py        (needs dispatchml-structured)

A field f(s, t) was measured with noise at every point of a grid of 120 places and 100 times. Its covariance is
scale^2 K1 x K2 + noise^2 I, with exponential kernels K1 in space and K2 in time. As a dense matrix it has 144 million
entries, and one likelihood takes minutes. Here the likelihood, its gradient and its Hessian in all four parameters go
through the eigenvalues of the factors: the code says Kronecker(...).eigen(), and the derivatives are those of dm.grad.

Saatci, Scalable Inference for Structured Gaussian Process Models, 2011, chapter 5.
"""

import numpy as np
from dispatchml_structured import Diagonal, Kronecker, ScaledIdentity, Symmetric

import dispatchml as dm

SPACE, TIME = np.linspace(0.0, 12.0, 120), np.linspace(0.0, 5.0, 100)
TRUTH = {"scale": 1.5, "length in space": 2.0, "length in time": 0.7, "noise": 0.3}


def kernel(x, length):
    """The exponential covariance of points on a line."""
    return Symmetric(np.exp(-np.abs(x[:, None] - x) / length))


def log_likelihood(theta, y, space=SPACE, time=TIME):
    """The log marginal likelihood of measurements y (places x times) for the logarithms of the parameters."""
    scale, length_1, length_2, noise = np.exp(theta)
    w, v = Kronecker(kernel(space, length_1), kernel(time, length_2)).eigen()
    variances = scale**2 * w + noise**2
    z = v.T @ y
    return -0.5 * (np.sum(z**2 / variances) + np.sum(np.log(variances)) + len(y) * np.log(2 * np.pi))


def dense_log_likelihood(theta, y, space, time):
    """The same as one would write it down, for small grids."""
    scale, length_1, length_2, noise = np.exp(theta)
    k = Kronecker(kernel(space, length_1), kernel(time, length_2)).materialise()
    c = scale**2 * k + noise**2 * np.eye(len(y))
    return -0.5 * (y @ np.linalg.solve(c, y) + np.linalg.slogdet(c)[1] + len(y) * np.log(2 * np.pi))


def draw(rng):
    """A field of the process, and its measurements. The Cholesky factor of a Kronecker product is one."""
    scale, length_1, length_2, noise = TRUTH.values()
    root = np.linalg.cholesky(Kronecker(kernel(SPACE, length_1), kernel(TIME, length_2)))
    field = scale * (root @ rng.normal(size=SPACE.size * TIME.size))
    return field, field + noise * rng.normal(size=field.size)


def fit(y):
    """Newton's method in the logarithms of the parameters, with steps of at most 1."""
    theta = np.zeros(4)
    for step in range(20):
        value, gradient = dm.value_and_grad(log_likelihood)(theta, y)
        print(f"step {step}: log likelihood {value:12.3f}, gradient {np.linalg.norm(gradient):10.3e}")
        if np.linalg.norm(gradient) < 1e-4:
            return theta
        w, v = np.linalg.eigh(dm.hessian(log_likelihood)(theta, y))
        move = v @ ((v.T @ gradient) / np.maximum(np.abs(w), 1e-3))  # uphill, whatever the curvature
        theta = theta + move / max(1.0, np.linalg.norm(move))
    raise RuntimeError("Newton's method did not converge")


def smoothed(theta, y):
    """The posterior mean of the field at the points of the grid."""
    scale, length_1, length_2, noise = np.exp(theta)
    w, v = Kronecker(kernel(SPACE, length_1), kernel(TIME, length_2)).eigen()
    signal = ScaledIdentity(scale**2, w.size) @ Diagonal(w)
    return v @ (signal @ np.linalg.solve(signal + ScaledIdentity(noise**2, w.size), v.T @ y))


def main():
    rng = np.random.default_rng(0)
    few, little = SPACE[:6], TIME[:5]
    small = rng.normal(size=30)
    theta = np.array([0.2, -0.1, 0.3, -0.5])
    by_factors = dm.grad(log_likelihood)(theta, small, few, little)
    np.testing.assert_allclose(by_factors, dm.grad(dense_log_likelihood)(theta, small, few, little), rtol=1e-8)

    field, y = draw(rng)
    theta = fit(y)
    errors = np.sqrt(np.diag(np.linalg.inv(-dm.hessian(log_likelihood)(theta, y))))
    for (name, true), value, error in zip(TRUTH.items(), np.exp(theta), errors, strict=True):
        print(f"{name:16s} {value:6.3f} +- {value * error:.3f}   (drawn with {true})")
        assert abs(np.log(value / true)) < 4 * error

    before, after = np.std(y - field), np.std(smoothed(theta, y) - field)
    print(f"error of the measurements {before:.3f}, of the smoothed field {after:.3f}")
    assert after < 0.7 * before


if __name__ == "__main__":
    main()
