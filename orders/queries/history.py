"""Orders as their owners read them. Rows are plain dicts, ready to be rendered."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from orders import numbers
from orders.models import Order, OrderEvent, OrderLine, Payment, Refund, Shipment
from orders.models.order import ZERO

SUMMARY = (
    "id",
    "number",
    "status",
    "currency",
    "subtotal",
    "discount",
    "shipping",
    "tax",
    "tax_included",
    "total",
    "created_at",
)
DETAIL = (*SUMMARY, "email", "shipping_address", "shipping_method", "updated_at", "voucher", "refunded")
LINE = ("sku", "name", "unit_price", "quantity", "total", "discount", "tax")
REFUND = ("amount", "status", "lines", "created_at", "settled_at")
SHIPMENT = ("carrier", "tracking_number", "status", "lines", "shipped_at")
EVENT = ("from_status", "to_status", "actor", "reason", "data", "at")


def orders_of(customer_id: UUID, *, status: str | None) -> QuerySet[Order, dict[str, Any]]:
    """Rows of SUMMARY; without a status, those of any."""
    orders = Order.objects.for_customer(customer_id)
    return (orders.filter(status=status) if status else orders).values("pk", *SUMMARY)


def order_of(*, number: str, customer_id: UUID | None, token: str) -> dict[str, Any] | None:
    """The order whole, for its customer or whoever holds its guest token; None for everybody else."""
    order = find(number=number, customer_id=customer_id, token=token, fields=DETAIL, orders=_detailed())
    return None if order is None else _whole(order)


def order_with(order_id: UUID) -> dict[str, Any]:
    """The order whole, for whoever has been let in. Raises Order.DoesNotExist."""
    return _whole(_detailed().values(*DETAIL).get(pk=order_id))


def find(
    *,
    number: str,
    customer_id: UUID | None,
    token: str,
    fields: tuple[str, ...] = ("id",),
    orders: QuerySet[Order] | None = None,
) -> dict[str, Any] | None:
    """`fields` of the order, under the same rule as order_of; `orders` may bring fields of their own."""
    stored = numbers.normalise(number)
    if stored is None:
        return None
    found = (Order.objects.all() if orders is None else orders).filter(number=stored)
    order = found.values(*fields, "customer_id", "token_hash").first()
    if order is None:
        return None
    owner, expected = order.pop("customer_id"), order.pop("token_hash")
    is_owner = owner is not None and owner == customer_id
    return order if is_owner or _is_token(token, expected) else None


def id_of(number: str) -> UUID | None:
    """For staff, who may see every order."""
    stored = numbers.normalise(number)
    return Order.objects.filter(number=stored).values_list("pk", flat=True).first() if stored else None


def timeline(order_id: UUID) -> QuerySet[OrderEvent, dict[str, Any]]:
    return OrderEvent.objects.filter(order_id=order_id).values("pk", *EVENT)


def email_of(customer_id: UUID) -> str | None:
    """Where an active customer's mails go."""
    active = User.objects.filter(pk=customer_id, is_active=True)
    return active.values_list("email", flat=True).first()


def token_hash(token: str) -> str:
    """What is stored of a guest's token: nobody who reads the database can use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _detailed() -> QuerySet[Order]:
    """With the code of the voucher, and what has been given back by whatever way; one row for each order."""
    payments = Payment.objects.filter(order=OuterRef("pk")).values("order")
    given_back = Subquery(payments.values(sum=Sum("refunded")))
    return Order.objects.annotate(
        voucher=F("voucher_uses__voucher__code"), refunded=Coalesce(given_back, ZERO)
    )


def _whole(order: dict[str, Any]) -> dict[str, Any]:
    order["lines"] = list(OrderLine.objects.filter(order_id=order["id"]).order_by("id").values(*LINE))
    order["shipments"] = list(
        Shipment.objects.filter(order_id=order["id"]).order_by("created_at", "id").values(*SHIPMENT)
    )
    order["refunds"] = list(
        Refund.objects.filter(order_id=order["id"]).order_by("created_at", "id").values(*REFUND)
    )
    return order


def _is_token(token: str, expected: str) -> bool:
    return bool(token and expected) and secrets.compare_digest(token_hash(token), expected)
