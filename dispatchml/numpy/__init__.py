"""The NumPy and Array API namespace over the operations: plain arrays, units, traced values, batches, all by one name.

Its names are made on first use, so that the engines can take their operators from here without paying for all of it.

>>> import dispatchml.numpy as dnp
>>> dnp.sum([1.0, 2.0])
np.float64(3.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import fft as fft
    from . import linalg as linalg

#: The files that define the namespace, by topic.
TOPICS = (
    "calculus", "covariance", "creation", "dtypes", "elementwise", "fft", "histograms", "indexing", "joining", "linalg",
    "manipulation", "polynomials", "products", "quantiles", "scans", "sorting", "statistics", "writing",
)  # fmt: skip
ASKED = ("__all__", "__array_api_version__", "__array_namespace_info__")


def __getattr__(name: str) -> Any:
    if name in TOPICS or (name.startswith("__") and name not in ASKED):
        if name not in ("fft", "linalg"):
            raise AttributeError(f"module 'dispatchml.numpy' has no attribute {name!r}")
    from .surface import fill, missing

    known = fill(globals())
    if name not in known:
        raise missing(name)
    return known[name]


def __dir__() -> list[str]:
    from .surface import fill

    return sorted(fill(globals())["__all__"])
