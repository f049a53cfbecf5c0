"""dispatchml: derivatives, batches and compiled programs over any array type, by multiple dispatch."""
