"""SciPy's ufuncs of which dispatchml has the operation."""

import scipy.special

from dispatchml import ops
from dispatchml.numpy.protocols import UFUNCS

#: Operations that are called otherwise than SciPy's ufunc.
OTHER_NAMES = {"psi": "digamma", "jn": "jv", "yn": "yv", "round": "rint"}
CORE = (
    "beta betainc betaln binom cbrt dawsn digamma entr erf erfc erfcinv erfcx erfinv exp1 exp2 expi expm1 gamma "
    "gammainc gammaincc gammaln i0 i0e i1 i1e iv ive j0 j1 jn jv k0 k1 kl_div kv log1p log_ndtr ndtr ndtri psi "
    "rel_entr xlog1py xlogy y0 y1 yn yv"
).split()

for name in CORE:
    UFUNCS[getattr(scipy.special, name)] = getattr(ops, OTHER_NAMES.get(name, name))
