"""Two methods that fit logaddexp(Fraction, Fraction) equally well."""

from fractions import Fraction

from dispatchml import ops


def register():
    ops.logaddexp.register(lambda a, b: "left", Fraction, object)
    ops.logaddexp.register(lambda a, b: "right", object, Fraction)
