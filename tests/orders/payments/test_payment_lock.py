"""Who waits for an order reads it, and its payment, as whoever was first has left them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from orders import states
from orders.models import Order, Payment, Status
from orders.payments import settling
from tests.factories.orders import PaymentFactory
from tests.locks import somebody_waits_for_us
from tests.stack import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@transaction.atomic
def _locked(payment):
    try:
        known, order_status = settling.locked(payment)
        return known.status, order_status
    finally:
        transaction.on_commit(connection.close)


def test_locked__somebody_changes_both_meanwhile__answers_what_they_left():
    payment = PaymentFactory(status=Payment.Status.PENDING)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            states.lock(payment.order_id)
            waiting = pool.submit(_locked, payment)
            eventually(somebody_waits_for_us, seconds=30)
            Payment.objects.filter(pk=payment.pk).update(status=Payment.Status.DECLINED)
            Order.objects.filter(pk=payment.order_id).update(status=Status.PAYMENT_FAILED)
        answer = waiting.result()

    assert answer == (Payment.Status.DECLINED, Status.PAYMENT_FAILED)


def test_locked__order_locked_by_somebody__does_not_lock_the_payment_before_it():
    payment = PaymentFactory(status=Payment.Status.PENDING)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            states.lock(payment.order_id)
            waiting = pool.submit(_locked, payment)
            eventually(somebody_waits_for_us, seconds=30)
            free = Payment.objects.select_for_update(nowait=True).filter(pk=payment.pk)
            is_free = bool(list(free))
        waiting.result()

    assert is_free
