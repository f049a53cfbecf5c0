"""A stand-in for CuPy without a card: its arrays are in this machine's memory, and everything else is as strict.

What it has is what CuPy has: a function or a keyword that is not in `cupy_interface.json` (written from CuPy itself)
raises here as it would there; ufuncs have the dtypes of CuPy's loops; arrays of the host are refused, in lists and
keywords as well; a number is never read without being asked for. It counts what makes the host wait (`waits`), what
goes to the device and comes back (`up`, `down`), and the bytes that live arrays hold (`pool.used`). It computes with
NumPy and SciPy.
"""

from .array import ndarray
from .launching import HostCode
from .packages import install, library
from .state import HiddenWaitError, counts, pool

__all__ = ["HiddenWaitError", "HostCode", "counts", "install", "library", "ndarray", "pool"]
