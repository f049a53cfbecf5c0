"""NumPy's functions on traced quantities give what pint gives on plain ones, or a reason is declared."""

import pint

from dispatchml.testing import check_library_functions, quantities

DIFFERS = {
    "strips": """
        np.full_like(P,S) | np.piecewise(P,[cond],[S])
    """,
    "mixes": """
        np.sum(x,initial=S) | np.diff(x,prepend=S) | np.diff(x,append=S) | np.diff(x,append=T) |
        np.ediff1d(x,to_end=S) | np.ediff1d(x,to_begin=S) | np.ediff1d(x,to_end=T) | np.diff(x,prepend=1.0) |
        np.ediff1d(x,to_end=1.0) | np.gradient(P,t) | np.floor_divide(x,y) | np.floor_divide(x,t) |
        np.floor_divide(x,2.0) | np.remainder(x,y) | np.mod(x,S) | np.fmod(x,y) | np.remainder(x,2.0) |
        np.remainder(x,t) | P//x | np.floor_divide(P,x) | np.remainder(k,1.0) | np.floor_divide(k,n)
    """,
    "spelling": """
        np.average(x,weights=P,returned=True) | np.average(x,returned=True) | np.broadcast_arrays(x,S) |
        np.gradient(M) | np.gradient(M,T,S) | np.interp(y,x,P,left=D) | np.intersect1d(x,x,return_indices=True) |
        np.add(k,1.0) | np.add(1.0,k) | np.subtract(1.0,k) | np.subtract(k,1.0) | np.maximum(k,P)
    """,
    "converts": """
        np.broadcast_arrays(x,T) | np.broadcast_arrays(x,P) | x**np.array([2.0,2.,2.])
    """,
    "type": """
        np.linalg.eigvals(M)
    """,
}


def test_the_same_as_pint(u):
    check_library_functions(
        pint.Quantity,
        quantities(lambda numbers, unit: u.Quantity(numbers, unit)),
        unit=lambda q: str(q.units),
        number=lambda q: q.magnitude,
        refuses=(pint.DimensionalityError,),
        differs=DIFFERS,
    )
