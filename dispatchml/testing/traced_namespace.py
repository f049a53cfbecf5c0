"""An Array API namespace whose arrays are traced: the standard's own test suite, run through the reverse engine.

ARRAY_API_TESTS_MODULE=dispatchml.testing.traced_namespace
"""

from types import SimpleNamespace as _Namespace

from dispatchml import numpy as _space

from .traced_array import CONVERTING as _CONVERTING
from .traced_array import asarray, from_dlpack
from .traced_array import members as _members

__array_api_version__ = _space.__array_api_version__
_NAMES = [n for n in _space.__all__ if n not in ("linalg", "fft", *_CONVERTING)] + ["__array_namespace_info__"]
globals().update(_members(_space, _NAMES))
linalg = _Namespace(**_members(_space.linalg, _space.linalg.__all__))
fft = _Namespace(**_members(_space.fft, _space.fft.__all__))

__all__ = [*_NAMES, "asarray", "fft", "from_dlpack", "linalg"]  # pyright: ignore[reportUnsupportedDunderAll]
