"""What stands for `numpy.vectorize` and `numpy.frompyfunc`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from .buffers import TRACED, array_of, held, held_deeply, holds_traced, kept
from .entering import active, stands_for
from .making import converted


@stands_for(np.vectorize)
class Vectorized(np.vectorize):
    """As `numpy.vectorize`, element by element where an argument or the function's results are traced."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if active() is None:
            return super().__call__(*arguments, **keywords)
        if getattr(self, "_init_stage_2", None) is not None and not hasattr(self, "pyfunc"):
            return super().__call__(*arguments, **keywords)
        from .automatic import lifted

        if self.signature is not None or self.excluded or keywords:
            return super().__call__(*map(held_deeply, arguments), **{k: held_deeply(v) for k, v in keywords.items()})
        given = [array_of(v) if type(v) in (list, tuple) else v for v in map(held_deeply, arguments)]
        has_elements = [isinstance(v, (*TRACED, np.ndarray, np.generic, int, float, complex)) for v in given]
        shape = np.broadcast_shapes(*(ops.shape(v) for v, has in zip(given, has_elements, strict=True) if has))
        run = lifted(self.pyfunc)
        if not shape:
            return run(*given)
        flat = [
            ops.reshape(ops.broadcast_to(v, shape=shape), shape=(-1,)) if has else (v,) * math.prod(shape)
            for v, has in zip(given, has_elements, strict=True)
        ]
        found = [held(run(*(v[k] for v in flat))) for k in range(math.prod(shape))]
        if found and type(found[0]) is tuple:
            return tuple(shaped(list(column), shape) for column in zip(*found, strict=True))
        return shaped(found, shape)


def shaped(values: list[Any], shape: tuple[int, ...]) -> Any:
    """Numbers as an array of some shape."""
    made = converted(values, None, True) if holds_traced(values) else kept(np.array(values))
    return made.reshape(shape)


@stands_for(np.frompyfunc)
def frompyfunc(func: Any, /, nin: int, nout: int, **keywords: Any) -> Any:
    """As `numpy.frompyfunc`; where an argument is traced, each element is computed by itself."""
    original = np.frompyfunc(func, nin, nout, **keywords)

    def on_elements(*arguments: Any, **more: Any) -> Any:
        return (Vectorized(func) if any(map(holds_traced, arguments)) else original)(*arguments, **more)

    return on_elements if active() is not None else original
