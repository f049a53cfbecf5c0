"""From regions to the text of LLVM functions."""
