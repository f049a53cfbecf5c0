"""What NumPy's functions give on a traced quantity is what astropy gives on a plain one: numbers, unit, class."""

import numpy as np
import pytest
from astropy import units as u

import dispatchml as dm

X, Y, N = np.array([1.0, 2.0, 3.0]) * u.km, np.array([4.0, 5.0, 7.0]) * u.m, np.array([0.2, 0.4, 0.9]) * u.one
M = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]]) * u.m
ANGLE = np.array([0.3, 0.6, 3.0]) * u.rad
BINARY = (
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.floor_divide,
    np.remainder,
    np.maximum,
    np.fmin,
    np.hypot,
    np.arctan2,
    np.dot,
    np.outer,
    np.inner,
    np.cross,
    np.kron,
    np.convolve,
    np.copysign,
    np.greater,
    np.equal,
    np.less_equal,
    np.trapezoid,
    lambda x, y: x @ y,
    lambda x, y: np.divmod(x, y)[1],
    lambda x, y: np.exp(x / y / 1000),
    lambda x, y: np.where(x > y, x, y),
    lambda x, y: np.concatenate([x, y]),
    lambda x, y: np.stack([y, x]),
    lambda x, y: np.interp(x[0], x, y),
    lambda x, y: np.average(x, weights=y),
    lambda x, y: np.meshgrid(x, y)[1],
)
UNARY = (
    np.sum,
    np.mean,
    np.std,
    np.var,
    np.max,
    np.ptp,
    np.median,
    np.cumsum,
    np.diff,
    np.sort,
    np.argsort,
    np.argmax,
    np.square,
    np.sqrt,
    np.cbrt,
    np.reciprocal,
    np.absolute,
    np.sign,
    np.isfinite,
    np.zeros_like,
    np.ones_like,
    np.floor,
    np.rint,
    np.flip,
    np.real,
    np.conj,
    np.unique,
    np.nansum,
    np.gradient,
    np.fft.fft,
    np.linalg.norm,
    lambda x: x**0.5,
    lambda x: x**0,
    lambda x: x[1:],
    lambda x: x[0],
    lambda x: np.pad(x, 1),
    lambda x: np.percentile(x, 30),
    lambda x: np.clip(x, x[0], x[1]),
    lambda x: x.std(),
    lambda x: np.where(x > 0, x, 0),
    lambda x: x.reshape(3, 1).T,
    lambda x: np.roll(x, 1),
)
NUMBERS = (np.exp, np.log, np.log1p, np.exp2, np.arcsin, np.arctan, np.arctanh, np.logaddexp.reduce, np.prod)
ANGLES = (np.sin, np.cos, np.tan, np.sinh, np.tanh, np.rad2deg, np.deg2rad, np.unwrap, np.sinc)
MATRICES = (
    np.trace,
    np.linalg.inv,
    np.linalg.det,
    np.linalg.cholesky,
    np.linalg.eigvalsh,
    np.linalg.pinv,
    np.triu,
    lambda m: m @ m,
    lambda m: np.linalg.solve(m, X),
    lambda m: np.linalg.svd(m)[1],
    np.diagonal,
)
CASES = [
    *((f, (X, Y)) for f in BINARY),
    *((f, (X,)) for f in UNARY),
    *((f, (N,)) for f in NUMBERS),
    *((f, (ANGLE,)) for f in ANGLES),
    *((f, (M,)) for f in MATRICES),
]


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_the_same_as_astropy(function, arguments):
    expected = function(*arguments)
    tangents = tuple(map(dm.zero_tangent, arguments))
    found = dm.jvp(function, arguments, tangents)[0]
    assert isinstance(found, u.Quantity) is isinstance(expected, u.Quantity)
    if isinstance(expected, u.Quantity):
        assert type(found) is type(expected)
        assert found.unit == expected.unit
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-12, atol=1e-15)
