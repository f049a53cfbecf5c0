"""How dual numbers come about and what is read of them: functions that derived kernels call.

    X = dual(x, dx, T)         # numbers or arrays; dx: the tangent
    X = duals(x, D, k, T)      # the partials are D[k], D[k+1], ...; zero beyond D's end
    value(Y, T), tangent(Y, T) # of numbers, arrays and tuples of them
    lifted(a, T)               # an array of constants that dual numbers can be written into

T is a `Partials`: the derivative's tag and how many partials there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model, typeof_impl

from ..partials import Partials, dual, duals, lifted, new_batch, new_tangents, put_batch, put_tangents, tangent, value
from .types import Dual, joined


class PartialsType(types.Type):
    """The type of T."""

    def __init__(self, tag: int, count: int) -> None:
        self.tag, self.count = tag, count
        super().__init__(f"Partials({tag}, {count})")


@typeof_impl.register(Partials)
def type_of_partials(val: Any, c: Any) -> Any:
    """Numba's type for T as a constant."""
    return PartialsType(val.tag, val.count)


register_model(PartialsType)(models.OpaqueModel)


def lower_constant_partials() -> None:
    """T has no value in compiled code."""
    from numba.core.imputils import lower_constant

    @lower_constant(PartialsType)
    def lower(context: Any, builder: Any, ty: Any, pyval: Any) -> Any:
        return context.get_dummy_value()


lower_constant_partials()


def dual_type(base: Any, t: PartialsType) -> Dual:
    """The dual numbers of a derivative over some numbers."""
    if isinstance(base, (types.Integer, types.Boolean)):
        base = types.float64
    return Dual(base, t.count, t.tag)


# ---- numbers ---------------------------------------------------------------------------------------------------------


@intrinsic
def assemble(typingctx: Any, x: Any, partials: Any, t: Any) -> Any:
    """A dual number of a number and a tuple of partials."""
    base = x
    for p in partials.types:
        base = joined(base, p)
    ty = dual_type(base, t)
    sig = ty(x, partials, t)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        model = context.data_model_manager.lookup(ty)
        parts = cgutils.unpack_tuple(builder, args[1], len(sig.args[1].types))
        made = [context.cast(builder, p, f, ty.base) for p, f in zip(parts, sig.args[1].types, strict=True)]
        return model.assembled(builder, context.cast(builder, args[0], sig.args[0], ty.base), made)

    return sig, codegen


@intrinsic
def number_of(typingctx: Any, x: Any, t: Any) -> Any:
    """The number inside a dual number of this derivative; another number itself."""
    if not isinstance(x, Dual) or x.tag != t.tag:
        return x(x, t), lambda context, builder, sig, args: args[0]
    return x.base(x, t), lambda context, builder, sig, args: builder.extract_value(args[0], 0)


@intrinsic
def partials_of(typingctx: Any, x: Any, t: Any) -> Any:
    """The partials as a tuple; zeros of what does not depend on the derivative's inputs."""
    if not isinstance(x, Dual) or x.tag != t.tag:
        base = types.float64 if isinstance(x, (types.Integer, types.Boolean)) else x

        def zeros(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            zero = context.cast(builder, context.get_constant(types.float64, 0.0), types.float64, float_of(base))
            zero = context.cast(builder, zero, float_of(base), base)
            return context.make_tuple(builder, sig.return_type, [zero] * t.count)

        return types.UniTuple(base, t.count)(x, t), zeros

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        model = context.data_model_manager.lookup(x)
        return context.make_tuple(
            builder, sig.return_type, [model.partial(builder, args[0], k) for k in range(x.count)]
        )

    return types.UniTuple(x.base, x.count)(x, t), codegen


def float_of(ty: Any) -> Any:
    """The floats inside of a number's type."""
    return ty.float if isinstance(ty, Dual) else ty


# ---- arrays: one element is a row of numbers -------------------------------------------------------------------------


@intrinsic
def as_rows(typingctx: Any, a: Any) -> Any:
    """An array of dual numbers as an array of their numbers with one more axis, over the same memory."""
    inner = types.Array(a.dtype.base, a.ndim + 1, "C" if a.layout == "C" else "A", readonly=not a.mutable)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        from numba.np.arrayobj import make_array

        source = make_array(a)(context, builder, args[0])
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(inner.dtype)))
        shape = [*cgutils.unpack_tuple(builder, source.shape), context.get_constant(types.intp, a.dtype.count + 1)]
        strides = [*cgutils.unpack_tuple(builder, source.strides), size]
        return view(context, builder, sig.return_type, source, shape, strides, size)

    return inner(a), codegen


@intrinsic
def as_duals(typingctx: Any, a: Any, t: Any) -> Any:
    """The other way: a new array with an axis of numbers as one of dual numbers, over the same memory."""
    outer = types.Array(dual_type(a.dtype, t), a.ndim - 1, "C")

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        from numba.np.arrayobj import make_array

        source = make_array(a)(context, builder, args[0])
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(outer.dtype)))
        shape = cgutils.unpack_tuple(builder, source.shape)[:-1]
        strides = cgutils.unpack_tuple(builder, source.strides)[:-1]
        return view(context, builder, sig.return_type, source, shape, strides, size)

    return outer(a, t), codegen


def view(context: Any, builder: Any, ty: Any, source: Any, shape: Any, strides: Any, size: Any) -> Any:
    """An array of another type over the memory of one."""
    from numba.np.arrayobj import make_array, populate_array

    made = make_array(ty)(context, builder)
    data = builder.bitcast(source.data, made.data.type)
    populate_array(
        made, data=data, shape=shape, strides=strides, itemsize=size, meminfo=source.meminfo, parent=source.parent
    )
    result = made._getvalue()
    context.nrt.incref(builder, ty, result)
    return result


@intrinsic
def empty_rows(typingctx: Any, a: Any, shape: Any, t: Any) -> Any:
    """A new array of a shape and one more axis, for the numbers of dual numbers over the numbers of an array."""
    base = a.dtype
    if isinstance(base, (types.Integer, types.Boolean)):
        base = types.float64
    made = types.Array(base, len(shape) + 1, "C")

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        from numba.np.arrayobj import _empty_nd_impl

        sizes = [*cgutils.unpack_tuple(builder, args[1], len(shape)), context.get_constant(types.intp, t.count + 1)]
        return _empty_nd_impl(context, builder, made, sizes)._getvalue()

    return made(a, shape, t), codegen


def is_of(ty: Any, t: Any) -> bool:
    """Whether an array holds dual numbers of a derivative."""
    return isinstance(ty, types.Array) and isinstance(ty.dtype, Dual) and ty.dtype.tag == t.tag


@overload(lifted, strict=False)
def ol_lifted(a: Any, t: Any) -> Any:
    if not isinstance(a, types.Array) or is_of(a, t) or isinstance(a.dtype, (types.Integer, types.Boolean)):
        return lambda a, t: a
    if isinstance(a.dtype, Dual) and a.dtype.tag < t.tag:
        raise TypeError("a derivative cannot be put inside of a later one")

    def lift_array(a: Any, t: Any) -> Any:
        rows = empty_rows(a, a.shape, t)
        rows[...] = 0.0
        rows[..., 0] = a
        return as_duals(rows, t)

    return lift_array


@overload(dual, strict=False)
def ol_dual(x: Any, dx: Any, t: Any) -> Any:
    if isinstance(x, types.Array):

        def dual_array(x: Any, dx: Any, t: Any) -> Any:
            rows = empty_rows(x, x.shape, t)
            rows[..., 0] = x
            rows[..., 1] = dx
            return as_duals(rows, t)

        return dual_array
    return lambda x, dx, t: assemble(x, (dx,), t)


@intrinsic
def gathered(typingctx: Any, d: Any, k: Any, t: Any) -> Any:
    """Some elements of a vector as a tuple; zeros beyond its end."""
    base = d.dtype

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        from numba.np.arrayobj import load_item, make_array

        array = make_array(d)(context, builder, args[0])
        (size,), (step,) = cgutils.unpack_tuple(builder, array.shape), cgutils.unpack_tuple(builder, array.strides)
        made = []
        for j in range(t.count):
            here = builder.add(args[1], ir.Constant(ir.IntType(64), j))
            inside = builder.icmp_signed("<", here, size)
            safe = builder.select(inside, here, ir.Constant(ir.IntType(64), 0))
            pointer = cgutils.pointer_add(builder, array.data, builder.mul(safe, step))
            element = load_item(context, builder, d, pointer)
            made.append(builder.select(inside, element, ir.Constant(element.type, None)))
        return context.make_tuple(builder, sig.return_type, made)

    return types.UniTuple(base, t.count)(d, types.intp, t), codegen


@overload(duals, strict=False)
def ol_duals(x: Any, d: Any, k: Any, t: Any) -> Any:
    if isinstance(x, types.Array):
        count = t.count

        def duals_array(x: Any, d: Any, k: Any, t: Any) -> Any:
            rows = empty_rows(x, x.shape, t)
            rows[..., 0] = x
            for j in range(count):
                if k + j < len(d):
                    rows[..., j + 1] = d[k + j]
                else:
                    rows[..., j + 1] = 0.0
            return as_duals(rows, t)

        return duals_array
    return lambda x, d, k, t: assemble(x, gathered(d, k, t), t)


# ---- what is read of results -----------------------------------------------------------------------------------------


@overload(value, strict=False)
def ol_value(y: Any, t: Any) -> Any:
    if isinstance(y, types.Array):
        if is_of(y, t):
            return lambda y, t: as_rows(y)[..., 0].copy()
        return lambda y, t: y
    if isinstance(y, types.BaseTuple):
        return tuple_function("value", len(y))
    return lambda y, t: number_of(y, t)


@overload(tangent, strict=False)
def ol_tangent(y: Any, t: Any) -> Any:
    if isinstance(y, types.Array):
        if is_of(y, t):
            return lambda y, t: as_rows(y)[..., 1].copy()
        if isinstance(y.dtype, (types.Integer, types.Boolean)):
            return lambda y, t: np.zeros(y.shape)
        return lambda y, t: zeros_of(y)
    if isinstance(y, types.BaseTuple):
        return tuple_function("tangent", len(y))
    if isinstance(y, types.NoneType):
        return lambda y, t: None
    return lambda y, t: partials_of(y, t)[0]


def zeros_of(a: Any) -> Any:
    """Zeros like an array."""
    raise NotImplementedError


@overload(zeros_of, strict=False)
def ol_zeros_of(a: Any) -> Any:
    def zeros(a: Any) -> Any:
        made = a.copy()
        made[...] = 0.0
        return made

    return zeros


def tuple_function(name: str, count: int, extra: str = "") -> Any:
    """The implementation of a function for a tuple: a tuple of its results."""
    inside = "".join(f"{name}(y[{k}], {extra}t), " for k in range(count))
    text = f"def of_tuple(y, {extra}t):\n    return ({inside})\n"
    return made_from(text, "of_tuple")


def made_from(text: str, name: str) -> Any:
    """A function that is written here."""
    functions = value, tangent, new_tangents, put_tangents, new_batch, put_batch
    scope: dict[str, Any] = {f.__name__: f for f in functions}
    exec(compile(text, "<dispatchml kernels>", "exec"), scope)
    return scope[name]


@overload(new_tangents, strict=False)
def ol_new_tangents(y: Any, size: Any, t: Any) -> Any:
    if isinstance(y, types.BaseTuple):
        return tuple_function("new_tangents", len(y), "size, ")
    if isinstance(y, types.Array):
        dtype = y.dtype.base if is_of(y, t) else y.dtype
        new = room((dtype if not isinstance(dtype, (types.Integer, types.Boolean)) else types.float64), y.ndim)
        return lambda y, size, t: new(y, size)
    if isinstance(y, types.NoneType):
        return lambda y, size, t: None
    base = y.base if isinstance(y, Dual) and y.tag == t.tag else y
    if isinstance(base, (types.Integer, types.Boolean)):
        base = types.float64
    new = room(base, 0)
    return lambda y, size, t: new(y, size)


def room(dtype: Any, ndim: int) -> Any:
    """A function of a result and a number that makes room for so many results."""
    made = types.Array(dtype, ndim + 1, "C")

    @intrinsic
    def new(typingctx: Any, y: Any, size: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            from numba.np.arrayobj import _empty_nd_impl, make_array

            shape = [context.cast(builder, args[1], size, types.intp)]
            if ndim:
                shape += cgutils.unpack_tuple(builder, make_array(y)(context, builder, args[0]).shape)
            return _empty_nd_impl(context, builder, made, shape)._getvalue()

        return made(y, size), codegen

    return new


@overload(put_tangents, strict=False)
def ol_put_tangents(out: Any, y: Any, k: Any, t: Any) -> Any:
    if isinstance(y, types.BaseTuple):
        inside = "".join(f"    put_tangents(out[{j}], y[{j}], k, t)\n" for j in range(len(y)))
        return made_from(f"def put(out, y, k, t):\n{inside}    return None\n", "put")
    if isinstance(y, types.NoneType):
        return lambda out, y, k, t: None
    if isinstance(y, types.Array):
        if is_of(y, t):
            count = t.count

            def put_array(out: Any, y: Any, k: Any, t: Any) -> Any:
                rows = as_rows(y)
                for j in range(count):
                    if k + j < len(out):
                        out[k + j] = rows[..., j + 1]

            return put_array

        def put_zeros(out: Any, y: Any, k: Any, t: Any) -> Any:
            out[...] = 0.0

        return put_zeros

    def put_number(out: Any, y: Any, k: Any, t: Any) -> Any:
        parts = partials_of(y, t)
        for j in range(len(parts)):
            if k + j < len(out):
                out[k + j] = parts[j]

    return put_number


# ---- batches ---------------------------------------------------------------------------------------------------------


@overload(new_batch, strict=False)
def ol_new_batch(y: Any, size: Any) -> Any:
    if isinstance(y, types.BaseTuple):
        inside = "".join(f"new_batch(y[{k}], size), " for k in range(len(y)))
        return made_from(f"def new(y, size):\n    return ({inside})\n", "new")
    if isinstance(y, types.NoneType):
        return lambda y, size: None
    new = room(y.dtype, y.ndim) if isinstance(y, types.Array) else room(types.unliteral(y), 0)
    return lambda y, size: new(y, size)


@overload(put_batch, strict=False)
def ol_put_batch(out: Any, y: Any, k: Any) -> Any:
    if isinstance(y, types.BaseTuple):
        inside = "".join(f"    put_batch(out[{j}], y[{j}], k)\n" for j in range(len(y)))
        return made_from(f"def put(out, y, k):\n{inside}    return None\n", "put")
    if isinstance(y, types.NoneType):
        return lambda out, y, k: None

    def put(out: Any, y: Any, k: Any) -> Any:
        out[k] = y

    return put
