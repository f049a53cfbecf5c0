"""Sensitivities of an epidemic, for many sets of parameters at once: `dm.vmap` of `dm.jacfwd` of a plain loop.

    python examples/sensitivities.py

`peak` is written for one epidemic. Its Jacobian is batched over 200 of them without a loop in Python, and compared with
one of them alone and with differences.
"""

import numpy as np

import dispatchml as dm

STEP, DAYS = 0.5, 120


def peak(parameters):
    """The largest infected share, smoothly, and the share that was never infected, of a SIR model by Heun's method."""
    spread, recovery = parameters[0], parameters[1]
    healthy, ill = 0.999, 0.001
    shares = []
    for _ in range(int(DAYS / STEP)):
        new, gone = spread * healthy * ill, recovery * ill
        healthy_guess, ill_guess = healthy - STEP * new, ill + STEP * (new - gone)
        new = 0.5 * (new + spread * healthy_guess * ill_guess)
        gone = 0.5 * (gone + recovery * ill_guess)
        healthy, ill = healthy - STEP * new, ill + STEP * (new - gone)
        shares.append(ill)
    shares = np.stack(shares)
    largest = np.log(np.sum(np.exp(500.0 * shares))) / 500.0
    return np.stack([largest, healthy])


def main():
    generator = np.random.default_rng(2)
    many = np.column_stack([generator.uniform(0.25, 0.6, 200), generator.uniform(0.08, 0.15, 200)])

    found = dm.vmap(dm.jacfwd(peak))(many)
    print("shape of all Jacobians:", found.shape)
    print("mean d(peak)/d(spread)   =", found[:, 0, 0].mean().round(4))
    print("mean d(peak)/d(recovery) =", found[:, 0, 1].mean().round(4))

    np.testing.assert_allclose(found[7], dm.jacfwd(peak)(many[7]), rtol=1e-10)
    for k, e in enumerate(1e-6 * np.eye(2)):
        differences = (peak(many[7] + e) - peak(many[7] - e)) / 2e-6
        np.testing.assert_allclose(found[7, :, k], differences, rtol=1e-6)
    assert np.all(found[:, 0, 0] > 0)
    assert np.all(found[:, 0, 1] < 0)


if __name__ == "__main__":
    main()
