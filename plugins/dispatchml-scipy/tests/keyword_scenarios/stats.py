"""scipy.stats: what is not SciPy's own code."""

import numpy as np

from .moving import moved

DATA = np.array([1.0, 2.0, 4.5, 0.7])
SIGNS = np.array([1.0, -2.0, 0.5, -0.7])
TABLE = np.stack([DATA, DATA[::-1] + 1])

SCENARIOS = {
    **{
        f"boxcox_llf {at}": lambda f, a, at=at: f.boxcox_llf(
            (a - 1.3) + at, moved(DATA, a), axis=0, keepdims=False, nan_policy="propagate"
        )
        for at in (0.0, 0.3)
    },
    **{
        f"yeojohnson_llf {at}": lambda f, a, at=at: f.yeojohnson_llf(
            (a - 1.3) + at, moved(SIGNS, a), axis=0, nan_policy="propagate", keepdims=False
        )
        for at in (0.0, 2.0, 0.4)
    },
    **{
        f"yeojohnson {at}": lambda f, a, at=at: f.yeojohnson(moved(SIGNS, a), lmbda=(a - 1.3) + at)
        for at in (0.0, 2.0, 0.4)
    },
    **{
        f"pmean {at}": lambda f, a, at=at: f.pmean(
            moved(TABLE, a),
            (a - 1.3) + at,
            axis=1,
            dtype=None,
            weights=np.stack([DATA, DATA]),
            nan_policy="propagate",
            keepdims=True,
        )
        for at in (0.0, 1.7)
    },
    **{
        f"power_divergence {at}": lambda f, a, at=at: f.power_divergence(
            moved(TABLE, a),
            f_exp=np.full((2, 4), np.mean(TABLE, axis=0)) * np.sum(moved(TABLE, a), axis=0) / np.sum(TABLE, axis=0),
            ddof=0,
            axis=0,
            lambda_=at,
        )[0]
        for at in (None, 0.0, -1.0, "neyman", "cressie-read", 0.4)
    },
    "power_divergence by its power": lambda f, a: f.power_divergence(moved(TABLE, a), axis=1, lambda_=(a - 1.3))[0],
}
REFUSED = {}
