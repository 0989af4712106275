"""R16: codes with limits, used by many at once on real threads, hold them exactly."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from orders.events import OrderCancelled
from orders.handlers import release_holdings
from orders.models import Order, Voucher, VoucherCustomer, VoucherUse
from tests.factories.catalog import VariantFactory
from tests.factories.orders import VoucherFactory
from tests.orders.conftest import Caller
from tests.torture.scale import scale

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(scale(240, 7200)),
    pytest.mark.torture,
]
AT_ONCE = scale(20, 100)
LIMITS = {f"UP-TO-{most}-{n}": most for n in range(scale(1, 25)) for most in (7, 1, 0, 20)}
USES = 100 * scale(1, len(LIMITS))  # in full a hundred of each code


@pytest.fixture(autouse=True)
def no_limit(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "orders": (100_000, 60)}


@pytest.fixture
def plenty(body):
    """Each order takes one of a SKU of its own, so that vouchers are all that orders wait for."""
    skus = [VariantFactory(stock=1000).sku for _ in range(AT_ONCE)]
    return lambda number, **more: {
        **body,
        "items": [{"sku": skus[number % AT_ONCE], "quantity": 1}],
        "email": f"guest{number}@shop.test",
        **more,
    }


def _at_once(uses, send):
    """The answers of `uses` calls, AT_ONCE of them under way at any time."""
    barrier = Barrier(AT_ONCE)

    def run(first):
        try:
            barrier.wait()
            return [send(number) for number in range(first, uses, AT_ONCE)]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [answer for answers in pool.map(run, range(AT_ONCE)) for answer in answers]


def test_voucher__hundred_parallel_uses_of_limited_codes__each_holds_exactly(plenty):
    for code, most in LIMITS.items():
        VoucherFactory(code=code, max_uses=most)
    codes = [code for code in LIMITS for _ in range(USES // len(LIMITS))]

    answers = _at_once(USES, lambda n: (codes[n], Caller().order(plenty(n, voucher=codes[n]))))

    assert Counter(code for code, answer in answers if answer.status_code == 201) == +Counter(LIMITS)
    refused = {(a.status_code, a.json()["code"]) for _, a in answers if a.status_code != 201}
    assert refused == {(409, "voucher_exhausted")}
    assert dict(Voucher.objects.values_list("code", "used")) == LIMITS
    assert Order.objects.count() == VoucherUse.objects.count() == sum(LIMITS.values())


def test_voucher__hundred_parallel_uses_by_five_guests__each_has_two(plenty):
    VoucherFactory(code="TWICE", max_uses_per_customer=2)

    answers = _at_once(
        100, lambda n: Caller().order(plenty(n, voucher="twice", email=f"guest{n % 5}@shop.test"))
    )

    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 90}
    assert list(VoucherCustomer.objects.values_list("used", flat=True)) == [2] * 5
    assert Voucher.objects.get().used == VoucherUse.objects.count() == 10


def test_voucher__released_while_others_claim__counts_stay_true(plenty):
    VoucherFactory(code="FIVE", max_uses=5, max_uses_per_customer=1)

    def order_and_cancel(number):
        answer = Caller().order(plenty(number, voucher="FIVE", email=f"guest{number % 30}@shop.test"))
        if answer.status_code == 201 and number % 2:
            release_holdings(OrderCancelled(order_id=answer.json()["id"]))
            release_holdings(OrderCancelled(order_id=answer.json()["id"]))
        return answer

    answers = _at_once(100, order_and_cancel)

    assert {answer.status_code for answer in answers} == {201, 409}
    _assert_counts_are_true()
    free = 5 - Voucher.objects.get().used  # who released last may have left one to nobody
    late = [Caller().order(plenty(n, voucher="FIVE", email=f"late{n}@shop.test")) for n in range(AT_ONCE)]
    assert Counter(answer.status_code for answer in late) == +Counter({201: free, 409: AT_ONCE - free})
    assert Voucher.objects.get().used == 5
    _assert_counts_are_true()


def _assert_counts_are_true():
    held = VoucherUse.objects.filter(released_at=None)
    assert Voucher.objects.get().used == held.count() <= 5
    assert Counter(held.values_list("customer_key", flat=True)) == Counter(
        dict(VoucherCustomer.objects.filter(used__gt=0).values_list("customer_key", "used"))
    )
