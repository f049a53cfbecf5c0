"""Rolling windows of traced labelled arrays, made of shifted copies."""

from __future__ import annotations

from typing import Any

import xarray as xr

from dispatchml.dispatch.errors import at_user_line

from .labels import LabelError, run


class Windows:
    """What `x.rolling(time=3)` gives for a traced array: the reductions of each window."""

    def __init__(self, x: Any, sizes: dict[Any, int], min_periods: Any, center: Any) -> None:
        if len(sizes) != 1:
            raise LabelError(
                f"rolling over several dims of a traced array{at_user_line()}: roll over one after another."
            )
        ((self.dim, self.size),) = sizes.items()
        self.x = x
        self.min_periods = self.size if min_periods is None else min_periods
        self.center = center if isinstance(center, bool) else center[self.dim]

    def construct(
        self, /, window_dim: Any = None, stride: int = 1, fill_value: Any = float("nan"), **window: Any
    ) -> Any:
        """The windows along a new dim."""
        name = window.get(self.dim, window_dim)
        if isinstance(name, dict):
            name = name[self.dim]
        size, dim = self.size, self.dim
        start = size // 2 if self.center else size - 1

        def shifted(d: Any) -> Any:
            parts = [d.shift({dim: start - k}, fill_value=fill_value) for k in range(size)]
            made = xr.concat(parts, dim=name, coords="minimal", compat="override").transpose(*d.dims, name)
            return made.isel({dim: slice(None, None, stride)}) if stride != 1 else made

        return run(shifted, self.x)

    def reduce(self, name: str, **keywords: Any) -> Any:
        """A reduction of each window with enough numbers in it."""
        window = f"_window_of_{self.dim}"
        windows = self.construct(window)
        least = self.min_periods

        def reduced(d: Any) -> Any:
            y = getattr(d, name)(window, **keywords)
            enough = d.notnull().sum(window) >= least
            return y.where(enough)

        return run(reduced, windows)

    def sum(self, **keywords: Any) -> Any:
        """The sum of each window."""
        return self.reduce("sum", **keywords)

    def mean(self, **keywords: Any) -> Any:
        """The mean of each window."""
        return self.reduce("mean", **keywords)

    def max(self, **keywords: Any) -> Any:
        """The largest of each window."""
        return self.reduce("max", **keywords)

    def min(self, **keywords: Any) -> Any:
        """The least of each window."""
        return self.reduce("min", **keywords)

    def prod(self, **keywords: Any) -> Any:
        """The product of each window."""
        return self.reduce("prod", **keywords)

    def std(self, **keywords: Any) -> Any:
        """The standard deviation of each window."""
        return self.reduce("std", **keywords)

    def var(self, **keywords: Any) -> Any:
        """The variance of each window."""
        return self.reduce("var", **keywords)

    def median(self, **keywords: Any) -> Any:
        """The median of each window."""
        return self.reduce("median", **keywords)

    def count(self, **_: Any) -> Any:
        """How many numbers each window has."""
        return run(lambda d: d.notnull().sum(f"_window_of_{self.dim}"), self.construct(f"_window_of_{self.dim}"))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"rolling(...).{name} of a traced array{at_user_line()}: there are sum, mean, max, min, prod, std, var, "
            "median, count and construct."
        )
