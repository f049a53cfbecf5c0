"""The error function. Coefficients: benchmarks/fits/functions.py."""

from __future__ import annotations

from ..scalars.builder import Term, absolute, copysign, fma, lower_of, select
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .exponentials import exp_of_moderate
from .polynomial import polynomial

#: erf(x) / x - 1 by powers of x**2 for |x| <= 1: 2**-55.8 and 2**-26.0.
NEAR = {
    F64: (
        0.1283791670955126, -0.3761263890318375, 0.11283791670954885, -0.026866170645077816, 0.005223977624827951,
        -0.0008548326981402311, 0.00012055331132222769, -1.4925595756661999e-05, 1.6461008255521189e-06,
        -1.6350394096756812e-07, 1.466031571179693e-08, -1.137490965954894e-09, 5.960613503500661e-11,
    ),
    F32: (
        0.12837916612625122, -0.3761262595653534, 0.11283600330352783, -0.026854442432522774, 0.0051895310170948505,
        -0.000802080612629652, 7.889009430073202e-05,
    ),
}  # fmt: skip
#: erfc(x) exp(x**2) by powers of x - MIDDLE for 1 <= x <= END, where erf is 1: erfc's own error 2**-57.9 and 2**-26.9.
FAR = {
    F64: (
        0.17900115118140386, -0.05437226000696555, 0.01588437115972848, -0.004479431025415523, 0.001223039034877024,
        -0.0003241255217171756, 8.35542757145526e-05, -2.0989350258545317e-05, 5.1462181187030855e-06,
        -1.2338225060957692e-06, 2.8916286631081805e-07, -6.604545523127428e-08, 1.536952692080005e-08,
        -3.345245132568717e-09, 4.967609165071078e-10, -2.5332880095748107e-10, 5.815134539048914e-11,
        2.802540333057859e-11, 9.078157307107404e-12, -2.5054296436994282e-12, -1.3068306339694758e-12,
        -2.1410811849323187e-13,
    ),
    F32: (
        0.2553955912590027, -0.10679778456687927, 0.041801564395427704, -0.015443011187016964, 0.005475550889968872,
        -0.0018573955167084932, 0.000503498362377286, -0.00020231783855706453, 0.00010684094013413414,
    ),
}  # fmt: skip
MIDDLE, END = {F64: 3.0, F32: 2.0}, {F64: 6.0, F32: 4.0}


@emitter("erf", "f32", "f64")
def erf(x: Term) -> Term:
    """x plus a part of x near 0, 1 - exp(-x**2) times a polynomial elsewhere."""
    kind = x.kind
    size = lower_of(absolute(x), END[kind])
    square = size * size
    near = fma(x, polynomial(square, NEAR[kind]), x)
    far = fma(-exp_of_moderate(-square), polynomial(size - MIDDLE[kind], FAR[kind]), 1.0)
    return select(size.less(1.0), near, copysign(far, x))
