"""Numbers that are exact, or as exact as their context: scalars and object arrays of them."""

from fractions import Fraction

import numpy as np

from dispatchml.testing.composition import Subject
from dispatchml.testing.composition.subjects import DIRECTION as ANY
from dispatchml.testing.composition.subjects import POINT as SOME

LIBRARIES = ("dispatchml_exact", "mpmath")

POINT, DIRECTION = ("1/2", "5/4", "2"), ("1", "-1/2", "1/4")


def array_of(texts, number=Fraction):
    """An object array of numbers."""
    return np.array([number(t) for t in texts], object)


def converted(number):
    """make and constant: an instance round exact numbers of any shape; floats are taken by their exact value."""

    def of_array(a, axes=()):
        a = np.asarray(a)
        if a.dtype.kind in "biu":
            return a
        y = np.empty(a.shape, object)
        for place in np.ndindex(a.shape):
            y[place] = number(Fraction(a[place]))
        return y[()] if a.ndim == 0 else y

    return of_array


def plain(payload, e):
    """Floats of a result of numbers that round."""
    ends = np.frompyfunc(lambda x: x.mid if hasattr(x, "mid") else x, 1, 1)(np.asarray(payload, object))
    return np.asarray(np.frompyfunc(float, 1, 1)(ends), float)


def classes(cls):
    """What a result must say: the class of every element."""
    return lambda x: {"classes": {type(e) for e in np.asarray(x, object).flat} - {cls}}


def subjects():
    from decimal import Decimal

    from mpmath import iv, mp

    def decimal(q):
        return Decimal(q.numerator) / q.denominator

    def mpf(q):
        return mp.mpf(q.numerator) / q.denominator

    def interval(q):
        return iv.mpf(q.numerator) / q.denominator

    rows = []
    for cls, number in ((Fraction, Fraction), (Decimal, decimal), (mp.mpf, mpf), (iv.mpf, interval)):
        make, name, exact = converted(number), f"{cls.__module__.partition('.')[0]}.{cls.__name__}", cls is Fraction
        common = {
            "slot": "value", "family": "exact", "cls": (cls, np.ndarray), "make": make, "constant": make,
            "metadata": classes(cls), "expect": lambda e: {"classes": set()}, "pairs": False,
            **({"tolerance": 0, "dtype": object} if exact else {"numbers": plain}),
        }  # fmt: skip
        point, direction = (array_of(POINT), array_of(DIRECTION)) if exact else (SOME, ANY)
        rows.append(Subject(name=f"array of {name}", point=point, direction=direction, **{**common, "pairs": True}))
        rows.append(Subject(name=name, point=np.asarray(point[1]), direction=np.asarray(direction[0]), **common))
    return rows
