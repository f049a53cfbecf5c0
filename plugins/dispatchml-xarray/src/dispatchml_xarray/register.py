"""What the plugin declares when it is loaded: two layers, their rules, and xarray's methods and functions."""

from __future__ import annotations

from typing import Any

from dispatchml import ops
from dispatchml.dispatch import dressing, order, register_type, transparent
from dispatchml.dispatch.errors import at_user_line

from . import axes, coercion, datasets, elementwise, functions, indexing, methods, products, shapes, views
from .jacobians import again, block
from .labels import (
    DataArray,
    LabelError,
    Variable,
    bare,
    hidden_of,
    label,
    label_again,
    labels_of,
    numbers_of,
    of_variable,
    unlabel,
    unlabel_labelled,
)
from .opening import Opened

OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul")
#: Operators and protocols of xarray that leave the call to a value that belongs outside a labelled array.
DEFER = (
    *(f"__{name}__" for name in OPERATORS),
    *(f"__r{name}__" for name in OPERATORS),
    *(f"__i{name}__" for name in OPERATORS),
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__array_ufunc__",
)  # fmt: skip
#: What labels are outside of.
INSIDE = (
    "pint:Quantity", "astropy.units:Quantity", "unyt:unyt_array", "numpy.ma:MaskedArray",
)  # fmt: skip

#: Of these xarray's own operators lose the mask, or take the coordinates for labels.
TAKES = ("numpy.ma:MaskedArray", "sparse:COO", "sparse:GCXS")

#: Maker of rules -> names of operations.
TABLES: dict[Any, str] = {
    axes.reducing: """
        average count_nonzero logsumexp nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar ptp vector_norm
    """,
    axes.position: "argmax argmin nanargmax nanargmin",
    axes.scanning: "cummax cummin cumulative_logsumexp nancumprod nancumsum",
    axes.reordering: "argpartition argsort partition sort fft ifft rfft irfft hfft ihfft",
    axes.along_axes: "fft2 fftn ifft2 ifftn irfft2 irfftn rfft2 rfftn fftshift ifftshift",
    axes.normalised: "softmax log_softmax",
    shapes.same_dims: "tril triu cholesky expm logm sqrtm hermitian_function matrix_power",
    shapes.resized: "repeat tile pad",
    shapes.split: "split array_split",
    shapes.lost: """
        atleast_1d atleast_2d atleast_3d choose column_stack convolve correlate cofactor cross divide_by_gaps dstack eig
        eigh eigvals eigvalsh frechet hstack insert kron lstsq lu multi_dot qr rot90 select svd svdvals tensordot
        tensorinv tensorsolve vstack solve_triangular
    """,
    shapes.permuted(shapes.order_of_transpose): "transpose",
    shapes.permuted(shapes.order_of_swapaxes): "swapaxes",
    shapes.permuted(shapes.order_of_matrices): "matrix_transpose",
    shapes.permuted(shapes.order_of_moveaxis): "moveaxis",
    indexing.written_along: "put_along_axis add_along_axis",
    indexing.scattering: "scatter scatter_along_axis scatter_take",
    indexing.found: "argwhere flatnonzero nonzero unique_indices",
    indexing.like: "empty_like full_like ones_like zeros_like",
    indexing.of_shape: "full_of ones_of zeros_of",
    products.by_names: "dot matmul",
    products.swapped: "inv pinv",
    products.of_matrices: "det slogdet cond matrix_norm matrix_rank",
    **{
        axes.by_method(name): name
        for name in ("sum", "prod", "mean", "std", "var", "median", "max", "min", "all", "any")
    },
    **{axes.by_scan(name): name for name in ("cumsum", "cumprod")},
}
PARTICULAR = {
    f.__name__: f
    for f in (
        axes.quantile, axes.diff, axes.trapezoid, axes.searchsorted,
        shapes.expand_dims, shapes.squeeze, shapes.broadcast_to,
        shapes.reshape, shapes.ravel, shapes.flip, shapes.roll, shapes.unstack, shapes.concatenate, shapes.stack,
        shapes.broadcast_arrays,
        indexing.getitem, indexing.setitem, indexing.add_at, indexing.take, indexing.take_along_axis, indexing.compress,
        indexing.extract, indexing.delete, indexing.unique, indexing.one_like, indexing.pad_constant,
        products.inner, products.vdot, products.vecdot, products.outer, products.einsum, products.solve, products.trace,
        products.diagonal, products.diag,
    )
}  # fmt: skip


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a class of xarray first meets an operation."""
    for cls in (DataArray, Variable):
        register_type(
            cls,
            slot="meaning",
            payload=numbers_of,
            rebuild=rebuild,
            methods=methods.methods_of(cls),
            setters=views.SETTERS,
            defer=[name for name in DEFER if hasattr(cls, name)],
            takes=TAKES,
            key=labels_key,
        )
        for name, rule in rules().items():
            getattr(ops, name).layer(cls, rule)
        unlabel.layer(cls, unlabel_labelled)
        label.layer(cls, label_again)
        transparent(cls, project=project, tangent=tangent)
        dressing(cls, bare=bare, again=again, block=block, aligns=True)
        coercion.install(cls)
        for name in INSIDE:
            order(outer=cls, inner=name)
    order(outer=DataArray, inner=Variable)
    register_type(Opened, slot="meaning", payload=refuse_opened, rebuild=lambda x, payload: x)
    functions.install()
    datasets.install()


def refuse_opened(x: Any) -> Any:
    """What xarray makes on the way to an array is no array."""
    raise LabelError(
        f"A {type(x._opened).__name__} of traced arrays was used as an array or returned{at_user_line()}: take the "
        "result of one of its methods."
    )


def labels_key(x: Any) -> Any:
    """What a labelled array is beside its numbers."""
    found = of_variable(x)
    coords = {name: (c.dims, c.attrs, values_key(c)) for name, c in found.coords.items()}
    indexes = {name: type(index) for name, index in found.indexes.items()}
    return found.cls, found.dims, found.attrs, found.name, coords, indexes


def values_key(coord: Any) -> Any:
    """What the values of a coordinate are; of objects, such as names, one by one."""
    values = coord.values
    return tuple(values.ravel().tolist()) + values.shape if values.dtype.hasobject else values


def rebuild(x: Any, payload: Any) -> Any:
    """The same labels round other numbers; round traced ones they go inside."""
    return label(payload, labels=of_variable(x))


def project(x: Any, ct: Any) -> Any:
    """A cotangent with the labels of its primal."""
    found, axes_of_batches = labels_of(x)
    return label(unlabel(ct, labels=found), labels=found.without_attrs(), hidden=hidden_of(ct, axes_of_batches))


def tangent(x: Any, dx: Any) -> Any:
    """A tangent with the labels of its primal; one with other labels is refused."""
    found, axes_of_batches = labels_of(x)
    return label(unlabel(dx, labels=found), labels=found.without_attrs(), hidden=hidden_of(dx, axes_of_batches))


def rules() -> dict[str, Any]:
    """Operation name -> rule."""
    found: dict[str, Any] = {}
    for maker, names in TABLES.items():
        for name in names.split():
            found[name] = maker(getattr(ops, name))
    found.update(PARTICULAR)
    for name in dir(ops):
        info = getattr(getattr(ops, name), "info", None)
        if getattr(info, "name", "") == name and info.family == "elementwise" and name not in found:
            found[name] = elementwise.elementwise(getattr(ops, name))
    found.update(elementwise.PARTICULAR)
    return found
