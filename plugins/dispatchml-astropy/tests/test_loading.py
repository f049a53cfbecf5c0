"""The plugin loads when the first quantity arrives, and only then, whichever package was imported first."""

from dispatchml.testing import check_loading

FIRST = {
    "an argument": "dm.grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]) * u.m)",
    "an operation": "dm.ops.multiply(2.0, np.array([1.0, 2.0]) * u.m)",
    "a unit on the right": "dm.grad(lambda x: np.sum((x * u.m) ** 2))(np.array([1.0, 2.0]))",
    "a unit on the left": "dm.grad(lambda x: np.sum((u.m * x) ** 2))(np.array([1.0, 2.0]))",
    "a quantity on the left": "dm.grad(lambda x: np.sum((1 * u.m * x) ** 2))(np.array([1.0, 2.0]))",
    "a forward pass": "dm.jvp(lambda x: (x * u.m) ** 2, (np.array([1.0, 2.0]),), (np.ones(2),))[1]",
}


def test_whatever_comes_first_loads_the_plugin_and_nothing_else_does():
    check_loading("astropy.units as u", FIRST, "[2. 4.] m")
