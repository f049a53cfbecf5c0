"""Namespaces of arrays that packages ask for (array_api_compat): lifted NumPy inside of transforms."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np

from .buffers import TRACED, Buffer
from .stand_ins import LIFTED_NUMPY, STAND_INS, active, keeps_class, module_copy


def prepare_namespaces() -> None:
    """Let the code of packages find lifted NumPy where it asks for the namespace of its arrays."""
    for name, module in list(sys.modules.items()):
        if name.endswith(".array_api_compat.numpy") and id(module) not in STAND_INS:
            if name.startswith("scipy.") and "scipy._lib._array_api" not in sys.modules:
                continue
            lifted = lifted_namespace(module)
            STAND_INS[id(module)] = module, lifted
            if name.startswith("scipy."):
                prepare_scipy(lifted)


def lifted_namespace(compat: types.ModuleType) -> types.ModuleType:
    """A package's own face of NumPy, over lifted NumPy."""
    lifted = module_copy(compat, keeps_class)
    for name, value in vars(compat).items():  # functions round those of NumPy, which are in the standard themselves
        if isinstance(value, types.FunctionType) and not name.startswith("_") and hasattr(np, name):
            vars(lifted)[name] = getattr(LIFTED_NUMPY, name)
    return lifted


def prepare_scipy(lifted: types.ModuleType) -> None:
    """What SciPy asks of arrays and of their namespace."""
    api = sys.modules["scipy._lib._array_api"]
    helpers = sys.modules["scipy._lib.array_api_compat.common._helpers"]
    is_numpy = api.is_numpy

    def for_lifted(original: Any, instead: Any) -> None:
        """A function of arrays that is answered for those of lifted code."""

        def asked(*arrays: Any, **keywords: Any) -> Any:
            if active() is None or not any(type(x) is Buffer or isinstance(x, TRACED) for x in arrays):
                return original(*arrays, **keywords)
            return instead

        STAND_INS[id(original)] = original, asked

    def namespace_of(original: Any) -> None:
        """A function that gives the namespace of arrays."""

        def namespace(*arrays: Any, **keywords: Any) -> Any:
            return original(*arrays, **keywords) if active() is None else lifted

        STAND_INS[id(original)] = original, namespace

    def is_numpy_or_lifted(xp: Any) -> bool:
        return xp is lifted or is_numpy(xp)

    namespace_of(api.array_namespace)
    namespace_of(helpers.array_namespace)
    for name in ("is_writeable_array", "is_numpy_array", "is_array_api_obj"):
        if hasattr(helpers, name):  # not in older versions
            for_lifted(getattr(helpers, name), True)
    STAND_INS[id(is_numpy)] = is_numpy, is_numpy_or_lifted
