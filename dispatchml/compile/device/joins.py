"""How threads that share a unit join what each has added up: by shuffles in a warp, by shared memory in a block.

The texts use what a card has, and what whoever runs them on the host must give: `shuffle(x, mask)`, a word of the lane
whose number differs in the bits of the mask; `part(x, mask, lanes)`, the same among so many of a warp; `meet()`, which
nobody leaves before all have come; `place(k)`, the address of a word that all share.
Whatever calls them is "convergent": LLVM must not move a call to where fewer lanes come.
Every lane gets the same bits: the operations commute, and the order of joining depends on the number of lanes alone.
"""

from __future__ import annotations

from ..emit.joining import joined
from ..emit.text import REGISTERS, Text

#: Lanes of a warp, of a block that shares a unit, and of parts of a warp that do.
WARP, BLOCK, PARTS = 32, 256, (16, 8)

ON_CARD = """@group.memory = internal addrspace(3) global [32 x i64] undef, align 16
declare i32 @llvm.nvvm.shfl.sync.bfly.i32(i32, i32, i32, i32)
declare void @llvm.nvvm.barrier0()

define internal i32 @group.shuffle(i32 %x, i32 %mask) alwaysinline convergent {
  %y = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 %x, i32 %mask, i32 31)
  ret i32 %y
}

define internal i32 @group.part(i32 %x, i32 %mask, i32 %lanes) alwaysinline convergent {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %less = sub i32 %lanes, 1
  %others = xor i32 %less, 31
  %first = and i32 %t, %others
  %past = shl i32 1, %lanes
  %ones = sub i32 %past, 1
  %members = shl i32 %ones, %first
  %y = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 %members, i32 %x, i32 %mask, i32 31)
  ret i32 %y
}

define internal void @group.meet() alwaysinline convergent {
  call void @llvm.nvvm.barrier0()
  ret void
}

define internal ptr @group.place(i64 %k) alwaysinline {
  %p = getelementptr [32 x i64], ptr addrspace(3) @group.memory, i64 0, i64 %k
  %q = addrspacecast ptr addrspace(3) %p to ptr
  ret ptr %q
}
"""

ON_HOST = """declare i32 @group.shuffle(i32, i32) convergent
declare i32 @group.part(i32, i32, i32) convergent
declare void @group.meet() convergent
declare ptr @group.place(i64)
"""


def join_name(operation: str, character: str, lanes: int) -> str:
    """The name of a function that joins."""
    return f"group.{operation}.{'bool' if character == '?' else character}.{lanes}"


def join_text(operation: str, character: str, lanes: int) -> tuple[str, dict[str, str]]:
    """A function of a lane's total and number that gives the total of all lanes; LLVM's functions that it calls."""
    text, kind = Text(), REGISTERS[character]
    total = "%x"
    for mask in masks(lanes)[::-1]:
        total = joined(text, operation, character, total, shuffled(text, character, total, mask, lanes))
    if lanes > WARP:
        warp = text.let(f"udiv i64 %lane, {WARP}")
        for k, word in enumerate(as_words(text, character, total)):
            place = text.let(f"mul i64 {warp}, 2")
            at = text.let(f"add i64 {place}, {k}")
            text.add(f"store i64 {word}, ptr {text.let(f'call ptr @group.place(i64 {at})')}")
        text.add("call void @group.meet()")
        parts = []
        for number in range(lanes // WARP):
            words = []
            for k in range(1 + (character == "D")):
                at = text.let(f"call ptr @group.place(i64 {2 * number + k})")
                words.append(text.let(f"load i64, ptr {at}"))
            parts.append(from_words(text, character, words))
        total = parts[0]
        for part in parts[1:]:
            total = joined(text, operation, character, total, part)
        text.add("call void @group.meet()")
    text.add(f"ret {kind} {total}")
    head = (
        f"define internal {kind} @{join_name(operation, character, lanes)}({kind} %x, i64 %lane) nounwind convergent {{"
    )
    return "\n".join([head, "entry:", *text.lines, "}"]), text.intrinsics


def as_words(text: Text, character: str, value: str) -> list[str]:
    """A number as words of 64 bits."""
    kind = REGISTERS[character]
    if character == "D":
        parts = [text.let(f"extractvalue {kind} {value}, {k}") for k in range(2)]
        return [text.let(f"bitcast double {part} to i64") for part in parts]
    if character == "F":
        low, high = (
            text.let(f"bitcast float {text.let(f'extractvalue {kind} {value}, {k}')} to i32") for k in range(2)
        )
        wide = text.let(f"shl i64 {text.let(f'zext i32 {high} to i64')}, 32")
        return [text.let(f"or i64 {wide}, {text.let(f'zext i32 {low} to i64')}")]
    if character == "d":
        return [text.let(f"bitcast double {value} to i64")]
    if character in "ef":
        bits = {"e": "i16", "f": "i32"}[character]
        return [text.let(f"zext {bits} {text.let(f'bitcast {kind} {value} to {bits}')} to i64")]
    return [value] if kind == "i64" else [text.let(f"zext {kind} {value} to i64")]


def from_words(text: Text, character: str, words: list[str]) -> str:
    """A number of its words."""
    kind = REGISTERS[character]
    if character in "FD":
        part = kind[1:-1].split(",")[0]
        if character == "D":
            parts = [text.let(f"bitcast i64 {word} to double") for word in words]
        else:
            high = text.let(f"lshr i64 {words[0]}, 32")
            halves = [text.let(f"trunc i64 {word} to i32") for word in (words[0], high)]
            parts = [text.let(f"bitcast i32 {half} to float") for half in halves]
        first = text.let(f"insertvalue {kind} poison, {part} {parts[0]}, 0")
        return text.let(f"insertvalue {kind} {first}, {part} {parts[1]}, 1")
    if character == "d":
        return text.let(f"bitcast i64 {words[0]} to double")
    if character in "ef":
        bits = {"e": "i16", "f": "i32"}[character]
        return text.let(f"bitcast {bits} {text.let(f'trunc i64 {words[0]} to {bits}')} to {kind}")
    return words[0] if kind == "i64" else text.let(f"trunc i64 {words[0]} to {kind}")


def masks(lanes: int) -> list[int]:
    """By which lanes of a warp, or a part of it, differ at each step of joining."""
    return [mask for mask in (1, 2, 4, 8, 16) if mask < lanes]


def shuffled(text: Text, character: str, value: str, mask: int, lanes: int) -> str:
    """The value of the lane whose number differs in the bits of a mask, among so many."""
    moved, call = [], "@group.shuffle" if lanes >= WARP else "@group.part"
    more = "" if lanes >= WARP else f", i32 {lanes}"
    for word in as_words(text, character, value):
        halves = [word] if character in "?bBhHiIef" else [word, text.let(f"lshr i64 {word}, 32")]
        found = []
        for half in halves:
            register = text.let(f"trunc i64 {half} to i32")
            found.append(text.let(f"zext i32 {text.let(f'call i32 {call}(i32 {register}, i32 {mask}{more})')} to i64"))
        whole = found[0]
        if len(found) == 2:
            whole = text.let(f"or i64 {text.let(f'shl i64 {found[1]}, 32')}, {found[0]}")
        moved.append(whole)
    return from_words(text, character, moved)
