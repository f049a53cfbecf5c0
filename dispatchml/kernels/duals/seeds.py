"""How dual numbers come about and what is read of them: functions that derived kernels call.

    X = dual(x, dx, T)         # numbers or arrays; dx: the tangent
    X = duals(x, D, k, T)      # the partials are D[k], D[k+1], ...; zero beyond D's end
    value(Y, T), tangent(Y, T) # of numbers, arrays and tuples of them
    lifted(a, T)               # an array of constants that dual numbers can be written into

T is a `Partials`: the derivative's tag and how many partials there are. They are written as LLVM's instructions, which
takes Numba a fraction of the time of compiling them from Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed, lower_constant
from numba.extending import lower_builtin, models, register_model, type_callable, typeof_impl

from .. import partials
from ..partials import Partials
from .types import Dual, joined

PLAIN = (types.Integer, types.Boolean)
INDEX = ir.IntType(64)


class PartialsType(types.Type):
    """The type of T."""

    def __init__(self, tag: int, count: int, single: bool) -> None:
        self.tag, self.count, self.single = tag, count, single
        super().__init__(f"Partials({tag}, {count}, {single})")


@typeof_impl.register(Partials)
def type_of_partials(val: Any, c: Any) -> Any:
    """Numba's type for T as a constant."""
    return PartialsType(val.tag, val.count, val.single)


register_model(PartialsType)(models.OpaqueModel)


@lower_constant(PartialsType)
def constant_partials(context: Any, builder: Any, ty: Any, pyval: Any) -> Any:
    """T has no value in compiled code."""
    return context.get_dummy_value()


# ---- types -----------------------------------------------------------------------------------------------------------


def is_of(ty: Any, t: PartialsType) -> bool:
    """Whether a number, or the elements of an array, are dual numbers of a derivative."""
    ty = ty.dtype if isinstance(ty, types.Array) else ty
    return isinstance(ty, Dual) and ty.tag == t.tag


def floating(ty: Any) -> Any:
    """The type of a number's derivatives: whole numbers have floats."""
    ty = types.unliteral(ty)
    return types.float64 if isinstance(ty, PLAIN) else ty


def part_type(ty: Any, t: PartialsType) -> Any:
    """The type of the numbers, or of one partial, of numbers, arrays and tuples."""
    if isinstance(ty, types.BaseTuple):
        return types.Tuple([part_type(x, t) for x in ty.types])  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(ty, types.Array):
        return types.Array(part_type(ty.dtype, t), ty.ndim, "C")
    if isinstance(ty, types.NoneType):
        return ty
    return ty.base if is_of(ty, t) else floating(ty)


def dual_of(ty: Any, t: PartialsType, *others: Any) -> Any:
    """Dual numbers over some numbers whose partials are computed with others."""
    base = floating(ty.dtype if isinstance(ty, types.Array) else ty)
    for other in others:
        base = joined(base, floating(other))
    made = Dual(base, t.count, t.tag)
    return types.Array(made, ty.ndim, "C") if isinstance(ty, types.Array) else made


def room_type(ty: Any, t: PartialsType | None) -> Any:
    """The type of the parts (or, without t, of the values) of several results."""
    if isinstance(ty, types.BaseTuple):
        return types.Tuple([room_type(x, t) for x in ty.types])  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(ty, types.NoneType):
        return ty
    inner = types.unliteral(ty) if t is None else part_type(ty, t)
    if isinstance(inner, types.Array):
        return types.Array(inner.dtype, inner.ndim + 1, "C")
    return types.Array(inner, 1, "C")


# ---- code ------------------------------------------------------------------------------------------------------------


class Code:
    """Writes instructions about numbers and arrays."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def model(self, ty: Any) -> Any:
        """The model of a type."""
        return self.context.data_model_manager.lookup(ty)

    def cast(self, value: Any, fromty: Any, toty: Any) -> Any:
        """A number as another type."""
        return value if fromty == toty else self.context.cast(self.builder, value, fromty, toty)

    def zero(self, ty: Any) -> Any:
        """Zero of a number's type."""
        return ir.Constant(self.context.get_value_type(ty), None)

    def part(self, ty: Any, value: Any, t: PartialsType, k: int) -> Any:
        """The number inside a number (k = 0), or a partial of it."""
        result = part_type(ty, t)
        if is_of(ty, t):
            return (
                self.builder.extract_value(value, 0) if k == 0 else self.model(ty).partial(self.builder, value, k - 1)
            )
        return self.cast(value, ty, result) if k == 0 else self.zero(result)

    def array(self, ty: Any, value: Any) -> Any:
        """The fields of an array."""
        from numba.np.arrayobj import make_array

        return make_array(ty)(self.context, self.builder, value)

    def shape(self, ty: Any, value: Any) -> list[Any]:
        """The shape of an array."""
        return list(cgutils.unpack_tuple(self.builder, self.array(ty, value).shape, ty.ndim))

    def new(self, ty: Any, shape: list[Any]) -> Any:
        """A new array."""
        from numba.np.arrayobj import _empty_nd_impl

        return _empty_nd_impl(self.context, self.builder, ty, shape)._getvalue()

    def place(self, ty: Any, value: Any, indices: Any) -> Any:
        """The address of an element."""
        array = self.array(ty, value)
        shape, strides = (cgutils.unpack_tuple(self.builder, x, ty.ndim) for x in (array.shape, array.strides))
        return cgutils.get_item_pointer2(self.context, self.builder, array.data, shape, strides, ty.layout, indices)

    def load(self, ty: Any, value: Any, indices: Any) -> Any:
        """An element."""
        from numba.np.arrayobj import load_item

        return load_item(self.context, self.builder, ty, self.place(ty, value, indices))

    def store(self, ty: Any, value: Any, indices: Any, element: Any) -> None:
        """Write an element."""
        from numba.np.arrayobj import store_item

        store_item(self.context, self.builder, ty, element, self.place(ty, value, indices))

    def mapped(self, ty: Any, shape: list[Any], element: Callable[[Any], Any]) -> Any:
        """A new array of a function of the indices."""
        made = self.new(ty, shape)
        with cgutils.loop_nest(self.builder, shape, INDEX) as indices:
            self.store(ty, made, indices, element(tuple(indices)))
        return made

    def parts(self, ty: Any, value: Any, t: PartialsType, k: int) -> Any:
        """The numbers in (k = 0), or a partial of, a number, an array or a tuple."""
        if isinstance(ty, types.BaseTuple):
            inside = cgutils.unpack_tuple(self.builder, value, len(ty.types))  # pyright: ignore[reportAttributeAccessIssue]
            made = [self.parts(x, v, t, k) for x, v in zip(ty.types, inside, strict=True)]  # pyright: ignore[reportAttributeAccessIssue]
            return self.context.make_tuple(self.builder, part_type(ty, t), made)
        if isinstance(ty, types.NoneType):
            return self.context.get_dummy_value()
        if isinstance(ty, types.Array):
            return self.mapped(
                part_type(ty, t),
                self.shape(ty, value),
                lambda indices: self.part(ty.dtype, self.load(ty, value, indices), t, k),
            )
        return self.part(ty, value, t, k)

    def assembled(self, ty: Dual, number: Any, partials: list[Any]) -> Any:
        """A dual number of parts that are of the right type."""
        return self.model(ty).assembled(self.builder, number, partials)

    def element(self, ty: Any, value: Any, indices: Any) -> tuple[Any, Any]:
        """A number, or an element of an array, and its type."""
        return (self.load(ty, value, indices), ty.dtype) if isinstance(ty, types.Array) else (value, ty)

    def over(self, ty: Any, x: Any, xty: Any, element: Callable[[Any, Any], Any]) -> Any:
        """A function of a number and indices, for a number or for every element of an array."""
        if not isinstance(xty, types.Array):
            return element(x, ())
        return self.mapped(ty, self.shape(xty, x), lambda indices: element(self.load(xty, x, indices), indices))

    def inside(self, index: Any, size: Any) -> Any:
        """Whether an index is inside of an axis."""
        return self.builder.icmp_signed("<", index, size)

    def rooms(self, ty: Any, value: Any, made: Any, size: Any) -> Any:
        """Room for several results of a type."""
        if isinstance(ty, types.BaseTuple):
            inside = cgutils.unpack_tuple(self.builder, value, len(ty.types))  # pyright: ignore[reportAttributeAccessIssue]
            rooms = [self.rooms(x, v, m, size) for x, v, m in zip(ty.types, inside, made.types, strict=True)]  # pyright: ignore[reportAttributeAccessIssue]
            return self.context.make_tuple(self.builder, made, rooms)
        if isinstance(ty, types.NoneType):
            return self.context.get_dummy_value()
        return self.new(made, [size, *(self.shape(ty, value) if isinstance(ty, types.Array) else ())])

    def put(self, made: Any, out: Any, k: Any, ty: Any, value: Any, element: Callable[[Any, Any], Any]) -> None:
        """Write a function of a result's numbers to place k of the room for several."""
        if isinstance(ty, types.BaseTuple):
            rooms, values = (cgutils.unpack_tuple(self.builder, x, len(ty.types)) for x in (out, value))  # pyright: ignore[reportAttributeAccessIssue]
            for m, o, x, v in zip(made.types, rooms, ty.types, values, strict=True):  # pyright: ignore[reportAttributeAccessIssue]
                self.put(m, o, k, x, v, element)
        elif isinstance(ty, types.Array):
            with cgutils.loop_nest(self.builder, self.shape(ty, value), INDEX) as indices:
                x = element(ty.dtype, self.load(ty, value, tuple(indices)))
                self.store(made, out, (k, *indices), self.cast(*x, made.dtype))  # pyright: ignore[reportCallIssue]
        elif not isinstance(ty, types.NoneType):
            self.store(made, out, (k,), self.cast(*element(ty, value), made.dtype))  # pyright: ignore[reportCallIssue]


def implement(function: Any, result: Callable[..., Any], write: Callable[..., Any]) -> None:
    """Give a function its typing, result(types), and its code, write(code, signature, values)."""

    def typer(context: Any) -> Any:
        return result

    type_callable(function)(typer)

    @lower_builtin(function, types.VarArg(types.Any))
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return write(Code(context, builder), sig, args)


# ---- dual(x, dx, t), duals(x, d, k, t), lifted(a, t) -----------------------------------------------------------------


def dual_typer(x: Any, dx: Any, t: Any) -> Any:
    """Dual numbers over x, with partials like dx."""
    return dual_of(x, t, dx.dtype if isinstance(dx, types.Array) else dx)


def dual_code(c: Code, sig: Any, args: Any) -> Any:
    """x with the tangent dx."""
    (xty, dty, _), (x, dx, _) = sig.args, args
    ty = sig.return_type.dtype if isinstance(sig.return_type, types.Array) else sig.return_type

    def element(v: Any, indices: Any) -> Any:
        number = c.cast(v, xty.dtype if indices or isinstance(xty, types.Array) else xty, ty.base)
        partial, pty = c.element(dty, dx, indices)
        return c.assembled(ty, number, [c.cast(partial, pty, ty.base)])

    return c.over(sig.return_type, x, xty, element)


def duals_typer(x: Any, d: Any, k: Any, t: Any) -> Any:
    """Dual numbers over x, with partials like the elements of d."""
    return dual_of(x, t, d.dtype)


def duals_code(c: Code, sig: Any, args: Any) -> Any:
    """x with the tangents d[k], d[k+1], ..."""
    (xty, dty, _, t), (x, d, k, _) = sig.args, args
    b = c.builder
    ty = sig.return_type.dtype if isinstance(sig.return_type, types.Array) else sig.return_type
    size = c.shape(dty, d)[0]

    def element(v: Any, indices: Any) -> Any:
        number = c.cast(v, xty.dtype if isinstance(xty, types.Array) else xty, ty.base)
        found = []
        for j in range(t.count):
            here = b.add(k, ir.Constant(k.type, j))
            inside = c.inside(here, size)
            safe = b.select(inside, here, ir.Constant(k.type, 0))
            p = c.cast(c.load(dty, d, (safe, *indices)), dty.dtype, ty.base)
            found.append(b.select(inside, p, ir.Constant(p.type, None)))
        return c.assembled(ty, number, found)

    return c.over(sig.return_type, x, xty, element)


def lifted_typer(a: Any, t: Any) -> Any:
    """Arrays of floats become arrays of dual numbers; everything else stays."""
    if not isinstance(a, types.Array) or isinstance(a.dtype, (*PLAIN, types.Complex)):
        return a
    dtype = joined(a.dtype, Dual(float_inside(a.dtype), t.count, t.tag))  # the later derivative is outside
    return a if dtype == a.dtype else types.Array(dtype, a.ndim, "C")


def lifted_code(c: Code, sig: Any, args: Any) -> Any:
    """The numbers with zero partials."""
    aty, ty = sig.args[0], sig.return_type
    if ty == aty:
        return impl_ret_borrowed(c.context, c.builder, ty, args[0])
    return c.over(ty, args[0], aty, lambda v, indices: c.cast(v, aty.dtype, ty.dtype))


implement(partials.dual, dual_typer, dual_code)
implement(partials.duals, duals_typer, duals_code)
implement(partials.lifted, lifted_typer, lifted_code)


# ---- value(y, t), tangent(y, t) --------------------------------------------------------------------------------------

implement(partials.value, part_type, lambda c, sig, args: c.parts(sig.args[0], args[0], sig.args[1], 0))
implement(partials.tangent, part_type, lambda c, sig, args: c.parts(sig.args[0], args[0], sig.args[1], 1))


# ---- new_tangents(y, size, t), put_tangents(out, y, k, t), new_batch(y, size), put_batch(out, y, k) ------------------


def put_tangents_code(c: Code, sig: Any, args: Any) -> Any:
    """out[k + j] = partial j of y, for every j inside of out."""
    (oty, yty, _, t), (out, y, k, _) = sig.args, args
    first, room = oty, out
    while isinstance(first, types.BaseTuple):
        leaves = [j for j, x in enumerate(first.types) if not isinstance(x, types.NoneType)]  # pyright: ignore[reportAttributeAccessIssue]
        if not leaves:
            return c.context.get_dummy_value()
        room, first = c.builder.extract_value(room, leaves[0]), first.types[leaves[0]]  # pyright: ignore[reportAttributeAccessIssue]
    size = c.shape(first, room)[0]
    for j in range(t.count):
        here = c.builder.add(k, ir.Constant(k.type, j))
        with c.builder.if_then(c.inside(here, size)):
            c.put(oty, out, here, yty, y, lambda ty, v, j=j: (c.part(ty, v, t, j + 1), part_type(ty, t)))
    return c.context.get_dummy_value()


def put_batch_code(c: Code, sig: Any, args: Any) -> Any:
    """out[k] = y."""
    (oty, yty, _), (out, y, k) = sig.args, args
    c.put(oty, out, k, yty, y, lambda ty, v: (v, ty))
    return c.context.get_dummy_value()


def new_code(c: Code, sig: Any, args: Any) -> Any:
    """Room for several results."""
    size = c.cast(args[1], sig.args[1], types.intp)
    return c.rooms(sig.args[0], args[0], sig.return_type, size)


implement(partials.new_tangents, lambda y, size, t: room_type(y, t), new_code)
implement(partials.put_tangents, lambda out, y, k, t: types.none, put_tangents_code)
implement(partials.new_batch, lambda y, size: room_type(y, None), new_code)
implement(partials.put_batch, lambda out, y, k: types.none, put_batch_code)


# ---- derivatives inside of kernels: extent(x), unit(x, start, k, t), room(y, total, t, x), put_part, shaped -----


def unit_typer(x: Any, start: Any, k: Any, t: Any) -> Any:
    """Dual numbers over x; a number alone has one partial."""
    if isinstance(x, types.Array) or not t.single:
        return dual_of(x, t)
    return Dual(floating(x), 1, t.tag)


def unit_code(c: Code, sig: Any, args: Any) -> Any:
    """x with partial j 1 where its number is k + j - start."""
    (xty, *_), (x, start, k, _) = sig.args, args
    b = c.builder
    ty = sig.return_type.dtype if isinstance(sig.return_type, types.Array) else sig.return_type
    one = c.cast(c.context.get_constant(types.float64, 1.0), types.float64, float_inside(ty.base))
    one, zero = c.cast(one, float_inside(ty.base), ty.base), c.zero(ty.base)
    shape = c.shape(xty, x) if isinstance(xty, types.Array) else []

    def element(v: Any, indices: Any) -> Any:
        here = ir.Constant(INDEX, 0)
        for size, index in zip(shape, indices, strict=True):
            here = b.add(b.mul(here, size), index)
        here = b.sub(b.add(here, start), k)
        found = [b.select(b.icmp_signed("==", here, ir.Constant(INDEX, j)), one, zero) for j in range(ty.count)]
        return c.assembled(ty, c.cast(v, xty.dtype if isinstance(xty, types.Array) else xty, ty.base), found)

    return c.over(sig.return_type, x, xty, element)


def float_inside(ty: Any) -> Any:
    """The floats inside of a number's type."""
    return ty.float if isinstance(ty, Dual) else ty


def extent_code(c: Code, sig: Any, args: Any) -> Any:
    """How many numbers there are."""
    size = ir.Constant(INDEX, 1)
    for n in c.shape(sig.args[0], args[0]) if isinstance(sig.args[0], types.Array) else ():
        size = c.builder.mul(size, n)
    return size


def room_typer(y: Any, total: Any, t: Any, arguments: Any) -> Any:
    """An array of partials, or a tuple of them where all arguments are numbers."""
    if isinstance(y, (types.Array, types.BaseTuple)):
        return None  # the function returns more than a number
    base = part_type(y, t)
    if any(isinstance(x, types.Array) for x in arguments.types):
        return types.Array(base, 1, "C")
    return types.UniTuple(base, 1 if t.single else t.count)


def room_code(c: Code, sig: Any, args: Any) -> Any:
    """Room for partials."""
    ty = sig.return_type
    if isinstance(ty, types.Array):
        return c.new(ty, [args[1]])
    return c.context.make_tuple(c.builder, ty, [c.zero(ty.dtype)] * ty.count)


def put_part_code(c: Code, sig: Any, args: Any) -> Any:
    """The room with the partials of y."""
    (gty, yty, _, t), (g, y, k, _) = sig.args, args
    count = yty.count if is_of(yty, t) else t.count
    found = [c.part(yty, y, t, j + 1) for j in range(count)]
    if not isinstance(gty, types.Array):
        return c.context.make_tuple(c.builder, gty, found[: gty.count])
    size = c.shape(gty, g)[0]
    for j, p in enumerate(found):
        here = c.builder.add(k, ir.Constant(INDEX, j))
        with c.builder.if_then(c.inside(here, size)):
            c.store(gty, g, (here,), p)
    return impl_ret_borrowed(c.context, c.builder, gty, g)


def shaped_typer(g: Any, x: Any, start: Any, position: Any) -> Any:
    """A number, or an array like x."""
    if isinstance(x, types.Array):
        return types.Array(g.dtype, x.ndim, "C")
    return g.dtype


def shaped_code(c: Code, sig: Any, args: Any) -> Any:
    """The part of the room that belongs to one argument."""
    (gty, xty, *_), (g, x, start, position) = sig.args, args
    b = c.builder
    if not isinstance(gty, types.Array):
        found = c.zero(gty.dtype)
        for j, p in enumerate(cgutils.unpack_tuple(b, g, gty.count)):
            found = b.select(b.icmp_signed("==", position, ir.Constant(position.type, j)), p, found)
        return found
    if not isinstance(xty, types.Array):
        return c.load(gty, g, (start,))
    shape, step = c.shape(xty, x), ir.Constant(INDEX, 0)

    def element(indices: Any) -> Any:
        here = step
        for size, index in zip(shape, indices, strict=True):
            here = b.add(b.mul(here, size), index)
        return c.load(gty, g, (b.add(here, start),))

    return c.mapped(sig.return_type, shape, element)


implement(partials.extent, lambda x: types.intp, extent_code)
implement(partials.unit, unit_typer, unit_code)
implement(partials.room, room_typer, room_code)
implement(partials.put_part, lambda g, y, k, t: g, put_part_code)
implement(partials.shaped, shaped_typer, shaped_code)
