"""Discrete Fourier transforms. `norm` is "backward" (None), "ortho" or "forward"; float32 stays single precision."""

from typing import Any

from ..dispatch import operation

__all__ = [
    "fft", "fft2", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft", "irfft2",
    "irfftn", "rfft", "rfft2", "rfftn",
]  # fmt: skip


@operation(family="fft")
def fft(x: Any, *, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform along an axis, cropped or padded with zeros to n points first."""


@operation(family="fft")
def ifft(x: Any, *, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `fft`."""


@operation(family="fft")
def rfft(x: Any, *, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform of real input: its n // 2 + 1 frequencies that are not negative."""


@operation(family="fft")
def irfft(x: Any, *, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `rfft`: n real points (None: 2 * (m - 1) for m frequencies)."""


@operation(family="fft")
def hfft(x: Any, *, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform of a signal with Hermitian symmetry, given by its first half: n real points."""


@operation(family="fft")
def ihfft(x: Any, *, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `hfft`."""


@operation(family="fft")
def fft2(x: Any, *, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`fftn` over two axes."""


@operation(family="fft")
def ifft2(x: Any, *, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`ifftn` over two axes."""


@operation(family="fft")
def rfft2(x: Any, *, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`rfftn` over two axes."""


@operation(family="fft")
def irfft2(x: Any, *, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`irfftn` over two axes."""


@operation(family="fft")
def fftn(x: Any, *, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The transform over several axes (None: all, or the last len(s)), each cropped or padded to its entry of s."""


@operation(family="fft")
def ifftn(x: Any, *, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `fftn`."""


@operation(family="fft")
def rfftn(x: Any, *, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """`rfft` over the last of the axes, `fft` over the others."""


@operation(family="fft")
def irfftn(x: Any, *, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `rfftn`: `ifft` over all axes but the last, `irfft` over that."""


@operation(family="fft")
def fftshift(x: Any, *, axes: Any = None) -> Any:
    """Move the frequency zero to the middle of the axes (None: all)."""


@operation(family="fft")
def ifftshift(x: Any, *, axes: Any = None) -> Any:
    """Undo `fftshift`."""
