"""Exact numbers for dispatchml: fractions.Fraction, decimal.Decimal, mpmath's numbers and intervals.

Nothing is imported by a user: each plugin loads when the first number of its module meets an operation.
"""

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["for_decimal", "for_fractions", "for_mpmath"]

for_fractions = Plugin(name="fractions", triggers=("fractions",), register="dispatchml_exact.rational:register")
for_decimal = Plugin(
    name="decimal", triggers=("decimal", "_decimal", "_pydecimal"), register="dispatchml_exact.decimals:register"
)
for_mpmath = Plugin(name="mpmath", triggers=("mpmath",), register="dispatchml_exact.multiprecision:register")
