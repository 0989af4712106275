"""What Prometheus is shown: the state of the shop, read from PostgreSQL when it asks.

Nothing is counted in the processes, so every one of them gives the same answer. An app adds a collector to
`registry` when Django starts (prometheus_client.registry.Collector: `collect` yields metric families).
"""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

registry = CollectorRegistry()


def exposition() -> bytes:
    """All families in Prometheus's text format. Raises what the database does where it is away."""
    return generate_latest(registry)
