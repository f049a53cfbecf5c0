"""Kernels of the NumPy backend over another library's arrays: the same text, in which `np` means that library."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import FunctionType
from typing import Any

import numpy as np

from .library import Library, Namespace

#: Functions of NumPy that modules of the backend call by a name of their own.
NAMED = frozenset({"asarray", "ndarray", "zeros"})


class Borrowed:
    """Functions of the NumPy backend's modules, once for each library."""

    def __init__(self, library: Library) -> None:
        self.namespace = Namespace(library)
        self.modules: dict[str, dict[str, Any]] = {}

    def module(self, name: str) -> dict[str, Any]:
        """The names of a module, its own functions and those of its kin over this library."""
        made = self.modules.get(name)
        if made is not None:
            return made
        original = vars(import_module(f"dispatchml.backends.numpy.{name}"))
        made = self.modules[name] = dict(original)
        made["np"] = self.namespace
        for key, value in original.items():
            if key in NAMED and value is getattr(np, key):  # a short name for a function of NumPy
                made[key] = getattr(self.namespace, key)
            elif isinstance(value, FunctionType) and value.__module__.startswith("dispatchml.backends.numpy."):
                home = value.__module__.rpartition(".")[2]
                if key == "is_empty":  # a look at numbers, for speed alone
                    made[key] = never
                elif key == "holds_everywhere":  # and one for nan and inf, of which nan or inf comes here
                    made[key] = always
                elif home == name:
                    made[key] = copied(value, made)
                elif home not in ("checked", "kernels"):
                    made[key] = self.module(home)[value.__name__]
        return made

    def function(self, path: str) -> Callable[..., Any]:
        """A function by "module.name"."""
        module, _, name = path.rpartition(".")
        return self.module(module)[name]


def always(*_: Any) -> bool:
    """Yes."""
    return True


def never(*_: Any) -> bool:
    """No."""
    return False


def copied(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    """A function over other global names."""
    made = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made
