"""Write orbit.csv: where Mars was, seen from the Sun, over two years.

The positions come from astropy's built-in ephemeris (the analytical planetary theory that ships with it), so nothing
is downloaded and every run writes the same file. dispatchml does not depend on astropy: `pip install astropy`, then

    python examples/data/make_orbit.py
"""

from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.coordinates import get_body_barycentric, solar_system_ephemeris
from astropy.time import Time, TimeDelta
from astropy.utils import iers

TABLE = Path(__file__).with_name("orbit.csv")
EPOCH = "2020-01-01"
ROWS = 92
SPACING = 8  # days, so that the table ends 728 days after the epoch
HEADER = f"""\
# Heliocentric positions of Mars, ICRS axes, geometric (no light time).
# Time is TDB since {EPOCH} 00:00 TDB. Made by make_orbit.py from astropy's built-in ephemeris.
time [day],x [km],y [km],z [km]
"""


def heliocentric_positions(body, days):
    """Positions of `body` relative to the Sun in km, shape (len(days), 3), at `days` after the epoch."""
    times = Time(EPOCH, scale="tdb") + TimeDelta(days * u.day)
    with solar_system_ephemeris.set("builtin"):
        relative = get_body_barycentric(body, times) - get_body_barycentric("sun", times)
    return relative.xyz.to_value(u.km).T


def main():
    iers.conf.auto_download = False
    days = SPACING * np.arange(ROWS)
    positions = heliocentric_positions("mars", days)
    rows = [f"{day},{x:.1f},{y:.1f},{z:.1f}\n" for day, (x, y, z) in zip(days, positions, strict=True)]
    TABLE.write_text(HEADER + "".join(rows), encoding="utf-8")
    print(f"wrote {len(rows)} rows to {TABLE}")


if __name__ == "__main__":
    main()
