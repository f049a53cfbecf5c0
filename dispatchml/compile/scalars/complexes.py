"""Complex numbers as pairs of terms."""

from __future__ import annotations

from .builder import Builder, Term
from .kinds import F32, Kind


class Pair:
    """A complex number: its real and its imaginary part."""

    __slots__ = ("real", "imag")

    def __init__(self, real: Term, imag: Term) -> None:
        self.real, self.imag = real, imag

    @property
    def name(self) -> str:
        """The name of its kind."""
        return "c64" if self.real.kind is F32 else "c128"

    @classmethod
    def taken_apart(cls, builder: Builder, register: str, kind: Kind) -> Pair:
        """The parts of a register of LLVM's pair type."""
        pair = f"{{ {kind.llvm}, {kind.llvm} }}"
        return cls(*(builder.emit(f"extractvalue {pair} {register}, {k}", kind) for k in (0, 1)))

    def put_together(self, builder: Builder) -> str:
        """The register of LLVM's pair type that holds both."""
        kind = self.real.kind
        pair = f"{{ {kind.llvm}, {kind.llvm} }}"
        half = builder.emit(f"insertvalue {pair} poison, {kind.llvm} {self.real.register}, 0", kind)
        return builder.emit(f"insertvalue {pair} {half.register}, {kind.llvm} {self.imag.register}, 1", kind).register
