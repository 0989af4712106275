"""Short-lived processes that do one thing with the shop's own code, and may die at a crash point.

They are forked from a process that has loaded Django, so that one costs some hundredths of a second.
"""

import math
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import F, QuerySet
from django.test import Client, override_settings
from django.utils import timezone

from core.mail.models import Mail
from core.outbox.dead import skip
from core.outbox.models import OutboxMessage
from core.outbox.relay import publish_batch
from core.outbox.work import find_open, run
from drills.crash_points.installing import install
from orders import cancellation
from orders.models import Payment
from orders.payments import expiry
from orders.providers import gateway
from tests.faults.databases import using_database
from tests.faults.waits import MAX_WAIT

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.child_setup", "tests.faults.children", "config.urls"])
SECONDS = 60
AUTHORISING, SHIPPING = "orders.authorise_payment", "orders.ship_order"


@dataclass(frozen=True, kw_only=True)
class Children:
    """What every child works with. `changed` holds further settings.

    With `once_file` a crash point kills only the first of them.
    """

    database: str
    sandbox_url: str
    changed: dict[str, Any] = field(default_factory=dict)
    once_file: Path | None = None

    def run(self, act: Callable[..., Any], *arguments: Any, crash_at: str = "", **named: Any) -> Any:
        """What `act` returned. Where it is to crash it runs in a process of its own, and may be KILLED."""
        act = partial(act, *arguments, **named)
        changed = {
            "SANDBOX_URL": self.sandbox_url,
            "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
            "THROTTLE_SCALE": 100_000,
            **self.changed,
        }
        if crash_at:
            return self._fork(act, changed, crash_at)
        with override_settings(**changed):
            return act()

    def _fork(self, act: Callable[[], Any], changed: Mapping[str, Any], crash_at: str) -> Any:
        here, there = _forks.Pipe(duplex=False)
        child = _forks.Process(target=_main, args=(there, self, changed, act, crash_at))
        child.start()
        there.close()
        child.join(SECONDS)
        assert child.exitcode is not None, f"{act} still runs after {SECONDS} s"
        if child.exitcode == -signal.SIGKILL:
            return KILLED
        assert child.exitcode == 0, f"{act} ended with {child.exitcode}"
        return here.recv()


KILLED = "killed"


def _main(
    pipe: Connection, children: Children, changed: Mapping[str, Any], act: Callable[[], Any], crash_at: str
) -> None:
    install({crash_at}, once_file=children.once_file)
    for name, value in changed.items():
        setattr(settings, name, value)
    with using_database(children.database):
        pipe.send(act())


def place(body: Mapping[str, Any], key: str) -> tuple[int, str]:
    """POST /orders; status and body."""
    answer = Client(raise_request_exception=False).post(
        "/api/v1/orders",
        orjson.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )
    return answer.status_code, answer.content.decode()


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A POST to /api/v1/`path`, to be made once or more; the status of its answer."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    def __call__(self) -> int:
        return (
            Client(raise_request_exception=False)
            .post(
                f"/api/v1/{self.path}",
                orjson.dumps(self.body),
                content_type="application/json",
                headers=self.headers,
            )
            .status_code
        )


def work(*, skip_handler: str = "") -> None:
    """Relay and worker in one, until nothing is open: time passes, so that leases end and retries are due.

    Messages for the handler `skip_handler` stay open.
    """
    waiting = OutboxMessage.objects.filter(handled_at=None, dead_at=None).exclude(handler=skip_handler)
    for _ in range(60):
        if not waiting.exists():
            return
        _let_time_pass(waiting)
        publish_batch(
            lambda message_ids, queue: _handle(
                message_ids, skip_handler=skip_handler, runs_follow_ups=not skip_handler
            )
        )
    raise RuntimeError("Messages are left open")


def _handle(message_ids: list[int], *, runs_follow_ups: bool, skip_handler: str = "") -> None:
    for message in find_open(message_ids):
        if message.handler != skip_handler:
            run(message, until=math.inf if runs_follow_ups else 0)


def fail_for_good() -> None:
    """Whatever step an order is at, the provider fails it in a way that is not foreseen, once too often."""
    steps = OutboxMessage.objects.filter(handler__in=[AUTHORISING, SHIPPING])
    steps.update(attempts=1000)
    _let_time_pass(steps)
    with override_settings(SANDBOX_URL=f"{settings.SANDBOX_URL}/nowhere"):
        publish_batch(lambda message_ids, queue: _handle(message_ids, runs_follow_ups=False))


def skip_dead(*handlers: str) -> None:
    """As staff do who have read what these handlers had to give up."""
    dead = OutboxMessage.objects.filter(handler__in=handlers, dead_at__isnull=False)
    for message_id in dead.values_list("pk", flat=True):
        skip(message_id=message_id, reason="It was compensated", actor="staff")


def charge_unnoticed(order_id: str = "", *, captures: bool) -> None:
    """The provider has held (and taken) the money of the order, or the newest; its answers were lost."""
    known = Payment.objects.select_related("order")
    payment = known.get(order_id=order_id) if order_id else known.latest("created_at")
    provider = gateway(payment.gateway)
    charge = provider.authorise(
        key=payment.idempotency_key,
        order=payment.order.number,
        token=payment.token,
        amount=payment.amount,
        currency=payment.currency,
    )
    if captures:
        provider.capture(
            key=f"{payment.idempotency_key}:capture",
            reference=charge.reference,
            amount=payment.amount,
            currency=payment.currency,
        )


def refund_elsewhere(order_id: str) -> None:
    """All of it, as somebody at the provider's own desk would."""
    payment = Payment.objects.get(order_id=order_id)
    gateway(payment.gateway).refund(
        key=f"desk:{order_id}",
        reference=payment.provider_reference,
        amount=payment.captured,
        currency=payment.currency,
    )


def close_order(order_id: str) -> int | None:
    """As staff do in the admin; 409 where it is refused."""
    try:
        cancellation.close(order_id=UUID(order_id), actor="staff", reason="", now=timezone.now())
    except cancellation.NotToBeClosed as refused:
        return refused.status
    return None


def expire() -> None:
    """What beat has a worker do every minute."""
    expiry.expire_unpaid(now=timezone.now())


def _let_time_pass(messages: QuerySet[OutboxMessage]) -> None:
    due = F("next_attempt_at") - MAX_WAIT
    messages.filter(handled_at=None, dead_at=None).update(next_attempt_at=due)
    claimed = Mail.objects.filter(claimed_until__isnull=False)
    claimed.update(claimed_until=F("claimed_until") - MAX_WAIT)
