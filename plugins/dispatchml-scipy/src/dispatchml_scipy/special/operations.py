"""The operations that stand for SciPy's ufuncs, by name; filled when the plugin is loaded."""
