"""How linear rules and rules given as functions are recorded on the tape; elementwise ones have their own file."""

from __future__ import annotations

import dis
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from .. import ops
from ..backends.numpy import kernels
from ..dispatch.operation import Operation
from ..rules.registry import Rule
from ..rules.strong import STACKS, by_matrices
from .constants import STILL, kept_static
from .generate import compile_source, looking, plain_space, watching, with_keywords, word, words_of_looking
from .reverse import Var, current, keep, record, watch_choice
from .space import OBJECT, PlainSpace, space_of
from .tape import CAREFUL, PLAIN, Cotangents, Tape, accumulate

ndarray = np.ndarray


class OutputCotangents(tuple[Any, ...]):
    """The cotangents of several outputs; `used` tells which of them are more than a zero that stands in."""

    used: tuple[bool, ...]


# ---- rules given as functions ----------------------------------------------------------------------------------------


#: The pullback of a rule in its careful form, in which zeros win over inf and nan: carefully(pullback)(ct).
Carefully = Callable[[Callable[..., Any]], Callable[[Any], Any]]


def as_it_is(pullback: Callable[..., Any]) -> Callable[..., Any]:
    """A pullback that has no careful form."""
    return pullback


def careful_form(op: Operation, vjp: Any) -> Carefully:
    """How a rule's pullbacks are made careful.

    They take what the rule gives as `vjp.careful` as a second argument, or the operation is one on matrices of a stack.
    """
    strong = getattr(vjp, "careful", None)
    if strong is not None:
        return lambda pullback: lambda ct: pullback(ct, strong)
    if op in STACKS:
        return lambda pullback: lambda ct: by_matrices(ct, pullback(ct))
    return as_it_is


def backward_function(cotangents: Cotangents, ct: Any, entry: Any, carefully: Carefully = as_it_is) -> None:
    """Run a pullback that came from a rule, and bring each cotangent to its primal's space."""
    _, indices, spaces, pullback = entry
    try:
        found = pullback(ct)
    except ArithmeticError:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = carefully(pullback)(ct)
    for index, space, x in zip(indices, spaces, found, strict=True):
        if index is not None and x is not None:
            x = space.project(x)
            known = cotangents[index]
            if known is None:
                cotangents[index] = x
            else:
                accumulate(cotangents, index, known, x)


def unused_cotangent(y: Any, used_ct: Any, used_y: Any) -> Any:
    """The zero cotangent of an output that nobody used: given another output's, in units of used_ct used_y / y."""
    if type(y) in PLAIN and type(used_ct) in PLAIN and type(used_y) in PLAIN:
        return ops.zeros_like(y)
    one, ct_unit, y_unit = (ops.ones_of(x, shape=()) for x in (y, used_ct, used_y))
    return ops.multiply(ops.zeros_like(ops.one_like(y)), ops.divide(ops.multiply(ct_unit, y_unit), one))


def backward_head(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Run the pullback of an operation with several outputs; outputs nobody used have zero cotangents."""
    outputs = entry[4]
    used = next((c, y) for c, y in zip(ct, outputs, strict=True) if c is not None)
    full = OutputCotangents(unused_cotangent(y, *used) if c is None else c for c, y in zip(ct, outputs, strict=True))
    full.used = tuple(c is not None for c in ct)
    backward_function(cotangents, full, entry[:4], entry[5])


def careful_head(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """The same with the careful form of the pullback."""
    backward_head(cotangents, ct, (*entry[:3], entry[5](entry[3]), *entry[4:]))


CAREFUL[backward_head] = careful_head


def backward_output(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Hand the cotangent of one output to the operation that made it."""
    _, head, position, count = entry
    slots = cotangents[head]
    if slots is None:
        slots = cotangents[head] = [None] * count
    slots[position] = ct


def record_outputs(
    outputs: tuple[Any, ...], tape: Tape, indices: Any, spaces: Any, pullback: Any, carefully: Carefully
) -> tuple[Any, ...]:
    """Put an operation with several outputs on the tape: one entry for it, one for each output."""
    head = len(tape)
    tape.append((backward_head, indices, spaces, pullback, outputs, carefully))
    return tuple(record(y, tape, (backward_output, head, k, len(outputs))) for k, y in enumerate(outputs))


#: One recording function for each operation and set of traced arguments; calls of the rule's functions, no loops.
FUNCTION = """\
def {name}({parameters}{keywords}):
    tape = x{first}._tape
{settle}{values}
    if {look}: return made
    y = operation({arguments}{given})
{still}    pullback = make_pullback(y, {arguments}, needs=needs{given})
{watch}{make_spaces}    if type(y) is tuple:
        return record_outputs(y, tape, [{indices}], [{spaces}], pullback, carefully)
    made = Var()
    made._value = y; made._tape = tape; made._index = len(tape); made._base = None
    tape.append(({backward}, {slots}, {chosen_spaces}, pullback))
    if type(y) not in PLAIN{plain}:
        tape.plain = False
    return made

def {backward}(cotangents, ct, entry):
    _, {slot_names}, {space_names}, pullback = entry
    try:
        found = pullback(ct)
    except ArithmeticError:
        with ignoring(divide="ignore", invalid="ignore", over="ignore"):
            found = carefully(pullback)(ct)
{contributions}"""

CONTRIBUTION = """\
    term = found[{k}]
    if term is not None:
        if (
            type(term) is not ndarray or type(space{k}) is not PlainSpace
            or term.dtype is not space{k}.dtype or term.shape != space{k}.shape
        ):
            term = space{k}.project(term)
        known = cotangents[slot{k}]
        if known is None:
            cotangents[slot{k}] = term
        else:
            accumulate(cotangents, slot{k}, known, term)
"""


def still_lines(op: Operation, given: str) -> str:
    """The lines that make static keywords safe against their owner refilling an index array before the sweep."""
    if given.endswith("**keywords"):
        return "    keywords = {k: kept_static(v) for k, v in keywords.items()}\n"
    return "".join(f"    if type({k}) not in STILL: {k} = kept_static({k})\n" for k in op.keywords if given)


def arguments_read(vjp: Callable[..., Any], op: Operation) -> set[int]:
    """The arguments that a rule's pullback captures, all of them where that cannot be told from its code.

    A pullback that captures something else than the rule's own parameters may hold an argument under another name, and
    so may one that another function has made.
    """
    everything = set(range(op.arity))
    code = getattr(vjp, "__code__", None)
    if code is None or code.co_flags & 0x0C or code.co_freevars:
        return everything
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    captured = set(code.co_cellvars)
    if not captured <= set(parameters) or any(i.opname == "STORE_DEREF" for i in dis.get_instructions(code)):
        return everything
    nested = {c.co_name for c in code.co_consts if isinstance(c, CodeType)}
    before = None
    for instruction in dis.get_instructions(code):  # what is returned must be a function written here, by its name
        if instruction.opname.startswith("RETURN") and (
            before is None or not before.opname.startswith("LOAD_FAST") or before.argval not in nested
        ):
            return everything
        before = instruction
    names = code.co_varnames[1 : 1 + op.arity]
    return {k for k, name in enumerate(names) if name in captured}


def function_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """How an operation with a function rule is recorded when these arguments are traced on one tape."""
    from .missing import missing_rule
    from .provider import settle

    if rule.vjp is None:
        return missing_rule(op, "vjp")
    parameters = [f"x{k}" for k in range(op.arity)]
    read = arguments_read(rule.vjp, op)
    values = []
    for k in range(op.arity):
        if k in active:
            values.append(f"    a{k} = x{k}._value if x{k}._base is None else current(x{k})")
        else:
            kept = k in read
            values.append(
                f"    a{k} = keep(tape, x{k}) if type(x{k}) is ndarray else x{k}" if kept else f"    a{k} = x{k}"
            )
    suffix = "".join(map(str, active))
    name, backward = f"record_{word(op)}_{suffix}", f"backward_{word(op)}_{suffix}"

    def written(keywords: str, given: str) -> str:
        return FUNCTION.format(
            name=name,
            backward=backward,
            parameters=", ".join(parameters),
            keywords=keywords,
            given=given,
            still=still_lines(op, given),
            first=active[0],
            settle="".join(
                f"    if x{k}._tape is not tape: return settle({', '.join(parameters)}{given})\n" for k in active[1:]
            ),
            values="\n".join(values),
            arguments=", ".join(f"a{k}" for k in range(op.arity)),
            watch=watching(f"a{k}" for k in active) + "\n" if rule.select else "",
            indices=", ".join(f"x{k}._index" if k in active else "None" for k in range(op.arity)),
            make_spaces="".join(map(plain_space, active)),
            look=looking((f"a{k}" for k in range(op.arity)), op.arity, given),
            spaces=", ".join(f"space{k}" if k in active else "None" for k in range(op.arity)),
            slots=", ".join(f"x{k}._index" for k in active),
            chosen_spaces=", ".join(f"space{k}" for k in active),
            plain="".join(f" or type(a{k}) not in PLAIN" for k in range(op.arity)),
            slot_names=", ".join(f"slot{k}" for k in active),
            space_names=", ".join(f"space{k}" for k in active),
            contributions="".join(CONTRIBUTION.format(k=k) for k in active),
        )

    source = with_keywords(op, written)
    scope: dict[str, Any] = {
        "Var": Var, "current": current, "keep": keep, "watch_choice": watch_choice, "ndarray": ndarray,
        "PlainSpace": PlainSpace, "OBJECT": OBJECT, "space_of": space_of, "accumulate": accumulate,
        "STILL": STILL, "kept_static": kept_static, "ignoring": np.errstate, "record_outputs": record_outputs,
        "make_pullback": rule.vjp,
        "carefully": careful_form(op, rule.vjp), "operation": op.function, "settle": settle(op, active),
        "needs": tuple(k in active for k in range(op.arity)), **words_of_looking(), **kernels.FAST,
        **{f"{k}_default": v for k, v in op.keywords.items()},
    }  # fmt: skip
    compile_source(source, scope, f"reverse {op.name} {suffix}", f"the function rule of {op.name}")
    CAREFUL[scope[backward]] = careful_twin(scope[backward], scope["carefully"])
    return scope[name]


def careful_twin(backward: Callable[..., None], carefully: Carefully) -> Callable[..., None]:
    """The same with the pullback in its careful form."""
    if carefully is as_it_is:
        return backward

    def careful_backward(cotangents: Cotangents, ct: Any, entry: Any) -> None:
        backward(cotangents, ct, (*entry[:-1], carefully(entry[-1])))

    return careful_backward


def variadic_recorder(op: Operation, rule: Rule) -> Callable[..., Any]:
    """How an operation on a tuple of arrays is recorded; which elements are traced is looked up at each call."""
    from .missing import missing_rule

    function, make_pullback, transpose = op.function, rule.vjp, rule.transpose
    if make_pullback is None and transpose is None:
        return missing_rule(op, "vjp")

    def recorded(elements: tuple[Any, ...], tape: Tape, /, **keywords: Any) -> Any:
        needs = tuple(type(x) is Var and x._tape is tape for x in elements)
        values = tuple(
            current(x) if need else keep(tape, x) if type(x) is ndarray else x
            for x, need in zip(elements, needs, strict=True)
        )
        y = function(values, **keywords)
        keywords = {k: kept_static(v) for k, v in keywords.items()}
        indices = [x._index if need else None for x, need in zip(elements, needs, strict=True)]
        spaces = [space_of(v) for v in values]
        if any(type(v) not in PLAIN for v in values):
            tape.plain = False
        if make_pullback is not None:
            pullback = make_pullback(y, values, needs=needs, **keywords)
        else:

            def pullback(ct: Any) -> Any:
                return transpose(ct, tuple(spaces), **keywords)  # type: ignore[misc]

        if type(y) is tuple:
            return record_outputs(y, tape, indices, spaces, pullback, carefully)
        return record(y, tape, (backward, indices, spaces, pullback))

    def backward(cotangents: Cotangents, ct: Any, entry: Any) -> None:
        backward_function(cotangents, ct, entry, carefully)

    carefully = careful_form(op, make_pullback)
    CAREFUL[backward] = careful_twin(backward, carefully)
    recorded.__name__ = recorded.__qualname__ = f"record_{op.name}"
    return recorded


# ---- linear rules of one argument: the hot shape of sum, reshape, getitem --------------------------------------------


def linear_as_function(rule: Rule) -> Rule:
    """A linear rule of several arguments in the form of a function rule."""
    made = Rule(rule.op, "function")
    transpose = rule.transpose
    assert transpose is not None

    def vjp(y: Any, /, *arguments: Any, needs: tuple[bool, ...], **keywords: Any) -> Any:
        spaces = tuple(space_of(a) for a in arguments)

        def linear_pullback(ct: Any) -> Any:
            return transpose(ct, spaces, **keywords)

        return linear_pullback

    made.vjp, made.select = vjp, rule.select
    return made
