"""Minimax polynomials by Remez's exchange in many digits, with coefficients rounded to float64 or float32."""

import mpmath as mp

mp.mp.dps = 60


def solved(f, weight, powers, points):
    """The coefficients and the level with alternating weighted errors at the points."""
    n = len(powers)
    a = mp.matrix(n + 1, n + 1)
    b = mp.matrix(n + 1, 1)
    for i, x in enumerate(points):
        for j, p in enumerate(powers):
            a[i, j] = x**p
        a[i, n] = (-1) ** i / weight(x)
        b[i] = f(x)
    s = mp.lu_solve(a, b)
    return list(s[:n]), abs(s[n])


def fit(f, low, high, powers, weight=lambda x: mp.mpf(1), rounds=12, grid=40):
    """The polynomial sum c[p] x**p that is closest to f on [low, high]: coefficients, largest weighted error."""
    low, high = mp.mpf(low), mp.mpf(high)
    n = len(powers) + 1
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / n) for i in range(n)]
    points = [x if abs(x) > (high - low) / 1000 else (high - low) / 500 for x in points]
    many = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / (grid * n)) for i in range(grid * n + 1)]
    many = [x for x in many if abs(x) > (high - low) / 10**5]  # f may be 0/0 at 0
    values = [(x, f(x), weight(x)) for x in many]
    for _ in range(rounds):
        c, level = solved(f, weight, powers, points)
        errors = [(w * (sum(k * x**p for k, p in zip(c, powers, strict=True)) - y), x) for x, y, w in values]
        best, run = [], []
        for e, x in errors:  # one extremum of each run of equal sign
            if run and (e > 0) != (run[-1][0] > 0):
                best.append(max(run, key=lambda t: abs(t[0])))
                run = []
            run.append((e, x))
        best.append(max(run, key=lambda t: abs(t[0])))
        while len(best) > n:
            best.pop(0 if abs(best[0][0]) < abs(best[-1][0]) else -1)
        worst = max(abs(e) for e, _ in errors)
        if len(best) < n or worst < level * mp.mpf("1.0005"):
            break
        points = [x for _, x in best]
    return c, worst


def rounded(x, single=False):
    """To the nearest float64 or float32."""
    import numpy as np

    return float(np.float32(float(x))) if single else float(x)
