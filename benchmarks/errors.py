class BenchmarkError(Exception):
    """The comparison cannot be made; the message says why and what to do."""
