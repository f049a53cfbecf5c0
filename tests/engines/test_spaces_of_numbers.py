"""Cotangents of numbers of other libraries: real ones stay real, and classes are looked at once."""

from fractions import Fraction

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.engines.space import OPAQUE, space_of
from dispatchml.ops.metadata import REAL_NUMBERS


def test_numbers_of_a_class_share_a_space():
    assert space_of(Fraction(1, 2)) is space_of(Fraction(1, 3))
    assert Fraction in OPAQUE
    assert Fraction in REAL_NUMBERS
    assert dm.vjp(lambda x: x * x + x, Fraction(1, 2))[1](Fraction(1)) == (Fraction(2),)


def test_arrays_and_complex_numbers_do_not():
    a = np.array([Fraction(1), Fraction(2)], object)
    assert space_of(a) is not space_of(a)
    assert not any(issubclass(c, np.ndarray) for c in (*OPAQUE, *REAL_NUMBERS))
    mixed = np.array([Fraction(1), 1j], object)
    assert ops.is_complex(mixed)
    assert not ops.is_complex(a)


def test_a_cotangent_of_another_shape_is_summed():
    (g,) = dm.vjp(lambda x: x * np.array([Fraction(1), Fraction(2)], object), Fraction(1, 2))[1](
        np.array([Fraction(1), Fraction(1)], object)
    )
    assert g == Fraction(3)
    assert type(g) is Fraction


def test_a_cotangent_of_an_array_without_axes_is_summed():
    x, weights = np.array(Fraction(1, 2), object), np.array([Fraction(1), Fraction(2)], object)
    (g,) = dm.vjp(lambda x: x * weights, x)[1](np.array([Fraction(1), Fraction(1)], object))
    assert np.shape(g) == ()
    assert g == Fraction(3)
