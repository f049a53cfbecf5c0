"""A curve through points with outliers: Gauss-Newton on a robust loss, with the Jacobian from `dm.jacobian`.

    python examples/robust_regression.py

Cauchy's loss log(1 + r**2) grows slowly, so that gross errors do not pull the curve. The result is compared with the
curve that the points were made from, and with plain least squares, which is pulled.
"""

import numpy as np

import dispatchml as dm


def curve(parameters, x):
    """A damped wave."""
    height, decay, rate = parameters
    return height * np.exp(-decay * x) * np.cos(rate * x)


def residuals(parameters, x, y):
    return (curve(parameters, x) - y) / 0.05


def fit(parameters, x, y, robust, steps=30):
    """Levenberg-Marquardt, with weights 1 / (1 + r**2) for the robust loss."""

    def loss(r):
        return np.sum(np.log1p(r**2) if robust else r**2)

    damping = 1e-2
    for _ in range(steps):
        r = residuals(parameters, x, y)
        jacobian = dm.jacobian(residuals)(parameters, x, y)
        weights = 1 / (1 + r**2) if robust else np.ones_like(r)
        normal = jacobian.T @ (weights[:, None] * jacobian)
        change = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), jacobian.T @ (weights * r))
        if loss(residuals(parameters + change, x, y)) <= loss(r):
            parameters, damping = parameters + change, damping / 5
        else:
            damping *= 5
    return parameters


def main():
    generator = np.random.default_rng(3)
    true = np.array([2.0, 0.3, 1.7])
    x = np.linspace(0.0, 6.0, 120)
    y = curve(true, x) + 0.05 * generator.standard_normal(x.size)
    y[::10] += generator.uniform(2.0, 4.0, y[::10].size)

    start = np.array([1.5, 0.2, 1.6])
    plain, robust = (fit(start, x, y, robust) for robust in (False, True))
    print("made with    ", true)
    print("least squares", plain.round(4))
    print("robust       ", robust.round(4))
    assert np.abs(robust - true).max() < 0.03 < np.abs(plain - true).max()


if __name__ == "__main__":
    main()
