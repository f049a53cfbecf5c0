"""Parts of complex numbers, elementwise. Derivatives are those of maps of the plane: none of these is holomorphic."""

from typing import Any

from ..dispatch import operation

__all__ = ["angle", "conj", "imag", "make_complex", "real"]


@operation(family="elementwise")
def real(a: Any) -> Any:
    """The real part, with a's units; a itself where it is real."""


@operation(family="elementwise")
def imag(a: Any) -> Any:
    """The imaginary part, with a's units; zero where a is real."""


@operation(family="elementwise")
def conj(a: Any) -> Any:
    """The complex conjugate, with a's units; a itself where it is real."""


@operation(family="elementwise")
def angle(a: Any) -> Any:
    """The argument in [-pi, pi], dimensionless (radians). Derivative at 0: 0."""


@operation(family="elementwise")
def make_complex(a: Any, b: Any) -> Any:
    """The complex number with real part a and imaginary part b, both real and in the same dimension.

    Unlike a + 1j * b it keeps infinities and signed zeros apart. float32 parts give complex64. Raises TypeError for
    complex parts.
    """
