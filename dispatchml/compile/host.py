"""The processor that code is compiled for, as far as it can be told without LLVM: reading it takes 0.1 ms, not 60."""

from __future__ import annotations

import importlib.machinery
import os
import platform
import sys
from functools import cache

#: What tells one processor from another in /proc/cpuinfo: x86, then ARM. Frequencies and counters are left out.
FIELDS = (
    "vendor_id", "cpu family", "model", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features",
)  # fmt: skip


def first_processor() -> dict[str, str]:
    """The fields of the first processor; empty where the system has no such file."""
    found: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, colon, value = line.partition(":")
                if colon:
                    found[name.strip()] = value.strip()
                elif found:
                    break
    except OSError:
        pass
    return {name: found[name] for name in FIELDS if name in found}


@cache
def identity() -> str:
    """One line for everything about this machine that compiled code depends on."""
    processor = first_processor()
    if not any(name in processor for name in ("flags", "Features")):
        import llvmlite.binding as llvm

        processor = {"name": llvm.get_host_cpu_name(), "flags": llvm.get_host_cpu_features().flatten()}
    said = "; ".join(f"{name}: {value}" for name, value in processor.items())
    return f"{sys.platform} {platform.machine()} {sys.maxsize.bit_length()}; {said}"


@cache
def features() -> frozenset[str]:
    """The names of the processor's features, as the system spells them: "fma", "avx2", "avx512f", "asimd", ..."""
    processor = first_processor()
    said = processor.get("flags") or processor.get("Features")
    if said is not None:
        return frozenset(said.split())
    import llvmlite.binding as llvm

    return frozenset(name for name, there in llvm.get_host_cpu_features().items() if there)


@cache
def has_fma() -> bool:
    """Whether a product and a sum are one instruction here; every 64-bit ARM has it."""
    return platform.machine() in ("aarch64", "arm64") or "fma" in features()


@cache
def llvmlite_version() -> str:
    """The version of llvmlite that is installed, read from its files; importing it costs as much as NumPy."""
    if "llvmlite" in sys.modules:
        return sys.modules["llvmlite"].__version__
    spec = importlib.machinery.PathFinder.find_spec("llvmlite")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("llvmlite is not installed, and nothing can be compiled without it", name="llvmlite")
    try:
        with open(os.path.join(os.path.dirname(spec.origin), "_version.py"), encoding="utf-8") as file:
            text = file.read()
        return text.partition("version_version")[2].split("'")[1]
    except (OSError, IndexError):
        import llvmlite

        return llvmlite.__version__
