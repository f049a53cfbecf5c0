"""Construction in normal form: `make[Layer]` builds a layer of one's own, `field[Layer, "name"]` reads a payload field
of it.

Both are operations, so that whatever belongs outside the layer owns the call: a `Diagonal` built round a traced array
is a traced `Diagonal`, a `Diagonal` built round a quantity is a quantity whose payload is a `Diagonal`, and reading
the field of either is the inverse.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from .errors import NoMethodError, RegistrationError, TracerConversionError, at_user_line, class_name
from .generated import compiled
from .layers import Layer, layer_of
from .operation import LOCK, operation
from .parts import ENGINE
from .plugins import meet


class Form:
    """How a class of one's own is put together.

    payload: names of the payload fields, in order. pattern: those of them that say where the values are (index arrays
    and masks): they have no derivative and no unit. parameters: field -> parameter of the constructor. statics: the
    constructor's other parameters -> the attribute that has their value. make, read: the operations. plain_new:
    `__new__` as it was. stack: the form of its stack, once there has been a batch of it.
    """

    __slots__ = (
        "cls",
        "info",
        "payload",
        "pattern",
        "parameters",
        "statics",
        "signature",
        "make",
        "read",
        "plain_new",
        "outside",
        "stack",
        "names",
        "shared",
        "is_alone",
    )

    def __init__(
        self,
        cls: type,
        info: Layer,
        payload: tuple[str, ...],
        pattern: frozenset[str],
        parameters: dict[str, str],
        plain_new: Callable[..., Any],
    ) -> None:
        self.cls, self.info, self.payload, self.pattern = cls, info, payload, pattern
        self.parameters, self.plain_new = parameters, plain_new
        self.signature = constructor_signature(cls, payload, parameters)
        attribute = {parameter: field for field, parameter in parameters.items()}
        values = {parameters[field] for field in payload}
        self.statics = {p: attribute.get(p, p) for p in self.signature.parameters if p not in values}
        self.outside: dict[type, bool] = {}
        self.stack: Form | None = None
        #: The constructor's parameters where each can be given by its place, and the part of one that has one field.
        self.names = names_by_place(self.signature)
        self.shared: Any = None
        #: Whether an instance is one field and nothing else: it can be made by that alone.
        self.is_alone = len(payload) == 1 and not self.statics and is_one_slot(cls, payload[0])
        self.make = make_operation(self)
        self.read = {name: read_operation(self, name) for name in payload}
        self.make.info.listeners.append(self.outside.clear)

    @property
    def part(self) -> Any:
        """How a structure that is one field, and nothing else, is a view of what it was built of."""
        if self.shared is None and ENGINE and len(self.payload) == 1 and not self.statics:
            self.shared = ENGINE["part"](self)
        return self.shared

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call of the class by their parameters, with the defaults."""
        if self.names is not None and not kwargs and len(args) == len(self.names):
            return dict(zip(self.names, args, strict=True))
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments

    def belongs_outside(self, cls: type) -> bool:
        """Whether values of a class wrap this layer; an error where the two have no order yet."""
        known = self.outside.get(cls)
        if known is None:
            meet(cls)
            with LOCK:
                other = layer_of(cls)
                known = self.outside[cls] = other is not None and other is not self.info and wraps(other, self.info)
        return known

    def statics_of(self, x: Any) -> dict[str, Any]:
        """The keywords that make the same layer round another payload; x may be wrapped in outer layers."""
        while not isinstance(x, self.cls):
            template = getattr(x, "__template__", None)
            if template is not None:  # a stack, in which all have the same
                x = template
                continue
            info = layer_of(type(x))
            if info is None or info.payload is None:
                raise NoMethodError(f"There is no {class_name(self.cls)} inside {class_name(type(x))}{at_user_line()}.")
            x = info.payload(x)
            x = x[0] if type(x) is tuple else x
        return {parameter: getattr(x, attribute) for parameter, attribute in self.statics.items()}


def is_one_slot(cls: type, name: str) -> bool:
    """Whether the instances of a class have one slot, and no dictionary."""
    slots = [s for base in cls.__mro__ for s in as_names(vars(base).get("__slots__", ())) if s != "__weakref__"]
    return slots == [name] and not cls.__dictoffset__


def as_names(slots: Any) -> tuple[str, ...]:
    """`__slots__` as names."""
    return (slots,) if isinstance(slots, str) else tuple(slots)


#: Forms by class; subclasses get one of their own when they are first constructed round an outer layer.
FORMS: dict[type, Form] = {}
#: Classes of one's own that are directions by fields (`layer(coordinates=True)`); empty in most programs.
COORDINATES: set[type] = set()


class Hooks(list[Callable[..., None]]):
    """Functions that are called for every layer of one's own; one that comes late is called for those that exist
    already.
    """

    def __init__(self, arguments_of: Callable[[Form], tuple[Any, ...]]) -> None:
        super().__init__()
        self.arguments_of = arguments_of

    def append(self, function: Callable[..., None]) -> None:
        """Add a function, and call it for the layers that are there."""
        with LOCK:
            super().append(function)
            for form in list(FORMS.values()):
                self.run(form, (function,))

    def run(self, form: Form, functions: Any = None) -> None:
        """Call the functions for one layer."""
        for function in self if functions is None else functions:
            function(*self.arguments_of(form))


#: Called with a Form: `dispatchml.rules.layers` declares the derivatives of `make` and `field` here.
LAYER_RULES = Hooks(lambda form: (form,))


def wraps(other: Layer, own: Layer) -> bool:
    """Whether a layer nests outside another; the engines' levels are outside everything."""
    from .lattice import is_outside

    return (other.slot == "transform" and own.slot != "transform") or is_outside(other, own)


def constructor_signature(cls: type, payload: tuple[str, ...], parameters: dict[str, str]) -> inspect.Signature:
    """The parameters of the constructor, each of which must be known by name."""
    init = cls.__init__
    found = [] if init is object.__init__ else list(inspect.signature(init).parameters.values())[1:]
    loose = [p.name for p in found if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    names = {p.name for p in found}
    lost = [name for name in payload if parameters[name] not in names]
    if loose or lost:
        raise RegistrationError(
            f"layer: the constructor of {class_name(cls)} "
            + (
                f"takes *{loose[0]}; it must name its parameters"
                if loose
                else f"does not take the payload field {lost[0]!r}"
            )
            + ". Write __init__ with the fields as parameters, or put @dispatchml.layer above @attrs.frozen or "
            "@dataclass."
        )
    return inspect.Signature([p.replace(annotation=p.empty) for p in found])


def names_by_place(signature: inspect.Signature) -> tuple[str, ...] | None:
    """The parameters of a constructor, if each can be given by its place."""
    parameters = signature.parameters.values()
    return tuple(p.name for p in parameters) if all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters) else None


# ---- the operations --------------------------------------------------------------------------------------------------


def make_operation(form: Form) -> Any:
    """`make[Layer]`: payload fields are its arguments, everything else its keywords."""
    cls, arguments = form.cls, [form.parameters[name] for name in form.payload]
    defaults = {
        p: d if (d := form.signature.parameters[p].default) is not inspect.Parameter.empty else None
        for p in form.statics
    }
    made = stub(f"make_{cls.__name__}", arguments, defaults, cls, "__make__", f"{cls.__name__} round these payloads.")

    def construct(*payloads: Any, **statics: Any) -> Any:
        if form.is_alone and form.names is not None and form.plain_new is object.__new__:
            new = object.__new__(cls)
            new.__init__(payloads[0])  # type: ignore[call-arg]
            return new
        keywords = {**dict(zip(arguments, payloads, strict=True)), **statics}
        return construct_plainly(form, keywords)

    made.register(construct, *(object,) * len(arguments))
    made.info.layer_default = lambda top: (
        map_payload(form, made, top, arguments) if wraps(top, form.info) else construct
    )
    return made


def read_operation(form: Form, name: str) -> Any:
    """`field[Layer, name]`: the payload field of a layer, wrapped as the layer itself is."""
    title = f"{name.strip('_')}_of_{form.cls.__name__}"
    made = stub(title, ["x"], {}, form.cls, f"__read_{name}__", f"The field {name} of a {form.cls.__name__}.")
    made.info.layers[form.cls] = lambda x: getattr(x, name)
    made.info.layer_default = lambda top: map_payload(form, made, top, ["x"]) if wraps(top, form.info) else None
    return made


def stub(name: str, arguments: list[str], keywords: dict[str, Any], cls: type, attribute: str, text: str) -> Any:
    """An operation that pickles as an attribute of the class."""
    name = re.sub(r"\W", "_", name)
    words = "".join(f", {k}=defaults[{k!r}]" for k in keywords)
    source = f"def {name}({', '.join(arguments)}{', *' * bool(keywords)}{words}):\n    {text!r}\n"
    function = compiled(source, name, defaults=keywords)[name]
    function.__module__, function.__qualname__ = cls.__module__, f"{cls.__qualname__}.{attribute}"
    made = operation(family="layers")(function)
    setattr(cls, attribute, staticmethod(made))
    return made


def map_payload(form: Form, made: Any, top: Layer, arguments: list[str]) -> Callable[..., Any]:
    """The default rule of an outer layer: the operation on its payload, in the same outer layer."""
    if top.payload is None or top.rebuild is None:
        raise NoMethodError(
            f"{made.__name__} has no rule for {class_name(top.cls)}, whose registration has no payload and "
            f"rebuild{at_user_line()}."
        )
    peel, rebuild = top.payload, top.rebuild
    pattern = {form.parameters[name] for name in form.pattern}

    def on_payload(*values: Any, **statics: Any) -> Any:
        carried = [layer_of(type(v)) is top for v in values]
        wrapped = [v for v, c in zip(values, carried, strict=True) if c]
        bare = [
            a
            for a, v, c in zip(arguments, values, carried, strict=True)
            if not c and v is not None and a not in pattern
        ]
        if bare or not same_statics(top, wrapped):
            raise NoMethodError(
                f"{made.__name__}: "
                + (f"{', '.join(bare)} is not wrapped in {class_name(top.cls)} as the others are" if bare else
                   f"the fields are wrapped in different {class_name(top.cls)}")
                + f"{at_user_line()}. Bring them to one, or say what it means: "
                f"@dispatchml.dispatch.make[{form.cls.__name__}]"
                f".layer({top.cls.__name__})."
            )  # fmt: skip
        payloads = [peel(v) if c else v for v, c in zip(values, carried, strict=True)]
        inside = next(p for p, c in zip(payloads, carried, strict=True) if c)
        if type(inside) is tuple:
            rows = ([p[k] if c else p for p, c in zip(payloads, carried, strict=True)] for k in range(len(inside)))
            return rebuild(wrapped[0], tuple(made(*row, **statics) for row in rows))
        return rebuild(wrapped[0], made(*payloads, **statics))

    return on_payload


def same_statics(top: Layer, wrapped: list[Any]) -> bool:
    """Whether values of one layer say the same beside their payloads, as far as its registration tells."""
    if len(wrapped) == 1:
        return True
    if top.cls not in FORMS and not top.static:
        return False  # a foreign layer of which nobody has said what to compare
    first, how = wrapped[0], top.properties.get("carrier")
    names = top.static if how is None else how.fields  # the other attributes may depend on the payload's shape
    told = [n for n in names if not callable(getattr(first, n))]  # methods are equal for no two values
    return all(bool(getattr(first, n) == getattr(v, n)) for v in wrapped[1:] for n in told)


# ---- calls of the class ----------------------------------------------------------------------------------------------


def construct_plainly(form: Form, keywords: dict[str, Any]) -> Any:
    """The constructor as it was written."""
    cls = form.cls
    new = object.__new__(cls) if form.plain_new is object.__new__ else form.plain_new(cls, **keywords)
    if isinstance(new, cls):
        new.__init__(**keywords)
    return new


def construct(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of the class with something that belongs outside among the arguments."""
    form = form_of(cls)
    if form.is_alone and len(args) == 1 and not kwargs:
        return around(form, [args[0]], {})
    given = form.bind(args, kwargs)
    for parameter in form.statics:
        info = layer_of(type(given[parameter]))
        if info is not None and info.slot == "transform":
            raise TracerConversionError(
                f"{class_name(cls)}: the field {parameter!r} is static, but a traced value was given{at_user_line()}. "
                f"Annotate it as dispatchml.Array if it holds numbers that derivatives go through."
            )
    payloads = [given.pop(form.parameters[name]) for name in form.payload]
    if not any(form.belongs_outside(type(p)) for p in payloads):
        return construct_plainly(
            form, {**dict(zip((form.parameters[n] for n in form.payload), payloads, strict=True)), **given}
        )
    return around(form, payloads, given)


def around(form: Form, payloads: list[Any], given: dict[str, Any]) -> Any:
    """A layer of one's own round payloads of which some belong outside."""
    if form.part is not None:
        made = ENGINE["at_once"](form, payloads[0])
        if made is not None:
            return made
    made = form.make(*payloads, **given)
    return ENGINE["built"](made, payloads, form, given) if ENGINE else made


def form_of(cls: Any) -> Form:
    """The form of a layer of one's own; a subclass gets its own."""
    form = FORMS.get(cls)
    if form is None:
        base = next((FORMS[c] for c in getattr(cls, "__mro__", ()) if c in FORMS), None)
        if base is None:
            raise RegistrationError(
                f"{cls!r} is not a layer of one's own: decorate the class with dispatchml.layer(slot=...)."
            )
        with LOCK:
            form = FORMS.get(cls)
            if form is None:
                form = FORMS[cls] = Form(cls, base.info, base.payload, base.pattern, base.parameters, base.plain_new)
                LAYER_RULES.run(form)
    return form


class Make:
    """`make[Layer]`: the operation that constructs a layer of one's own."""

    __slots__ = ()

    def __getitem__(self, cls: type) -> Any:
        return form_of(cls).make


class Field:
    """`field[Layer, "name"]`: the operation that reads a payload field of a layer of one's own."""

    __slots__ = ()

    def __getitem__(self, key: tuple[type, str]) -> Any:
        cls, name = key
        form = form_of(cls)
        if name not in form.read:
            raise RegistrationError(
                f"{class_name(cls)} has no payload field {name!r}; it has {', '.join(form.payload)}{at_user_line()}."
            )
        return form.read[name]


make = Make()
field = Field()
