"""Functions of NumPy and methods of astropy give what they give on plain quantities, or a reason is declared."""

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
        x.argpartition(1) | np.broadcast_arrays(x,S) | np.broadcast_arrays(x,T) | np.broadcast_arrays(x,P) |
        np.broadcast_to(S,(2,)) | np.piecewise(P,[cond],[S]) | np.lib.stride_tricks.sliding_window_view(x,2)
    """,
    "spelling": """
        np.piecewise(x,[cond,~cond],[S,lambda q:q*2])
    """,
    "mixes": """
        x.ediff1d(to_end=S) | np.piecewise(x,[cond],[1.0]) | np.interp(y,x,t,right=1.0) | np.angle(C,deg=True)
    """,
    "type": """
        np.linalg.eigvals(M) | np.linalg.eig(M) | x==t | x==1 | x!=t
    """,
}
#: The public names of the class, each in a call.
METHODS = """
    x.to("m") | x.to("s") | x.to(S.unit) | k.to("") | d.to("rad") | x.to_value("m") | x.to_value() |
    x.to_value("s") | x.value | x.si | x.cgs | x.decompose() | (x*x/z).decompose() |
    x.decompose(bases=[S.unit]) | x.unit | x.isscalar | S.isscalar | x.equivalencies | x.info | x.to_string() |
    x.insert(1, S) | x.insert(0, 0) | x.insert(1, 2.0) | M.insert(1, S, axis=0) | x.diff() | x.diff(n=2) |
    M.diff(axis=0) | x.ediff1d() | x.ediff1d(to_end=S) | x.tostring() | x.T | x.all() | x.any() | x.argmax() |
    x.argmin() | x.argpartition(1) | x.argsort() | x.astype(np.float32) | x.base | x.byteswap() |
    x.choose([x]) | x.clip(S, 2*S) | x.compress(cond) | x.conj() | x.conjugate() | x.copy() | x.ctypes |
    n.cumprod() | x.cumsum() | x.data | x.device | M.diagonal() | x.dot(t) | x.dtype | x.dump("") | x.dumps() |
    (x*1.0).fill(S) | x.flags | list(x.flat) | x.flatten() | x.getfield(np.float32) | C.imag | x.item(1) |
    x.itemsize | M.mT | x.max() | x.mean() | x.min() | x.nbytes | x.ndim | x.nonzero() | (x*1.0).partition(1) |
    n.prod() | (x*1.0).put(0, S) | x.ravel() | C.real | x.repeat(2) | x.reshape(3, 1) | (x*1.0).resize((1,)) |
    x.round(1) | x.searchsorted(S) | (x*1.0).setfield(1.0, np.float32) | x.setflags(write=False) | x.shape |
    x.size | (x*1.0).sort() | x.squeeze() | x.std() | x.strides | x.sum() | M.swapaxes(0, 1) | x.take([0, 2]) |
    x.tobytes() | x.tofile("") | x.tolist() | M.trace() | x.transpose() | x.var() | x.view(np.ndarray) |
    x.to_device("cpu")
"""


def test_the_same_as_astropy():
    check_library_functions(
        u.Quantity,
        quantities(lambda numbers, unit: u.Quantity(numbers, unit)),
        unit=lambda q: str(q.unit),
        number=lambda q: q.value,
        refuses=(u.UnitsError,),
        differs=DIFFERS,
        methods=METHODS,
    )
