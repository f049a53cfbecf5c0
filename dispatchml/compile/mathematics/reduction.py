"""Angles less a whole multiple of pi/2, in two parts, to the last bit for every floating-point number.

Up to `LARGE` by three parts of pi/2; beyond it, in a scalar function, by the bits of 2/pi that matter (M. Payne and
R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18, 1983).
"""

from __future__ import annotations

from ..scalars.builder import Builder, Term, fma, select
from ..scalars.casts import converted, instruction
from ..scalars.kinds import F32, F64, I64, U64, Kind
from .doubles import two_product, two_sum

TWO_OVER_PI = 0.6366197723675814
#: pi/2 as a sum of numbers of each kind, and of ones with so few bits that their whole multiples are exact.
PARTS = {
    F64: (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33),
    F32: (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
}
SHORT_PARTS = {
    F64: (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32),
    F32: (1.57080078125, -4.453584551811218e-06, -8.706138032721356e-10, 6.223371969669989e-14),
}
ROUNDER = {F64: 1.5 * 2.0**52, F32: 1.5 * 2.0**23}
U256, U128, U320 = (Kind(f"u{n}", f"i{n}", n, "u") for n in (256, 128, 320))


def large(builder: Builder, kind: Kind) -> float:
    """From where on angles are reduced by the bits of 2/pi."""
    if kind is F64:
        return 2.0**40 if builder.has_fma else 2.0**20
    return 2.0**17 if builder.has_fma else 2.0**10


def quarter_turns(x: Term) -> tuple[Term, Term, Term]:
    """(r, low, n): x less n quarter turns is r + low; n in the low bits of a word. For |x| < large."""
    shifted = fma(x, TWO_OVER_PI, ROUNDER[x.kind])
    n = shifted - ROUNDER[x.kind]
    if x.builder.has_fma:
        first, second, third = PARTS[x.kind]
        r = fma(n, -first, x)  # exact: a multiple of the last place of both that is below 1
        product = n * second
        lost = fma(n, second, -product)
        r, low = two_sum(r, -product)
        return r, low - fma(n, third, lost), shifted.bits
    first, second, third, fourth = SHORT_PARTS[x.kind]
    r, low = two_sum(x - n * first, -(n * second))
    r, lower = two_sum(r, -(n * third))
    return r, (low + lower) - n * fourth, shifted.bits


#: 64 zero bits and the 1,344 bits of 2/pi behind the point, in words.
DIGITS = (
    0, 0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561, 0xB7246E3A424DD2E0,
    0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484, 0xE99C7026B45F7E41, 0x3991D639835339F4,
    0x9C845F8BBDF9283B, 0x1FF897FFDE05980F, 0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7, 0x4F463F669E5FEA2D,
    0x7527BAC7EBE5F17B, 0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB, 0xF0CFBC209AF4361D,
    0xA9E391615EE61B08,
)  # fmt: skip


def huge_quarter_turns(x: Term) -> tuple[Term, Term, Term]:
    """(r, low, n) as quarter_turns gives, for finite |x| >= 2**20."""
    b = x.builder
    bits = x.bits.labelled(U64)
    exponent = (bits >> 52) & 0x7FF
    whole = (bits & (2**52 - 1)) | 2**52
    offset = exponent + (62 - 1075)
    word, shift = offset >> 6, offset & 63
    window = b.number(0, U320)
    for k in range(5):
        window = (window << 64) | converted(b.table("two_over_pi", DIGITS, word + k), U320)
    window = converted((window << converted(shift, U320)) >> 64, U256)
    turns = window * converted(whole, U256)
    fraction = converted((turns << 2) >> 128, U128)
    up = fraction >> 127
    n = converted(turns >> 254, I64) + converted(up, I64)
    size = select(up.not_equal(0), -fraction, fraction)
    zeros = b.emit(f"call i128 @llvm.ctlz.i128(i128 {size.register}, i1 false)", U128)
    b.needs["llvm.ctlz.i128"] = "declare i128 @llvm.ctlz.i128(i128, i1)"
    size = size << zeros
    high = instruction("uitofp", converted(size >> 75, U64), F64)
    low = instruction("uitofp", converted((size << 53) >> 75, U64), F64) * 2.0**-53
    scale = ((-converted(zeros, I64) + (1023 - 53)) << 52).floating()
    negative = up.not_equal(0) ^ x.bits.less(0)
    scale = select(negative, -scale, scale)
    first, second, _ = PARTS[F64]
    high, low = high * scale, low * scale
    r, rest = two_product(high, first)
    n = select(x.bits.less(0), -n, n)
    return r, rest + (high * second + low * first), n
