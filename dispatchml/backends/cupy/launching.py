"""Generated kernels on a card: translated to PTX for its architecture, loaded and launched by CuPy."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...compile.device import module
from ...compile.emit.kernel import Kernel

#: Threads of a block, and blocks for each multiprocessor, at most: threads go on to further elements.
THREADS = 256
BLOCKS = 16


class Code:
    """The kernels of a program on a card. `code(kernel, arrays)` launches one on the current stream."""

    def __init__(self, library: Any, kernels: list[Kernel]) -> None:
        self.library = library
        device = library.xp.cuda.Device()
        properties = library.xp.cuda.runtime.getDeviceProperties(device.id)
        architecture = module.architecture_for(properties["major"], properties["minor"])
        self.most = BLOCKS * properties["multiProcessorCount"]
        text = module.ptx(module.module_text(kernels, True), architecture)
        self.module = library.xp.RawModule(path=str(kept(text)))
        self.functions: dict[str, Any] = {}

    def __call__(self, kernel: Kernel, arrays: list[Any]) -> None:
        units = kernel.blocks * kernel.group
        blocks = max(1, min(-(-units // THREADS), self.most))
        numbers = [np.int64(n) for n in (*kernel.sizes, kernel.extent, kernel.grain)]
        function = self.functions.get(kernel.symbol)
        if function is None:
            function = self.functions[kernel.symbol] = self.module.get_function(kernel.symbol)
        function((blocks,), (THREADS,), (*arrays, *numbers))


def kept(text: str) -> Path:
    """A file with the PTX, which CuPy loads from there."""
    folder = Path(tempfile.gettempdir()) / "dispatchml-ptx"
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.ptx"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
            file.write(text)
        Path(file.name).replace(path)
    return path
