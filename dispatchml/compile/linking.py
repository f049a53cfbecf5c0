"""From a relocatable object to an image: code and constants in one piece that runs at any address.

LLVM hands out objects in the format of the linker. Linking them once, when they are made, leaves next to nothing to do
when they are loaded: copy the image, fill in the addresses of a few C functions, make it executable. This knows the
relocations of position-independent code for x86-64 in ELF; whatever else comes is left to LLVM's own linker.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .image import Image, is_external

ELF_X86_64 = b"\x7fELF\x02\x01\x01"
MACHINE_X86_64 = 62
SYMBOLS, RELOCATIONS, WITHOUT_BYTES = 2, 4, 8  # types of sections
ALLOCATED, WRITEABLE, EXECUTABLE = 2, 1, 4  # flags of sections
GLOBAL, FUNCTION = 1, 2
#: Relocations: 64 bits of address; 32 bits relative to the place; the same for calls; relative to a pointer to it.
ABSOLUTE, RELATIVE, CALL, THROUGH_POINTER = 1, 2, 4, (9, 41, 42)
JUMP = b"\xff\x25"  # jmp through the pointer whose distance follows


class LinkError(Exception):
    """An object has something that images do not."""


class Section(NamedTuple):
    """A section of an object; `place` and what follows are offsets in the file, in its words."""

    name: int
    kind: int
    flags: int
    address: int
    place: int
    size: int
    link: int
    info: int
    alignment: int
    entry: int


class Symbol(NamedTuple):
    """A name of an object: section 0 is what another object must bring."""

    name: str
    kind: int
    section: int
    value: int
    binding: int


def text_at(data: bytes, place: int) -> str:
    """A string that ends with a zero byte."""
    return data[place : data.index(b"\0", place)].decode()


def sections_of(data: bytes) -> list[Section]:
    """The sections of an ELF object for x86-64."""
    if data[:7] != ELF_X86_64 or struct.unpack_from("<H", data, 18)[0] != MACHINE_X86_64:
        raise LinkError("this is no ELF object for x86-64")
    (table,), (size, count) = struct.unpack_from("<Q", data, 40), struct.unpack_from("<HH", data, 58)
    return [Section(*struct.unpack_from("<IIQQQQIIQQ", data, table + size * k)) for k in range(count)]


def symbols_of(data: bytes, sections: list[Section]) -> list[Symbol]:
    """The names that an object has and wants."""
    found: list[Symbol] = []
    for section in sections:
        if section.kind == SYMBOLS:
            names = sections[section.link].place
            for place in range(section.place, section.place + section.size, section.entry):
                name, info, _, where, value, _ = struct.unpack_from("<IBBHQQ", data, place)
                found.append(Symbol(text_at(data, names + name), info & 15, where, value, info >> 4))
    return found


class Linker:
    """Lays the sections of one object out and settles its relocations."""

    def __init__(self, data: bytes) -> None:
        self.data, self.sections = data, sections_of(data)
        self.symbols = symbols_of(data, self.sections)
        self.code = bytearray()
        self.places: dict[int, int] = {}
        self.pointers: dict[str, int] = {}
        self.own_pointers: dict[str, int] = {}
        self.jumps: dict[str, int] = {}
        self.bases: list[tuple[int, int]] = []

    def link(self) -> Image:
        """The whole way."""
        wanted = [k for k, s in enumerate(self.sections) if s.flags & ALLOCATED and s.size and s.kind != 0x70000001]
        for k in sorted(wanted, key=lambda k: not self.sections[k].flags & EXECUTABLE):
            section = self.sections[k]
            if section.flags & WRITEABLE or section.kind == WITHOUT_BYTES:
                raise LinkError("the object has variables")
            self.align(section.alignment)
            self.places[k] = len(self.code)
            self.code += self.data[section.place : section.place + section.size]
        for section in self.sections:
            if section.kind == RELOCATIONS and section.info in self.places:
                for place in range(section.place, section.place + section.size, section.entry):
                    offset, info, addend = struct.unpack_from("<QQq", self.data, place)
                    self.settle(self.places[section.info] + offset, info & 0xFFFFFFFF, self.symbols[info >> 32], addend)
        symbols = {
            s.name: self.places[s.section] + s.value
            for s in self.symbols
            if s.binding == GLOBAL and s.kind == FUNCTION and s.section in self.places
        }
        return Image(bytes(self.code), symbols, [(place, name) for name, place in self.pointers.items()], self.bases)

    def align(self, alignment: int) -> None:
        """Fill up to a multiple."""
        self.code += b"\0" * (-len(self.code) % max(alignment, 1))

    def settle(self, place: int, kind: int, symbol: Symbol, addend: int) -> None:
        """Write what belongs at a place of the image."""
        if kind == ABSOLUTE and symbol.section in self.places:
            self.bases.append((place, self.target(symbol) + addend))
        elif kind in (RELATIVE, CALL):
            target = self.target(symbol) if symbol.section in self.places else self.jump(symbol)
            struct.pack_into("<i", self.code, place, target + addend - place)
        elif kind in THROUGH_POINTER:
            struct.pack_into("<i", self.code, place, self.pointer(symbol) + addend - place)
        else:
            raise LinkError(f"a relocation of type {kind} for {symbol.name!r}")

    def target(self, symbol: Symbol) -> int:
        """Where a symbol of the object lies in the image."""
        return self.places[symbol.section] + symbol.value

    def pointer(self, symbol: Symbol) -> int:
        """The place that holds the address of a C function or of one of the object."""
        own = symbol.section in self.places
        if not own and not is_external(symbol.name):
            raise LinkError(f"the object calls {symbol.name!r}")
        known = self.own_pointers if own else self.pointers
        if symbol.name not in known:
            self.align(8)
            known[symbol.name] = len(self.code)
            if own:
                self.bases.append((len(self.code), self.target(symbol)))
            self.code += b"\0" * 8
        return known[symbol.name]

    def jump(self, symbol: Symbol) -> int:
        """A jump to a C function, for calls that reach no further than 2 GiB."""
        if symbol.name not in self.jumps:
            pointer = self.pointer(symbol)
            self.align(8)
            place = self.jumps[symbol.name] = len(self.code)
            self.code += JUMP + struct.pack("<i", pointer - place - 6)
        return self.jumps[symbol.name]


def link(data: bytes) -> Image:
    """The image of an object; raises LinkError where it has something that images do not."""
    return Linker(data).link()
