"""Logistic regression by Newton's method. The loss is plain NumPy; its gradient and Hessian are one line each.

    python examples/logistic_regression.py

At the maximum of the likelihood the fitted probabilities have the sums that the labels have (the score equations). This
is checked at the end.
"""

import numpy as np

import dispatchml as dm


def loss(weights, features, labels):
    """The negative log likelihood; logaddexp keeps it finite for large scores."""
    scores = features @ weights
    return np.sum(np.logaddexp(0.0, scores) - labels * scores)


def fit(features, labels, steps=20):
    """Newton's method from zero."""
    weights = np.zeros(features.shape[1])
    for step in range(steps):
        value, slope = dm.value_and_grad(loss)(weights, features, labels)
        print(f"step {step}   loss {value:10.6f}   largest slope {np.abs(slope).max():.1e}")
        if np.abs(slope).max() < 1e-9:
            break
        weights = weights - np.linalg.solve(dm.hessian(loss)(weights, features, labels), slope)
    return weights


def main():
    generator = np.random.default_rng(1)
    features = np.column_stack([np.ones(400), generator.standard_normal((400, 2))])
    true = np.array([-0.5, 2.0, -1.0])
    labels = (generator.random(400) < 1 / (1 + np.exp(-features @ true))).astype(float)

    weights = fit(features, labels)
    errors = np.sqrt(np.diag(np.linalg.inv(dm.hessian(loss)(weights, features, labels))))
    for name, weight, error, wanted in zip(("constant", "first", "second"), weights, errors, true, strict=True):
        print(f"{name:10} {weight:7.3f} +- {error:.3f}   (made with {wanted})")

    probabilities = 1 / (1 + np.exp(-features @ weights))
    np.testing.assert_allclose(features.T @ probabilities, features.T @ labels, atol=1e-8)
    assert np.all(np.abs(weights - true) < 4 * errors)


if __name__ == "__main__":
    main()
