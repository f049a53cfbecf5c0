"""Functions of NumPy and methods of pint give what they give on plain quantities, or a reason is declared."""

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
#: The public names of the class, each in a call.
METHODS = """
    x.T | x.UnitsContainer | x.check("[length]") | x.check("[time]") | x.clip(S, 2*S) | x.compatible_units() |
    S.compare(2*S, np.less) | x.compare(z, np.equal) | x.compare(t, np.less) | x.compute() | x.dimensionality |
    x.dimensionless | x.dot(t) | x.dtype | (x*1.0).fill(S) | list(x.flat) | x.force_ndarray |
    x.force_ndarray_like | x.format_babel() | x.from_list([1*x[0]]) | x.from_tuple((1, (("meter", 1),))) |
    x.from_sequence([1*x[0]]) | C.imag | x.is_compatible_with("km") | x.is_compatible_with("s") |
    x.is_compatible_with(z) | x.is_compatible_with(t) | n.is_compatible_with(1.0) | (x*1.0).ito("m") |
    (x*1.0).ito(S) | (x*1.0).ito_base_units() | (k*1.0).ito_reduced_units() | (x*1.0).ito_root_units() |
    (x*1.0).ito_preferred() | (x*1.0).ito_unprefixed() | x.m | x.m_as("m") | x.m_as("s") | x.magnitude |
    x.ndim | x.persist() | S.plus_minus(0.1) | n.prod() | (x*1.0).put(0, S) | C.real | x.searchsorted(S) |
    x.shape | x.to("m") | x.to("s") | x.to(S) | k.to("") | d.to("rad") | x.to_base_units() | S.to_compact() |
    (1000*S).to_compact() | (0.001*S).to_compact("km") | x.to_compact() | (0*S).to_compact() |
    x.to_preferred() | k.to_reduced_units() | (x*z).to_reduced_units() | x.to_root_units() | T.to_timedelta() |
    x.to_tuple() | x.to_unprefixed() | x.tolist() | x.u | x.unit_items() | x.unitless | k.unitless | x.units |
    x.visualize()
"""


def test_the_same_as_pint(u):
    check_library_functions(
        pint.Quantity,
        quantities(lambda numbers, unit: u.Quantity(numbers, unit)),
        unit=lambda q: str(q.units),
        number=lambda q: q.magnitude,
        refuses=(pint.DimensionalityError,),
        differs=DIFFERS,
        methods=METHODS,
    )
