"""examples/orbit.py weighs the Sun within 0.1 %, refuses bad tables, and draws its picture."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pint = pytest.importorskip("pint")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def orbit():
    specification = importlib.util.spec_from_file_location("orbit_example", EXAMPLES / "orbit.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "orbit.py"), *map(str, arguments)], capture_output=True, text=True, timeout=300
    )


def test_it_weighs_the_sun_and_draws_the_fit(tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "deep" / "orbit.png"
    done = run("--picture", picture)
    assert done.returncode == 0, done.stderr
    found = float(re.search(r"GM of the Sun +(\S+) \+- (\S+) m\^3/s\^2", done.stdout)[1])
    error = float(re.search(r"GM of the Sun +(\S+) \+- (\S+) m\^3/s\^2", done.stdout)[2])
    assert abs(found / 1.32712440018e20 - 1) < 1e-3
    assert 0 < error < 1e-3 * found
    if importlib.util.find_spec("scipy") and importlib.util.find_spec("dispatchml_scipy"):
        both = re.findall(r"GM of the Sun +(\S+) \+-", done.stdout)
        assert len(both) == 2
        assert abs(float(both[0]) / float(both[1]) - 1) < 1e-4
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_derivatives_are_those_of_differences(orbit):
    units = orbit.units
    step = 8 * units.day / 8
    position = np.array([2.0e8, 1.0e7, 5.0e6]) * units.km
    velocity = np.array([1.0, 24.0, 2.0]) * units.km / units.s

    def model(gm, position, velocity):
        return orbit.leapfrog(gm, position, velocity, step, 4, 5)

    gm = orbit.ACCEPTED_GM
    blocks = orbit.dm.jacobian(model, argnums=(0, 1, 2))(gm, position, velocity)
    assert [b.shape for b in blocks] == [(5, 3), (5, 3, 3), (5, 3, 3)]
    assert blocks[0].check("[length] / ([length]**3 / [time]**2)")
    assert blocks[2].check("[time]")
    for k, (x, h) in enumerate([(gm, gm * 1e-4), (position, 1e4 * units.km), (velocity, 1e-3 * units.km / units.s)]):
        for index in np.ndindex(np.shape(x.magnitude)):
            one = np.zeros(np.shape(x.magnitude))
            one[index] = 1.0
            ahead, behind = ([gm, position, velocity] for _ in range(2))
            ahead[k], behind[k] = x + one * h, x - one * h
            expected = (model(*ahead) - model(*behind)) / (2 * h)
            got = blocks[k][(..., *index)]
            scale = np.max(np.abs(expected.magnitude))
            np.testing.assert_allclose(got.m_as(expected.units), expected.magnitude, rtol=1e-5, atol=1e-7 * scale)


def test_wrong_units_in_the_model_raise_while_it_is_differentiated(orbit):
    units = orbit.units
    model = lambda gm: orbit.leapfrog(gm, np.ones(3) * units.m, np.ones(3) * units.m, 1 * units.s, 2, 3)  # noqa: E731
    with pytest.raises(pint.DimensionalityError):
        orbit.dm.jacobian(model)(orbit.ACCEPTED_GM)


HEADER = "time [day],x [km],y [km],z [km]\n"
TABLES = {
    "empty": "",
    "no units": "time,x,y,z\n",
    "a column missing": HEADER + "1,2,3\n" * 5,
    "not a number": HEADER + "0,1,2,nan\n" * 5,
    "two rows": HEADER + "0,1,2,3\n1,2,3,4\n",
    "times in metres": HEADER.replace("day", "m") + "".join(f"{k},1,2,3\n" for k in range(5)),
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_that_cannot_be_used_is_named(text, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text(text)
    done = run("--table", table, "--picture", tmp_path / "p.png")
    assert done.returncode == 1
    assert str(table) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_that_is_not_there_is_named(tmp_path):
    done = run("--table", tmp_path / "none.csv")
    assert done.returncode == 1
    assert "none.csv" in done.stderr
