"""Compilation: recorded programs become a few fused loops in machine code. `graph` is what they are made of."""
