class BenchmarkError(Exception):
    """The measurement cannot be made; the message says why and what to do."""
