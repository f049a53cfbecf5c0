"""Control flow as functions: loops and branches that run, and that `jit` writes down as one node.

`loops` and `branches` are for users. `eager` runs loops in Python. `staged` says what a loop is that is written down,
`forward`, `reverse` and `batched` what a transform makes of it, `recorded` and `nodes` what a program does with it.
"""
