"""Numbers with partial derivatives as a type of compiled code."""
