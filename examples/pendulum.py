"""How a pendulum's swing depends on its start and its length: an integrator that updates its state in place.

    python examples/pendulum.py

The loop is what one would write in NumPy anyway, item assignment included. The derivatives are compared with the
small-angle formula and with differences.
"""

import numpy as np

import dispatchml as dm

GRAVITY, STEP, STEPS = 9.81, 0.01, 300


def swing(parameters):
    """Angle and velocity after 3 seconds, by velocity Verlet; parameters: angle, velocity and length at the start."""
    state, length = parameters[:2].copy(), parameters[2]
    for _ in range(STEPS):
        state[1] -= 0.5 * STEP * GRAVITY / length * np.sin(state[0])
        state[0] += STEP * state[1]
        state[1] -= 0.5 * STEP * GRAVITY / length * np.sin(state[0])
    return state


def main():
    for angle in (0.01, 1.0, 2.5):
        slope = dm.jacobian(swing)(np.array([angle, 0.0, 1.0]))[0]
        print(f"from {angle:4} rad: d(angle)/d(start) = {slope[0]:9.5f}   d(angle)/d(length) = {slope[2]:9.5f} rad/m")

    # small swings are harmonic: angle * cos(sqrt(g / length) * t)
    rate, t = np.sqrt(GRAVITY), STEP * STEPS
    small = dm.jacobian(swing)(np.array([1e-3, 0.0, 1.0]))[0]
    expected = [np.cos(rate * t), np.sin(rate * t) / rate, 1e-3 * np.sin(rate * t) * rate * t / 2]
    np.testing.assert_allclose(small, expected, atol=2e-3)

    # large ones are not, so: central differences, and areas of angle and velocity, which the flow keeps (Liouville)
    start = np.array([2.5, 0.0, 1.0])
    large = dm.jacobian(swing)(start)
    for k, e in enumerate(1e-6 * np.eye(3)):
        np.testing.assert_allclose(large[:, k], (swing(start + e) - swing(start - e)) / 2e-6, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.det(large[:, :2]), 1.0, rtol=1e-10)


if __name__ == "__main__":
    main()
