"""Arrays of dual numbers under NumPy's functions."""
