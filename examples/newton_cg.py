"""Rosenbrock's valley in 100 dimensions by Newton-CG: `dm.hvp` gives products with a Hessian that is never formed.

    python examples/newton_cg.py

The minimum is 0, at (1, 1, ..., 1).
"""

import numpy as np

import dispatchml as dm


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def conjugate_gradients(product, b, tolerance):
    """Solve product(x) = b roughly; stops where the curvature is not positive."""
    x, residual = np.zeros_like(b), b
    direction = residual
    for _ in range(b.size):
        bent = product(direction)
        curvature = direction @ bent
        if curvature <= 0:
            return x if x.any() else b
        alpha = (residual @ residual) / curvature
        x, remaining = x + alpha * direction, residual - alpha * bent
        if np.linalg.norm(remaining) < tolerance:
            return x
        direction = remaining + (remaining @ remaining) / (residual @ residual) * direction
        residual = remaining
    return x


def minimise(function, x, tolerance=1e-8):
    """Newton's method with a line search; every step solves for the step with a few Hessian products."""
    for step in range(500):
        value, slope = dm.value_and_grad(function)(x)
        size = np.linalg.norm(slope)
        if step % 20 == 0:
            print(f"step {step:3}   value {value:12.6g}   slope {size:.2e}")
        if size < tolerance:
            print(f"step {step:3}   value {value:12.6g}   slope {size:.2e}")
            return x

        def product(v, x=x):
            return dm.hvp(function, (x,), (v,))

        change = conjugate_gradients(product, -slope, min(0.5, np.sqrt(size)) * size)
        scale = 1.0
        while function(x + scale * change) > value + 1e-4 * scale * (slope @ change) and scale > 1e-10:
            scale /= 2
        x = x + scale * change
    raise RuntimeError("no convergence")


def main():
    x = minimise(rosenbrock, np.full(100, -0.5))
    np.testing.assert_allclose(x, 1.0, atol=1e-7)


if __name__ == "__main__":
    main()
