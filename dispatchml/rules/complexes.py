"""Derivatives of the parts of complex numbers: real-linear maps, whose pullbacks are adjoints for Re(conj(ct) dy)."""

from functools import partial
from typing import Any

from .. import ops
from .registry import linear, rule
from .strong import as_is, strong


def adjoint(factor: Any) -> Any:
    """The factor that a holomorphic partial derivative has in a pullback: its conjugate, itself where it is real."""
    return ops.conj(factor) if ops.is_complex(factor) else factor


def real_transpose(ct: Any, like: Any) -> Any:
    return ct


def imag_transpose(ct: Any, like: Any) -> Any:
    return ops.make_complex(ops.where_or_zero(False, ct), ct)


def conj_transpose(ct: Any, like: Any) -> Any:
    return ops.conj(ct)


def make_complex_transpose(ct: Any, like: Any) -> Any:
    return ops.real(ct), ops.imag(ct)


linear(ops.real, transpose=real_transpose)
linear(ops.imag, transpose=imag_transpose)
linear(ops.conj, transpose=conj_transpose)
linear(ops.make_complex, transpose=make_complex_transpose)


# ---- angle: d angle = Im(conj(a) da) / |a|**2, zero at the origin and for real numbers -------------------------------


def over_square(a: Any) -> Any:
    """a / |a|**2 without overflow, 0 at 0."""
    modulus = ops.absolute(a)
    return ops.divide_or_zero(ops.divide_or_zero(a, modulus), modulus)


@rule(ops.angle).jvp
def angle_jvp(y: Any, tangents: Any, a: Any, *, strong: Any = as_is) -> Any:
    return ops.imag(strong(ops.multiply)(ops.conj(over_square(a)), tangents[0]))


@rule(ops.angle).vjp
def angle_vjp(y: Any, a: Any, *, needs: tuple[bool, ...]) -> Any:
    def angle_pullback(ct: Any, strong: Any = as_is) -> Any:
        return (strong(ops.multiply)(ops.multiply(over_square(a), 1j), ct),)

    return angle_pullback


angle_jvp.careful, angle_vjp.careful = partial(angle_jvp, strong=strong), strong


# ---- sign: constant on the real line, a / |a| in the plane -----------------------------------------------------------


def sign_derivative(y: Any, v: Any, a: Any) -> Any:
    """i s Im(conj(s) v) / |a| with s = a / |a|: its own adjoint; zero for real a, in units of v / a."""
    if not ops.is_complex(a):
        return ops.divide_or_zero(ops.where_or_zero(False, v), a)
    across = ops.imag(ops.multiply(ops.conj(y), v))
    return ops.multiply(ops.multiply(y, 1j), ops.divide_or_zero(across, ops.absolute(a)))


@rule(ops.sign).jvp
def sign_jvp(y: Any, tangents: Any, a: Any) -> Any:
    return sign_derivative(y, tangents[0], a)


@rule(ops.sign).vjp
def sign_vjp(y: Any, a: Any, *, needs: tuple[bool, ...]) -> Any:
    def sign_pullback(ct: Any) -> Any:
        return (sign_derivative(ops.sign(a), ct, a),)

    return sign_pullback
