"""A neural network from scratch: two hidden layers learn the two spirals, with parameters in a plain list of pairs.

    python examples/neural_network.py

The network is plain NumPy. Parameters are a list of (weights, offset) pairs, and so is the gradient.
"""

import numpy as np

import dispatchml as dm


def spirals(points, generator):
    """Two interleaved spirals of one and a half turns, with a little noise."""
    turn = np.sqrt(generator.random(points)) * 3 * np.pi
    arm = np.arange(points) % 2
    angle = turn + np.pi * arm
    places = np.column_stack([np.cos(angle), np.sin(angle)]) * (turn / (3 * np.pi))[:, None]
    return places + 0.01 * generator.standard_normal(places.shape), arm.astype(float)


def network(parameters, x):
    """Scores of all rows of x."""
    for weights, offset in parameters[:-1]:
        x = np.tanh(x @ weights + offset)
    weights, offset = parameters[-1]
    return (x @ weights + offset)[:, 0]


def loss(parameters, x, labels):
    """The mean cross entropy."""
    scores = network(parameters, x)
    return np.mean(np.logaddexp(0.0, scores) - labels * scores)


def adam(parameters, slope, state, step, rate=0.01):
    """One step of Adam, on one vector: `dm.ravel` makes it of the list and back."""
    vector, unravel = dm.ravel(parameters)
    slopes, _ = dm.ravel(slope)
    mean, square = state if state else (np.zeros_like(vector), np.zeros_like(vector))
    mean = 0.9 * mean + 0.1 * slopes
    square = 0.99 * square + 0.01 * slopes**2
    change = rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return unravel(vector - change), (mean, square)


def main():
    generator = np.random.default_rng(0)
    x, labels = spirals(400, generator)
    sizes = [2, 24, 24, 1]
    parameters = [
        (generator.standard_normal((a, b)) * np.sqrt(2 / a), np.zeros(b))
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]

    state = None
    for step in range(1, 501):
        value, slope = dm.value_and_grad(loss)(parameters, x, labels)
        parameters, state = adam(parameters, slope, state, step)
        if step % 100 == 0:
            right = np.mean((network(parameters, x) > 0) == (labels > 0.5))
            print(f"step {step:4}   loss {value:.4f}   right {right:.1%}")

    assert right > 0.98, "the spirals were not learnt"


if __name__ == "__main__":
    main()
