"""Plain numbers and arrays of every kind that takes derivatives, and those that do not."""

import numpy as np

from dispatchml.testing.composition import Subject
from dispatchml.testing.composition.subjects import DIRECTION, POINT

LIBRARIES = ("numpy",)

ANY = (np.ndarray, np.generic, float, complex)


def kept(kind):
    """Constants in the precision of the row, which would decide otherwise."""
    return lambda array, axes: array.astype(kind)


def subjects():
    plain = {"slot": "value", "family": "plain", "cls": ANY, "pairs": False}
    return [
        Subject(name="ndarray", make=lambda a: np.array(a, np.float64), **plain),
        Subject(
            name="ndarray float32",
            make=lambda a: np.array(a, np.float32),
            dtype=np.float32,
            constant=kept(np.float32),
            tolerance=2e-5,
            **{**plain, "pairs": True},  # it stands for precision in the table of pairs
        ),
        Subject(
            name="ndarray complex",
            make=lambda a: np.array(a, np.complex128),
            point=POINT * (1 + 0.25j),
            direction=DIRECTION * (1 - 0.5j),
            dtype=np.complex128,
            **plain,
        ),
        Subject(
            name="ndarray of integers",
            make=lambda a: np.array(a, np.int64) if np.all(a == np.round(a)) else np.array(a, np.float64),
            point=np.array([2.0, 5.0, 3.0]),
            dtype=None,
            **plain,
        ),
        Subject(name="float", make=number, point=np.array(1.25), direction=np.array(0.5), **plain),
        Subject(
            name="numpy.float32",
            make=lambda a: np.asarray(a, np.float32)[()],
            point=np.array(1.25),
            direction=np.array(0.5),
            dtype=np.float32,
            constant=kept(np.float32),
            tolerance=2e-5,
            **plain,
        ),
    ]


def number(a):
    """A Python number, or an array where there is a batch of them."""
    return float(a) if np.ndim(a) == 0 else np.array(a, np.float64)
