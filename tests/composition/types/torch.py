"""torch tensors: a storage, whose tests otherwise have a command of their own (`make test-torch`)."""

import numpy as np

from dispatchml.testing.composition import Subject

LIBRARIES = ("torch", "dispatchml_torch")


def subjects():
    import torch

    def row(name, kind, **others):
        dtype = np.dtype(str(kind).partition(".")[2])
        return Subject(
            name=name,
            slot="value",
            family="torch",
            cls=torch.Tensor,
            make=lambda a: torch.tensor(np.asarray(a), dtype=kind),
            constant=lambda array, axes: torch.tensor(array, dtype=kind) if array.dtype.kind == "f" else array,
            metadata=lambda x: {"device": x.device.type, "recorded by torch": x.requires_grad},
            expect=lambda e: {"device": "cpu", "recorded by torch": False},
            numbers=lambda payload, e: payload.numpy(),
            dtype=dtype,
            pairs=False,  # most libraries that wrap arrays call numpy.asarray on a tensor before dispatchml sees it
            **others,
        )

    return [row("torch.Tensor", torch.float64), row("torch.Tensor float32", torch.float32, tolerance=2e-5)]
