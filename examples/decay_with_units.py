"""A half-life with its error bar, from counts over time: the model is plain NumPy, the data have units.

    python examples/decay_with_units.py

Needs pint and dispatchml-pint. The Jacobian has counts per becquerel in one column and counts per hour in the other, so
a mistake with units raises where it is made. The half-life is that of fluorine-18, from which the data were made.
"""

import numpy as np
import pint

import dispatchml as dm

u = pint.UnitRegistry()


def counts(activity, half_life, start, duration):
    """Expected decays during windows of one length."""
    rate = np.log(2.0) / half_life
    return activity / rate * (np.exp(-rate * start) - np.exp(-rate * (start + duration)))


def measured(generator):
    """Counts in five-minute windows, one each quarter of an hour."""
    start = np.arange(40) * 15.0 * u.minute
    duration = 5.0 * u.minute
    expected = counts(300.0 * u.becquerel, 109.77 * u.minute, start, duration)
    return start, duration, generator.poisson(expected.m_as("")) * u.dimensionless


def fit(start, duration, seen, activity, half_life, steps=8):
    """Weighted Gauss-Newton. Returns both parameters and their standard errors, with units."""
    error = np.sqrt(np.maximum(seen, 1.0))
    units = (activity.units, half_life.units)
    for step in range(steps):
        residual = ((seen - counts(activity, half_life, start, duration)) / error).m_as("")
        columns = dm.jacobian(counts, argnums=(0, 1))(activity, half_life, start, duration)
        matrix = np.column_stack([(c / error * (1.0 * unit)).m_as("") for c, unit in zip(columns, units, strict=True)])
        change, *_ = np.linalg.lstsq(matrix, residual, rcond=None)
        activity, half_life = activity + change[0] * units[0], half_life + change[1] * units[1]
        print(f"step {step}   chi2 {np.sum(residual**2):9.2f}   half-life {half_life:.4f~P}")
    spread = np.sqrt(np.diag(np.linalg.inv(matrix.T @ matrix)))
    return (activity, half_life), tuple(s * unit for s, unit in zip(spread, units, strict=True))


def main():
    start, duration, seen = measured(np.random.default_rng(7))
    (activity, half_life), errors = fit(start, duration, seen, 200.0 * u.becquerel, 1.5 * u.hour)
    print(f"half-life {half_life.m_as('minute'):.2f} +- {errors[1].m_as('minute'):.2f} min (made with 109.77)")
    print(f"activity  {activity.m_as('Bq'):.2f} +- {errors[0].m_as('Bq'):.2f} Bq (made with 300)")
    assert abs(half_life - 109.77 * u.minute) < 4 * errors[1]
    assert errors[1] < 1.0 * u.minute


if __name__ == "__main__":
    main()
