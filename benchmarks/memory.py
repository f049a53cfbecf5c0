"""Peak memory of the gradient of a 40-layer MLP, each in its own process.

Batch 2048, width 512, float32: 4 MiB an activation.
"""

from __future__ import annotations

import subprocess
import sys

import _race

COMMON = """
import os, resource, sys, time
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "2"
import ctypes
try:
    ctypes.CDLL("libc.so.6").mallopt(-3, 131072)  # M_MMAP_THRESHOLD: freed arrays go back to the system
except OSError:
    pass
import numpy as np
rng = np.random.default_rng(0)
LAYERS, BATCH, WIDTH = 40, 2048, 512
weights = [(rng.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5).astype(np.float32) for _ in range(LAYERS)]
biases = [np.zeros(WIDTH, np.float32) for _ in range(LAYERS)]
x = rng.standard_normal((BATCH, WIDTH)).astype(np.float32)
def resident():
    with open("/proc/self/statm") as f: return int(f.read().split()[1]) * resource.getpagesize()
def report(step):
    step(1)
    best = 1e9
    with open("/proc/self/clear_refs", "w") as f: f.write("5")
    base = resident()
    for _ in range(3):
        start = time.perf_counter(); step(LAYERS); best = min(best, time.perf_counter() - start)
    with open("/proc/self/status") as f: peak = next(int(l.split()[1]) * 1024 for l in f if l.startswith("VmHWM"))
    print((peak - base) / 2**20, best)
"""
PROGRAMS = {
    "ours": COMMON
    + """
import dispatchml as dm, dispatchml.numpy as dnp
def loss(parameters, x):
    h = x
    for w, b in parameters: h = dnp.tanh(h @ w + b)
    return dnp.mean(h * h)
g = dm.grad(loss)
report(lambda n: g(list(zip(weights[:n], biases[:n])), x))
""",
    "torch": COMMON
    + """
import torch
torch.set_num_threads(2)
tx = torch.tensor(x)
ws = [torch.tensor(w).requires_grad_(True) for w in weights]
bs = [torch.tensor(b).requires_grad_(True) for b in biases]
def step(n):
    h = tx
    for w, b in zip(ws[:n], bs[:n]): h = torch.tanh(h @ w + b)
    return torch.autograd.grad((h * h).mean(), ws[:n] + bs[:n])
report(step)
""",
    "autograd": COMMON
    + """
import autograd, autograd.numpy as anp
def loss(parameters, x):
    h = x
    for w, b in parameters: h = anp.tanh(anp.dot(h, w) + b)
    return anp.mean(h * h)
g = autograd.grad(loss)
report(lambda n: g(list(zip(weights[:n], biases[:n])), x))
""",
}


def main() -> bool:
    peaks = {}
    print("\npeak above the baseline, MiB, and the best step, s")
    for name, program in PROGRAMS.items():
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"  {name:12s} did not run: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ''}")
            continue
        peak, best = map(float, done.stdout.split())
        peaks[name] = peak
        print(f"  {name:12s} {peak:8.1f} MiB   {best:.2f} s")
    if "torch" not in peaks:
        return True
    return _race.verdict("torch / ours, peak memory", peaks["torch"] / peaks["ours"], 1.0)


if __name__ == "__main__":
    _race.versions("dispatchml", "numpy", "torch", "autograd")
    print("all reached" if main() else "NOT reached")
