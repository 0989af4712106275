"""From PostgreSQL to the broker: committed messages, those whose retry is due, and those that got lost.

Messages are claimed for a short time, sent outside any transaction, many of one queue at once, and then
leased: a frozen broker holds no lock, and several relays never claim the same message. What a killed relay
had claimed is due again when the claim ends; what had been sent by then is sent twice, which handlers make
harmless.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from core.observability import heartbeat
from core.outbox import broker, claims
from core.outbox.broker import QueueRefused
from core.outbox.broker_loss import BrokerLoss
from core.outbox.claims import CLAIM, Claimed
from core.outbox.registry import handler_named, is_known

log = structlog.get_logger(__name__)

# Seconds between two batches. What comes meanwhile is sent together, which costs workers less:
# with 0.05 s two cores did not keep up with 50 orders a second.
POLL_SECONDS = 0.2
OUTAGE_SECONDS = 1.0  # before another try where broker, queue or database are away
BATCH = 200  # messages
MAX_TASK_MESSAGES = 16  # what the threads of a worker do in one go or two
UNKNOWN_HANDLER_PAUSE = timedelta(seconds=60)

Send = Callable[[list[int], str], None]


class Relay:
    """One relay process. It outlasts the loss of broker and database, and any queue that refuses."""

    def __init__(self) -> None:
        self._loss = BrokerLoss()
        self._refused_until: dict[str, float] = {}

    def run(self, stopping: threading.Event, *, once: bool = False) -> None:
        """Publish what is due until `stopping` is set; `once`: until nothing is due that the broker takes."""
        pause = 0.0
        while not stopping.wait(pause):
            refusing = self._refusing()
            sent = self.publish_due()
            heartbeat.touch()
            if once and not sent and self._refusing() == refusing:
                return
            pause = _pause_after(sent)

    def publish_due(self) -> int | None:
        """Publish one batch; how many were sent, or None where the database or the broker is away."""
        try:
            broker.connect()  # claims nothing that it cannot send
            self._loss.inspect()
            outcome = publish_batch(broker.send, skip_queues=self._refusing())
        except broker.errors() as error:
            log.warning("broker_unavailable", error=repr(error))
            broker.disconnect()
        except (OperationalError, InterfaceError) as error:
            log.warning("database_unavailable", error=str(error))
            connection.close()
        else:
            self._refused_until |= dict.fromkeys(outcome.refused, time.monotonic() + OUTAGE_SECONDS)
            return outcome.sent
        return None

    def _refusing(self) -> list[str]:
        """The queues for which the broker took nothing a moment ago: they must not stop the others."""
        return [queue for queue, until in self._refused_until.items() if until > time.monotonic()]


def _pause_after(sent: int | None) -> float:
    if sent is None:
        return OUTAGE_SECONDS
    return 0.0 if sent == BATCH else POLL_SECONDS


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a batch: how many messages were sent, and the queues for which the broker took nothing.

    Messages that this release cannot handle count as sent: they are out of the way for a while.
    """

    sent: int
    refused: frozenset[str]


def publish_batch(send: Send, *, skip_queues: Collection[str] = ()) -> Outcome:
    """Send up to BATCH due messages with `send(message_ids, queue)`, none for `skip_queues`.

    Where `send` raises QueueRefused the other queues go on; whatever else it raises is raised at once.
    The messages not sent are due as they were before.
    """
    claimed_until = timezone.now() + CLAIM
    messages = claims.claim(until=claimed_until, limit=BATCH, skip_queues=skip_queues)
    sent = _put_off_unknown(messages)
    refused: set[str] = set()
    try:
        for queue, group in _tasks(message for message in messages if message.pk not in sent):
            if queue in refused:
                continue
            if _sent(send, group, queue):
                sent |= {message.pk: claims.leased_until(message) for message in group}
            else:
                refused.add(queue)
    finally:
        if messages:
            unsent = {message.pk: message.due_at for message in messages if message.pk not in sent}
            claims.record(sent=sent, unsent=unsent, claimed_until=claimed_until)
    return Outcome(sent=len(sent), refused=frozenset(refused))


def _put_off_unknown(messages: list[Claimed]) -> dict[int, datetime]:
    """Put off what this release cannot handle: a newer one wrote it, or the handler was removed."""
    unknown = [message for message in messages if not is_known(message.handler)]
    for message in unknown:
        log.error("no_such_handler", handler=message.handler, message_id=message.pk)
    until = timezone.now() + UNKNOWN_HANDLER_PAUSE
    return {message.pk: until for message in unknown}


def _tasks(messages: Iterable[Claimed]) -> Iterator[tuple[str, list[Claimed]]]:
    """Groups of messages of one queue, up to MAX_TASK_MESSAGES at a time, heavy ones each alone."""
    waiting: dict[tuple[str, int], list[Claimed]] = {}
    for message in messages:
        handler = handler_named(message.handler)
        size = 1 if handler.is_heavy else MAX_TASK_MESSAGES
        waiting.setdefault((handler.queue, size), []).append(message)
    for (queue, size), group in waiting.items():
        for first in range(0, len(group), size):
            yield queue, group[first : first + size]


def _sent(send: Send, group: list[Claimed], queue: str) -> bool:
    try:
        send([message.pk for message in group], queue)
    except QueueRefused as refusal:
        log.warning("queue_refused", queue=queue, error=str(refusal))
        return False
    return True
