"""Which operations have machine code for one element, and the text of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import homes, target
from .builder import Builder, Term
from .complexes import Pair
from .kinds import COMPLEX, F16, F32, KINDS, names_of, register_type

#: What every function of the library is: LLVM moves, merges and vectorises calls of it freely.
ATTRIBUTES = "nounwind willreturn memory(none)"

#: name of an operation -> functions that write it, each with what it accepts.
EMITTERS: dict[str, list[tuple[Callable[[tuple[str, ...]], bool], Callable[..., Any]]]] = {}
#: Operations that are computed in a wider kind, as NumPy's own loops do: (name, kind) -> kind.
WIDER: dict[tuple[str, str], str] = {}
#: Functions that emitters call, by symbol: what writes them.
PARTS: dict[str, Callable[[], Scalar]] = {}


@dataclass(frozen=True)
class Scalar:
    """A function of one element in LLVM IR.

    inputs and result are names of kinds, whose LLVM types `register_type` tells. needs: symbols of other functions
    that the text calls. declarations: lines that stand once in a module, of intrinsics and tables. variants: symbols of
    the same function of vectors, which LLVM's vectoriser finds by an attribute.
    """

    symbol: str
    inputs: tuple[str, ...]
    result: str
    text: str
    needs: tuple[str, ...] = ()
    declarations: tuple[str, ...] = field(default=(), repr=False)
    variants: tuple[str, ...] = ()


#: Every function that was asked for, by symbol.
KNOWN: dict[str, Scalar] = {}
FOUND: dict[tuple[Any, ...], Scalar | None] = {}


def same(*kinds: str) -> Callable[[tuple[str, ...]], bool]:
    """Accepts inputs that are all of one kind, one of these."""
    return lambda inputs: inputs[0] in kinds and len(set(inputs)) == 1


def emitter(name: str, *kinds: str, accepts: Callable[[tuple[str, ...]], bool] | None = None) -> Callable[..., Any]:
    """Declare what writes an operation for inputs of these kinds: a function of terms, and keywords, giving a term."""

    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        EMITTERS.setdefault(name, []).append((accepts or same(*kinds), f))
        return f

    return add


def computed_in(kind: str, name: str, *narrower: str) -> None:
    """Declare that an operation on narrower floating-point kinds is computed in another and rounded."""
    for each in narrower:
        WIDER[name, each] = kind


def part(symbol: str, inputs: Sequence[str], *, attributes: str = "alwaysinline") -> Callable[..., Any]:
    """Declare a function that emitters call by its symbol; `attributes="noinline cold"` for the rare case."""

    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        PARTS[symbol] = lambda: written(symbol, tuple(inputs), f, {}, attributes)
        return f

    return add


def part_in_text(symbol: str, inputs: Sequence[str], result: str, text: str) -> None:
    """Declare a function with loops, which is called for rare arguments, by the body that follows `entry:`."""
    parameters = ", ".join(f"{register_type(kind)} %a{k}" for k, kind in enumerate(inputs))
    head = f"define internal {register_type(result)} @{symbol}({parameters}) noinline cold {ATTRIBUTES} {{"
    PARTS[symbol] = lambda: Scalar(symbol, tuple(inputs), result, f"{head}\nentry:\n{text.rstrip()}\n}}")


def written(
    symbol: str, inputs: tuple[str, ...], f: Callable[..., Any], keywords: Mapping[str, Any], attributes: str
) -> Scalar:
    """The function that an emitter writes; one that branches is written for vectors too, and not inlined."""
    result, builder, text = function_text(symbol, inputs, f, keywords, attributes, 1)
    needs, texts, variants = dict(builder.needs), [text], []
    if builder.labels:
        widest = max(KINDS[kind].bits for kind in inputs)  # complex ones call real functions, and do not branch
        for lanes in (target.host().width // widest,):
            vector = f"{symbol}_{lanes}"
            _, wide, text = function_text(vector, inputs, f, keywords, "noinline", lanes)
            texts.append(text)
            needs |= wide.needs
            variants.append((vector, f"_ZGV_LLVM_N{lanes}{'v' * len(inputs)}_{symbol}({vector})"))
        named = ",".join(abi for _, abi in variants)
        attributes = f'noinline "vector-function-abi-variant"="{named}"'
        texts[0] = function_text(symbol, inputs, f, keywords, attributes, 1)[2]
    calls = tuple(s for s, declaration in needs.items() if not declaration)
    declarations = tuple(d for d in needs.values() if d)
    return Scalar(symbol, inputs, result, "\n".join(texts), calls, declarations, tuple(v for v, _ in variants))


def function_text(
    symbol: str,
    inputs: tuple[str, ...],
    f: Callable[..., Any],
    keywords: Mapping[str, Any],
    attributes: str,
    lanes: int,
) -> tuple[str, Builder, str]:
    """The kind of the result, the builder, and the text of the definition."""
    builder = Builder(target.host().has_fma, lanes)
    arguments: list[Term | Pair] = []
    for k, kind in enumerate(inputs):
        if kind in COMPLEX:
            arguments.append(Pair.taken_apart(builder, f"%a{k}", COMPLEX[kind]))
        else:
            arguments.append(Term(builder, f"%a{k}", KINDS[kind]))
    y = f(*arguments, **keywords)
    result = y.name if isinstance(y, Pair) else y.kind.name
    register = y.put_together(builder) if isinstance(y, Pair) else y.register

    def type_of(kind: str) -> str:
        return register_type(kind) if kind in COMPLEX else builder.type(KINDS[kind])

    parameters = ", ".join(f"{type_of(kind)} %a{k}" for k, kind in enumerate(inputs))
    text = "\n".join(
        [
            f"define internal {type_of(result)} @{symbol}({parameters}) {attributes} {ATTRIBUTES} {{",
            "entry:",
            *builder.lines,
            f"  ret {type_of(result)} {register}",
            "}",
        ]
    )
    return result, builder, text


def find(name: str, dtypes: Sequence[str], keywords: Mapping[str, Any] | None = None) -> Scalar | None:
    """The machine code of an operation for the dtype characters of its loop's inputs; None where there is none.

    astype takes the characters it converts from and to: find("astype", ("f", "d")).

    >>> from dispatchml.compile import scalars
    >>> scalars.find("add", "dd").symbol
    'add_f64_f64'
    """
    key = name, tuple(dtypes), spelled(keywords or {})
    if key in FOUND:
        return FOUND[key]
    kinds = names_of(dtypes)
    FOUND[key] = found = None if kinds is None else of_kinds(name, kinds, dict(keywords or {}))
    return found


def of_kinds(name: str, kinds: tuple[str, ...], keywords: dict[str, Any]) -> Scalar | None:
    """The machine code of an operation for kinds of inputs."""
    keywords.pop("dtype", None) if name == "astype" else None
    symbol = "_".join((name, *kinds))
    if keywords:
        symbol += f"_{spelled(keywords)}"
    if symbol in KNOWN:
        return KNOWN[symbol]
    if "f16" in kinds and not target.host().has_half:
        return None
    if name == "astype" and len(kinds) == 2:
        from .casts import astype

        KNOWN[symbol] = written(symbol, kinds[:1], astype(*kinds), {}, "alwaysinline")
        return KNOWN[symbol]
    homes.load(name, kinds)
    f = next((f for accepts, f in EMITTERS.get(name, ()) if accepts(kinds)), None)
    if f is None:
        f = in_wider(name, kinds)
    if f is None:
        return None
    try:
        KNOWN[symbol] = found = written(symbol, kinds, f, keywords, "alwaysinline")
    except NotCompiled:
        return None
    return found


def spelled(keywords: Mapping[str, Any]) -> str:
    """Keywords as part of a symbol: different values (1 and True, 0.0 and -0.0) have different spellings."""
    text = "_".join(f"{k}={v!r}" for k, v in sorted(keywords.items()))
    return re.sub(r"[^A-Za-z0-9_]", lambda m: f"${ord(m.group()):x}$", text)


class NotCompiled(Exception):
    """Raised by an emitter that has no code for these keywords."""


def called(name: str, *arguments: Term) -> Term:
    """The result of a call of an operation's function of real numbers."""
    found = of_kinds(name, tuple(a.kind.name for a in arguments), {})
    if found is None:
        raise NotCompiled
    return arguments[0].builder.call(found.symbol, KINDS[found.result], *arguments)


def in_wider(name: str, kinds: tuple[str, ...]) -> Callable[..., Any] | None:
    """What computes an operation of narrow floating-point inputs in a wider kind and rounds the result."""
    narrow = next((k for k in kinds if k in ("f16", "f32")), None)
    wide = None if narrow is None else WIDER.get((name, narrow), "f32" if narrow == "f16" else None)
    if wide is None:
        return None
    inside = tuple(wide if k == narrow else k for k in kinds)

    def computed(*arguments: Any, **keywords: Any) -> Any:
        from .casts import converted

        found = of_kinds(name, inside, dict(keywords))
        if found is None or found.result not in KINDS:
            raise NotCompiled
        widened = [converted(a, KINDS[wide]) if a.kind.name == narrow else a for a in arguments]
        y = widened[0].builder.call(found.symbol, KINDS[found.result], *widened)
        return converted(y, F16 if narrow == "f16" else F32) if found.result == wide else y

    return computed


def alone(scalar: Scalar) -> str:
    """The text of a function without its variants."""
    if not scalar.variants:
        return scalar.text
    return re.sub(r'noinline "vector-function-abi-variant"="[^"]*" ', "", scalar.text.partition("\n}\n")[0] + "\n}")


def definitions(symbols: Iterable[str], vectors: bool = True) -> str:
    """The text of these functions and of all that they call, each once, with the declarations that they need.

    vectors: with their variants for this machine's vectors; without, LLVM may inline them.
    """
    order: dict[str, Scalar] = {}

    def visit(symbol: str) -> None:
        if symbol not in order:
            found = KNOWN.get(symbol)
            if found is None:
                found = KNOWN[symbol] = PARTS[symbol]()
            order[symbol] = found
            for other in found.needs:
                visit(other)

    for symbol in symbols:
        visit(symbol)
    declared = sorted({line for scalar in order.values() for line in scalar.declarations})
    if not vectors:
        return "\n".join([*declared, *(alone(order[s]) for s in sorted(order))]) + "\n"
    variants = [f"ptr @{v}" for s in sorted(order) for v in order[s].variants]
    if variants:  # or LLVM drops them before the vectoriser looks for them
        kept = f"[{len(variants)} x ptr] [{', '.join(variants)}]"
        declared.append(f'@llvm.compiler.used = appending global {kept}, section "llvm.metadata"')
    return "\n".join([*declared, *(order[s].text for s in sorted(order))]) + "\n"
