"""What becomes of orders in the running shop, as a table: lives that customers and staff lead at once.

Whoever asks for something asks until there is an answer, under one key, so that processes may die at any
step. `steps` are the crash points that only this life comes by.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from threading import Lock
from typing import Any
from uuid import uuid4

import requests
from django.conf import settings
from django.db.models import F

from accounts.models import User
from config.celery import app
from core.outbox.models import OutboxMessage
from orders.models import Order, Shipment, Status
from orders.tasks import expire_unpaid
from tests.factories.accounts import bearer
from tests.factories.orders import VoucherFactory
from tests.faults.buyers import LATER, Buyers
from tests.faults.children import SHIPPING, refund_elsewhere
from tests.faults.proxy import Fate
from tests.faults.shop import Shop
from tests.stack import eventually

PATIENCE = 60  # seconds after which somebody who asks gives up
PAUSE = 0.1  # seconds between two tries
PART = "5.00"
KEY_IN_USE = "idempotency_key_in_use"

Placed = Mapping[str, Any]


@dataclass(kw_only=True)
class Town:
    """The shop and those who deal with it. `refunds` is what was confirmed to staff as refunded."""

    shop: Shop
    buyers: Buyers
    skus: list[str]
    staff: User
    refunds: dict[str, Decimal] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)  # for what disturbs the whole town

    def place(self, *, token: str = "tok_ok") -> Placed:
        """An order with a voucher that goes once."""
        voucher = VoucherFactory(code=uuid4().hex[:12], max_uses=1).code
        return self.buyers.order(self.buyers.body(*self.skus, token=token, voucher=voucher)).document

    def ask(self, order: Placed, path: str, *, by_staff: bool = True, **body: Any) -> int:
        """POST /orders/NUMBER/`path` until the answer is final; its status."""
        headers = bearer(self.staff) if by_staff else {"X-Order-Token": order["token"]}
        return _ask_until_answered(
            f"{self.shop.url}/api/v1/orders/{order['number']}/{path}",
            body,
            {**headers, "Idempotency-Key": str(uuid4())},
        )

    def wait_for(self, order: Placed, *statuses: Status) -> None:
        rows = Order.objects.filter(pk=order["id"], status__in=statuses)
        eventually(rows.exists, seconds=PATIENCE)

    @contextmanager
    def losing_answers(self, key: str) -> Iterator[None]:
        """The provider's and carrier's, to requests under this idempotency key."""
        header = f"{key}\r\n".encode()
        self.shop.provider.judge = lambda request: Fate.LOST_ANSWER if header in request else Fate.PASS
        try:
            yield
        finally:
            self.shop.provider.mend()

    @contextmanager
    def without_webhooks(self) -> Iterator[None]:
        """The provider's webhooks do not come through."""
        self.shop.webhooks.cut()
        try:
            yield
        finally:
            self.shop.webhooks.mend()


@dataclass(frozen=True, kw_only=True)
class Life:
    lead: Callable[[Town], tuple[str, Status]]  # the order's id, and what it has to become
    steps: tuple[str, ...] = ()
    times: int = 1


def _sent(town: Town) -> tuple[str, Status]:
    return town.place()["id"], Status.SHIPPED


def _declined(town: Town) -> tuple[str, Status]:
    return town.place(token="tok_declined")["id"], Status.PAYMENT_FAILED


def _cancelled(town: Town) -> tuple[str, Status]:
    """Before the worker, which stands still, has asked the provider."""
    with town.lock, town.shop["worker"].frozen():
        order = town.place()
        assert town.ask(order, "cancel", by_staff=False) == 200
    return order["id"], Status.CANCELLED


def _cancelled_late(town: Town) -> tuple[str, Status]:
    """The carrier has the parcel, and its answers are lost."""
    with town.lock:
        order = town.place()
        with town.losing_answers(f"{order['id']}:parcel:1"):
            eventually(Shipment.objects.filter(order=order["id"]).exists, seconds=PATIENCE)
            assert town.ask(order, "cancel", by_staff=False) == 200
    return order["id"], Status.REFUNDED


def _refunded(town: Town) -> tuple[str, Status]:
    order = town.place()
    town.wait_for(order, Status.SHIPPED)
    assert town.ask(order, "refunds", amount=PART) == 201
    town.refunds[order["number"]] = Decimal(PART)
    return order["id"], Status.PARTIALLY_REFUNDED


def _refunded_elsewhere(town: Town) -> tuple[str, Status]:
    """At the provider's own desk, whose webhooks do not come through before staff promise a refund too."""
    order = town.place()
    town.wait_for(order, Status.SHIPPED)
    with town.lock, town.without_webhooks():
        refund_elsewhere(order["id"])
        assert town.ask(order, "refunds", amount=PART) == 201
        eventually(Order.objects.filter(pk=order["id"], refunds__status="failed").exists, seconds=PATIENCE)
    return order["id"], Status.REFUNDED


def _returned(town: Town) -> tuple[str, Status]:
    order = town.place()
    town.wait_for(order, Status.SHIPPED)
    assert town.ask(order, "deliver") in {200, 409}  # a repeat finds that no parcel is on its way
    lines = [{"sku": line["sku"], "quantity": line["quantity"]} for line in order["lines"]]
    assert town.ask(order, "returns", lines=lines, restock=True, reason="Too big") == 201
    return order["id"], Status.RETURNED


def _overdue(town: Town) -> tuple[str, Status]:
    """The provider is down for it until its time is up."""
    order = town.place(token="tok_down")
    passed = timedelta(hours=settings.ORDER_HOLD_HOURS, seconds=1)
    Order.objects.filter(pk=order["id"]).update(created_at=F("created_at") - passed)
    deadline = time.monotonic() + PATIENCE
    while Order.objects.filter(pk=order["id"], status=Status.PENDING).exists():
        assert time.monotonic() < deadline, "It was not expired"
        with app.connection_for_write(town.shop.broker_url) as broker:
            expire_unpaid.apply_async(queue="default", declare=[], connection=broker)
        time.sleep(PAUSE)
    return order["id"], Status.PAYMENT_FAILED


def _given_up(town: Town) -> tuple[str, Status]:
    """The carrier refuses the parcel in a way that is not foreseen: its key has been used for another."""
    with town.lock, town.shop["worker"].frozen():
        order = town.place()
        _use_up(f"{order['id']}:parcel:1")
    shipping = OutboxMessage.objects.filter(aggregate=order["id"], handler=SHIPPING)
    eventually(lambda: shipping.update(attempts=1000), seconds=PATIENCE)
    return order["id"], Status.REFUNDED


LIVES = {
    "sent": Life(lead=_sent, times=6),
    "declined": Life(lead=_declined, steps=("orders.decline.",)),
    "cancelled": Life(lead=_cancelled, steps=("orders.cancel.", "orders.never_made.", "orders.release.")),
    "cancelled late": Life(lead=_cancelled_late, steps=("orders.cancel_shipment.", "orders.reverse.")),
    "refunded": Life(lead=_refunded, steps=("orders.request_refund.", "orders.refund.")),
    "refunded elsewhere": Life(lead=_refunded_elsewhere, steps=("orders.refund_failed.",)),
    "returned": Life(lead=_returned, steps=("orders.deliver.", "orders.receive_return.")),
    "overdue": Life(lead=_overdue, steps=("orders.give_up.",)),
    "given up": Life(lead=_given_up, steps=("core.work.before_give_up",)),
}


def _use_up(key: str) -> None:
    """The carrier has given this key's answer to somebody else."""
    answer = requests.post(
        f"{settings.SANDBOX_URL}/parcels",
        json={"reference": "another", "lines": []},
        headers={"Idempotency-Key": key},
        timeout=10,
    )
    answer.raise_for_status()


def _ask_until_answered(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            answer = requests.post(url, json=body, headers=headers, timeout=(3, 20))
        except requests.RequestException:
            answer = None
        if answer is not None and not _is_to_be_repeated(answer):
            return answer.status_code
        time.sleep(PAUSE)
    raise AssertionError(f"No final answer of {url}; the last was {answer}")


def _is_to_be_repeated(answer: requests.Response) -> bool:
    if answer.status_code == 409:
        return answer.json()["code"] == KEY_IN_USE
    return answer.status_code in LATER
