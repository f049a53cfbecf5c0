"""Units through kernels: the text is run once over units, the compiled code over numbers."""
