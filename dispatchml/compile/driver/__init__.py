"""Code of the entry points: one function, with CPython's fastcall signature, that runs any plan."""
