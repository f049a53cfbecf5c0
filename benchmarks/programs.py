"""Ten programs in the style of `examples/`, value and gradient, against torch and autograd, the worst ratio first.

Each is written once, over the functions of `numpy`, `torch` or `autograd.numpy`: ours gets NumPy's own, one thread.
Run with `--quick` for fewer rounds and `--profile NAME` for where our time goes in one program.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import _race
import numpy as np

import dispatchml as dm

torch = _race.optional("torch")
autograd = _race.optional("autograd")
if torch:
    torch.set_num_threads(1)
if autograd:
    import autograd.numpy as anp

ROUNDS = 5 if "--quick" in sys.argv else 11


# ---- the programs: (functions) -> loss(parameters, *data) ------------------------------------------------------------


def orbit(xp):
    """A planet by leapfrog, compared with where it was seen; parameters: position, velocity, log of GM."""

    def loss(start, seen):
        position, velocity, gm = start[:3], start[3:6], xp.exp(start[6])
        total = 0.0
        for place in seen:
            for _ in range(3):
                velocity = velocity - 0.01 * gm * position / xp.sum(position**2) ** 1.5
                position = position + 0.02 * velocity
                velocity = velocity - 0.01 * gm * position / xp.sum(position**2) ** 1.5
            total = total + xp.sum((position - place) ** 2)
        return total

    return loss


def logistic_regression(xp):
    """The cross entropy of labels, with a ridge."""

    def loss(weights, features, labels):
        scores = features @ weights
        return xp.sum(xp.logaddexp(0.0 * scores, scores) - labels * scores) + 0.5 * xp.sum(weights**2)

    return loss


def gaussian_process(xp):
    """The marginal likelihood; parameters: logs of height, length and noise."""

    def loss(logs, x, y, unit):
        height, length, noise = xp.exp(logs[0]), xp.exp(logs[1]), xp.exp(logs[2])
        kernel = height * xp.exp(-0.5 * ((x[:, None] - x[None, :]) / length) ** 2) + (noise + 1e-8) * unit
        root = xp.linalg.cholesky(kernel)
        white = xp.linalg.solve(root, y)
        return 0.5 * xp.sum(white**2) + xp.sum(xp.log(xp.diagonal(root, 0, -1, -2)))

    return loss


def pendulum(xp):
    """The square of a damped pendulum's last angle, on numbers; parameters: angle, velocity, length, damping."""

    def loss(start):
        angle, velocity, length, damping = start[0], start[1], start[2], start[3]
        for _ in range(60):
            velocity = velocity - 0.01 * (9.81 / length * xp.sin(angle) + damping * velocity)
            angle = angle + 0.01 * velocity
        return angle**2 + 0.1 * velocity**2

    return loss


def image(xp):
    """A sharp image behind a blurred one: a 3 x 3 blur by slices and a penalty on steps."""
    blur = ((0.05, 0.1, 0.05), (0.1, 0.4, 0.1), (0.05, 0.1, 0.05))

    def loss(sharp, seen):
        rows, columns = seen.shape
        blurred = 0.0
        for i in range(3):
            for j in range(3):
                blurred = blurred + blur[i][j] * sharp[i : i + rows, j : j + columns]
        down, right = sharp[1:, :] - sharp[:-1, :], sharp[:, 1:] - sharp[:, :-1]
        return (
            xp.sum((blurred - seen) ** 2)
            + 0.1 * xp.sum(xp.sqrt(down**2 + 1e-4))
            + 0.1 * xp.sum(xp.sqrt(right**2 + 1e-4))
        )

    return loss


def robust_regression(xp):
    """A damped wave through points with outliers, by Cauchy's loss."""

    def loss(parameters, x, y):
        height, decay, rate = parameters[0], parameters[1], parameters[2]
        residuals = (height * xp.exp(-decay * x) * xp.cos(rate * x) - y) / 0.05
        return xp.sum(xp.log1p(residuals**2))

    return loss


def neural_network(xp):
    """The mean cross entropy of a network with two hidden layers; parameters: a list of pairs."""

    def loss(parameters, x, labels):
        for weights, offset in parameters[:-1]:
            x = xp.tanh(x @ weights + offset)
        weights, offset = parameters[-1]
        scores = (x @ weights + offset)[:, 0]
        return xp.mean(xp.logaddexp(0.0 * scores, scores) - labels * scores)

    return loss


def clusters(xp):
    """Soft k-means: the likelihood of points around centres with one width each; parameters: centres and log widths."""

    def loss(parameters, points):
        centres, logs = parameters["centres"], parameters["logs"]
        squares = xp.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2)
        scores = -0.5 * squares / xp.exp(2 * logs) - 2 * logs
        top = xp.amax(scores, axis=1)
        return -xp.sum(top + xp.log(xp.sum(xp.exp(scores - top[:, None]), axis=1)))

    return loss


def kalman_filter(xp):
    """A drifting signal: the likelihood of its positions, by a Kalman filter with small matrices."""

    def loss(logs, seen, move, see, push, unit):
        steps, noise = xp.exp(logs[0]), xp.exp(logs[1])
        state, spread = unit[0] * 0.0, unit
        total = 0.0
        for z in seen:
            state = move @ state
            spread = move @ spread @ move.T + steps * push
            width = see @ spread @ see + noise
            off = z - see @ state
            total = total + 0.5 * off**2 / width + 0.5 * xp.log(width)
            gain = spread @ see / width
            state = state + gain * off
            spread = spread - gain[:, None] * (see @ spread)[None, :]
        return total

    return loss


def polynomial_root(xp):
    """A root by Newton's method, differentiated through the iteration; parameters: the coefficients."""

    def loss(coefficients):
        x = 1.5
        for _ in range(8):
            value, slope = coefficients[0], 0.0
            for k in range(1, 6):
                slope = slope * x + value
                value = value * x + coefficients[k]
            x = x - value / slope
        return x**2

    return loss


def inputs():
    """The parameters and data of each program."""
    rng = np.random.default_rng(7)
    angle = np.linspace(0.1, 0.8, 8)
    x = np.linspace(0.0, 6.0, 120)
    features = np.column_stack([np.ones(400), rng.standard_normal((400, 2))])
    points = rng.standard_normal((400, 2))
    sizes = [2, 24, 24, 1]
    network = [(rng.standard_normal((a, b)) / a**0.5, np.zeros(b)) for a, b in zip(sizes, sizes[1:], strict=False)]
    labels = (rng.random(400) < 0.5).astype(float)
    move, see = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 0.0])
    return {
        orbit: (
            np.array([1.0, 0.1, 0.0, 0.0, 1.0, 0.1, 0.05]),
            np.column_stack([np.cos(angle), np.sin(angle), 0.0 * angle]),
        ),
        logistic_regression: (np.array([0.1, 0.2, -0.3]), features, labels),
        gaussian_process: (np.array([0.1, -0.2, -2.0]), x[::3], np.sin(x[::3]), np.eye(40)),
        pendulum: (np.array([1.0, 0.0, 1.0, 0.3]),),
        image: (rng.random((66, 66)), rng.random((64, 64))),
        robust_regression: (np.array([1.5, 0.2, 1.6]), x, 2 * np.exp(-0.3 * x) * np.cos(1.7 * x)),
        neural_network: (network, points, labels),
        clusters: ({"centres": rng.standard_normal((5, 2)), "logs": np.zeros(5)}, points),
        kalman_filter: (
            np.array([-1.0, 0.1]),
            np.cumsum(rng.standard_normal(20)),
            move,
            see,
            np.array([[0.25, 0.5], [0.5, 1.0]]),
            np.eye(2),
        ),
        polynomial_root: (np.array([1.0, -0.4, 0.3, 0.2, -1.0, -1.1]),),
    }


# ---- the peers -------------------------------------------------------------------------------------------------------


def mapped(tree, change):
    """A container of arrays with each replaced."""
    if isinstance(tree, dict):
        return {k: mapped(v, change) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(v, change) for v in tree)
    return change(tree)


def leaves(tree):
    """The arrays of a container."""
    if isinstance(tree, dict):
        return [x for v in tree.values() for x in leaves(v)]
    if isinstance(tree, (list, tuple)):
        return [x for v in tree for x in leaves(v)]
    return [tree]


def torch_value_and_grad(program, parameters, data):
    """A call without arguments that gives the value and the gradient's leaves."""
    loss = program(torch)
    start = mapped(parameters, torch.tensor)
    rest = mapped(data, torch.tensor)

    def call():
        fresh = mapped(start, lambda t: t.detach().requires_grad_(True))
        value = loss(fresh, *rest)
        return value.detach(), torch.autograd.grad(value, leaves(fresh))

    return call


def check(name, answers):
    """All must agree before anything is timed."""
    value, gradient = answers.pop("ours")
    for peer, (other, slopes) in answers.items():
        np.testing.assert_allclose(float(value), float(other), rtol=1e-8, err_msg=f"{name}: {peer}")
        for ours, theirs in zip(leaves(gradient), leaves(slopes), strict=True):
            np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-6, atol=1e-8, err_msg=f"{name}: {peer}")


def contestants(program, parameters, *data):
    """What runs in turns."""
    ours = dm.value_and_grad(program(np))
    plain = program(np)
    found = {"ours": lambda: ours(parameters, *data), "NumPy forward alone": lambda: plain(parameters, *data)}
    if torch:
        found["torch"] = torch_value_and_grad(program, parameters, data)
    if autograd:
        theirs = autograd.value_and_grad(program(anp))
        found["autograd"] = lambda: theirs(parameters, *data)
    return found


def compare():
    """The table."""
    rows = []
    for program, given in inputs().items():
        candidates = contestants(program, *given)
        check(program.__name__, {name: call() for name, call in candidates.items() if name != "NumPy forward alone"})
        times = _race.race(candidates, rounds=ROUNDS)
        ratios = _race.show(f"{program.__name__}: value and gradient", times, "ours")
        peers = [ratios[name] for name in ("torch", "autograd") if name in ratios]
        rows.append((min(peers, default=0.0), program.__name__, ratios))
    print(f"\n{'peer over ours, the worst first':32}{'torch':>10}{'autograd':>10}{'NumPy forward':>15}")
    for _, name, ratios in sorted(rows):
        shown = [f"{ratios[peer]:.2f}" if peer in ratios else "-" for peer in ("torch", "autograd")]
        print(f"  {name:30}{shown[0]:>10}{shown[1]:>10}{ratios['NumPy forward alone']:>15.2f}")


def profile(name):
    """Where our time goes, by function."""
    import cProfile
    import pstats

    program, given = next((p, given) for p, given in inputs().items() if p.__name__ == name)
    call = contestants(program, *given)["ours"]
    for _ in range(20):
        call()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(200):
        call()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    if "--profile" in sys.argv:
        profile(sys.argv[sys.argv.index("--profile") + 1])
    else:
        _race.versions("dispatchml", "numpy", "torch", "autograd")
        _race.warmed_up()
        compare()
