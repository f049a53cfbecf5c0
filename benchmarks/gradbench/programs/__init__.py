"""The programs, one a file: the mathematics written as a user of each library would write it.

`arguments(input)`, `outputs`, and for each peer a function (`dispatchml`, `jax`, `torch`, `autograd`,
`tape`) that returns what the eval asks for. `tape` is a C++ tape that overloads operators
(`tape.cpp`), compiled at first use.
"""
