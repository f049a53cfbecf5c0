"""Products of matrices that may hold subnormal numbers, which processors multiply a hundred times slower than others.

Weights such as those of softmax underflow. Where an operand holds subnormal numbers and nothing very large, it is taken
times a power of two before the product and divided by it afterwards, as is the product: the numbers of the operand are
the same bit for bit, and those of the product rounded no more often than a sum that underflows is.
"""

from __future__ import annotations

from ..graph import Value
from .kernel import Kernel, Pointer
from .text import REGISTERS, Text, real_constant

#: For a dtype: the type of its bits, those of a fraction, the power of two by which operands are raised, and the one
#: below which all of their numbers must be, so that no sum of a million products of raised operands overflows.
FORMATS = {"d": ("i64", 52, 300, 150), "f": ("i32", 23, 40, 10)}


def bits_of(power: int, character: str) -> int:
    """The bits of a power of two."""
    _, fraction, _, _ = FORMATS[character]
    return (power + (1023 if character == "d" else 127)) << fraction


def end_of_loop(text: Text) -> None:
    """End a loop of %k over all elements, whose block is called `element`."""
    text.add("%k.next = add i64 %k, 1")
    text.add("%more = icmp slt i64 %k.next, %s0")
    text.branch("%more", "element", "done")
    text.begin("done")


def looked_at(value: Value, words: object, first: object = None) -> Kernel:
    """Leave in two words the bits of the largest magnitude, and whether there are subnormal numbers.

    first: the words of the other operand, for one that is never raised: it is looked at if that has subnormal numbers.
    """
    character = value.dtype.char
    kind, fraction, _, _ = FORMATS[character]
    text = Text()
    text.sizes = {value.size: "%s0"}
    if first is not None:  # it is never raised, looked at or not
        text.add(f"store i64 0, ptr {text.let('getelementptr i64, ptr %p1, i64 1')}")
        found = text.let(f"load i64, ptr {text.let('getelementptr i64, ptr %p2, i64 1')}")
        text.branch(text.let(f"icmp ne i64 {found}, 0"), "begin", "over")
    else:
        text.jump("begin")
    text.begin("begin")
    text.jump("element")
    text.begin("element")
    text.add("%k = phi i64 [ 0, %begin ], [ %k.next, %element ]")
    text.add(f"%most = phi {kind} [ 0, %begin ], [ %most.next, %element ]")
    text.add(f"%tiny = phi {kind} [ 0, %begin ], [ %tiny.next, %element ]")
    at = text.let(f"getelementptr inbounds {kind}, ptr %p0, i64 %k")
    size = text.let(f"and {kind} {text.let(f'load {kind}, ptr {at}')}, {(1 << (63 if kind == 'i64' else 31)) - 1}")
    largest = text.intrinsic(f"llvm.umax.{kind}", kind, kind, kind)
    text.add(f"%most.next = call {kind} @{largest}({kind} %most, {kind} {size})")
    is_tiny = text.let(f"icmp ult {kind} {text.let(f'sub {kind} {size}, 1')}, {(1 << fraction) - 1}")
    text.add(f"%tiny.next = or {kind} %tiny, {text.let(f'zext i1 {is_tiny} to {kind}')}")
    end_of_loop(text)
    wide = "add i64 {}, 0" if kind == "i64" else "zext i32 {} to i64"
    text.add(f"store i64 {text.let(wide.format('%most.next'))}, ptr %p1")
    if first is None:
        place = text.let("getelementptr i64, ptr %p1, i64 1")
        text.add(f"store i64 {text.let(wide.format('%tiny.next'))}, ptr {place}")
    text.jump("over")
    text.begin("over")
    text.add("ret void")
    pointers = [Pointer("value", value), Pointer("value", words, 0, "store")]
    if first is not None:
        pointers.append(Pointer("value", first))
    name = f"looked_at_{character}{'' if first is None else '_beside'}"
    return Kernel(name, text, {}, pointers, 1, 1, None, "subnormals")


def raised(text: Text, character: str, own: str, other: str) -> str:
    """Whether an operand is raised, by its words and those of the other one."""
    kind, _, _, below = FORMATS[character]
    found = text.let(f"load i64, ptr {text.let(f'getelementptr i64, ptr {own}, i64 1')}")
    tests = [text.let(f"icmp ne i64 {found}, 0")]
    for words in (own, other):
        most = text.let(f"load i64, ptr {words}")
        tests.append(text.let(f"icmp ult i64 {most}, {bits_of(below, character)}"))
    both = text.let(f"and i1 {tests[0]}, {tests[1]}")
    return text.let(f"and i1 {both}, {tests[2]}")


def scaled(value: Value, own: object, other: object, sign: int) -> Kernel:
    """An operand times the power of two, or divided by it, where it is raised."""
    character = value.dtype.char
    _, _, power, _ = FORMATS[character]
    text = Text()
    text.sizes = {value.size: "%s0"}
    text.branch(raised(text, character, "%p1", "%p2"), "begin", "over")
    text.begin("begin")
    multiply(text, character, constant_of(sign * power, character))
    pointers = [Pointer("value", value, 0, "store"), Pointer("value", own), Pointer("value", other)]
    name = f"{'raised' if sign > 0 else 'lowered'}_{character}"
    return Kernel(name, text, {}, pointers, 1, 1, None, "subnormals")


def product_lowered(value: Value, first: object, second: object) -> Kernel:
    """A product divided by the powers of two by which its operands were raised."""
    character = value.dtype.char
    kind = REGISTERS[character]
    _, _, power, _ = FORMATS[character]
    text = Text()
    text.sizes = {value.size: "%s0"}
    one, lower = constant_of(0, character), constant_of(-power, character)
    tests = [raised(text, character, "%p1", "%p2"), raised(text, character, "%p2", "%p1")]
    factors = [text.let(f"select i1 {test}, {kind} {lower}, {kind} {one}") for test in tests]
    factor = text.let(f"fmul {kind} {factors[0]}, {factors[1]}")
    text.branch(text.let(f"or i1 {tests[0]}, {tests[1]}"), "begin", "over")
    text.begin("begin")
    multiply(text, character, factor)
    pointers = [Pointer("value", value, 0, "store"), Pointer("value", first), Pointer("value", second)]
    return Kernel(f"product_lowered_{character}", text, {}, pointers, 1, 1, None, "subnormals")


def constant_of(power: int, character: str) -> str:
    """A power of two."""
    return real_constant(2.0**power, REGISTERS[character])


def multiply(text: Text, character: str, factor: str) -> None:
    """Multiply all elements by a factor, and end the function."""
    kind = REGISTERS[character]
    text.jump("element")
    text.begin("element")
    text.add("%k = phi i64 [ 0, %begin ], [ %k.next, %element ]")
    found = text.load(character, "%p0", "%k")
    text.store(character, text.let(f"fmul {kind} {found}, {factor}"), "%p0", "%k")
    end_of_loop(text)
    text.jump("over")
    text.begin("over")
    text.add("ret void")
