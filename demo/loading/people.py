"""Customers of the file as users who cannot log in, and the local stack's demo log-ins, who can."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.utils import timezone

from accounts.models import User
from core import emails
from demo.history import Customer, HistoricOrder, digest
from demo.loading.ids import historic_uuid

ADMIN_EMAIL, ALICE_EMAIL = "admin@shop.test", "alice@shop.test"
ALICE = "AM-10360"  # Alice McCarthy of the file: five orders over four years


def with_alice(orders: Sequence[HistoricOrder]) -> list[HistoricOrder]:
    """On the local stack that customer has the demo log-in's address, so her orders are there to be seen."""
    return [
        replace(order, customer=replace(order.customer, email=ALICE_EMAIL))
        if settings.LOCAL_STACK and order.customer.id == ALICE
        else order
        for order in orders
    ]


def user_rows(orders: Sequence[HistoricOrder]) -> dict[str, User]:
    """By customer id. Each registered just before the first of their `orders`, which come oldest first."""
    first_orders: dict[str, HistoricOrder] = {}
    for order in orders:
        first_orders.setdefault(order.customer.id, order)
    return {id_: _user(order) for id_, order in first_orders.items()}


def ensure_log_ins() -> None:
    """Both demo log-ins exist and have the password of DEMO_PASSWORD. Only on the local stack."""
    if not settings.LOCAL_STACK:
        return
    staff = {"name": "Admin", "is_staff": True, "is_superuser": True}
    for email, fields in ((ADMIN_EMAIL, staff), (ALICE_EMAIL, {"name": "Alice"})):
        user = User.objects.with_email(email).first() or User.objects.create_user(
            email, **fields, email_verified_at=timezone.now()
        )
        if not user.check_password(settings.DEMO_PASSWORD):
            user.set_password(settings.DEMO_PASSWORD)
            user.save(update_fields=["password"])


def _user(first_order: HistoricOrder) -> User:
    customer: Customer = first_order.customer
    registered_at = first_order.ordered_at - timedelta(minutes=5)
    return User(
        id=historic_uuid(registered_at, "customer", customer.id),
        email=emails.normalised(customer.email),
        name=customer.name,
        password=UNUSABLE_PASSWORD_PREFIX + digest("password", customer.id).hex()[:40],
        email_verified_at=registered_at,
        created_at=registered_at,
    )
