"""Seconds until a program of about 500 operations has its first result, beside jax's: recorded, compiled and run once.

    python benchmarks/compile_time.py [--operations 540]

Nothing comes from a cache. Importing is not counted; `first_compiled.py` counts it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from typing import Any

os.environ["DISPATCHML_CACHE_DIR"] = tempfile.mkdtemp(prefix="dispatchml-compile-time-")

import numpy as np
from _race import optional, verdict, versions

import dispatchml as dm

parser = argparse.ArgumentParser()
parser.add_argument("--operations", type=int, default=540)
COUNT = parser.parse_args().operations
X = np.linspace(0.1, 1.0, 1000)
jax = optional("jax")


def chain(xp: Any) -> Any:
    """Elementwise operations with sines."""

    def function(x):
        for _ in range(COUNT // 4):
            x = x + 0.01 * xp.sin(x) * x
        return xp.sum(x)

    return function


def polynomial(xp: Any) -> Any:
    """Sums and products."""

    def function(x):
        for _ in range(COUNT // 3):
            x = x + 0.01 * x * x
        return xp.sum(x)

    return function


def diffusion(xp: Any) -> Any:
    """Steps of a linear equation on a line."""

    def function(u):
        for _ in range(COUNT // 12):
            inner = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
            u = xp.concatenate([u[:1], inner, u[-1:]])
        return xp.sum(u * u)

    return function


def burgers(xp: Any) -> Any:
    """Steps of a nonlinear one."""

    def function(u):
        for _ in range(COUNT // 18):
            flux = 0.5 * u * u
            inner = u[1:-1] - 0.1 * (flux[2:] - flux[:-2]) + 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
            u = xp.concatenate([u[:1], inner, u[-1:]])
        return xp.sum(u * u)

    return function


def heat(xp: Any) -> Any:
    """Steps on a square that lose a row at each side."""

    def function(u):
        u = xp.reshape(xp.concatenate([u] * 10), (100, 100))
        for _ in range(min(COUNT // 11, 48)):
            u = u[1:-1, 1:-1] + 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
        return xp.sum(u * u)

    return function


def layers(xp: Any) -> Any:
    """Many small products of matrices."""

    def function(x):
        x = xp.reshape(x[:400], (20, 20))
        for _ in range(COUNT // 3):
            x = xp.tanh(x @ x * 0.1)
        return xp.sum(x)

    return function


def first(call: Any) -> float:
    """The seconds that a first call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    versions("dispatchml", "numpy", "llvmlite", "jax")
    dm.jit(lambda x: x + 1.0)(X)
    if jax:
        jax.config.update("jax_enable_x64", True)
        jax.block_until_ready(jax.jit(lambda x: x + 1.0)(X))
    reached = []
    for make in (chain, polynomial, diffusion, burgers, heat, layers):
        for name, ours in (("value", dm.jit), ("gradient", lambda f: dm.jit(dm.grad(f)))):
            compiled = ours(make(np))
            seconds = first(lambda c=compiled: c(X))
            operations = compiled.report(X).split(" ", 1)[0]
            line = f"{make.__name__}, {name}, {operations} recorded operations: ours {seconds:.2f} s"
            if jax:
                import jax.numpy as jnp

                other = jax.jit(make(jnp) if name == "value" else jax.grad(make(jnp)))
                given = jnp.asarray(X)
                theirs = first(lambda c=other, x=given: jax.block_until_ready(c(x)))
                line += f", jax.jit {theirs:.2f} s"
            print(line)
            if name == "value":
                reached.append(verdict("1 s / ours", 1.0 / seconds, 1.0))
    print("\nall reached" if all(reached) else f"\nNOT all reached: {reached.count(False)} of {len(reached)} missed")
