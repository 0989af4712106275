"""What can become of an order besides being sent, as a table: how it gets somewhere, and what is asked then.

`steps` are the crash points that a story comes by; each of them kills whoever is at it. What was asked is
asked again then, under the same key, as by a client who got no answer.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
from django.conf import settings
from django.db.models import F

from orders.models import Order, Status
from tests.faults import children as child
from tests.faults.children import Children
from tests.faults.shop import WEBHOOK_SECRET, Sandbox

CAPTURING = "orders.capture_payment"
PART = "5.00"  # of what an order costs, refunded


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One order on its way. `placed` is the answer to its buyer; `staff` are headers that let staff act."""

    children: Children
    sandbox: Sandbox
    placed: Mapping[str, Any]
    staff: Mapping[str, str]

    def work(self, *, skip_handler: str = "") -> None:
        self.children.run(child.work, skip_handler=skip_handler)

    def charge(self) -> Mapping[str, Any]:
        """The order's, in the provider's own ledger."""
        (found,) = [p for p in self.sandbox.ledger()["payments"] if p["reference"] == self.placed["number"]]
        return found


Act = Callable[..., Any]  # something for a child to do, or for the test before and after it


@dataclass(frozen=True, kw_only=True)
class Story:
    """`deed` answers what a child does, and may do again; the order has to become `ended`.

    `denied`: there is no key to know a repeat by, and its answer says that nothing is left to do.
    """

    steps: tuple[str, ...]
    ended: Status
    deed: Callable[[Scene], Act]
    before: Act = Scene.work
    after: Act = Scene.work
    token: str = "tok_ok"
    denied: bool = False
    skus: int = 1  # in the order, one piece of each
    settings: Mapping[str, Any] = field(default_factory=dict)


def _ask(path: str, *, by_staff: bool = True, **body: Any) -> Callable[[Scene], Act]:
    """POST /orders/NUMBER/`path`."""

    def deed(scene: Scene) -> Act:
        headers = scene.staff if by_staff else {"X-Order-Token": scene.placed["token"]}
        lines = [{"sku": line["sku"], "quantity": line["quantity"]} for line in scene.placed["lines"]]
        sent = {**body, "lines": lines} if body.get("lines") else body
        number, key = scene.placed["number"], str(uuid4())
        return child.Asking(
            path=f"orders/{number}/{path}", body=sent, headers={**headers, "Idempotency-Key": key}
        )

    return deed


def notify(scene: Scene) -> Act:
    """The provider's webhook about the order's charge as it is now."""
    charge = scene.charge()
    body = {"type": f"payment.{charge['status']}", "data": {**charge, "id": f"sandbox_{charge['id']}"}}
    name, at = f"evt-{uuid4()}", str(int(time.time()))
    secret = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(
        hmac.digest(secret, f"{name}.{at}.".encode() + orjson.dumps(body), hashlib.sha256)
    ).decode()
    headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
    return child.Asking(path="payments/webhooks/sandbox", body=body, headers=headers)


def _unasked(scene: Scene) -> None:
    scene.work(skip_handler=child.AUTHORISING)


def _held(scene: Scene) -> None:
    scene.work(skip_handler=CAPTURING)


def _with_carrier(scene: Scene) -> None:
    """The carrier has the parcel, and nobody has written that down."""
    scene.work(skip_handler=child.SHIPPING)
    assert scene.children.run(child.work, crash_at="orders.ship.after_call") == child.KILLED


def _part_sent(scene: Scene) -> None:
    """By staff: one piece."""
    scene.work(skip_handler=child.SHIPPING)
    sent = [{"sku": scene.placed["lines"][0]["sku"], "quantity": 1}]
    part = {"carrier": "By bicycle", "lines": sent}
    path = f"orders/{scene.placed['number']}/shipments"
    headers = {**scene.staff, "Idempotency-Key": str(uuid4())}
    assert scene.children.run(child.Asking(path=path, body=part, headers=headers)) == 201


def _rest_with_carrier(scene: Scene) -> None:
    """Staff have sent one piece, and the carrier has the other, which nobody has written down."""
    _part_sent(scene)
    assert scene.children.run(child.work, crash_at="orders.ship.after_call") == child.KILLED


def _rest_refunded(scene: Scene) -> None:
    _part_sent(scene)
    assert scene.children.run(_ask("refunds", amount=PART)(scene)) == 201


def _rest_left_to_staff(scene: Scene) -> None:
    scene.work()
    scene.children.run(partial(child.skip_dead, child.SHIPPING))


def _held_and_overdue(scene: Scene) -> None:
    _held(scene)
    passed = timedelta(hours=settings.ORDER_HOLD_HOURS, seconds=1)
    Order.objects.filter(pk=scene.placed["id"]).update(created_at=F("created_at") - passed)


def _taken_unnoticed(scene: Scene) -> None:
    scene.children.run(child.charge_unnoticed, captures=True)


def _held_unnoticed(scene: Scene) -> None:
    scene.children.run(child.charge_unnoticed, captures=False)


def _refunded_elsewhere(scene: Scene) -> None:
    """Somebody has refunded it at the provider, and we do not know of it."""
    scene.work()
    scene.children.run(child.refund_elsewhere, scene.placed["id"])


def _received_at_last(scene: Scene) -> None:
    scene.work()
    scene.children.run(notify(scene))
    scene.work()


def _nothing(scene: Scene) -> Act:
    return child.work


STORIES = {
    "cancelled before the provider was asked": Story(
        steps=("orders.cancel.", "orders.never_made."),
        before=_unasked,
        deed=_ask("cancel", by_staff=False),
        ended=Status.CANCELLED,
    ),
    "cancelled with money held": Story(
        steps=("orders.release.",), before=_held, deed=_ask("cancel"), ended=Status.CANCELLED
    ),
    "cancelled with the parcel at the carrier": Story(
        steps=("orders.cancel_shipment.",),
        before=_with_carrier,
        deed=_ask("cancel", by_staff=False),
        ended=Status.REFUNDED,
    ),
    "refunded in part": Story(
        steps=("orders.request_refund.", "orders.refund."),
        deed=_ask("refunds", amount=PART),
        ended=Status.PARTIALLY_REFUNDED,
    ),
    "refunded at the provider before": Story(
        steps=("orders.refund_failed.",),
        before=_refunded_elsewhere,
        deed=_ask("refunds", amount=PART),
        after=_received_at_last,
        ended=Status.REFUNDED,
    ),
    "sent by staff": Story(
        steps=("orders.send_shipment.",),
        settings={"CARRIER": "manual"},
        deed=_ask("shipments", carrier="By bicycle"),
        ended=Status.SHIPPED,
    ),
    "sent in part by staff, the rest refused": Story(
        steps=("orders.give_up_shipping.",),
        skus=2,
        before=_rest_with_carrier,
        deed=lambda scene: child.fail_for_good,
        after=_rest_left_to_staff,
        ended=Status.PAID,
    ),
    "sent in part by staff, the rest refunded": Story(
        steps=("orders.close.",),
        skus=2,
        before=_rest_refunded,
        deed=lambda scene: partial(child.close_order, scene.placed["id"]),
        denied=True,
        ended=Status.PARTIALLY_REFUNDED,
    ),
    "delivered": Story(steps=("orders.deliver.",), deed=_ask("deliver"), denied=True, ended=Status.DELIVERED),
    "returned": Story(
        steps=("orders.receive_return.",),
        deed=_ask("returns", lines=True, restock=True, reason="Too big"),
        ended=Status.RETURNED,
    ),
    "not paid in time": Story(
        steps=("orders.give_up.",),
        before=_held_and_overdue,
        deed=lambda scene: child.expire,
        ended=Status.PAYMENT_FAILED,
    ),
    "declined": Story(
        steps=("orders.decline.",),
        token="tok_declined",
        before=lambda scene: None,
        deed=_nothing,
        ended=Status.PAYMENT_FAILED,
    ),
    "held, says a webhook": Story(
        steps=("orders.receive_webhook.",), before=_held_unnoticed, deed=notify, ended=Status.SHIPPED
    ),
    "refunded at the provider, says a webhook": Story(
        steps=("orders.receive_webhook.", "orders.settle.before_commit"),
        before=_refunded_elsewhere,
        deed=notify,
        ended=Status.REFUNDED,
    ),
    "captured, says a webhook": Story(
        steps=("orders.receive_webhook.",), before=_taken_unnoticed, deed=notify, ended=Status.SHIPPED
    ),
}
