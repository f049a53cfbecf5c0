"""The engines: forward (Dual), reverse (Var on a Tape) and batching (Batched), as layers that compose with each other."""
