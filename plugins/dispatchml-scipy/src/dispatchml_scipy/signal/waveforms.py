"""Waves whose frequency changes, where it does not."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops, primal
from dispatchml.lift import replaces

from ..arguments import array, floating
from ..special.partials import WORDS
from ..special.ratios import log1p_ratio, near


@replaces("scipy.signal.chirp")
def chirp(t, f0, t1, f1, method="linear", phi=0, vertex_zero=True, *, complex=False):
    """The logarithmic and the hyperbolic sweep where both frequencies are about the same; SciPy's code elsewhere."""
    ratio = array(f1) / array(f0)
    logarithmic = method in ("logarithmic", "log", "lo")
    if not (logarithmic or method in ("hyperbolic", "hyp")) or not near(ratio, 1.0) or primal(f0) * primal(f1) <= 0:
        return NotImplemented
    t, t1 = floating(t), array(t1)
    change = WORDS["exprel"](t / t1 * np.log(ratio)) if logarithmic else log1p_ratio(t / t1 * (1 / ratio - 1))
    phase: Any = 2 * np.pi * f0 * t * change + array(phi) * (np.pi / 180)
    return np.exp(1j * phase) if complex else ops.cos(phase)
