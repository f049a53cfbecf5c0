"""NumPy's functions on traced quantities give what astropy gives on plain ones, or a reason is declared."""

from astropy import units as u

from dispatchml.testing import check_library_functions, quantities

DIFFERS = {
    "converts": """
        np.full_like(P,S) | np.cumprod(k) | np.diff(x,prepend=0) | np.interp(y,x,t,period=S) | np.nanprod(W) |
        np.nanprod(x) | np.prod(x) | np.prod(M,axis=0) | np.prod(x,where=cond) | np.prod(x,initial=S) |
        np.unwrap(x,period=S) | np.multiply.reduce(x) | np.multiply.reduce(x,axis=None) | np.divide.reduce(x) |
        x.prod()
    """,
    "strips": """
        np.broadcast_arrays(x,S) | np.broadcast_arrays(x,T) | np.broadcast_arrays(x,P) | np.broadcast_to(S,(2,)) |
        np.piecewise(P,[cond],[S]) | np.lib.stride_tricks.sliding_window_view(x,2)
    """,
    "spelling": """
        np.piecewise(x,[cond,~cond],[S,lambda q:q*2])
    """,
    "mixes": """
        np.piecewise(x,[cond],[1.0]) | np.interp(y,x,t,right=1.0) | np.angle(C,deg=True)
    """,
    "type": """
        np.linalg.eigvals(M) | np.linalg.eig(M) | x==t | x==1 | x!=t
    """,
}


def test_the_same_as_astropy():
    check_library_functions(
        u.Quantity,
        quantities(lambda numbers, unit: u.Quantity(numbers, unit)),
        unit=lambda q: str(q.unit),
        number=lambda q: q.value,
        refuses=(u.UnitsError,),
        differs=DIFFERS,
    )
