"""A replay while the local stack's processes are killed: what (faults), whose (stack), when (storm)."""
