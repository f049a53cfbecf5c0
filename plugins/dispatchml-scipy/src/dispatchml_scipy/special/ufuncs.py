"""SciPy's ufuncs: those of which dispatchml has the operation, and those that are left."""

import numpy as np
import scipy.special

from dispatchml import ops
from dispatchml.numpy.protocols import UFUNCS

from .partials import DECLARED, partials

#: Operations that are called otherwise than SciPy's ufunc.
OTHER_NAMES = {"psi": "digamma", "jn": "jv", "yn": "yv", "round": "rint"}
CORE = (
    "beta betaln binom cbrt dawsn digamma entr erf erfc erfcinv erfcx erfinv exp1 exp2 expi expit expm1 gamma "
    "gammaln i0 i0e i1 i1e iv ive j0 j1 jn jv k0 k1 kl_div kv log1p log_ndtr logit ndtr ndtri psi "
    "rel_entr round xlog1py xlogy y0 y1 yn yv"
).split()

for name in CORE:
    UFUNCS[getattr(scipy.special, name)] = getattr(ops, OTHER_NAMES.get(name, name))

#: Ufuncs of which no derivative is declared: each argument raises.
WITHOUT: tuple[str, ...] = tuple(
    name
    for name in dir(scipy.special)
    if isinstance(getattr(scipy.special, name), np.ufunc) and name not in DECLARED and name not in CORE
)
for name in WITHOUT:
    if name != "gammasgn":
        count = getattr(scipy.special, name).nin
        partials(f"{name}({', '.join(f'x{k + 1}' for k in range(count))})")
