"""Structures in a batch: the rule of a layer runs on one element, whose fields are batched.

A batched `Diagonal` is a `Batched` whose payload is a stack. For the layer's rule it becomes an `Element`: a `Diagonal`
whose fields are batched arrays. Whatever else meets an element gets the batched value that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.construct import FORMS, Form, form_of
from ..dispatch.define import state_of
from ..dispatch.errors import DensifyWarning, NoMethodError, at_user_line, class_name, warn_at_user_line
from ..dispatch.lattice import SLOTS, outermost
from ..dispatch.layers import Layer, add_layer, layer_of
from ..dispatch.operation import FORGETTING, Operation
from ..dispatch.resolve import find_method, no_method
from ..dispatch.stacks import BARE, METHODS, Stack, is_structure, make_stack, needs_stack, structure_inside
from ..dispatch.structures import TRANSPARENT, transparent_inside
from ..dispatch.structures import structure_of as foreign_structure
from ..rules.registry import rule_of
from .bundles import field_built
from .own_rules import below_derivatives, field_at_once, is_direct, rule_at_once
from .payloads import as_seen
from .provider import BY_FIELDS, TRACED, provide
from .tape import PLAIN
from .traced import Element, Traced, innermost

#: Classes of elements by the class that they stand for.
CLASSES: dict[type, type] = {}


def structure_of(x: Any) -> Form | None:
    """The form of a structure of one's own, plain or traced, as the user's code sees it; None for anything else."""
    if type(x) in PLAIN or isinstance(x, Element):
        return None
    if isinstance(x, Traced):
        x = as_seen(x)
        if x is None:
            return None
    cls = type(x)
    if not any(c in FORMS for c in cls.__mro__):
        return None
    form = form_of(cls)
    return form if is_structure(form) else None


def element_of(x: Any, form: Form, bare: Any = None) -> Any:
    """A structure as an instance of its class, whose fields are wrapped as the whole is. bare: it below its engines,
    where that is known.
    """
    if isinstance(x, form.cls):
        return x
    cls = CLASSES.get(form.cls)
    if cls is None:
        cls = CLASSES[form.cls] = type(form.cls.__name__, (Element, form.cls), {"__slots__": ("_normal",)})
    new = object.__new__(cls)
    if bare is None:
        bare = structure_inside(x, form.cls)
    if not form.is_alone:
        for name, value in state_of(bare):
            object.__setattr__(new, name, value)
    for name in form.payload:  # a field that may be missing is missing in the element, too
        if getattr(bare, name) is not None:
            found = None if not isinstance(x, Traced) or x._base is None else field_built(x, name)
            if found is None and type(x) in TRACED:
                found = field_at_once(x, form, name)
            object.__setattr__(new, name, form.read[name](x) if found is None else found)
    object.__setattr__(new, "_normal", x)
    return new


def with_structures(op: Operation, general: Callable[..., Any]) -> Callable[..., Any]:
    """The batching engine's implementation of an operation where there may be structures among the arguments."""
    if not FORMS or op.family == "layers":
        return general

    def batched(*arguments: Any, **keywords: Any) -> Any:
        forms = [None if type(x) in PLAIN else structure_of(x) for x in arguments]
        if any(form is not None for form in forms) and not belongs_further_out(arguments):
            return on_elements(op, arguments, forms, keywords, False)
        return general(*arguments, **keywords)

    return batched


def on_elements(
    op: Operation, arguments: tuple[Any, ...], forms: list[Form | None], keywords: dict[str, Any], variadic: bool
) -> Any:
    """An operation on one element of the batch: by its method once for each, else by the layer's rule, else densely."""
    classes = tuple(type(innermost(x)) if form is None else form.cls for x, form in zip(arguments, forms, strict=True))
    top = outermost(tuple(form.cls for form in forms if form is not None))
    assert top is not None
    if find_method(op, classes, arguments) is not None and batch_size(arguments):
        from .batch import one_by_one

        return one_by_one(op, arguments, keywords, variadic)
    given = [x if form is None else element_of(x, form) for x, form in zip(arguments, forms, strict=True)]
    mine = next(form.cls for form in forms if form is not None and issubclass(form.cls, top.cls))
    rule = next((op.layers[c] for c in mine.__mro__ if c in op.layers), None)
    if rule is None and op.decomposition is not None:
        return op.decomposition(arguments, **keywords) if variadic else op.decomposition(*arguments, **keywords)
    if rule is None:
        if top.materialise is None:
            raise no_method(op, arguments, tuple(map(type, arguments)), top)
        warn_at_user_line(
            f"{op.name} has no rule for {class_name(top.cls)}: it is computed on a dense array. Register one with "
            f"@{op.name}.layer({top.cls.__name__}).",
            DensifyWarning,
        )
        rule = op.function
        dense = [form is not None and issubclass(form.cls, top.cls) for form in forms]
        given = [top.materialise(x) if d else x for x, d in zip(given, dense, strict=True)]
    return normal(rule(tuple(given), **keywords) if variadic else rule(*given, **keywords))


def by_fields(op: Operation, engine: type, general: Callable[..., Any]) -> Callable[..., Any]:
    """An engine's implementation of an operation, where there are structures whose derivatives go through their rules.

    The batching engine runs rules on elements anyway. What has no derivative acts on the payload.
    """
    rule = rule_of(op)
    if (
        engine._hides_axis  # type: ignore[attr-defined]
        or op.family == "layers"
        or "transform" in op.strips
        or (rule is not None and rule.kind == "nondifferentiable")
        or not any(is_fieldwise(form) for form in FORMS.values())
    ):
        return general

    def rule_of_structure(arguments: tuple[Any, ...], keywords: dict[str, Any], variadic: bool) -> Any:
        forms = [structure_of(bare_of(x)) for x in arguments]
        if not any(form is not None and is_fieldwise(form) for form in forms) or belongs_further_out(arguments):
            return NotImplemented
        classes = tuple(
            type(innermost(x)) if form is None else form.cls for x, form in zip(arguments, forms, strict=True)
        )
        if find_method(op, classes, arguments) is not None:
            return NotImplemented
        return on_elements(op, arguments, forms, keywords, variadic)

    if op.variadic:

        def traced_tuple(elements: Any, owner: Any, /, **keywords: Any) -> Any:
            if any(map(may_be_structure, elements)):
                made = rule_of_structure(elements, keywords, True)
                if made is not NotImplemented:
                    return made
            return general(elements, owner, **keywords)

        return traced_tuple

    plans: dict[tuple[type, ...], Callable[..., Any] | None] = {}  # dropped with this function when a rule is added
    if op.arity == 2 and not op.keywords:
        return with_a_look(op, general, by_rule_of_two(op, general, rule_of_structure))

    def by_rule(*arguments: Any, **keywords: Any) -> Any:
        below = list(map(below_derivatives, arguments))
        classes = tuple(map(type, below))
        if classes not in plans:
            plans[classes] = rule_at_once(op, classes, arguments)
        at_once = plans[classes]
        if at_once is not None:
            given: list[Any] = []
            for x, cls, bare in zip(arguments, classes, below, strict=True):
                if given and x is arguments[0] and is_direct(FORMS[cls]):
                    given.append(given[0])
                else:
                    given.append(element_of(x, FORMS[cls], bare) if cls in FORMS and x is not bare else x)
            return normal(at_once(*given, **keywords))
        made = rule_of_structure(arguments, keywords, False)
        return general(*arguments, **keywords) if made is NotImplemented else made

    return with_a_look(op, general, by_rule)


def by_rule_of_two(op: Operation, general: Callable[..., Any], rule_of_structure: Callable[..., Any]) -> Any:
    """The same for an operation of two arguments, with everything that their classes tell found once."""
    plans: dict[tuple[type, type], tuple[Callable[..., Any] | None, Form | None, Form | None]] = {}

    def by_rule(x: Any, y: Any) -> Any:
        below_x, below_y = below_derivatives(x), below_derivatives(y)
        classes = type(below_x), type(below_y)
        plan = plans.get(classes)
        if plan is None:
            plan = plans[classes] = rule_at_once(op, classes, (x, y)), FORMS.get(classes[0]), FORMS.get(classes[1])
        rule, form_x, form_y = plan
        if rule is None:
            made = rule_of_structure((x, y), {}, False)
            return general(x, y) if made is NotImplemented else made
        one = x if form_x is None or x is below_x else element_of(x, form_x, below_x)
        if y is x and form_x is not None and is_direct(form_x):
            other = one
        else:
            other = y if form_y is None or y is below_y else element_of(y, form_y, below_y)
        return normal(rule(one, other))

    return by_rule


def belongs_further_out(arguments: tuple[Any, ...]) -> bool:
    """Whether an argument has a layer outside of structures whose own rules run on traced values: labels, masks."""
    return bool(TRANSPARENT) and any(
        found is not None and SLOTS.index(found[0].slot) > SLOTS.index("structure")
        for found in map(transparent_inside, arguments)
    )


def with_a_look(op: Operation, general: Callable[..., Any], by_rule: Callable[..., Any]) -> Callable[..., Any]:
    """An implementation that looks first whether an argument may be a structure; plain arrays cost two look-ups."""
    if op.arity == 1 and not op.keywords:

        def traced(x: Any) -> Any:  # pyright: ignore[reportRedeclaration]
            if type(getattr(x, "_value", None)) not in PLAIN and may_be_structure(x):
                return by_rule(x)
            return general(x)

    elif op.arity == 2 and not op.keywords:

        def traced(x: Any, y: Any) -> Any:  # type: ignore[misc]
            a = type(x._value) if type(x) in TRACED else type(x)
            b = type(y._value) if type(y) in TRACED else type(y)
            wraps = False if a in PLAIN else WRAPS.get(a)
            if wraps is not True and (wraps is False or not may_be_structure(x)):
                wraps = False if b in PLAIN else WRAPS.get(b)
                if wraps is not True and (wraps is False or not may_be_structure(y)):
                    return general(x, y)
            return by_rule(x, y)

    else:

        def traced(*arguments: Any, **keywords: Any) -> Any:  # type: ignore[misc]
            if any(map(may_be_structure, arguments)):
                return by_rule(*arguments, **keywords)
            return general(*arguments, **keywords)

    traced.__name__ = general.__name__  # generated code may be used as Python's operator directly
    return traced


def bare_of(x: Any) -> Any:
    """What a value is below its engines and layers that hold for each number by itself, such as units."""
    inner = as_seen(x) if isinstance(x, Traced) else x
    if type(inner) in PLAIN:
        return inner
    info = layer_of(type(inner))
    while info is not None and info.payload is not None and info.properties.get("uniform"):
        inner = info.payload(inner)
        info = layer_of(type(inner))
    return inner


def is_fieldwise(form: Form) -> bool:
    """Whether a structure's derivatives go through its own rules."""
    return form.info.properties.get("fieldwise", False)


#: What a class is below the engines' layers: a structure (True), none (False), or the function that gives what it
#: wraps, which may be one. Forgotten when a layer is declared.
WRAPS: dict[type, Any] = {}
FORGETTING.append(WRAPS.clear)


def may_be_structure(x: Any) -> bool:
    """Whether a value may be a structure whose derivatives go through its rules, below engines, units and the like."""
    while True:
        cls = type(x)
        if cls in PLAIN:
            return False
        if cls in TRACED:
            x = x._value
            continue
        found = WRAPS.get(cls)
        if found is None:
            found = WRAPS[cls] = what_it_wraps(cls)
        if found is True or found is False:
            return found
        x = found(x)


def what_it_wraps(cls: type) -> Any:
    """The entry of a class in WRAPS."""
    info = layer_of(cls)
    if info is None or info.payload is None or issubclass(cls, Element):
        return False
    if any(c in FORMS for c in cls.__mro__):
        return is_structure(form_of(cls))
    return info.payload if info.properties.get("uniform") else False


def batch_size(arguments: tuple[Any, ...]) -> int:
    """The size of the newest batch among the arguments."""
    from .batch import newest

    return newest(arguments).size


def normal(x: Any) -> Any:
    """A result without elements."""
    if type(x) is tuple:
        return tuple(map(normal, x))
    return x._normal if isinstance(x, Element) else x


def stacked(results: tuple[Any, ...]) -> Any:
    """The results for the elements of a batch with the batch axis in front; structures of one kind stay structures."""
    form = structure_of(results[0])
    if form is None:
        return ops.stack(results, axis=0)
    statics = form.statics_of(results[0])
    if any(structure_of(r) is not form or form.statics_of(r) != statics for r in results[1:]):
        return ops.stack(results, axis=0)
    columns = [[form.read[name](r) for r in results] for name in form.payload]
    values = [None if c[0] is None else ops.stack(tuple(c), axis=0) for c in columns]
    return make_stack(form, values, statics) if needs_stack(form) else form.make(*values, **statics)


def dense_payload(y: Any) -> Any:
    """What a batched value leaves behind when its batch ends: its payload, and a dense array for a stack."""
    from .batch import Batched
    from .views import current

    value = current(y)
    stack = None if type(value) in PLAIN else structure_inside(value, Stack)
    if stack is None:
        inside = None if type(value) in PLAIN else foreign_structure(value)
        return value if inside is None or inside.leave is None else inside.leave(value)
    form = stack.form
    if form.info.materialise is None:
        raise NoMethodError(
            f"A batch of {class_name(form.cls)} would be returned{at_user_line()}, and the class has no method "
            "materialise(self) that gives the dense array. Return its fields instead."
        )
    warn_at_user_line(
        f"A batch of {class_name(form.cls)} is returned as a dense array. Return its fields instead to keep them.",
        DensifyWarning,
    )
    made = normal(form.info.materialise(element_of(y, form)))
    return current(made) if type(made) is Batched and made._level is y._level else made


# ---- what a stack does below the batching engine ---------------------------------------------------------------------


def on_all(name: str) -> Callable[..., Any]:
    """A method of the element's class as a method of the stack: on a batch of elements."""

    def method(self: Any, *arguments: Any) -> Any:
        from .batch import Batched
        from .levels import Level
        from .views import current

        with Level("vmap", ops.shape(self)[0]) as level:
            x = Batched(normal(self), level)
            form = structure_of(x)
            assert form is not None
            y = normal(getattr(element_of(x, form), name)(*(Batched(a, level) for a in arguments)))
            return current(y)

    method.__name__ = name
    return method


BARE.append(element_of)
BY_FIELDS.append(by_fields)
METHODS.update(materialise=on_all, project=on_all)
add_layer(Layer(Element, "transform", provider=provide, sealed=True, place="dispatchml.engines"))
