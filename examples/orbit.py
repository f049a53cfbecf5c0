"""Weigh the Sun: fit its GM, and where Mars was and how fast it moved, to two years of positions of Mars.

`leapfrog` is plain NumPy and knows nothing of units or derivatives. It is called with pint quantities, and
`dm.jacobian` of it gives the derivatives in the units of output over input. Gauss-Newton does the rest. Then the same
is done with `scipy.integrate.solve_ivp` in its place, whose own code is differentiated as it is. Run it with

    python examples/orbit.py

It prints every iteration and writes examples/output/orbit.png.
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import pint

import dispatchml as dm

HERE = Path(__file__).parent
units = pint.UnitRegistry()
ACCEPTED_GM = 1.32712440018e20 * units.m**3 / units.s**2
STEPS_PER_ROW = 8
MAX_ITERATIONS = 20
CONVERGED = 1e-6  # relative change of the rms residual


# The model: nothing but NumPy.


def acceleration(gm, position):
    """Newton's law for a light body at `position` from a point mass."""
    return -gm * position / np.sum(position * position) ** 1.5


def leapfrog(gm, position, velocity, step, steps_per_row, rows):
    """Positions at every `steps_per_row` steps, stacked along the first axis: kick, drift, kick."""
    positions = [position]
    kick = 0.5 * step * acceleration(gm, position)
    for _ in range(rows - 1):
        for _ in range(steps_per_row):
            velocity = velocity + kick
            position = position + step * velocity
            kick = 0.5 * step * acceleration(gm, position)
            velocity = velocity + kick
        positions.append(position)
    return np.stack(positions)


def by_solve_ivp(gm, position, velocity, times):
    """The same by SciPy's solver of order 8, which takes bare numbers: quantities leave their units, and come back."""
    from dispatchml_scipy import quantities

    def rates(t, state):
        place, speed = state
        return [speed, acceleration(gm, place)]

    start, days = [position.to("au"), velocity.to("au/day")], times.to("day")
    solution = quantities.solve_ivp(
        rates, (days[0], days[-1]), start, method="DOP853", t_eval=days, rtol=1e-9, atol=1e-11
    )
    return np.moveaxis(solution.y[0], -1, 0)


# The fit.


def first_guess(times, observed):
    """GM, position and velocity at the first row: differences of the first rows, and a circular orbit for GM."""
    spacing = times[1] - times[0]
    position = observed[0]
    velocity = (-3 * observed[0] + 4 * observed[1] - observed[2]) / (2 * spacing)
    return np.sum(velocity**2) * np.sum(position**2) ** 0.5, position, velocity


def root_mean_square(residuals):
    return np.mean(residuals**2) ** 0.5


def gauss_newton(model, observed, parameters):
    """Fit `parameters` so that `model(*parameters)` meets `observed`.

    Returns the parameters, their standard errors and the residuals. The standard errors take the residuals for
    independent noise of one size. Raises LinAlgError where there is no solution or no convergence.
    """
    scales = [np.sum(p * p) ** 0.5 for p in parameters]
    jacobian = dm.jacobian(model, argnums=tuple(range(len(parameters))))
    residuals = observed - model(*parameters)
    rms = root_mean_square(residuals)
    print(f"start        rms residual {rms.m_as('km'):16,.1f} km")
    for iteration in range(1, MAX_ITERATIONS + 1):
        # Every column times the scale of its parameter is a length; that it is one is checked here.
        blocks = [(j * scale).m_as("km") for j, scale in zip(jacobian(*parameters), scales, strict=True)]
        columns = np.concatenate([block.reshape(observed.size, -1) for block in blocks], axis=1)
        steps = np.linalg.lstsq(columns, residuals.m_as("km").ravel())[0]
        parameters = [p + step for p, step in zip(parameters, unflatten(steps, parameters, scales), strict=True)]
        residuals = observed - model(*parameters)
        previous, rms = rms, root_mean_square(residuals)
        print(f"iteration {iteration:2d} rms residual {rms.m_as('km'):16,.1f} km")
        if abs(previous - rms) < CONVERGED * rms:
            break
    else:
        raise np.linalg.LinAlgError(f"no convergence in {MAX_ITERATIONS} iterations")
    variance = np.sum(residuals.m_as("km") ** 2) / (observed.size - columns.shape[1])
    deviations = np.sqrt(variance * np.diag(np.linalg.inv(columns.T @ columns)))
    return parameters, unflatten(deviations, parameters, scales), residuals


def unflatten(flat, parameters, scales):
    """The flat numbers, cut into the shapes of `parameters` and each part times its scale."""
    ends = np.cumsum([p.size for p in parameters])
    parts = np.split(flat, ends[:-1])
    return [part.reshape(p.shape) * scale for part, p, scale in zip(parts, parameters, scales, strict=True)]


# The table and the picture.


def read_table(path):
    """Times, shape (n,), and positions, shape (n, 3), as quantities; the units stand in the header as `name [unit]`."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    header = [column.strip().rstrip("]").split(" [") for column in lines[0].split(",")] if lines else []
    if [column[0] for column in header] != ["time", "x", "y", "z"] or any(len(column) != 2 for column in header):
        raise ValueError("the header should read like: time [day],x [km],y [km],z [km]")
    cells = [line.split(",") for line in lines[1:]]
    if len(cells) < 4 or any(len(row) != 4 for row in cells):
        raise ValueError("at least four rows of four numbers each are needed")
    columns = np.array(cells, dtype=float).T
    if not np.all(np.isfinite(columns)):
        raise ValueError("a number is missing or infinite")
    if not np.allclose(np.diff(columns[0]), columns[0, 1] - columns[0, 0]):
        raise ValueError("the times should be evenly spaced")
    times, *axes = (units.Quantity(column, unit) for column, (_, unit) in zip(columns, header, strict=True))
    return times.to("s"), np.stack(axes, axis=1).to("km")


def draw(path, times, observed, fitted):
    """The orbit and the residuals, side by side."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (orbit, rest) = pyplot.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
    orbit.plot(*fitted.m_as("au").T[:2], "-", color="tab:orange", label="fit")
    orbit.plot(*observed.m_as("au").T[:2], ".", color="tab:blue", markersize=4, label="observed")
    orbit.plot(0, 0, "o", color="gold", markeredgecolor="black", label="Sun")
    orbit.set(xlabel="x [au]", ylabel="y [au]", title="Positions seen from the Sun (ICRS axes)", aspect="equal")
    orbit.legend(loc="center", bbox_to_anchor=(0.5, 0.3))
    for axis, residual in zip("xyz", (observed - fitted).m_as("km").T, strict=True):
        rest.plot(times.m_as("day"), residual, ".-", markersize=4, label=axis)
    rest.axhline(0, color="grey", linewidth=0.8)
    rest.set(xlabel="time [day]", ylabel="observed - fit [km]", title="Residuals")
    rest.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def fit(model, observed, start):
    """The parameters of a model, their errors and the residuals; the program ends where there is no fit."""
    try:
        return gauss_newton(model, observed, start)
    except np.linalg.LinAlgError as error:
        sys.exit(f"the fit fails ({error}): is the table the orbit of one body around the Sun?")


def report(fitted, errors):
    """Print what was fitted."""
    gm, position, velocity = fitted
    gm_error, *_ = errors
    gm, gm_error = gm.to(ACCEPTED_GM.units), gm_error.to(ACCEPTED_GM.units)
    print(f"position at the first row {position:.1f}")
    print(f"velocity at the first row {velocity:.6f}")
    print(f"GM of the Sun  {gm.magnitude:.6e} +- {gm_error.magnitude:.1e} m^3/s^2")
    print(f"accepted       {ACCEPTED_GM.magnitude:.6e} m^3/s^2")
    print(f"difference     {(gm / ACCEPTED_GM).m_as('') - 1:+.1e} of the accepted value")


def main():
    parser = argparse.ArgumentParser(description="Fit GM of the Sun to positions of a planet.")
    parser.add_argument("--table", type=Path, default=HERE / "data" / "orbit.csv", help="default: %(default)s")
    parser.add_argument("--picture", type=Path, default=HERE / "output" / "orbit.png", help="default: %(default)s")
    arguments = parser.parse_args()
    started = time.perf_counter()

    try:
        times, observed = read_table(arguments.table)
    except FileNotFoundError:
        sys.exit(f"{arguments.table} is not there; examples/data/make_orbit.py writes the table of this example")
    except (OSError, ValueError, pint.PintError) as error:
        sys.exit(f"{arguments.table} cannot be used: {error}")

    step = (times[1] - times[0]) / STEPS_PER_ROW
    rows = len(times)
    print(f"{rows} positions over {times[-1].m_as('year'):.2f} years, {(rows - 1) * STEPS_PER_ROW} leapfrog steps")

    def model(gm, position, velocity):
        return leapfrog(gm, position, velocity, step, STEPS_PER_ROW, rows)

    fitted, errors, residuals = fit(model, observed, first_guess(times, observed))
    report(fitted, errors)
    if importlib.util.find_spec("scipy") and importlib.util.find_spec("dispatchml_scipy"):
        print("\nfrom there through scipy.integrate.solve_ivp:")
        dm.lift.enable("scipy")
        by_scipy, scipy_errors, _ = fit(lambda *p: by_solve_ivp(*p, times), observed, fitted)
        report(by_scipy, scipy_errors)
        print(f"the two differ by {abs((by_scipy[0] / fitted[0]).m_as('') - 1):.1e}, the error of the leapfrog's steps")
    else:
        print("\nscipy and dispatchml-scipy are not installed; with them the same is done through solve_ivp")
    draw(arguments.picture, times, observed, observed - residuals)
    print("(The error takes the residuals for noise: they are the other planets' pulls and the table's own errors.)")
    print(f"picture in {arguments.picture}")
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
