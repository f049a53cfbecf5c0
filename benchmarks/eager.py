"""Eager derivatives against torch and autograd: two chains of small operations, Hessian products, training steps.

One thread each. Run with `--quick` for fewer rounds.
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
from dispatchml import ops

torch = _race.optional("torch")
autograd = _race.optional("autograd")
if torch:
    torch.set_num_threads(1)
if autograd:
    import autograd.numpy as anp
    import autograd.scipy.special as aspecial

ROUNDS = 5 if "--quick" in sys.argv else 11
results: list[bool] = []


def torch_grad(f):
    def gradient(x):
        x = x.detach().requires_grad_(True)
        return torch.autograd.grad(f(x), x)[0]

    return gradient


def check(name, ours, peers):
    """The answers must agree before anything is timed."""
    for peer, value in peers.items():
        np.testing.assert_allclose(np.asarray(ours), np.asarray(value), rtol=1e-5, atol=1e-8, err_msg=f"{name}: {peer}")


# ---- the chain of 100 small operations -------------------------------------------------------------------------------


def chain(sin, total):
    def f(x):
        y = x
        for _ in range(33):
            y = x * y + sin(x)
        return total(y)

    return f


def first_chain():
    for label, x, wanted_torch, wanted_autograd in (
        ("Python float", 0.5, 8.0, 8.0),
        ("n=10", np.linspace(0.1, 0.9, 10), 3.5, 8.0),
        ("n=1000", np.linspace(0.1, 0.9, 1000), 1.3, None),
    ):
        ours = dm.grad(chain(ops.sin, ops.sum))
        plain = chain(np.sin, np.sum)
        numpy_program = dm.grad(plain)
        candidates = {
            "ours": lambda x=x, ours=ours: ours(x),
            "ours, a plain NumPy program": lambda x=x, numpy_program=numpy_program: numpy_program(x),
        }
        answers = {"plain NumPy program": numpy_program(x)}
        candidates["NumPy forward alone"] = lambda x=x, plain=plain: plain(x)
        if torch:
            t = torch.tensor(x, dtype=torch.float64)
            g = torch_grad(chain(torch.sin, torch.sum))
            candidates["torch"] = lambda g=g, t=t: g(t)
            answers["torch"] = g(t)
        if autograd:
            a = autograd.grad(chain(anp.sin, anp.sum))
            candidates["autograd"] = lambda x=x, a=a: a(x)
            answers["autograd"] = a(x)
        check(label, ours(x), answers)
        times = _race.race(candidates, rounds=ROUNDS, per=100)
        ratios = _race.show(f"chain of 100 operations, {label}: us an operation, forward + backward", times, "ours")
        if torch:
            results.append(_race.verdict(f"torch / ours, {label}", ratios["torch"], wanted_torch))
        if autograd and wanted_autograd:
            results.append(_race.verdict(f"autograd / ours, {label}", ratios["autograd"], wanted_autograd))


# ---- the second chain ------------------------------------------------------------------------------------------------


def second(np_, where, w, columns, sum_axis):
    """Divide, sqrt, log, power, where, matmul, indexing, sum over an axis: 12 operations a round, 8 rounds."""

    def f(x):
        y = x
        for _ in range(8):
            a = np_.sqrt(y * y + 1.0)
            b = np_.log(a + 2.0) / a
            c = where(b > 0.3, b, a)
            d = (w @ c) ** 2
            y = d[columns] * b[columns] + x / (1.0 + c)
        return sum_axis(y)

    return f


def second_chain():
    rng = np.random.default_rng(0)
    for n, columns_of in ((10, 1), (10, 4), (100, 10)):
        w = rng.standard_normal((n, n)) / n
        x = rng.uniform(0.5, 1.5, (n, columns_of))
        columns = slice(None, None, -1)
        f = second(ops, ops.where, w, columns, lambda y: ops.sum(ops.sum(y, axis=0)))
        ours = dm.grad(f)
        candidates, answers = {"ours": lambda x=x, ours=ours: ours(x)}, {}
        if torch:
            tw, tx = torch.tensor(w), torch.tensor(x)
            g = torch_grad(second(torch, torch.where, tw, torch.arange(n - 1, -1, -1), lambda y: y.sum(0).sum()))
            candidates["torch"] = lambda g=g, tx=tx: g(tx)
            answers["torch"] = g(tx)
        if autograd:
            a = autograd.grad(second(anp, anp.where, w, columns, lambda y: anp.sum(anp.sum(y, axis=0))))
            candidates["autograd"] = lambda a=a, x=x: a(x)
            answers["autograd"] = a(x)
        check(f"second chain {n}x{columns_of}", ours(x), answers)
        times = _race.race(candidates, rounds=ROUNDS, per=8 * 16 + 2)
        ratios = _race.show(f"second chain, {n} x {columns_of}: us an operation, forward + backward", times, "ours")
        if torch and n == 10:
            results.append(_race.verdict(f"torch / ours, second chain {n} x {columns_of}", ratios["torch"], 3.5))
        if torch and n == 100:
            results.append(_race.verdict(f"torch / ours, second chain {n} x {columns_of}", ratios["torch"], 1.3))
        if autograd and n == 10:
            results.append(_race.verdict(f"autograd / ours, second chain {n} x {columns_of}", ratios["autograd"], 8.0))


# ---- Hessian-vector products -----------------------------------------------------------------------------------------


def hessian_products():
    for label, n in (("Python float", 0), ("n=10", 10), ("n=1000", 1000)):
        x = np.linspace(0.1, 0.9, n) if n else 0.5
        v = np.ones(n) if n else 1.0
        f = chain(ops.sin, ops.sum)
        candidates, answers = {"ours": lambda x=x, v=v, f=f: dm.hvp(f, (x,), (v,))}, {}
        ours = dm.hvp(f, (x,), (v,))
        if torch:
            t, tv = torch.tensor(x, dtype=torch.float64), torch.tensor(v, dtype=torch.float64)
            g = torch.func.grad(chain(torch.sin, torch.sum))
            candidates["torch.func"] = lambda g=g, t=t, tv=tv: torch.func.jvp(g, (t,), (tv,))[1]
            answers["torch.func"] = torch.func.jvp(g, (t,), (tv,))[1]
        if autograd:
            h = autograd.hessian_vector_product(chain(anp.sin, anp.sum)) if n else None
            if h:
                candidates["autograd"] = lambda h=h, x=x, v=v: h(x, v)
                answers["autograd"] = h(x, v)
        check(f"hvp {label}", ours, answers)
        times = _race.race(candidates, rounds=ROUNDS, per=100)
        ratios = _race.show(f"Hessian-vector product of the chain, {label}: us an operation", times, "ours")
        if torch:
            wanted = 8.0 if n < 1000 else 1.0
            results.append(_race.verdict(f"torch.func / ours, {label}", ratios["torch.func"], wanted))


# ---- training steps --------------------------------------------------------------------------------------------------


def layers_of(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (rng.standard_normal((a, b)).astype(np.float32) * np.float32(a**-0.5), np.zeros(b, np.float32))
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]


def loss_with(np_, logsumexp, rowsum):
    def loss(parameters, x, onehot):
        h = x
        for w, b in parameters[:-1]:
            h = np_.tanh(h @ w + b)
        w, b = parameters[-1]
        z = h @ w + b
        return np_.mean(logsumexp(z) - rowsum(onehot * z))

    return loss


def factors_of(batch, sizes):
    """What a training step multiplies: for each layer its output and, but for the first one, both cotangents."""
    found = []
    for k, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)):
        h, w, ct = np.ones((batch, a), np.float32), np.ones((a, b), np.float32), np.ones((batch, b), np.float32)
        found += [(h, w), (h.T, ct), *([(ct, w.T)] if k else [])]
    return found


def training_steps():
    rng = np.random.default_rng(1)
    for batch, sizes in ((32, (784, 128, 10)), (512, (784, 512, 512, 10))):
        x = rng.standard_normal((batch, sizes[0])).astype(np.float32)
        labels = rng.integers(0, sizes[-1], batch)
        onehot = np.eye(sizes[-1], dtype=np.float32)[labels]
        parameters = layers_of(sizes)
        loss = loss_with(ops, lambda z: ops.logsumexp(z, axis=1), lambda z: ops.sum(z, axis=1))
        rate = np.float32(1e-3)
        gradient = dm.grad(loss)

        def step(gradient=gradient, parameters=parameters, x=x, onehot=onehot, rate=rate):
            found = gradient(parameters, x, onehot)
            return [(w - rate * dw, b - rate * db) for (w, b), (dw, db) in zip(parameters, found, strict=True)]

        candidates, answers = {"ours": step}, {}
        mine = gradient(parameters, x, onehot)[0][0]
        if torch:
            tx, to = torch.tensor(x), torch.tensor(onehot)
            flat = [torch.tensor(p).requires_grad_(True) for layer in parameters for p in layer]
            torch_loss = loss_with(torch, lambda z: torch.logsumexp(z, 1), lambda z: z.sum(1))

            def torch_step(flat=flat, tx=tx, to=to, torch_loss=torch_loss):
                value = torch_loss(list(zip(flat[::2], flat[1::2], strict=True)), tx, to)
                found = torch.autograd.grad(value, flat)
                with torch.no_grad():
                    return [p - 1e-3 * g for p, g in zip(flat, found, strict=True)]

            candidates["torch"] = torch_step
            pairs = list(zip(flat[::2], flat[1::2], strict=True))
            answers["torch"] = torch.autograd.grad(torch_loss(pairs, tx, to), flat)[0]
        if autograd:
            auto_loss = loss_with(anp, lambda z: aspecial.logsumexp(z, axis=1), lambda z: anp.sum(z, axis=1))
            auto = autograd.grad(auto_loss)
            candidates["autograd"] = lambda auto=auto, p=parameters, x=x, o=onehot: [
                (w - np.float32(1e-3) * dw, b - np.float32(1e-3) * db)
                for (w, b), (dw, db) in zip(p, auto(p, x, o), strict=True)
            ]
        factors = factors_of(batch, sizes)
        candidates["the products alone, NumPy"] = lambda factors=factors: [a @ b for a, b in factors]
        if torch:
            pairs = [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in factors]
            candidates["the products alone, torch"] = lambda pairs=pairs: [a @ b for a, b in pairs]
        for peer, value in answers.items():
            np.testing.assert_allclose(mine, np.asarray(value), rtol=2e-3, atol=1e-6, err_msg=peer)
        times = _race.race(candidates, rounds=ROUNDS, target=0.1)
        ratios = _race.show(f"training step, batch {batch}, {'-'.join(map(str, sizes))}, float32", times, "ours")
        if torch:
            results.append(_race.verdict(f"torch / ours, batch {batch}", ratios["torch"], 1.0))


if __name__ == "__main__":
    _race.versions("dispatchml", "numpy", "torch", "autograd")
    _race.warmed_up()
    first_chain()
    second_chain()
    hessian_products()
    training_steps()
    print("\nall reached" if all(results) else f"\nNOT all reached: {results.count(False)} of {len(results)} missed")
