"""Tensors and arrays: one memory seen by both, dtypes by their common names, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from dispatchml.dispatch.errors import DispatchmlError, JoinError, at_user_line

#: dtypes that NumPy and torch have both.
COMMON = {
    getattr(torch, name): np.dtype(name)
    for name in (
        "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
    )
}
TORCH = {v: k for k, v in COMMON.items()}


class GradientError(DispatchmlError, TypeError):
    """A tensor that torch's own derivatives record was given to dispatchml's."""


class StorageError(DispatchmlError, TypeError):
    """A tensor that NumPy cannot see: of another device, or of a dtype that NumPy lacks."""


class Names(dict[torch.dtype, np.dtype[Any]]):
    """NumPy's dtypes by torch's."""

    def __missing__(self, dtype: torch.dtype) -> np.dtype[Any]:
        raise StorageError(
            f"{dtype} has no counterpart in NumPy{at_user_line()}, by whose names dispatchml tells dtypes. "
            "Write x.to(torch.float32)."
        )


#: The NumPy dtype of a torch dtype; bfloat16 and others that NumPy lacks raise StorageError. Asked at each operation.
numpy_dtype = Names(COMMON).__getitem__


def torch_dtype(dtype: Any) -> torch.dtype:
    """The torch dtype of a NumPy dtype."""
    found = TORCH.get(np.dtype(dtype))
    if found is None:
        raise StorageError(f"torch has no counterpart of the dtype {np.dtype(dtype)}{at_user_line()}.")
    return found


def check(name: str, tensors: Any) -> None:
    """Refuse tensors that torch records, and tensors of two devices."""
    device = None
    for x in tensors:
        if type(x) is not torch.Tensor and not isinstance(x, torch.Tensor):
            continue
        if x.requires_grad:
            raise GradientError(
                f"{name}: a tensor requires_grad{at_user_line()}, so torch would record what dispatchml "
                "differentiates. Pass x.detach(), which shares its memory."
            )
        if device is None:
            device = x.device
        elif x.device != device:
            raise JoinError(
                f"{name}: one tensor is on {device}, the other on {x.device}{at_user_line()}; nothing is moved behind "
                f"your back. Write x.to({str(device)!r})."
            )


def as_array(x: Any, name: str) -> Any:
    """A tensor's memory as an array; anything else as it is. On another device than the CPU it raises."""
    if not isinstance(x, torch.Tensor):
        return x
    if x.device.type != "cpu":
        raise StorageError(
            f"{name} has no kernel for tensors on {x.device}{at_user_line()}; on the CPU NumPy's runs on their memory. "
            "Write x.cpu(), or register a method with @ops." + name + ".register."
        )
    if x.is_sparse or x.layout is not torch.strided:
        raise StorageError(f"{name} of a sparse tensor{at_user_line()}: write x.to_dense().")
    numpy_dtype(x.dtype)
    return x.resolve_conj().resolve_neg().numpy()


def as_tensor(x: Any) -> Any:
    """An array as a tensor on its memory where torch can hold it; Python's numbers stay, tuples go by elements."""
    if isinstance(x, (tuple, list)):
        return type(x)(map(as_tensor, x)) if type(x) in (tuple, list) else x
    if isinstance(x, np.generic):
        x = np.asarray(x)
    if not isinstance(x, np.ndarray):
        return x
    torch_dtype(x.dtype)
    if any(s < 0 for s in x.strides) or not x.flags.writeable or not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="), copy=True)
    return torch.from_numpy(x)


def from_below(x: Any) -> Any:
    """What is below tensors in the lattice on its way up: arrays share their memory, Python's numbers stay weak."""
    if type(x) in (bool, int, float, complex):
        return x
    if isinstance(x, np.ndarray) and x.dtype == object:
        raise StorageError(f"An object array and a tensor do not meet{at_user_line()}: torch holds no objects.")
    return as_tensor(x)
