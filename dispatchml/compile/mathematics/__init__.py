"""Transcendental functions of one element, at most 2 units in the last place from the exact value.

They are free of branches, so that LLVM vectorises loops of them.
"""
