"""The transactional outbox: events leave if and only if their transaction committed (see relay, work)."""

from core.outbox.events import Event
from core.outbox.registry import handles

__all__ = ["Event", "handles"]
