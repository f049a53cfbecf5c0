"""A neural ODE: a small network learns the law of motion behind a spiral, through SciPy's own ODE solver.

    python examples/neural_ode.py

`scipy.integrate.solve_ivp` is called as it is, and `dm.value_and_grad` goes through its own Python code. Beside it the
same equations are a kernel: classical Runge-Kutta steps in plain loops, compiled, with the gradient of the compiled
program. The example compares the gradients of the two, and what they cost.
"""

import time

import numpy as np
import scipy.integrate

import dispatchml as dm

HIDDEN = 16
TIMES = np.linspace(0.0, 2.5, 16)
START = np.array([2.0, 0.0])
STEPS_PER_ROW = 8


def true_rates(t, y):
    """The spiral that is to be learned."""
    return np.array([[-0.1, 2.0], [-2.0, -0.1]]) @ y**3 / 4


def network(weights, y):
    """The learned law of motion: one hidden layer; weights: one vector of 5 HIDDEN + 2 numbers."""
    first = weights[: 2 * HIDDEN].reshape(HIDDEN, 2)
    offset = weights[2 * HIDDEN : 3 * HIDDEN]
    second = weights[3 * HIDDEN : 5 * HIDDEN].reshape(2, HIDDEN)
    return second @ np.tanh(first @ y**3 + offset) + weights[5 * HIDDEN :]


def loss(weights, observed, accuracy=1e-4):
    """The mean square distance of the path from what was observed."""
    solution = scipy.integrate.solve_ivp(
        lambda t, y: network(weights, y), (TIMES[0], TIMES[-1]), START, t_eval=TIMES, rtol=accuracy, atol=accuracy / 100
    )
    return np.mean((solution.y.T - observed) ** 2)


@dm.kernel
def compiled_loss(weights, observed, span):
    """The same with fixed steps, as loops over numbers."""
    rows = observed.shape[0]
    step = span / ((rows - 1) * STEPS_PER_ROW)
    x, y = 2.0, 0.0
    total = (x - observed[0, 0]) ** 2 + (y - observed[0, 1]) ** 2
    for row in range(1, rows):
        for _ in range(STEPS_PER_ROW):
            x1, y1 = rates(weights, x, y)
            x2, y2 = rates(weights, x + 0.5 * step * x1, y + 0.5 * step * y1)
            x3, y3 = rates(weights, x + 0.5 * step * x2, y + 0.5 * step * y2)
            x4, y4 = rates(weights, x + step * x3, y + step * y3)
            x = x + step / 6.0 * (x1 + 2.0 * x2 + 2.0 * x3 + x4)
            y = y + step / 6.0 * (y1 + 2.0 * y2 + 2.0 * y3 + y4)
        total = total + (x - observed[row, 0]) ** 2 + (y - observed[row, 1]) ** 2
    return total / (2 * rows)


def rates(weights, x, y):
    """The network in numbers."""
    x3, y3 = x * x * x, y * y * y
    dx, dy = weights[5 * HIDDEN], weights[5 * HIDDEN + 1]
    for k in range(HIDDEN):
        inside = weights[2 * k] * x3 + weights[2 * k + 1] * y3 + weights[2 * HIDDEN + k]
        value = np.tanh(inside)
        dx = dx + weights[3 * HIDDEN + k] * value
        dy = dy + weights[4 * HIDDEN + k] * value
    return dx, dy


def adam(weights, slope, state, step, rate=0.02):
    """One step of Adam."""
    mean, square = state
    mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
    change = rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights - change, (mean, square)


def seconds(function, repeat):
    """The time of one call, the fastest of some."""
    found = []
    for _ in range(repeat):
        begin = time.perf_counter()
        function()
        found.append(time.perf_counter() - begin)
    return min(found)


def main():
    dm.lift.enable("scipy")
    observed = scipy.integrate.solve_ivp(true_rates, (0.0, TIMES[-1]), START, t_eval=TIMES, rtol=1e-8, atol=1e-8).y.T
    generator = np.random.default_rng(0)
    weights = 0.3 * generator.standard_normal(5 * HIDDEN + 2)

    by_scipy = dm.value_and_grad(loss)
    state = (np.zeros_like(weights), np.zeros_like(weights))
    for step in range(1, 41):
        value, slope = by_scipy(weights, observed)
        weights, state = adam(weights, slope, state, step)
        if step % 10 == 0:
            print(f"solve_ivp  step {step:4d}  loss {value:.5f}")

    span = TIMES[-1]
    by_kernel = dm.value_and_grad(compiled_loss)
    exact = by_scipy(weights, observed, 1e-9)[1]
    compiled = by_kernel(weights, observed, span)[1]
    apart = np.max(np.abs(compiled - exact)) / np.max(np.abs(exact))
    print(f"the gradients of solve_ivp and of the compiled loops differ by {apart:.1e} of the largest")
    slow, fast = (
        seconds(lambda: by_scipy(weights, observed), 3),
        seconds(lambda: by_kernel(weights, observed, span), 20),
    )
    print(f"one gradient: solve_ivp {1e3 * slow:.1f} ms, compiled loops {1e3 * fast:.2f} ms")

    for step in range(41, 1001):
        value, slope = by_kernel(weights, observed, span)
        weights, state = adam(weights, slope, state, step)
        if step % 320 == 0:
            print(f"compiled   step {step:4d}  loss {value:.5f}")
    final = loss(weights, observed, 1e-8)
    print(f"after {step} steps the loss, by solve_ivp, is {final:.5f}")
    assert apart < 1e-3
    assert final < 0.02


if __name__ == "__main__":
    main()
