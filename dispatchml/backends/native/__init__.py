"""Small arrays without the cost of a ufunc call: the same inner loops, called by a few lines of machine code.

NumPy spends some 200 ns on finding the loop, the types, the shapes and the error state of a ufunc call before a single
number is touched. On plain float arrays of a few thousand elements at most, the functions here find NumPy's own inner
loop once, check the operands in a few loads, and call it: results are NumPy's bit for bit. Whatever is unusual (another
class, dtype, memory order or shape, a floating-point flag that NumPy might warn of) goes to NumPy as if nothing had
been there. The machine code is made by llvmlite, once a process, when enough has been computed to be worth it.
"""

from .activation import activate, active, note_work, why_not

__all__ = ["activate", "active", "note_work", "why_not"]
