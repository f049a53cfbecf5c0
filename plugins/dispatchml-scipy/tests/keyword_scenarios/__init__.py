"""Calls that together use every keyword of what stands for SciPy's functions: each a program f(module, a)."""
