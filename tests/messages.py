"""Running messages as a worker does, without a broker."""

import math

from core.outbox import work


def handle(message_id: int, *, until: float = math.inf) -> None:
    """Run the message where it is open, and its inline follow-ups."""
    for message in work.find_open([message_id]):
        work.run(message, until=until)
