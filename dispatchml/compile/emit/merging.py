"""Kernels beside the regions': what joins the parts of all blocks, in their order, and a copy."""

from __future__ import annotations

from .joining import joined
from .kernel import Kernel, Pointer
from .text import REGISTERS, Text


def merging(symbol: str, value: object, operation: str, character: str, blocks: int, size: int) -> Kernel:
    """out[k] = the parts' [k] joined, block by block."""
    text = Text()
    # numbers of blocks and elements are always arguments: one text for each operation and dtype
    text.sizes = {blocks: "%s0", size: "%s1"} if blocks != size else {blocks: "%s0"}
    count, length = text.sizes[blocks], text.sizes[size]
    kind = REGISTERS[character]
    text.jump("element")
    text.begin("element")
    k = "%k"
    text.lines += [f"  {k} = phi i64 [ 0, %entry ], [ %k.next, %stored ]"]
    first = text.load(character, "%p0", k)
    text.jump("head")
    text.begin("head")
    text.lines += [
        "  %b = phi i64 [ 1, %element ], [ %b.next, %body ]",
        f"  %total = phi {kind} [ {first}, %element ], [ %joined, %body ]",
    ]
    text.lines += [f"  %more = icmp slt i64 %b, {count}", "  br i1 %more, label %body, label %stored", "body:"]
    at = text.let(f"mul i64 %b, {length}")
    at = text.let(f"add i64 {at}, {k}")
    found = text.load(character, "%p0", at)
    total = joined(text, operation, character, "%total", found)
    text.lines += [f"  %joined = {'bitcast ' + kind + ' ' + total + ' to ' + kind}"] if character not in "FD" else []
    if character in "FD":
        part = kind[1:-1].split(",")[0]
        real = text.let(f"extractvalue {kind} {total}, 0")
        text.lines += [f"  %joined = insertvalue {kind} {total}, {part} {real}, 0"]
    text.lines += ["  %b.next = add i64 %b, 1", "  br label %head", "stored:"]
    text.store(character, "%total", "%p1", k)
    text.lines += [
        "  %k.next = add i64 %k, 1",
        f"  %again = icmp slt i64 %k.next, {length}",
        "  br i1 %again, label %element, label %done",
        "done:",
        "  ret void",
    ]
    pointers = [Pointer("partial", value, size), Pointer("value", value, 0, "store")]
    return Kernel(symbol, text, {}, pointers, 1, 1, None, "merge")


def copying(symbol: str, value: object, count: int) -> Kernel:
    """Copy so many bytes into the memory of a value."""
    text = Text()
    text.sizes = {count: "%s0"}
    text.intrinsics["llvm.memcpy"] = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
    text.add("call void @llvm.memcpy.p0.p0.i64(ptr %p1, ptr %p0, i64 %s0, i1 false)")
    text.add("ret void")
    pointers = [Pointer("value", None), Pointer("value", value, 0, "store")]
    return Kernel(symbol, text, {}, pointers, 1, 1, None, "copy")
