"""Functions of numbers on a device: Numba's text with our own mathematics, in a kernel of one thread an element.

Nothing is raised there, which would mean waiting: where the function would raise on the host, its result is nan (0 for
whole numbers). What the text cannot do without the host (memory of its own, Python) is refused by name.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

import numpy as np

from ..compile import scalars
from ..compile.device import LIBRARIES
from ..compile.emit.kernel import Kernel, Pointer
from ..compile.emit.text import REGISTERS, Text, constant
from ..dispatch.errors import JoinError, at_user_line, describe
from . import kinds
from .errors import KernelError

#: Functions of C -> operations of ours with machine code.
MATHEMATICS = {
    **{name: name for name in "sin cos tan sinh cosh tanh exp exp2 expm1 log log2 log10 log1p erf erfc".split()},
    **{name: name for name in "hypot fmod cbrt".split()},
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "pow": "power", "tgamma": "gamma", "lgamma": "gammaln", "numba_gamma": "gamma", "powi": "power",
}  # fmt: skip
#: Functions of LLVM that a card has instructions for.
INSTRUCTIONS = re.compile(
    r"llvm\.(fabs|sqrt|floor|ceil|trunc|rint|nearbyint|roundeven|copysign|minnum|maxnum|minimum|maximum|fma|ct[lt]z|ctpop|abs"
    r"|[su]m(ax|in)|[us](add|sub|mul)\.with\.overflow|lifetime|memcpy|memset|memmove|assume|expect|is\.fpclass|fshl|fshr)\b"
)
#: Functions of C by which local arrays get their memory.
MEMORY = frozenset({"malloc", "realloc", "free"})
DECLARED = re.compile(
    r"^declare (?:[\w()]+ )*?(void|i\d+|double|float|ptr|\{.*?\}) @\"?([\w.$]+)\"?"
    r"\(((?:[^()]|\([^()]*\))*)\).*$",
    re.M,
)


def on_device(arrays: list[Any], call: Any) -> tuple[Any, ...]:
    """The results of a call of `elementwise` for vectors of a device."""
    library = next(LIBRARIES[type(x)] for x in arrays if type(x) in LIBRARIES)
    for x in arrays:
        if type(x) is not library.ndarray:
            raise JoinError(
                f"{call.program.source.name}: {describe(x)} beside an array on {library.kind}{at_user_line()}; nothing "
                "is moved between devices behind your back. Write dispatchml.to_device(x, device) on one of them."
            )
    from .threads import ARENA, SLOTS, refuse_alone

    device, xp, count = library.check(call.program.source.name, arrays), library.xp, len(arrays[0])
    if count:
        refuse_alone(call.program.source.name, arrays)
    with device:
        arrays = [xp.ascontiguousarray(x) for x in arrays]
        (kernel, code), results, statics = prepared(call, arrays, library)
        made = [xp.empty((count,), np.dtype(kind)) for kind in results]
        has_memory = kernel.pointers[-1].kind == "arena"
        memory = [xp.empty(min(count, SLOTS) * ARENA, np.uint8)] if has_memory else []
        step = SLOTS if has_memory else max(count, 1)
        for start in range(0, count, step):
            kernel.sizes, kernel.extent = statics, min(step, count - start)
            code(kernel, [*(x[start : start + step] for x in (*arrays, *made)), *memory])
    return tuple(made)


def prepared(call: Any, arrays: list[Any], library: Any) -> tuple[Any, tuple[str, ...], list[int]]:
    """What launches the function, the dtypes of its results, and its constant arguments as words."""
    every = list(zip(call.every(arrays), call.flags, strict=True))
    elements = call.elements(arrays)
    statics = [w for (x, flag), kind in zip(every, elements, strict=True) if not flag for w in words(x, kind)]
    rows = tuple(x.shape[1:] for x in arrays)
    key = (library.kind, elements, rows, tuple(call.flags), arrays[0].device.id)
    found = call.program.others.get(key)
    if found is None:
        kernel, results, single = written(call.program, elements, tuple(call.flags), rows)
        found = call.program.others[key] = (kernel, library.code([kernel])), results, single
    call.is_single = found[2]
    return found[0], found[1], statics


def words(x: Any, kind: str) -> list[int]:
    """A constant argument as whole numbers of 64 bits."""
    packed = kinds.packer(f"({kind})").pack(*kinds.words_of(x, kind))
    return np.frombuffer(packed, np.int64).tolist()


def written(
    program: Any, elements: tuple[str, ...], flags: tuple[bool, ...], rows: tuple[tuple[int, ...], ...]
) -> tuple[Kernel, tuple[str, ...], bool]:
    """The kernel of a function of numbers and of rows of these shapes, the dtypes of its results, and whether it
    returns one number.
    """
    source = program.source
    if source.recursive:
        raise KernelError(f"{source.name} calls itself, for which threads of a device have no room{at_user_line()}.")
    text, result = text_of(program, elements)
    results = tuple(kinds.elements(result)) if kinds.is_tuple(result) else (result,)
    if not results or any(len(kind) != 1 or kind == "N" for kind in results):
        raise KernelError(
            f"{source.name} returns {result}; on a device it returns numbers{at_user_line()}. Return a number or a "
            "tuple of them, or write it with operations on whole arrays."
        )
    name = "v" + hashlib.sha256(f"{text}{elements}{flags}{rows}".encode()).hexdigest()[:16]
    scalar, needs, intrinsics = retargeted(text, name, source.name)
    body, pointers = around(name, elements, flags, results, rows, "@thread.slot()" in scalar)
    made = Kernel(name, body, needs, pointers, 1, 1, None, "elements")
    made.intrinsics |= intrinsics
    made.text = f"{scalar}\n{made.text}"
    return made, results, not kinds.is_tuple(result)


def text_of(program: Any, elements: tuple[str, ...]) -> tuple[str, str]:
    """Numba's text, and the kind of the result; of the program's other source where this one cannot be compiled."""
    from .building import build

    try:
        return build(program.source, elements, program.unchecked)[:2]
    except KernelError:
        if program.otherwise is None:
            raise
        return build(program.otherwise(), elements, program.unchecked)[:2]


# ---- the text --------------------------------------------------------------------------------------------------------


def retargeted(text: str, name: str, called: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Numba's text for any processor, as `NAME.scalar`; the scalar functions that it calls, and LLVM's own."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    for function in module.functions:
        if not function.is_declaration and function.name != "kernel":
            function.linkage = llvm.Linkage.internal
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(*machine()))
    text = re.sub(r"^(target|source_filename|; ModuleID).*\n", "", str(module), flags=re.M)
    text = text.replace("define i32 @kernel(", f"define internal i32 @{name}.scalar(")
    needs: dict[str, Any] = {}
    intrinsics: dict[str, str] = {}
    own: list[str] = []
    from .threads import ARENAS as memory_text

    for line, gives, declared, takes in [(m[0], m[1], m[2], m[3]) for m in DECLARED.finditer(text)]:
        types = [t.split()[0] for t in takes.split(",") if t.strip()]
        if declared == "PyErr_CheckSignals":
            own.append(f"define internal i32 @{declared}() alwaysinline {{\n  ret i32 0\n}}")
        elif declared in MEMORY:
            own += [] if memory_text in own else [memory_text]
            text = text.replace(f"@{declared}(", f"@thread.{declared}(")
            line = line.replace(f"@{declared}(", f"@thread.{declared}(")
        elif INSTRUCTIONS.match(declared):
            intrinsics[declared] = f"declare {gives} @{declared}({', '.join(types)})"
        else:
            own.append(mathematics(declared, gives, types, needs, called))
            if declared.startswith("llvm."):
                text = text.replace(f"@{declared}(", f"@math.{declared}(")
                line = line.replace(f"@{declared}(", f"@math.{declared}(")
        text = text.replace(line, "")
    return "\n".join([text, *own]), needs, intrinsics


def machine() -> Any:
    """What LLVM's passes are made with."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    return llvm.Target.from_default_triple().create_target_machine(), llvm.create_pipeline_tuning_options(0)


def mathematics(declared: str, gives: str, types: list[str], needs: dict[str, Any], called: str) -> str:
    """A function of C or LLVM by ours."""
    bare = re.sub(r"\.(f32|f64|i32|i64)", "", declared.removeprefix("llvm."))
    single = gives == "float"
    name = MATHEMATICS.get(bare) or MATHEMATICS.get(bare.removesuffix("f"))
    found = None if name is None else scalars.find(name, ("f" if single else "d",) * len(types))
    if found is None:
        raise KernelError(
            f"{called} needs {bare!r}, which there is not on a device{at_user_line()}. Move the arrays with "
            'dispatchml.to_device(x, "cpu") and the result back, or write it with operations on whole arrays.'
        )
    needs[found.symbol] = found
    shown = f"math.{declared}" if declared.startswith("llvm.") else declared
    taken = ", ".join(f"{kind} %a{k}" for k, kind in enumerate(types))
    lines = [f"  %r{k} = sitofp {kind} %a{k} to {gives}" for k, kind in enumerate(types) if kind[0] == "i"]
    given = ", ".join(f"{gives} %{'r' if kind[0] == 'i' else 'a'}{k}" for k, kind in enumerate(types))
    lines += [f"  %y = call {gives} @{found.symbol}({given})", f"  ret {gives} %y"]
    return "\n".join([f"define internal {gives} @{shown}({taken}) alwaysinline {{", *lines, "}"])


def around(
    name: str,
    elements: tuple[str, ...],
    flags: tuple[bool, ...],
    results: tuple[str, ...],
    rows: tuple[tuple[int, ...], ...],
    has_memory: bool,
) -> tuple[Text, list[Pointer]]:
    """The loop of a thread over its elements: arguments into words, the call, words into results."""
    text = Text()
    inputs = [k for k, flag in enumerate(flags) if flag]
    pointers = [Pointer("value", None) for _ in inputs] + [Pointer("value", None, 0, "store") for _ in results]
    places = [0, *np.cumsum([kinds.words(kind) for kind in elements]).tolist()]
    given = text.let(f"alloca [{max(places[-1], 1)} x i64], align 16")
    found = text.let(f"alloca [{sum(map(kinds.words, results))} x i64], align 16")
    number = 0
    for k, kind in enumerate(elements):
        for word in range(0 if flags[k] else kinds.words(kind)):
            text.sizes[number] = f"%s{number}"
            text.add(f"store i64 %s{number}, ptr {text.let(f'getelementptr i64, ptr {given}, i64 {places[k] + word}')}")
            number += 1
    text.jump("each")
    before = text.label
    text.begin("each")
    counter = text.reserve()
    if has_memory:
        pointers.append(Pointer("arena", None, 0, "store"))
        own_memory(text, f"%p{len(pointers) - 1}")
    for pointer, k in enumerate(inputs):
        if kinds.is_array(elements[k]):
            row_words(text, given, places[k], f"%p{pointer}", rows[pointer], np.dtype(elements[k][0]).itemsize)
            continue
        value = text.load(elements[k], f"%p{pointer}", "%unit")
        for word, register in enumerate(as_words(text, value, elements[k])):
            place = text.let(f"getelementptr i64, ptr {given}, i64 {places[k] + word}")
            text.add(f"store {register}, ptr {place}")
    code = text.let(f"call i32 @{name}.scalar(ptr {given}, ptr {found}, i64 0)")
    fine, word = text.let(f"icmp eq i32 {code}, 0"), 0
    for k, kind in enumerate(results):
        value = from_words(text, found, word, kind)
        failed = constant(math.nan if kind in "fdFD" else 0, kind)
        chosen = text.let(f"select i1 {fine}, {REGISTERS[kind]} {value}, {REGISTERS[kind]} {failed}")
        text.store(kind, chosen, f"%p{len(inputs) + k}", "%unit")
        word += kinds.words(kind)
    text.add("%next = add i64 %unit, 1")
    text.add("%more = icmp slt i64 %next, %high")
    text.fill(counter, [f"%unit = phi i64 [ %low, %{before} ], [ %next, %{text.label} ]"])
    text.add("br i1 %more, label %each, label %done")
    text.begin("done")
    text.add("ret void")
    return text, pointers


def own_memory(text: Text, pointer: str) -> None:
    """Let a thread find its piece of memory, of which nothing is in use."""
    from .threads import ARENA

    slot = text.let("call ptr @thread.slot()")
    own = text.let(f"getelementptr i8, ptr {pointer}, i64 {text.let(f'mul i64 %unit, {ARENA}')}")
    text.add(f"store ptr {own}, ptr {slot}")
    text.add(f"store i64 0, ptr {text.let(f'getelementptr i8, ptr {slot}, i64 8')}")


def row_words(text: Text, given: str, place: int, pointer: str, shape: tuple[int, ...], itemsize: int) -> None:
    """The words of a thread's row of an array: nobody owns it, address, shape and strides."""
    size = math.prod(shape) * itemsize
    address = text.let(f"getelementptr i8, ptr {pointer}, i64 {text.let(f'mul i64 %unit, {size}')}")
    strides = np.cumprod([itemsize, *shape[:0:-1]])[::-1].tolist()
    numbers = ["i64 0", f"ptr {address}", *(f"i64 {n}" for n in (*shape, *strides))]
    for k, number in enumerate(numbers):
        text.add(f"store {number}, ptr {text.let(f'getelementptr i64, ptr {given}, i64 {place + k}')}")


def as_words(text: Text, value: str, kind: str) -> list[str]:
    """A number's words, with their types."""
    if kind in "FD":
        part = "float" if kind == "F" else "double"
        parts = [text.let(f"extractvalue {REGISTERS[kind]} {value}, {k}") for k in range(2)]
        return [f"double {x if part == 'double' else text.let(f'fpext float {x} to double')}" for x in parts]
    if kind in "ef":
        return [f"double {text.let(f'fpext {REGISTERS[kind]} {value} to double')}"]
    if kind == "d":
        return [f"double {value}"]
    if kind in "qQ":
        return [f"i64 {value}"]
    widened = "sext" if kind in "bhi" else "zext"
    return [f"i64 {text.let(f'{widened} {REGISTERS[kind]} {value} to i64')}"]


def from_words(text: Text, found: str, word: int, kind: str) -> str:
    """A number of words."""

    def double(k: int) -> str:
        return text.let(f"load double, ptr {text.let(f'getelementptr i64, ptr {found}, i64 {word + k}')}")

    if kind in "FD":
        made, part = "poison", "float" if kind == "F" else "double"
        for k in range(2):
            x = double(k) if kind == "D" else text.let(f"fptrunc double {double(k)} to float")
            made = text.let(f"insertvalue {REGISTERS[kind]} {made}, {part} {x}, {k}")
        return made
    if kind in "fd":
        return double(0) if kind == "d" else text.let(f"fptrunc double {double(0)} to float")
    whole = text.let(f"load i64, ptr {text.let(f'getelementptr i64, ptr {found}, i64 {word}')}")
    if kind == "?":
        return text.let(f"icmp ne i64 {whole}, 0")
    return whole if kind in "qQ" else text.let(f"trunc i64 {whole} to {REGISTERS[kind]}")
