"""The GradBench table: dispatchml and its peers in turns, each a process that speaks the protocol.

    python benchmarks/gradbench/run.py [--only lse,gmm] [--peers jax,torch,autograd,tape] [--quick]
                                       [--tool "name=command ..."] (any other tool of the suite)

Times are medians of the runs of all rounds; compiling apart. Every process has one thread.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import numpy as np  # noqa: E402
from _race import versions  # noqa: E402
from workloads import EVALS, Eval  # noqa: E402

LIMITED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "DISPATCHML_NUM_THREADS")


class Peer:
    """A tool's process."""

    def __init__(self, name: str, command: list[str]):
        self.name = name
        one = dict.fromkeys(LIMITED, "1") | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
        self.process = subprocess.Popen(
            command, env=os.environ | one, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.sent = 0

    def ask(self, **message: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.sent += 1
        print(json.dumps({"id": self.sent, **message}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"success": False, "error": "the process has ended"}

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


class Measured:
    """What one peer took for one function on one workload, in seconds."""

    def __init__(self) -> None:
        self.runs: list[float] = []
        self.compiled = 0.0
        self.output: Any = None
        self.error = ""

    def take(self, reply: dict[str, Any]) -> None:
        if not reply.get("success"):
            self.error = reply.get("error", "no reason given")
            return
        self.output = reply["output"]
        for timing in reply.get("timings", []):
            seconds = timing["nanoseconds"] * 1e-9
            if timing["name"] == "evaluate":
                self.runs.append(seconds)
            elif timing["name"] == "compile":
                self.compiled = max(self.compiled, seconds)

    @property
    def time(self) -> float:
        return statistics.median(self.runs) if self.runs else math.nan


def numbers(output: Any) -> np.ndarray:
    """All numbers of an output, in order of the keys' names."""
    if isinstance(output, dict):
        return np.concatenate([numbers(output[name]) for name in sorted(output)])
    return np.ravel(np.array(output, float))


def difference(a: Any, b: Any) -> float:
    """The suite's measure: the largest |a - b| / max(|a| + |b|, 1); infinite where shapes differ or a is not finite."""
    first, second = numbers(a), numbers(b)
    if first.shape != second.shape or not np.all(np.isfinite(first)):
        return math.inf
    return float(np.max(np.abs(first - second) / np.maximum(np.abs(first) + np.abs(second), 1.0), initial=0.0))


def measure(peers: list[Peer], name: str, evaluation: Eval, sizes: tuple[int, ...], quick: bool) -> dict[str, Any]:
    """All functions of one workload, all peers in turns: for each peer what its functions took."""
    given = evaluation.make(np.random.default_rng(0), *sizes)
    given |= {"min_runs": 3, "min_seconds": 0.05 if quick else 0.3}
    functions = [name for name in (evaluation.value, *evaluation.derivatives) if name]
    found = {peer.name: {function: Measured() for function in functions} for peer in peers}
    for _ in range(2 if quick else 5):
        for peer in peers:
            for function, measured in found[peer.name].items():
                if not measured.error:
                    measured.take(peer.ask(kind="evaluate", module=name, function=function, input=given))
    return found


def fastest(found: dict[str, Measured], evaluation: Eval) -> Measured | None:
    """The derivative that counts; None, with its reason printed, where there is none."""
    valid = [found[name] for name in evaluation.derivatives if not found[name].error]
    return min(valid, key=lambda measured: measured.time) if valid else None


def row(label: str, evaluation: Eval, found: dict[str, dict[str, Measured]]) -> dict[str, float]:
    """Print a line for each peer; return the derivative times over ours."""
    print(f"\n{label}")
    ours = fastest(found["dispatchml"], evaluation)
    ratios = {}
    for name, measured in found.items():
        derivative = fastest(measured, evaluation)
        if derivative is None:
            print(f"  {name:12s} {measured[evaluation.derivatives[0]].error[:100]}")
            continue
        line = f"  {name:12s} {derivative.time * 1e3:11.4f} ms"
        if evaluation.value:
            line += f" ({derivative.time / measured[evaluation.value].time:5.1f} x value)"
        line += f"   compile {derivative.compiled * 1e3:8.1f} ms"
        if ours is not None:
            ratios[name] = derivative.time / ours.time
            line += f"   {ratios[name]:8.2f} x ours"
            if derivative is not ours:
                line += f"   differs by {difference(ours.output, derivative.output):.0e}"
        print(line)
    sys.stdout.flush()
    return ratios


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default=",".join(EVALS))
    options.add_argument("--peers", default="jax,torch,autograd,tape")
    options.add_argument("--tool", action="append", default=[])
    options.add_argument("--quick", action="store_true", help="short runs, the first workload of each eval")
    chosen = options.parse_args()
    versions("dispatchml", "numpy", "numba", "jax", "torch", "autograd")
    commands = {
        peer: [sys.executable, str(HERE / "tool.py"), peer] for peer in ("dispatchml", *chosen.peers.split(","))
    }
    commands |= {name: shlex.split(command) for name, command in (text.split("=", 1) for text in chosen.tool)}
    against: dict[str, list[float]] = {}
    for name in chosen.only.split(","):
        evaluation = EVALS[name]
        peers = []
        for peer, command in commands.items():
            started = Peer(peer, [part.format(eval=name) for part in command])
            started.ask(kind="start", eval=name)
            if started.ask(kind="define", module=name).get("success"):
                peers.append(started)
            else:
                started.close()
        for sizes in evaluation.table[: 1 if chosen.quick else None]:
            fast = [peer for peer in peers if not evaluation.too_slow(peer.name, sizes)]
            found = measure(fast, name, evaluation, sizes, chosen.quick)
            for peer, ratio in row(f"{name} {' '.join(map(str, sizes))}", evaluation, found).items():
                against.setdefault(peer, []).append(ratio)
        for peer in peers:
            peer.close()
    print("\nderivative time over ours: geometric mean, smallest, of how many workloads")
    del against["dispatchml"]
    for peer, ratios in against.items():
        print(f"  {peer:12s} {statistics.geometric_mean(ratios):8.2f} {min(ratios):8.2f} {len(ratios):4d}")


if __name__ == "__main__":
    main()
