"""`layer`: make a class of one's own a layer. Its fields that hold arrays are the payload, all others are static.

What arrays can do is not known here: `dispatchml.numpy` puts a function into LAYER_DRESSERS that gives each new layer
its operators, NumPy's protocols and the elementwise comparisons, and leaves alone what the class defines itself.
"""

from __future__ import annotations

import inspect
import typing
import weakref
from collections.abc import Callable
from types import FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import numpy as np

from .construct import COORDINATES, FORMS, LAYER_RULES, Form, Hooks, construct, form_of, make
from .errors import LayerConversionError, RegistrationError, at_user_line, class_name, describe, user_frame, user_line
from .hints import members
from .join import EDGES, UPPERS
from .layers import LAYERS, Layer, add_layer, layer_of

C = TypeVar("C", bound=type)

if TYPE_CHECKING:
    from typing import TypeAlias

    Array: TypeAlias = Any
else:

    class Array:
        """The annotation of a payload field: an array, a number, or any layer round one. `Array | None` may be
        missing.
        """

        _marks_payload_fields = True

        def __new__(cls, *_: Any, **__: Any) -> NoReturn:
            raise RegistrationError("dispatchml.Array is an annotation of fields; make arrays with numpy.array(...).")


class Dressers(Hooks):
    """Functions dresser(cls, layer); what they call like a field of the class gives way to the field."""

    def run(self, form: Form, functions: Any = None) -> None:
        """Dress one class, unless it asked for no operators; subclasses inherit what their layer has."""
        cls = form.cls
        if cls is not form.info.cls or not form.info.properties["operators"]:
            return
        own = {*form.parameters, *form.statics.values()} - set(vars(cls))
        super().run(form, functions)
        for name in own & set(vars(cls)):
            delattr(cls, name)


#: Called as dresser(cls, layer) for each layer of one's own with operators=True, earlier ones included.
LAYER_DRESSERS = Dressers(lambda form: (form.cls, form.info))


def layer(
    *classes: Any,
    slot: str = "",
    operators: bool = True,
    fieldwise: bool = False,
    stacks: bool = False,
    coordinates: bool = False,
) -> Callable[[C], C]:
    """Make a class a layer of the slot: "scalar", "storage", "structure", "chunked" or "meaning", inner to outer.

    The class is an attrs class, a dataclass, or a plain class whose annotated fields are parameters of `__init__`.
    Fields annotated with `dispatchml.Array`, `numpy.ndarray` or another layer are the payload; those annotated with an
    integer or boolean array, such as `numpy.typing.NDArray[numpy.intp]`, are payload that says where the values are
    and has no derivative; all others are static: hashable, equal by value. A method `materialise(self)` gives a dense
    equivalent.

    Built round something that belongs outside (a traced array, a quantity for a structure) the class gives its normal
    form: the outer layer round a layer of this class. operators=False leaves out operators, NumPy's protocols and
    elementwise `==`. fieldwise=True, for structures: derivatives go through the class's rules, which then see an
    instance whose fields are traced, so that they cost what the rules cost; else they go through the operation's own
    derivative, whose cotangents may be dense, and the entries must be linear in the fields. stacks=True, for
    structures: with axes in front of its fields an instance is a stack of structures, and so a batch of them.
    coordinates=True, for the class of tangents and cotangents of a structure whose entries are not linear in its
    fields: it has the structure's fields and is no array, and Jacobians with respect to the structure run over the
    numbers of the fields.

    Raises RegistrationError for a class without payload fields, or whose constructor does not take them.

    >>> import attrs, dispatchml as dm
    >>> @dm.layer(slot="structure")
    ... @attrs.frozen
    ... class Diagonal:
    ...     diag: dm.Array
    """
    if classes or not slot:
        raise RegistrationError(
            'layer needs a slot: @dispatchml.layer(slot="structure") or @dispatchml.layer(slot="meaning").'
        )

    def decorate(cls: C) -> C:
        define(cls, slot, operators, fieldwise, stacks)
        if coordinates:
            COORDINATES.add(cls)
        return cls

    return decorate


def define(cls: type, slot: str, operators: bool, fieldwise: bool = False, stacks: bool = False) -> None:
    """Register the class, put construction in normal form into it, and dress it."""
    if not isinstance(cls, type):
        raise RegistrationError(f"layer decorates a class, not {cls!r}.")
    if (fieldwise or stacks) and slot != "structure":
        raise RegistrationError(
            f'layer: {"fieldwise" if fieldwise else "stacks"}=True is for the slot "structure", not for {slot!r} of '
            f"{class_name(cls)}: the fields of any other layer are wrapped in what it means."
        )
    try:
        object.__new__(cls)
    except TypeError as error:
        raise RegistrationError(
            f"layer: {class_name(cls)} cannot be rebuilt field by field ({error}). Hold the value in a field instead "
            "of inheriting "
            "from its class, or declare the class with dispatchml.register_type."
        ) from None
    kinds, parameters = fields_of(cls)
    payload = tuple(name for name, kind in kinds.items() if kind != "static")
    if not payload:
        raise RegistrationError(
            f"layer: {class_name(cls)} has no payload: none of its fields ({', '.join(kinds) or 'it has none'}) is "
            "annotated with "
            "dispatchml.Array."
        )
    refuse_engine_names(cls, tuple(kinds))
    materialise = (lambda x: x.materialise()) if callable(getattr(cls, "materialise", None)) else None
    info = Layer(
        cls,
        slot,
        payload=payload_reader(payload),
        rebuild=rebuilder(payload),
        static=tuple(name for name, kind in kinds.items() if kind == "static"),
        methods=own_methods(cls),
        materialise=materialise,
        properties={"operators": operators, "fieldwise": fieldwise, "stacks": stacks},
        place=user_line(),
    )
    pattern = frozenset(name for name, kind in kinds.items() if kind == "pattern")
    original = cls.__new__
    form = Form(cls, info, payload, pattern, parameters, original)
    info.fields = {**own_properties(cls), **form.read}
    FORMS[cls] = form  # before every operation settles its calls anew: the batching engine looks whether there are any
    try:
        add_layer(info)
    except RegistrationError:
        del FORMS[cls]
        raise
    cls.__new__ = staticmethod(constructor(cls, original))  # type: ignore[method-assign]
    if len(payload) > 1:
        answer_for_several(cls, payload, parameters)
    if operators and not hasattr(cls, "__array__"):
        cls.__array__ = no_array  # type: ignore[attr-defined]
    LAYER_RULES.run(form)
    LAYER_DRESSERS.run(form)


# ---- fields ----------------------------------------------------------------------------------------------------------


def fields_of(cls: type) -> tuple[dict[str, str], dict[str, str]]:
    """What each field is ("values", "pattern" or "static"), and the constructor's parameter for it."""
    if "__attrs_attrs__" in vars(cls):
        attributes = [a for a in cls.__attrs_attrs__ if a.init]  # type: ignore[attr-defined]
        annotations = {a.name: a.type for a in attributes}
        parameters = {a.name: a.alias for a in attributes}
    elif "__dataclass_fields__" in vars(cls):
        import dataclasses

        attributes = [f for f in dataclasses.fields(cls) if f.init]
        annotations = {f.name: f.type for f in attributes}
        parameters = {f.name: f.name for f in attributes}
    else:
        annotations = {}
        for base in reversed(cls.__mro__):
            annotations.update(inspect.get_annotations(base))
        parameters = {name: name for name in annotations}
    return {name: kind_of(hint, cls) for name, hint in annotations.items() if not is_class_variable(hint)}, parameters


def refuse_engine_names(cls: type, names: tuple[str, ...]) -> None:
    """Refuse fields that a traced value would answer from its own slots, which would lose the derivative."""
    for engine in [c for c, info in LAYERS.items() if info.sealed]:
        for name in names:
            if isinstance(getattr(engine, name, None), MemberDescriptorType):
                raise RegistrationError(
                    f"layer: the field {name!r} of {class_name(cls)} has the name of an attribute of traced values "
                    f"({class_name(engine)}), which would be read instead. Choose another name."
                )


def is_class_variable(hint: Any) -> bool:
    """Whether an annotation says that a name belongs to the class, not to its instances."""
    if isinstance(hint, str):
        return hint.partition("[")[0].rpartition(".")[2] == "ClassVar"
    return hint is typing.ClassVar or typing.get_origin(hint) is typing.ClassVar


def kind_of(hint: Any, cls: type) -> str:
    """What a field with this annotation holds."""
    if isinstance(hint, str):
        frame = user_frame()
        try:
            import sys

            hint = eval(hint, vars(sys.modules[cls.__module__]), dict(frame.f_locals) if frame is not None else {})
        except (NameError, AttributeError, SyntaxError, TypeError, KeyError):
            return "values" if hint.partition("|")[0].strip().rpartition(".")[2] == "Array" else "static"
    kinds = {kind_of_member(m) for m in members(hint)} - {"nothing"}
    return kinds.pop() if len(kinds) == 1 else "values" if "values" in kinds else "static"


def kind_of_member(member: Any) -> str:
    """The same for one alternative of a union."""
    if member is type(None):
        return "nothing"
    if member is Array or member is np.ndarray:
        return "values"
    if typing.get_origin(member) is np.ndarray:
        scalars = [a for d in typing.get_args(member)[1:] for a in typing.get_args(d)]
        where = [isinstance(s, type) and issubclass(s, (np.integer, np.bool_)) for s in scalars]
        return "pattern" if where and all(where) else "values"
    if isinstance(member, type) and (layer_of(member) is not None or (member in UPPERS and member not in EDGES)):
        return "values"
    return "static"


def own_methods(cls: type) -> dict[str, Any]:
    """The class's own methods: they are written with fields and operators, so they work on a traced value as well."""
    return {
        n: f for c in reversed(cls.__mro__) for n, f in vars(c).items() if isinstance(f, FunctionType) and is_public(n)
    }


def own_properties(cls: type) -> dict[str, Any]:
    """The class's own properties, for the same reason."""
    found = {
        n: p for c in reversed(cls.__mro__) for n, p in vars(c).items() if isinstance(p, property) and is_public(n)
    }
    return {n: p.fget for n, p in found.items()}


def is_public(name: str) -> bool:
    """Whether a name is not Python's own."""
    return not name.startswith("__")


# ---- payloads --------------------------------------------------------------------------------------------------------


def payload_reader(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """What a value wraps: one payload, or the tuple of several."""
    if len(names) == 1:
        (name,) = names
        return lambda x: getattr(x, name)
    return lambda x: tuple(getattr(x, name) for name in names)


def rebuilder(names: tuple[str, ...]) -> Callable[[Any, Any], Any]:
    """The same layer round another payload: without `__init__`, whose checks were made for the payload that the user
    gave.
    """

    def rebuild(x: Any, payload: Any) -> Any:
        values = payload if len(names) > 1 else (payload,)
        form = form_of(type(x))
        if any(form.belongs_outside(type(v)) for v in values):
            return make[type(x)](*values, **form.statics_of(x))
        new = object.__new__(type(x))
        for name, value in state_of(x):
            object.__setattr__(new, name, value)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(new, name, value)
        return new

    return rebuild


def state_of(x: Any) -> list[tuple[str, Any]]:
    """The attributes of an instance, in its dictionary and in slots."""
    cls = type(x)
    names = SLOT_NAMES.get(cls)
    if names is None:
        names = SLOT_NAMES[cls] = slot_names(cls)
    found = dict(getattr(x, "__dict__", ()))
    for name in names:
        if hasattr(x, name):
            found[name] = getattr(x, name)
    return list(found.items())


#: The names of the slots of classes, which are what they are made with.
SLOT_NAMES: weakref.WeakKeyDictionary[type, tuple[str, ...]] = weakref.WeakKeyDictionary()


def slot_names(cls: type) -> tuple[str, ...]:
    """The names of all slots of a class, as attributes."""
    found = {}
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name.startswith("__") and not name.endswith("__"):
                name = f"_{base.__name__.lstrip('_')}{name}"
            if name not in ("__dict__", "__weakref__"):
                found[name] = None
    return tuple(found)


def answer_for_several(cls: type, names: tuple[str, ...], fields: dict[str, str]) -> None:
    """Shape and dtype of a layer with several payloads: those of the first, unless the class says otherwise."""
    first = names[0]
    if not hasattr(cls, "shape") and "shape" not in fields:
        cls.shape = property(lambda x: getattr(getattr(x, first), "shape", ()))  # type: ignore[attr-defined]
    if not hasattr(cls, "dtype") and "dtype" not in fields:
        cls.dtype = property(lambda x: dtype_of(getattr(x, first)))  # type: ignore[attr-defined]


def dtype_of(value: Any) -> Any:
    """The dtype that a value has or, for Python's numbers, becomes."""
    found = getattr(value, "dtype", None)
    if found is not None:
        return found
    return np.dtype(type(value)) if type(value) in EDGES else np.dtype(object)


# ---- what goes into the class ----------------------------------------------------------------------------------------


def constructor(owner: type, original: Callable[..., Any]) -> Callable[..., Any]:
    """`__new__` that gives the normal form: with something that belongs outside among the arguments, the outer
    layer.
    """
    plain = original is object.__new__
    form = form_of(owner)
    outside = form.outside

    def __new__(cls: type, *args: Any, **kwargs: Any) -> Any:
        if plain and len(args) == 1 and not kwargs and outside.get(type(args[0])) is False:
            return object.__new__(cls)
        for value in (*args, *kwargs.values()):
            if form.belongs_outside(type(value)):
                return construct(cls, args, kwargs)
        return object.__new__(cls) if plain else original(cls, *args, **kwargs)

    return __new__


def no_array(self: Any, *_: Any, **__: Any) -> NoReturn:
    """`__array__` of a layer: refused, because a plain array has no room for what it carries."""
    info = layer_of(type(self))
    way = "Write x.materialise() for the dense array" if info is not None and info.materialise is not None else (
        "Give the class a method materialise(self) and call it, or read the field that you mean"
    )  # fmt: skip
    raise LayerConversionError(
        f"numpy.asarray(x) of {describe(self)}{at_user_line()} would lose what {class_name(type(self))} says. {way}."
    )
