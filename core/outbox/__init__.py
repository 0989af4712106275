"""The transactional outbox: events leave if and only if their transaction committed (see relay, handling)."""

from core.outbox.registry import Event, handles

__all__ = ["Event", "handles"]
