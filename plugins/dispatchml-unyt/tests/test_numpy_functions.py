"""Functions of NumPy and methods of unyt give what they give on plain quantities, or a reason is declared."""

import unyt
from unyt.exceptions import UnitConversionError, UnitInconsistencyError, UnitOperationError

from dispatchml.testing import check_library_functions, quantities

DIFFERS = {
    "strips": """
        x.argpartition(1) | list(x.flat) | np.full_like(P,S) | np.round(x) | np.rint(x) | np.rint(k) | np.round(k) |
        k.round() | np.broadcast_arrays(x,S) | np.broadcast_arrays(x,T) | np.broadcast_arrays(x,P) |
        np.broadcast_to(S,(2,)) | np.piecewise(P,[cond],[S]) | np.copy(x) | np.copy(S) | np.diag(x) |
        np.gradient(P,t) | np.intersect1d(x,x,return_indices=True) | np.lib.stride_tricks.sliding_window_view(x,2) |
        np.cov(x) | np.cov(M) | np.corrcoef(M) | np.bincount(idx,weights=x) | np.deg2rad(d) | np.deg2rad(a) |
        np.rad2deg(a) | np.rad2deg(d) | M.trace() | x.flat[1]
    """,
    "converts": """
        np.allclose(x,z,atol=S) | np.isclose(x,z,atol=0.1*S) | np.append(x,y) | np.append(x,S) | np.append(x,0) |
        np.block([[x,y]]) | np.block([x,y]) | np.block([x,0.]) | np.clip(x,y[0],z[0]) | np.column_stack((x,y)) |
        np.concatenate((x,y)) | np.concatenate((x,np.zeros(2))) | np.dstack((x,y)) | np.hstack((x,y)) |
        np.vstack((x,y)) | np.stack((x,y)) | np.concatenate((k,n)) | np.concat((x,y)) | np.choose(idx,[x,y,z]) |
        np.choose(idx,(x,y,z)) | np.select([cond,~cond],[x,y]) | np.select([cond,~cond],[x,y],default=S) |
        np.select([cond],[x],default=0) | np.select([cond],[x]) | np.insert(x,1,S) | np.insert(x,[0,1],y[:2]) |
        np.insert(M,1,x,axis=1) | np.insert(x,1,np.array([0.,0.])) | np.einsum('ij,j->i',M,x) |
        np.einsum('i,i',x,t) | np.einsum('i,i,i',x,t,P) | np.linspace(0,S,3) | np.linspace(x,z,3) |
        np.gradient(x,t) | np.gradient(M,T,S) | np.interp(S,x,t) | np.interp(y,x,t) | np.interp(y,x,P) |
        np.interp(y,x,t,left=T) | np.interp(y,x,t,left=0.) | np.interp(y,x,t,period=S) | np.interp(y,x,P,left=D) |
        np.intersect1d(x,z) | np.union1d(x,z) | np.setdiff1d(x,z) | np.setxor1d(x,z) | np.isin(x,z) |
        np.searchsorted(x,y) | np.searchsorted(x,S) | np.digitize(x,P) | np.unwrap(x,period=S) |
        np.where(cond,x,y) | np.where(cond,x,0) | np.where(x>S,x,y) | np.where(cond,0,x) | np.where(Z,x,y) |
        np.where(cond,k,1.0) | np.heaviside(x,D) | np.heaviside(x,0.5) | np.logical_and(x,t) |
        np.add.reduceat(x,[0,1])
    """,
    "mixes": """
        np.isclose(x,P) | np.allclose(x,np.inf) | np.min(x,initial=S) | np.sum(x,initial=S) | np.round(x,1) |
        x.round(1) | np.clip(x,0,np.inf) | np.clip(x,1.0,2.0) | np.piecewise(x,[cond],[1.0]) |
        np.insert(x,1,np.nan) | np.insert(x,1,2.0) | np.diff(x,prepend=S) | np.diff(x,append=S) |
        np.diff(x,append=T) | np.ediff1d(x,to_end=S) | np.ediff1d(x,to_begin=S) | np.ediff1d(x,to_end=T) |
        np.diff(x,prepend=1.0) | np.ediff1d(x,to_end=1.0) | np.gradient(x,S) | np.angle(C,deg=True) |
        np.linalg.cholesky(M) | np.linalg.matrix_power(M,0) | np.linalg.slogdet(M) | np.linalg.lstsq(M,x) |
        np.nanprod(W) | np.prod(x,where=cond) | np.prod(x,initial=S) | np.cov(x,t) | np.corrcoef(x,t) |
        np.nan_to_num(W,nan=T) | np.pad(x,1,constant_values=S) | np.pad(x,1,constant_values=T) |
        np.pad(x,1,constant_values=(S,y[0])) | np.unwrap(d) | np.sinc(d) | np.sinc(x) | np.floor_divide(x,y) |
        np.floor_divide(x,t) | np.floor_divide(x,2.0) | np.divmod(x,y) | np.divmod(x,t) | divmod(x,y) |
        divmod(x,t) | x//y | x//t | x//2 | P//x | np.floor_divide(P,x) | np.remainder(k,1.0) | k//1.0 |
        np.floor_divide(k,n) | np.exp(x) | np.exp(k) | np.log(k) | np.logaddexp(k,n) | np.power(k,n) | 2.0**k |
        k**P | np.sin(x) | np.cosh(d) | np.arctan(k) | np.arcsin(x) | np.arctan(a) | np.deg2rad(n) | np.deg2rad(x) |
        np.sin(k) | np.tan(k) | np.add.reduce(x,initial=S) | x.searchsorted(S)
    """,
    "spelling": """
        n.prod() | np.argsort(x) | np.argpartition(x,1) | np.linalg.solve(M,x) | np.linalg.qr(M) |
        np.linalg.tensorsolve(M,x) | np.prod(n) | np.histogram(x,bins=z[[1,0,2]]) | np.i0(n) | np.add(k,1.0) |
        np.subtract(k,1.0) | np.maximum(k,P) | np.copysign(P,x) | np.frexp(n) | np.frexp(x) | np.sqrt(n) |
        np.sqrt(k) | np.reciprocal(k) | np.power(n,n) | np.power(k,2) | k**-1
    """,
    "type": """
        np.linalg.eigvals(M) | np.linalg.eig(M)
    """,
}
#: The public names of the class, each in a call.
METHODS = """
    x.to("m") | x.to("s") | x.to(S.units) | k.to("dimensionless") | d.to("rad") | x.in_units("m") |
    x.to_value("m") | x.to_value() | x.to_equivalent("Hz", "spectral") | x.has_equivalent("spectral") |
    x.list_equivalencies() | x.in_base("cgs") | x.in_base() | x.in_cgs() | x.in_mks() |
    (x*1.0).convert_to_units("m") | (x*1.0).convert_to_base("cgs") | (x*1.0).convert_to_cgs() |
    (x*1.0).convert_to_mks() | (x*1.0).convert_to_equivalent("Hz", "spectral") | x.d | x.v | x.value |
    x.ndview | x.ndarray_view() | x.to_ndarray() | x.ua | x.unit_array | x.uq | x.unit_quantity | x.units |
    x.name | x.to_string() | x.to_pint().magnitude | x.to_astropy().value | x.from_string("1 m") | x.from_pint |
    x.from_astropy | x.from_hdf5 | x.write_hdf5("") | x.T | x.all() | x.any() | x.argmax() | x.argmin() |
    x.argpartition(1) | x.argsort() | x.astype(np.float32) | x.base | x.byteswap() | x.choose([x]) |
    x.clip(S, 2*S) | x.compress(cond) | x.conj() | x.conjugate() | x.copy() | x.ctypes | n.cumprod() |
    x.cumsum() | x.data | x.device | M.diagonal() | x.dot(t) | x.dtype | x.dump("") | x.dumps() |
    (x*1.0).fill(S) | x.flags | list(x.flat) | x.flatten() | x.getfield(np.float32) | C.imag | x.item(1) |
    x.itemsize | M.mT | x.max() | x.mean() | x.min() | x.nbytes | x.ndim | x.nonzero() | (x*1.0).partition(1) |
    n.prod() | (x*1.0).put(0, S) | x.ravel() | C.real | x.repeat(2) | x.reshape(3, 1) | (x*1.0).resize((1,)) |
    x.round(1) | x.searchsorted(S) | (x*1.0).setfield(1.0, np.float32) | x.setflags(write=False) | x.shape |
    x.size | (x*1.0).sort() | x.squeeze() | x.std() | x.strides | x.sum() | M.swapaxes(0, 1) | x.take([0, 2]) |
    x.tobytes() | x.tofile("") | x.tolist() | M.trace() | x.transpose() | x.var() | x.view(np.ndarray) |
    x.to_device("cpu")
"""


def made(numbers, unit):
    return numbers * unyt.Unit({"deg": "degree", "": "dimensionless"}.get(unit, unit))


def test_the_same_as_unyt():
    check_library_functions(
        unyt.unyt_array,
        quantities(made),
        unit=lambda q: str(q.units),
        number=lambda q: q.d,
        refuses=(UnitConversionError, UnitInconsistencyError, UnitOperationError),
        differs=DIFFERS,
        methods=METHODS,
    )
